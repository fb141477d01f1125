const { createSign, createVerify, createPrivateKey, createPublicKey } = require("crypto");
const { Toolbelt } = require("lp-faas-toolbelt");
const jwt = require("jsonwebtoken");

async function lambda(input, callback) {
  const { value: pem } = await Toolbelt.SecretClient().readSecret("partner_key");
  const text = JSON.stringify(input.payload);
  const signature = createSign("RSA-SHA256").update(text).sign(pem, "base64");
  const publicKey = createPublicKey(pem);
  const good = createVerify("RSA-SHA256").update(text).verify(publicKey, signature, "base64");
  const bad = createVerify("RSA-SHA256").update(text + " ").verify(publicKey, signature, "base64");
  const assertion = jwt.sign({ iss: "app", iat: 1 }, pem, { algorithm: "RS256" });
  callback(null, { good, bad, length: signature.length, type: createPrivateKey(pem).asymmetricKeyType, iss: jwt.verify(assertion, publicKey.export({ type: "spki", format: "pem" })).iss });
}
