async function lambda(input, callback) {
  const response = await fetch(process.env.API);
  callback(null, `${response.status} ${response.statusText}`);
}
