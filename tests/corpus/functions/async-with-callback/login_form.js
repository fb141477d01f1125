const Toolbelt = require("lp-faas-toolbelt").Toolbelt;

async function getToken(user, pass) {
  const http = Toolbelt.HTTPClient();
  const body = await http.post(process.env.IDP + "/oauth/token", {
    form: { grant_type: "password", username: user, password: pass, scope: "read write" },
    auth: { user: "convo app", pass: "s:e:c" },
    json: true,
  });
  return body.access_token;
}

async function lambda(input, callback) {
  const token = await getToken(input.payload.user, input.payload.pass);
  const me = await Toolbelt.HTTPClient()(process.env.IDP + "/me", { auth: { bearer: token }, json: true });
  callback(null, me);
}
