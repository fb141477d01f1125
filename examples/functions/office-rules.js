// Event: controllerbot_messaging_mid_conversation_msg      Sample: templates/off-hours-line/payload.json
//
// What a line in off-hours leads to depends on the skill: the emergency desk is always staffed, sales asks for
// patience, everybody else keeps the account's automatic message.

const EMERGENCY_DESK = "911";

const rules = {
  // Repairs: somebody must look at it tonight.
  410: () => [
    { type: "systemMessage", text: "Our workshop is closed. We are passing you to the emergency desk." },
    { type: "transfer", skillId: EMERGENCY_DESK },
  ],

  // Sales: nobody loses anything by waiting, but say so.
  420: ({ effectiveTTR }) => [
    { type: "systemMessage", text: `Our sales team is away. ${dueText(effectiveTTR)}` },
  ],

  // Internal test skill: stay silent.
  499: () => [],
};

function lambda(input, callback) {
  const { general, routing } = input.payload;
  const rule = rules[routing.newSkillId];
  callback(null, rule ? rule(general) : undefined);
}

function dueText(deadline) {
  if (deadline <= 0) {
    return "We will write as soon as we are back.";
  }
  const day = new Date(deadline).toLocaleDateString("en-GB", { weekday: "long", timeZone: "Europe/London" });
  return `We will write on ${day} at the latest.`;
}
