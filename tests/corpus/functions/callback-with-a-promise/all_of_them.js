const { Toolbelt } = require("lp-faas-toolbelt");

function lambda(input, callback) {
  const http = Toolbelt.HTTPClient();
  const one = (sku) => http({ url: `${process.env.STOCK}/stock/${sku}`, json: true, transform: (body) => ({ sku, free: body.free }) });
  callback(null, Promise.all(input.payload.skus.map(one)).then((all) => all.filter((s) => s.free > 0)));
}
