function lambda(input, callback) {
  if (!input.payload.email) {
    callback("no email address in the payload");
    return;
  }
  callback(null, "ok");
}
