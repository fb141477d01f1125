// Event: controllerbot_messaging_ttr      Sample: templates/ttr/payload.json
//
// "Urgent" is a promise. In office hours it moves the conversation to the fast lane; in off-hours it only gets an
// honest answer. Changes by agents are theirs to explain.
//
// Environment: FAST_LANE_SKILL, for example "610"

const FAST_LANE_SKILL = process.env.FAST_LANE_SKILL || "";

function lambda(input, callback) {
  const { general, ttr, participantChange } = input.payload;

  if (general.cbotEventType === "AGENT_UPDATED_RESPONSE_TIME") {
    return callback(null, []);
  }
  if (general.cbotEventType === "CONSUMER_CANCELED_URGENT_RESPONSE_TIME") {
    return callback();
  }

  if (general.inOffHours) {
    return callback(null, {
      type: "systemMessage",
      text: "We see that this is urgent. Nobody is here right now, so it will be the first thing tomorrow morning.",
    });
  }

  const commands = [
    { type: "systemMessage", text: `This is urgent, understood: an answer within ${Math.ceil(ttr.newTtr.value / 60)} minutes.` },
  ];
  const served = participantChange.newParticipants.some(({ role }) => role === "ASSIGNED_AGENT");
  if (!served && FAST_LANE_SKILL !== "") {
    // Somebody who is already being served stays with their agent.
    commands.push({ type: "transfer", skillId: FAST_LANE_SKILL });
  }
  return callback(null, commands);
}
