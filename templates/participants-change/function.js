/**
 * Messaging Participants Change: somebody joined or left.
 *
 * general.cbotEventType names the first of these that holds; the two lists carry everything:
 *   YOU_ARE_CONNECTED_TO               there is a new assigned agent
 *   BACK_TO_QUEUE                      the assigned agent is gone, the skill is the same
 *   ANOTHER_AGENT_JOINED_CONVERSATION  an agent, a manager or a brand bot joined
 *   JOINED_AGENT_LEFT_CONVERSATION     an agent, a manager or a brand bot left
 *   CONSUMER_JOINED_CONVERSATION       another consumer joined
 *   CONSUMER_LEFT_CONVERSATION         a consumer left
 *
 * If the agent writes before this message goes out, the message is dropped: nobody wants to read
 * "an agent has joined" after the agent's first sentence.
 */
function lambda(input, callback) {
  const { general, participantChange } = input.payload;
  const joined = missingFrom(participantChange.oldParticipants, participantChange.newParticipants);
  const left = missingFrom(participantChange.newParticipants, participantChange.oldParticipants);
  console.info(general.cbotEventType, { joined, left });

  if (!joined.some((participant) => participant.role === "ASSIGNED_AGENT")) {
    callback(); // no command: the account's automatic message for this change is sent
    return;
  }

  callback(null, [
    // Sends this text in place of the account's automatic message.
    { type: "systemMessage", text: "You are now connected to one of our agents, who can see what you wrote so far." },

    // Routes the conversation to another skill ...
    // { type: "transfer", skillId: "123456" },

    // ... or to one agent, in that skill if skillId is there too, else in the present one.
    // { type: "transfer", agentId: "4711" },

    // Closes the conversation.
    // { type: "closeConversation" },
  ]);

  // callback(null, []);   nothing at all, not even the automatic message
}

/** The participants of `after` that are not in `before`, with the same id and role. */
function missingFrom(before, after) {
  const known = new Set(before.map(({ id, role }) => `${role} ${id}`));
  return after.filter(({ id, role }) => !known.has(`${role} ${id}`));
}
