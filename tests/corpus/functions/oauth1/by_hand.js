// no library, the partner's documentation had an example in PHP
const crypto = require("crypto");

function enc(s) {
  return encodeURIComponent(s).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
}

async function lambda(input, callback) {
  const p = {
    oauth_consumer_key: process.env.CONSUMER_KEY,
    oauth_nonce: "fixed-" + input.payload.n,
    oauth_signature_method: "HMAC-SHA256",
    oauth_timestamp: String(Math.floor(input.timestamp / 1000)),
    oauth_version: "1.0",
    status: input.payload.status,
  };
  const base = ["POST", enc("https://api.example.com/update"), enc(Object.keys(p).sort().map((k) => enc(k) + "=" + enc(p[k])).join("&"))].join("&");
  const signature = crypto.createHmac("sha256", enc(process.env.CONSUMER_SECRET) + "&").update(base, "utf8").digest("base64");
  const res = await fetch(process.env.API + "/update", {
    method: "POST",
    headers: { Authorization: "OAuth " + Object.entries({ ...p, oauth_signature: signature }).filter(([k]) => k.startsWith("oauth_")).map(([k, v]) => `${k}="${enc(v)}"`).join(", ") },
    body: new URLSearchParams({ status: p.status }),
  });
  console.log("signature", signature);
  callback(null, await res.text());
}
