const { Toolbelt } = require("lp-faas-toolbelt");
const http = Toolbelt.HTTPClient();

function lambda(input, callback) {
  callback(null, [{ type: "systemMessage", text: "One moment, we look into it." }]);
  // fire and forget
  http(process.env.STATS + "/hits", { method: "POST", json: true, body: { event: input.payload.general.cbotEventType } });
}
