const { Toolbelt, SecretError } = require("lp-faas-toolbelt");
const secrets = Toolbelt.SecretClient();

async function lambda(input, callback) {
  const { value: current } = await secrets.readSecret("refresh_token");
  const http = Toolbelt.HTTPClient();
  const answer = await http({ uri: process.env.AUTH_URL, method: "POST", form: { refresh_token: current }, json: true });
  await secrets.updateSecret({ key: "refresh_token", value: answer.refresh_token });
  const again = await secrets.readSecret("refresh_token");
  callback(null, { rotated: again.value !== current, matches: again.value === answer.refresh_token, key: again.key });
}
