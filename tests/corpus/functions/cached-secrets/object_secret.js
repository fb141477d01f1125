const { Toolbelt } = require("lp-faas-toolbelt");

let config = null;
const getConfig = () => (config = config || Toolbelt.SecretClient().readSecret("erp").then(({ value }) => value));

function lambda(input, callback) {
  Promise.all([getConfig(), getConfig(), getConfig()])
    .then(([a, b, c]) => callback(null, { same: a === b && b === c, hosts: Object.keys(a.hosts), retries: a.retries }))
    .catch((e) => callback(e));
}
