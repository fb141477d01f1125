var Toolbelt = require("lp-faas-toolbelt").Toolbelt;

function lambda(input, callback) {
  var http = Toolbelt.HTTPClient();
  var sent = 0;
  // one after the other, the SMS gateway does not like parallel requests
  input.payload.recipients.reduce(function (chain, to) {
    return chain.then(function () {
      return http({ method: "POST", uri: process.env.SMS_URL, headers: { "content-type": "text/plain" }, body: to + ";" + input.payload.text });
    }).then(function (answer) {
      console.log(to, answer);
      sent += 1;
    });
  }, Promise.resolve())
    .then(function () { callback(null, sent); })
    .catch(function (e) { callback(null, { sent: sent, failed: e.message }); })
    .finally(function () { console.log("done after " + sent); });
}
