// AWS signature v4, from the days when there was no SDK in here
const crypto = require("crypto");
const hmac = (key, text) => crypto.createHmac("sha256", key).update(text, "utf8").digest();
const sha = (text) => crypto.createHash("sha256").update(text, "utf8").digest("hex");

async function lambda(input, callback) {
  const stamp = new Date(input.timestamp).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const day = stamp.slice(0, 8);
  const body = JSON.stringify({ Message: input.payload.text, TopicArn: "arn:aws:sns:eu-west-1:1:t" });
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-date": stamp, "x-amz-target": "Publish" };
  const names = Object.keys(headers).sort();
  const canonical = ["POST", "/", "", ...names.map((n) => `${n}:${headers[n]}`), "", names.join(";"), sha(body)].join("\n");
  const scope = `${day}/eu-west-1/sns/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", stamp, scope, sha(canonical)].join("\n");
  const key = ["eu-west-1", "sns", "aws4_request"].reduce(hmac, hmac("AWS4" + process.env.AWS_SECRET, day));
  const Authorization = `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=${names.join(";")}, Signature=${hmac(key, toSign).toString("hex")}`;
  const res = await fetch(process.env.SNS, { method: "POST", headers: { ...headers, Authorization }, body });
  callback(null, { status: res.status, id: (await res.json()).MessageId });
}
