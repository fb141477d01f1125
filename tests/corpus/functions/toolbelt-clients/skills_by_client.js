const { Toolbelt, LpServices } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  const lpClient = Toolbelt.LpClient();
  try {
    const skills = await lpClient(LpServices.ACCOUNT_CONFIG_READ_ONLY, `/api/account/${process.env.BRAND_ID}/configuration/le-users/skills?v=4.1`, { method: "GET", json: true, appKeySecretName: "my-app-key" });
    callback(null, skills.filter((s) => /^(Billing|Returns)$/.test(s.name)).map((s) => `${s.id}=${s.name}`).sort());
  } catch (error) {
    callback(error);
  }
}
