const { Toolbelt } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  const { value: apiKey } = await Toolbelt.SecretClient().readSecret("maven_key");
  const context = Toolbelt.ContextServiceClient({ accountId: process.env.BRAND_ID, apiKey });
  const session = input.payload.session;
  const namespaces = await context.getListOfNamespaces();
  if (!namespaces.some((n) => n.name === "greetings")) await context.createNamespace("greetings", { ttl: 3600 });
  let before = null;
  try {
    before = await context.getPropertyInSession("greetings", "state", session);
  } catch (e) {
    console.log("nothing yet", e.code);
  }
  const all = await context.setPropertiesInNamespace("greetings", { state: { greeted: true, by: "faas" }, count: (before?.count ?? 0) + 1 }, session);
  callback(null, { before, names: Object.keys(all).sort(), state: all.state, one: await context.getPropertyInSession("greetings", "count", session) });
}
