const Toolbelt = require("lp-faas-toolbelt").Toolbelt;

function lambda(input, callback) {
  var http = Toolbelt.HTTPClient();
  http("https://va.ac.liveperson.net/api/account/1001/configuration/le-users/users/" + input.payload.agent, { json: true, simple: false, resolveWithFullResponse: true, qs: { v: "4.0" } })
    .then(function (r) {
      if (r.statusCode === 404) { console.warn("no such agent"); return callback(null, "unknown"); }
      callback(null, r.body.nickname);
    }, callback);
}
