function lambda(input, callback) {
  Promise.reject(new Error("nobody listens"));
  callback(null, "fine");
}
