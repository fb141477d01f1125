/**
 * Messaging TTR: the time to respond changed.
 *
 * general.cbotEventType says how:
 *   CONSUMER_ASKED_URGENT_RESPONSE_TIME      the consumer marked the conversation as urgent
 *   CONSUMER_CANCELED_URGENT_RESPONSE_TIME   the consumer took the mark back
 *   AGENT_UPDATED_RESPONSE_TIME              an agent changed it, or set a deadline by hand
 *
 * payload.ttr has the old and the new value: { ttrType: "URGENT" | "NORMAL" | "PRIORITIZED" | "CUSTOM", value: seconds }.
 */
const URGENT_SKILL = ""; // a skill for urgent conversations, for example "123456"; empty: they stay where they are

function lambda(input, callback) {
  const { general, ttr } = input.payload;
  const minutes = Math.ceil(ttr.newTtr.value / 60);
  const commands = [];

  switch (general.cbotEventType) {
    case "CONSUMER_ASKED_URGENT_RESPONSE_TIME":
      commands.push({
        type: "systemMessage",
        text: `We have marked your conversation as urgent. We aim to answer within ${minutes} minutes.`,
      });
      if (URGENT_SKILL !== "") {
        commands.push({ type: "transfer", skillId: URGENT_SKILL });
      }
      break;

    case "CONSUMER_CANCELED_URGENT_RESPONSE_TIME":
      commands.push({ type: "systemMessage", text: "Your conversation is no longer marked as urgent." });
      break;

    default:
      // An agent changed it: the account's automatic message says so.
      callback();
      return;
  }

  callback(null, commands);

  // All commands, first of each type counts, in this order:
  // { type: "systemMessage", text: "..." }       this text in place of the automatic message
  // { type: "transfer", skillId: "123456" }      to another skill
  // { type: "transfer", agentId: "4711" }        to one agent (skillId may be added)
  // { type: "closeConversation" }                closes the conversation
  //
  // callback(null, []);   nothing at all, not even the automatic message
  // callback();           no command: the account's automatic message is sent
}
