const { Toolbelt } = require("lp-faas-toolbelt");

function lambda(input, callback) {
  const done = (error, result) => (error ? callback(error) : callback(null, result));
  Toolbelt.SecretClient()
    .readSecret("bank")
    .then(({ value }) => Toolbelt.MTLSClient(JSON.parse(value)))
    .then((bank) => Promise.all(input.payload.accounts.map((account) => bank.head(process.env.BANK + "/accounts/" + account))))
    .then((answers) => answers.map((answer) => answer.headers["x-open"] === "yes"))
    .then((open) => done(null, { open, all: open.every(Boolean) }))
    .catch((error) => done(error));
}
