const { Toolbelt, ErrorCodes } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  try {
    await Toolbelt.SecretClient().readSecret("not_there");
    callback(null, "found");
  } catch (error) {
    if (error.code === ErrorCodes.Secret.NotFound) {
      console.warn("secret is missing, using the default", error.code);
      callback(null, { key: "default" });
    } else {
      callback(error);
    }
  }
}
