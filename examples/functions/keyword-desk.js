// Event: none, called over HTTP by an agent bot      Payload: { "text": "please stop", "skillId": "100" }
//
// The bot passes the consumer's line and carries out the commands it gets back. Words are matched whole and without
// accents, so "stop" does not match "stopwatch" and "résilier" matches "resilier".

const DESKS = [
  { words: ["stop", "unsubscribe", "abmelden"], commands: [{ type: "systemMessage", text: "Understood, we will not write to you any more." }, { type: "closeConversation" }] },
  { words: ["cancel", "kündigen", "résilier"], commands: [{ type: "systemMessage", text: "Let us see what we can do for you." }, { type: "transfer", skillId: "701" }] },
  { words: ["human", "agent", "mensch"], commands: [{ type: "transfer", skillId: "100" }] },
];

function lambda(input, callback) {
  const { text = "", skillId = "" } = input.payload || {};
  const words = new Set(plain(text).split(/[^\p{L}\p{N}]+/u));
  const desk = DESKS.find((entry) => entry.words.some((word) => words.has(plain(word))));

  if (!desk) {
    return callback(null, []);
  }
  // A transfer to the skill where the conversation already is would change nothing.
  callback(null, desk.commands.filter((command) => command.type !== "transfer" || command.skillId !== skillId));
}

function plain(text) {
  return text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
}
