function lambda(input, callback) {
  // works since callback understands promises
  callback(null, fetch(process.env.API + "/status").then((r) => r.json()));
}
