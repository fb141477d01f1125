const { Toolbelt } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  const { message, convId, context } = input.payload;
  if (input.payload.event && input.payload.event.type === "WELCOME") {
    return callback(null, { messages: ["Hi! I am Botty 🤖", { delay: 2, typing: true }, "How can I help?"] });
  }
  const nlu = await Toolbelt.HTTPClient()({ method: "POST", uri: process.env.NLU_URL + "/parse", json: true, body: { text: message, session: convId } });
  const best = nlu.intents.sort((a, b) => b.confidence - a.confidence)[0];
  const answer = { messages: [], context: { intenId: best.id, intentName: best.name, confidenceScore: best.confidence } };
  switch (best.name) {
    case "talk_to_human":
      answer.messages.push("I will get someone.");
      answer.context.action = "TRANSFER";
      answer.context.actionParameters = { skill: "Billing" };
      break;
    case "bye":
      answer.context.action = "CLOSE_CONVERSATION";
      break;
    default:
      answer.messages.push({ structuredContent: { type: "vertical", elements: [{ type: "button", title: best.name, click: { actions: [{ type: "publishText", text: best.name }] } }] }, metadata: [{ type: "ExternalId", id: convId }] });
  }
  callback(null, answer);
}
