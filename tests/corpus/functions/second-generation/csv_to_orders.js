import _ from "lodash";
import { createHash } from "node:crypto";
import * as qs from "querystring";
import { format } from "util";

export async function lambda(input) {
  const [head, ...rows] = input.payload.csv.trim().split(/\r?\n/).map((line) => line.split(";"));
  const orders = rows.map((row) => _.zipObject(head.map(_.camelCase), row));
  const totals = _(orders).groupBy("customerId").mapValues((list) => _.sumBy(list, (o) => Number(o.total.replace(",", ".")))).value();
  const query = qs.stringify({ n: orders.length, ids: _.map(orders, "orderId") });
  return { orders, totals, query, text: format("%s orders, %d customers, %j", orders.length, _.size(totals), { ok: true }), hash: createHash("sha1").update(query).digest("hex") };
}
