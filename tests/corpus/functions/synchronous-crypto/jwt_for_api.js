const jwt = require("jsonwebtoken");
const { Toolbelt } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  const { value: secret } = await Toolbelt.SecretClient().readSecret("jwt_secret");
  const iat = Math.floor(input.timestamp / 1000);
  const token = jwt.sign({ sub: input.payload.customer, scope: ["orders:read"], iat }, secret, { algorithm: "HS256", expiresIn: "5m", issuer: "faas", audience: "api", keyid: "k1" });
  const claims = jwt.verify(token, secret, { issuer: "faas", clockTimestamp: iat + 10 });
  let expired = null;
  try { jwt.verify(token, secret, { clockTimestamp: iat + 301 }); } catch (e) { expired = `${e.name}: ${e.message}`; }
  const orders = await Toolbelt.HTTPClient()({ uri: process.env.API + "/orders", auth: { bearer: token }, json: true });
  callback(null, { claims, expired, header: jwt.decode(token, { complete: true }).header, orders });
}
