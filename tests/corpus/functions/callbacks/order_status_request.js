const { Toolbelt } = require("lp-faas-toolbelt");

// callback style all the way down, this one is from before we had async/await
function lambda(input, callback) {
  const http = Toolbelt.HTTPClient();
  const orderId = input.payload.arguments[0];

  getOrder(http, orderId, function (err, order) {
    if (err) {
      console.error("could not read order " + orderId, err.statusCode);
      return callback(null, "Order " + orderId + " is not known.");
    }
    getParcel(http, order.parcel, function (err, parcel) {
      if (err) return callback(err);
      callback(null, "Order " + order.id + ": " + parcel.state + " (" + parcel.carrier + ")");
    });
  });
}

function getOrder(http, id, done) {
  http(process.env.SHOP_URL + "/orders/" + id, { method: "GET", json: true, simple: true })
    .then(function (body) { done(null, body); })
    .catch(function (e) { done(e); });
}

function getParcel(http, id, done) {
  http(process.env.SHOP_URL + "/parcels/" + id, { json: true })
    .then((body) => done(null, body), done);
}
