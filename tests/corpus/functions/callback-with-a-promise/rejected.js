async function check(payload) {
  if (!payload.consent) throw new Error("consent is missing");
  return true;
}

function lambda(input, callback) {
  callback(null, check(input.payload));
}
