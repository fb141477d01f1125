function lambda(input, callback) {
  const error = new Error("no stock");
  callback(null, error.stack.split("\n")[0].trim());
}
