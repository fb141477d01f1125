function sleep(ms) {
  var end = Date.now() + ms;
  while (Date.now() < end) {}
}

function lambda(input, callback) {
  sleep(5);
  callback(null, "rested");
}
