const { Toolbelt } = require("lp-faas-toolbelt");
const secretClient = Toolbelt.SecretClient();
let bearer = null;

async function token() {
  if (bearer) return bearer;
  const { value } = await secretClient.readSecret("lp_client");
  const { clientId, clientSecret } = JSON.parse(value);
  const res = await fetch(`https://va.sentinel.liveperson.net/sentinel/api/account/${process.env.BRAND_ID}/app/token?v=1.0&grant_type=client_credentials`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: `client_id=${clientId}&client_secret=${encodeURIComponent(clientSecret)}`,
  });
  if (!res.ok) throw new Error("no token: " + res.status);
  bearer = (await res.json()).access_token;
  return bearer;
}

async function lambda(input, callback) {
  const headers = { authorization: "Bearer " + (await token()) };
  const res = await fetch(`https://va.ac.liveperson.net/api/account/${process.env.BRAND_ID}/configuration/le-users/users?v=4.0`, { headers });
  const names = (await res.json()).map((u) => u.loginName);
  callback(null, { known: names.includes("grace"), jwt: (await token()).split(".").length });
}
