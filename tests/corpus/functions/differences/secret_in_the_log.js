const { Toolbelt } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  const secret = await Toolbelt.SecretClient().readSecret("pass_word");
  console.log("using " + secret.value, secret);
  callback(null, secret.value.length);
}
