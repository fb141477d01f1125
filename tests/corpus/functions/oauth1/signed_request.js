const OAuth = require("oauth-1.0a");
const crypto = require("crypto");
const { Toolbelt } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  const { value } = await Toolbelt.SecretClient().readSecret("shop_oauth");
  const keys = typeof value === "string" ? JSON.parse(value) : value;
  const oauth = OAuth({
    consumer: { key: keys.consumerKey, secret: keys.consumerSecret },
    signature_method: "HMAC-SHA1",
    hash_function(base_string, key) {
      return crypto.createHmac("sha1", key).update(base_string).digest("base64");
    },
  });
  const request = { url: `${process.env.SHOP}/rest/V1/orders?searchCriteria[pageSize]=5&q=a b&sort=created%20at`, method: "GET" };
  const headers = oauth.toHeader(oauth.authorize(request, { key: keys.token, secret: keys.tokenSecret }));
  const body = await Toolbelt.HTTPClient()({ ...request, headers, json: true });
  callback(null, body.items.length);
}
