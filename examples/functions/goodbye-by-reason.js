// Event: controllerbot_messaging_conversation_end      Sample: templates/conversation-end/payload.json
//
// One last message where it helps, none where it would annoy.

const SHORT_MS = 60 * 1000;

async function lambda(input) {
  const { general, end } = input.payload;
  const lasted = general.serverTimestamp - general.startTs;
  const answered = general.lastAgentMsgTs > 0;

  switch (end.closeReason) {
    case "CONSUMER":
      if (!answered && lasted > SHORT_MS) {
        console.warn("left without an answer", { waitedMs: lasted, skill: input.payload.routing.newSkillId });
        return { type: "systemMessage", text: "We are sorry that we did not make it in time. Write again, and you go first." };
      }
      return [];

    case "AGENT":
      return { type: "systemMessage", text: `Closed after ${minutes(lasted)}. Anything left? Just write again.` };

    default:
      return { type: "systemMessage", text: "This conversation was closed because it was quiet for a long time." };
  }
}

function minutes(ms) {
  const whole = Math.max(1, Math.round(ms / 60000));
  return whole === 1 ? "one minute" : `${whole} minutes`;
}
