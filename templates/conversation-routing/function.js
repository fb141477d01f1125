/**
 * Messaging Conversation Routing: the conversation is routed to a different skill.
 *
 * general.cbotEventType is always ENGAGEMENT_TRANSFERED. payload.routing has oldSkillId and newSkillId;
 * "-1" stands for the unassigned skill.
 */
const TEAM_OF_SKILL = {
  123456: "our specialists",
  // "200": "billing",
};

function lambda(input, callback) {
  const { general, routing } = input.payload;
  const team = TEAM_OF_SKILL[routing.newSkillId];
  console.info("routed", general.convId, `${routing.oldSkillId} -> ${routing.newSkillId}`);

  if (team === undefined) {
    callback(); // no command: the account's automatic message is sent
    return;
  }

  callback(null, [
    // Sends this text in place of the account's automatic message.
    { type: "systemMessage", text: `We are passing your conversation to ${team}. You do not have to repeat anything.` },

    // Routes it on to another skill. This fires the event again: a chain of more than eight causes stops by itself.
    // { type: "transfer", skillId: "654321" },

    // Routes it to one agent, in that skill if skillId is there too, else in the present one.
    // { type: "transfer", agentId: "4711" },

    // Closes the conversation.
    // { type: "closeConversation" },
  ]);

  // callback(null, []);   nothing at all, not even the automatic message
}
