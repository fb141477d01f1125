/**
 * Messaging New Conversation: a consumer opened a conversation.
 *
 * general.cbotEventType says how:
 *   CONSUMER_OPEN_NEW_CONVERSATION                        in office hours, not their first
 *   CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME             in office hours, their first ever
 *   CONSUMER_OPEN_NEW_CONVERSATION_OFF_HOURS              in off-hours
 *   CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME_OFF_HOURS   in off-hours, their first ever
 *   CONSUMER_OPEN_NEW_CONVERSATION_AFTER_AUTOCLOSE        soon after an auto-close, if the account wants to know
 */
const FIRST_TIME = "Welcome! Tell us what you need, and we will find the right person for you.";
const RETURNING = "Welcome back! How can we help you today?";
const OFF_HOURS = "Thank you for writing. Nobody is here right now; we will answer as soon as we open.";

function lambda(input, callback) {
  const { general, start } = input.payload;

  let text = start.firstConversation ? FIRST_TIME : RETURNING;
  if (general.inOffHours) {
    text = OFF_HOURS;
  }
  console.info("conversation opened", general.convId, general.cbotEventType);

  callback(null, [
    // Sends this text in place of the account's automatic message.
    { type: "systemMessage", text },

    // Routes the conversation to another skill ...
    // { type: "transfer", skillId: "123456" },

    // ... or to one agent, in that skill if skillId is there too, else in the present one.
    // { type: "transfer", agentId: "4711" },

    // Closes the conversation.
    // { type: "closeConversation" },
  ]);

  // Other answers:
  // callback(null, []);                          // nothing at all, not even the automatic message
  // callback();                                  // no command: the account's automatic message is sent
  // callback(new Error("CRM did not answer"));   // failed: tried again, then the automatic message
}
