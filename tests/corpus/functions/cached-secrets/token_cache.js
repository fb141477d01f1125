const { Toolbelt } = require("lp-faas-toolbelt");

const cache = { token: null, expires: 0 };

function login() {
  return Toolbelt.SecretClient().readSecret("idp_client").then((s) => {
    const { id, secret } = JSON.parse(s.value);
    return fetch(process.env.IDP_URL, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret }),
    });
  }).then((r) => r.json()).then((json) => {
    cache.token = json.access_token;
    cache.expires = Date.now() + json.expires_in * 1000;
    return cache.token;
  });
}

const token = () => (cache.token && cache.expires > Date.now() ? Promise.resolve(cache.token) : login());

function lambda(input, callback) {
  token().then((first) => token().then((second) => callback(null, { same: first === second, expiresSoon: cache.expires - Date.now() < 10000 }))).catch(callback);
}
