const { Toolbelt } = require("lp-faas-toolbelt");

function lambda(input, callback) {
  Toolbelt.HTTPClient()(process.env.API + "/search?q=größe").then((body) => callback(null, body), (e) => callback(null, { failed: e.statusCode }));
}
