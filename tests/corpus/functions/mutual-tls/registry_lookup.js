const { Toolbelt } = require("lp-faas-toolbelt");
let client;

function getClient() {
  if (client) return Promise.resolve(client);
  return Toolbelt.SecretClient().readSecret("registry").then(function (secret) {
    client = Toolbelt.MTLSClient(JSON.parse(secret.value));
    return client;
  });
}

function lambda(input, callback) {
  getClient()
    .then((c) => c.get(process.env.REGISTRY + "/persons/" + input.payload.id, { "x-request": "1" }))
    .then((r) => callback(null, { status: r.statusCode, text: r.body, length: r.headers["content-length"] }))
    .catch((e) => callback(null, { failed: e.name }));
}
