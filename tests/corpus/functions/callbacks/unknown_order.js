const { Toolbelt } = require("lp-faas-toolbelt");

function lambda(input, callback) {
  const http = Toolbelt.HTTPClient();
  http(process.env.SHOP_URL + "/orders/" + encodeURIComponent(input.payload.arguments[0]), { json: true })
    .then((order) => callback(null, order.state))
    .catch((error) => {
      // StatusCodeError has the body in `error`
      console.warn("shop said no", { name: error.name, statusCode: error.statusCode, message: error.message, body: error.error });
      callback(error, null);
    });
}
