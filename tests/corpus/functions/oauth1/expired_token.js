"use strict";
const OAuth = require("oauth-1.0a");
const { createHmac } = require("crypto");

let keys;

async function request(path, token) {
  const oauth = OAuth({
    consumer: { key: keys.consumerKey, secret: keys.consumerSecret },
    signature_method: "PLAINTEXT",
  });
  const url = process.env.API + path;
  const { Authorization } = oauth.toHeader(oauth.authorize({ url, method: "GET" }, token));
  const masked = Authorization.replace(/nonce="[^"]*"/, 'nonce=""').replace(/timestamp="[^"]*"/, 'timestamp=""');
  console.debug(masked.split(", ").length + " parameters", createHmac("md5", "k").update(masked).digest("hex").length);
  return fetch(url, { headers: { "X-Parameters": String(masked.split(", ").length), Accept: "application/json" } });
}

async function lambda(input, callback) {
  keys = keys || JSON.parse(process.env.KEYS);
  let response = await request("/me", { key: "old", secret: "old-s" });
  if (response.status === 401) {
    console.warn("token is over");
    response = await request("/me", { key: "new", secret: "new-s" });
  }
  callback(null, { status: response.status, me: await response.json() });
}
