const { Toolbelt } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  try {
    const httpClient = Toolbelt.HTTPClient();
    const secretClient = Toolbelt.SecretClient();
    const { value: apiKey } = await secretClient.readSecret("loyalty-api-key");
    const response = await httpClient(`${process.env.LOYALTY_BASE}/members`, {
      method: "GET",
      headers: { "X-Api-Key": apiKey, "Content-Type": "application/json" },
      qs: { phone: input.payload.phone, fields: ["level", "points"] },
      simple: false,
      resolveWithFullResponse: true,
    });
    if (response.statusCode !== 200) {
      console.error(`loyalty answered ${response.statusCode}`);
      callback(null, []);
      return;
    }
    const member = JSON.parse(response.body);
    callback(null, [{ type: "systemMessage", text: `You have ${member.points} points, ${member.level} member!` }]);
  } catch (error) {
    callback(error, null);
  }
}
