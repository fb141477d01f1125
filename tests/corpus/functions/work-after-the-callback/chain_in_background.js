var Toolbelt = require("lp-faas-toolbelt").Toolbelt;

function sync(http, ids) {
  if (ids.length === 0) { console.log("synced"); return; }
  http.put(process.env.SYNC + "/items/" + ids[0], { json: { synced: true } }).then(function () {
    setImmediate(function () { sync(http, ids.slice(1)); });
  });
}

function lambda(input, callback) {
  sync(Toolbelt.HTTPClient(), input.payload.ids);
  process.nextTick(function () { callback(null, { queued: input.payload.ids.length }); });
}
