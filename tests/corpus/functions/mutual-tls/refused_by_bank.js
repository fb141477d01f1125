const { Toolbelt, ErrorCodes } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  const read = async (name) => (await Toolbelt.SecretClient().readSecret(name)).value;
  const client = Toolbelt.MTLSClient({ cert: await read("bank_cert"), key: await read("bank_key"), ca: await read("bank_ca") });
  try {
    await client.delete(process.env.BANK_URL + "/v1/mandates/" + input.payload.mandate);
    callback(null, "deleted");
  } catch (error) {
    callback(null, { refused: error.code === ErrorCodes.Mtls.RemoteThrew, statusCode: error.statusCode });
  }
}
