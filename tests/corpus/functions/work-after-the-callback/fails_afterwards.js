const { Toolbelt } = require("lp-faas-toolbelt");

function lambda(input, callback) {
  const http = Toolbelt.HTTPClient();
  callback(null, "accepted");
  http(process.env.HOOK, { method: "PUT", body: "x", headers: { "Content-Type": "text/plain" } })
    .then(() => console.log("hook ok"))
    .catch((e) => console.error("hook failed: " + e.message));
}
