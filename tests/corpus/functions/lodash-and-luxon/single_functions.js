const get = require("lodash/get");
const isEqual = require("lodash/isEqual");
const { merge, pick, template, truncate, debounce } = require("lodash");
const { Settings, DateTime } = require("luxon");

Settings.defaultZone = "Asia/Tokyo";

function lambda(input, callback) {
  const before = input.payload.before, after = input.payload.after;
  const changed = Object.keys(merge({}, before, after)).filter((k) => !isEqual(before[k], after[k]));
  const words = template("Changed: <%= fields.join(', ') %> at <%- when %>")({ fields: changed, when: DateTime.fromMillis(input.timestamp).toLocaleString(DateTime.DATETIME_MED) });
  callback(null, { words, short: truncate(words, { length: 20, separator: " " }), picked: pick(after, ["name", "vip"]), deep: get(after, "tags[1].name", "none"), fn: typeof debounce });
}
