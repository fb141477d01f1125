// limits first, then the payment: two calls over one client
const Toolbelt = require("lp-faas-toolbelt").Toolbelt;

async function lambda(input, callback) {
  const { account, cents } = input.payload;
  try {
    const { value } = await Toolbelt.SecretClient().readSecret("bank");
    const bank = Toolbelt.MTLSClient(JSON.parse(value));
    const limit = await bank.get(`${process.env.BANK}/accounts/${account}/limit`, { accept: "application/json" });
    const { limit: most, used } = JSON.parse(limit.body);
    const left = most - used;
    console.info("limit read", { left });
    if (cents > left) return callback(null, { paid: false, left });
    const paid = await bank.put(`${process.env.BANK}/accounts/${account}/payments/1`, { "content-type": "application/json" }, JSON.stringify({ cents }));
    callback(null, { paid: paid.statusCode === 200, receipt: JSON.parse(paid.body).receipt });
  } catch (e) {
    console.error("bank", e.name);
    callback(e);
  }
}
