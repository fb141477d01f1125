/**
 * Messaging Line in Off-Hours: the consumer wrote while the skill is off shift, in a conversation that was opened
 * in office hours.
 *
 * general.cbotEventType is always CONSUMER_SEND_MESSAGE_ON_OFFHOURS. The function runs for every such line, so it
 * should not answer each of them.
 */
const TIME_ZONE = "Europe/Berlin";
const QUIET_MS = 10 * 60 * 1000; // somebody was here so recently that another message would only be noise

function lambda(input, callback) {
  const { general, mid } = input.payload;
  const brandWasHereMs = general.serverTimestamp - general.lastAgentMsgTs;

  if (mid.openedInOffHours || brandWasHereMs < QUIET_MS) {
    callback(null, []); // nothing at all, not even the automatic message
    return;
  }

  callback(null, [
    // Sends this text in place of the account's automatic message.
    { type: "systemMessage", text: `We have received your message and are away until we open again. ${promise(general)}` },

    // Routes the conversation to another skill, for example a team on another continent ...
    // { type: "transfer", skillId: "123456" },

    // ... or to one agent, in that skill if skillId is there too, else in the present one.
    // { type: "transfer", agentId: "4711" },

    // Closes the conversation.
    // { type: "closeConversation" },
  ]);

  // callback();   no command: the account's automatic message is sent, once per off-hours period
}

/** By when an answer is due, in the brand's time zone; effectiveTTR is -1 when nothing is due. */
function promise({ effectiveTTR, clientLanguage }) {
  if (effectiveTTR <= 0) {
    return "We will answer then.";
  }
  const format = new Intl.DateTimeFormat(clientLanguage || "en-US", {
    timeZone: TIME_ZONE,
    weekday: "long",
    hour: "numeric",
    minute: "2-digit",
  });
  return `You will hear from us by ${format.format(new Date(effectiveTTR))}.`;
}
