const OAuth = require("oauth-1.0a");
const crypto = require("crypto");
const { Toolbelt } = require("lp-faas-toolbelt");

const HOST = "va.msghist.liveperson.net";

async function lambda(input, callback) {
  const httpClient = Toolbelt.HTTPClient();
  const key = (await Toolbelt.SecretClient().readSecret("lp_app_key")).value;
  const oauth = OAuth({
    consumer: { key: key.appKey, secret: key.appSecret },
    signature_method: "HMAC-SHA1",
    hash_function: (base, k) => crypto.createHmac("sha1", k).update(base).digest("base64"),
  });
  const url = `https://${HOST}/messaging_history/api/account/${process.env.BRAND_ID}/conversations/conversation/search`;
  const { Authorization } = oauth.toHeader(oauth.authorize({ url, method: "POST" }, { key: key.token, secret: key.tokenSecret }));
  const body = await httpClient({ method: "POST", url, headers: { Authorization }, json: true, body: { conversationId: input.payload.general.convId, contentToRetrieve: ["messageRecords"] } });
  const [record] = body.conversationHistoryRecords;
  callback(null, record.messageRecords.filter((m) => m.sentBy === "Consumer" && m.type === "TEXT_PLAIN").map((m) => m.messageData.msg.text));
}
