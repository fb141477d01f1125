const _ = require("lodash");

function lambda(input, callback) {
  const groups = _.chain(input.payload.invoices)
    .filter((i) => _.get(i, "customer.address.country", "??") !== "??")
    .groupBy("customer.address.country")
    .mapValues((list) => ({ count: list.length, sum: _.round(_.sumBy(list, "total"), 2), oldest: _.minBy(list, "date").date }))
    .toPairs()
    .sortBy([([, g]) => -g.sum])
    .fromPairs()
    .value();
  callback(null, { groups, labels: _.map(_.keys(groups), _.flow(_.toLower, _.upperFirst)), camel: _.mapKeys({ "first-name": 1, LastName: 2 }, (v, k) => _.camelCase(k)) });
}
