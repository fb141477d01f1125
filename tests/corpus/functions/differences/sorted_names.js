function lambda(input, callback) {
  callback(null, input.payload.names.sort((a, b) => a.localeCompare(b, "de")));
}
