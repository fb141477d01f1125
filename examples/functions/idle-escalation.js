// Event: controllerbot_messaging_conversation_idle      Sample: templates/conversation-idle/payload.json
//
// A ladder for silence. Set the idle timers of the account to repeat, and each firing climbs one step.
//
// Environment:
//   BACKUP_SKILL        takes conversations that nobody takes or answers, for example "510"
//   CLOSE_AFTER_HOURS   closes when the consumer is silent for so long; 0 or empty: never

const BACKUP_SKILL = process.env.BACKUP_SKILL || "";
const CLOSE_AFTER_MS = Number(process.env.CLOSE_AFTER_HOURS || 0) * 60 * 60 * 1000;
const SECONDS = { SECONDS: 1, MINUTES: 60, HOURS: 3600 };

async function lambda(input, callback) {
  const { general, idle, routing } = input.payload;
  const since = (ts) => (ts === 0 ? 0 : general.serverTimestamp - ts);

  try {
    if (general.cbotEventType === "CONV_AWAITING_IN_QUEUE") {
      callback(null, waiting(since(general.backToQueueTs || general.startTs), ms(idle.convNotTakenTime), routing));
    } else if (general.cbotEventType === "AGENT_NON_RESPONSIVE") {
      callback(null, agentSilent(since(idle.lastConsumerMsgTs), ms(idle.agentNonResponsive), routing));
    } else {
      callback(null, consumerSilent(since(general.lastAgentMsgTs)));
    }
  } catch (error) {
    callback(error);
  }
}

function waiting(waited, step, routing) {
  if (waited < 2 * step) {
    return { type: "systemMessage", text: "Thank you for waiting. You are in the queue and will be next soon." };
  }
  return handOver("It takes longer than it should. We have asked a second team to help.", routing);
}

function agentSilent(waited, step, routing) {
  if (waited < 3 * step) {
    return []; // the agent sees the timer too: no need to tell the consumer yet
  }
  return handOver("Your agent seems to be held up. A colleague will take over.", routing);
}

function consumerSilent(silence) {
  if (CLOSE_AFTER_MS > 0 && silence >= CLOSE_AFTER_MS) {
    return [
      { type: "systemMessage", text: "We have not heard from you and close this conversation. Write again at any time." },
      { type: "closeConversation" },
    ];
  }
  return undefined;
}

function handOver(text, routing) {
  const message = { type: "systemMessage", text };
  if (BACKUP_SKILL === "" || BACKUP_SKILL === routing.newSkillId) {
    return message;
  }
  return [message, { type: "transfer", skillId: BACKUP_SKILL }];
}

function ms({ time, timeUnits }) {
  return time * SECONDS[timeUnits] * 1000;
}
