const { Duration } = require("luxon");

function lambda(input, callback) {
  callback(null, Duration.fromObject({ hours: 2, minutes: 5 }).toHuman());
}
