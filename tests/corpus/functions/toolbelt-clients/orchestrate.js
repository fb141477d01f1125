const { Toolbelt } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  const { first, second } = input.payload;
  const results = await Toolbelt.OrchestratorClient().invoke([
    { uuid: first, payload: { n: 3 } },
    { uuid: second, payload: { n: 4 }, headers: [{ key: "k", value: "v" }] },
  ]);
  callback(null, results.map((r) => ({ status: r.statusCode, body: r.body })));
}
