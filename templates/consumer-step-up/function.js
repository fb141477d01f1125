/**
 * Messaging Consumer Step Up: an anonymous consumer authenticated while the conversation is open.
 *
 * general.cbotEventType is always CONSUMER_STEP_UP; general.originatorId is the consumer as known from now on.
 */
const CUSTOMER_SKILL = ""; // a team for known customers, for example "123456"; empty: the conversation stays

function lambda(input, callback) {
  const { general, routing } = input.payload;
  const commands = [
    // Sends this text in place of the account's automatic message.
    { type: "systemMessage", text: "Thank you, you are signed in now. We can see your orders and help you faster." },
  ];

  if (CUSTOMER_SKILL !== "" && routing.newSkillId !== CUSTOMER_SKILL) {
    // routing.newSkillId is the present skill when the event is not about routing.
    commands.push({ type: "transfer", skillId: CUSTOMER_SKILL });
  }
  console.info("consumer stepped up", general.convId);

  callback(null, commands);

  // All commands, first of each type counts, in this order:
  // { type: "systemMessage", text: "..." }       this text in place of the automatic message
  // { type: "transfer", skillId: "123456" }      to another skill
  // { type: "transfer", agentId: "4711" }        to one agent (skillId may be added)
  // { type: "closeConversation" }                closes the conversation
  //
  // callback(null, []);   nothing at all, not even the automatic message
  // callback();           no command: the account's automatic message is sent, if one is configured
}
