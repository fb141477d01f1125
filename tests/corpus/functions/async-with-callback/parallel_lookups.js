"use strict";
const { Toolbelt } = require("lp-faas-toolbelt");
const http = Toolbelt.HTTPClient();

module.exports.lambda = lambda;

async function lambda(input, callback) {
  const base = process.env.BACKEND;
  const [customer, orders, notes] = await Promise.all([
    http(`${base}/customers/${input.payload.id}`, { json: true }),
    http(`${base}/customers/${input.payload.id}/orders?open=true`, { json: true }),
    http(`${base}/customers/${input.payload.id}/notes`, { json: true }).catch(() => []),
  ]);
  callback(null, { name: `${customer.first} ${customer.last}`, open: orders.length, total: orders.reduce((sum, o) => sum + o.total, 0), notes });
}
