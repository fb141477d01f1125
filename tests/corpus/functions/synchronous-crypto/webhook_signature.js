const crypto = require("crypto");

function lambda(input, callback) {
  const signature = (input.headers.find((h) => h.key === "X-Hub-Signature-256") || {}).value || "";
  const expected = "sha256=" + crypto.createHmac("sha256", process.env.WEBHOOK_SECRET).update(JSON.stringify(input.payload)).digest("hex");
  const a = Buffer.from(signature), b = Buffer.from(expected);
  if (a.length !== b.length || !crypto.timingSafeEqual(a, b)) {
    console.error("signature does not match", { signature, expected });
    return callback("invalid signature");
  }
  callback(null, { action: input.payload.action });
}
