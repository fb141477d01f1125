function lambda(input, callback) {
  if (!input.payload.ok) callback(null, "not ok");
  callback(null, "ok");
}
