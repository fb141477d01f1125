/**
 * Messaging Conversation End: the conversation was closed.
 *
 * payload.end.closeReason says by whom: "AGENT", "CONSUMER" or "SYSTEM" (a function, the auto-close, an operator);
 * general.cbotEventType is AGENT_END_CONVERSATION, CONSUMER_END_CONVERSATION or SYSTEM_END_CONVERSATION.
 *
 * One last message may still be sent. There is nothing left to transfer or to close: such commands are rejected.
 */
function lambda(input, callback) {
  const { general, end } = input.payload;
  const minutes = Math.round((general.serverTimestamp - general.startTs) / 60000);
  console.info("conversation closed", { by: end.closeReason, minutes, skill: input.payload.routing.newSkillId });

  if (end.closeReason === "CONSUMER") {
    callback(null, []); // they have said goodbye already: nothing at all, not even the automatic message
    return;
  }

  callback(null, [
    // Sends this text in place of the account's automatic message.
    { type: "systemMessage", text: "This conversation is closed. If you need anything else, just write again." },

    // Available on the other events, rejected here because the conversation is closed:
    // { type: "transfer", skillId: "123456" },
    // { type: "transfer", agentId: "4711" },
    // { type: "closeConversation" },
  ]);

  // callback();   no command: the account's automatic message is sent, if one is configured
}
