/**
 * Messaging Conversation Idle: somebody did not respond in the configured time.
 *
 * general.cbotEventType says who:
 *   CONV_AWAITING_IN_QUEUE   nobody took it from the queue     payload.idle.convNotTakenTime
 *   AGENT_NON_RESPONSIVE     the assigned agent is silent      payload.idle.agentNonResponsive
 *   CONSUMER_NON_RESPONSIVE  the consumer is silent            payload.idle.consumerNonResponsive
 *
 * Each configured time is { time: number, timeUnits: "SECONDS" | "MINUTES" | "HOURS" }.
 */
const CLOSE_SILENT_CONSUMERS = false; // true: say goodbye and close when the consumer does not answer
const BACKUP_SKILL = ""; // where conversations go that nobody takes, for example "123456"; empty: they stay

const SECONDS_PER = { SECONDS: 1, MINUTES: 60, HOURS: 3600 };

function lambda(input, callback) {
  const { general, idle } = input.payload;

  switch (general.cbotEventType) {
    case "CONV_AWAITING_IN_QUEUE": {
      const waited = readable(idle.convNotTakenTime);
      const commands = [
        { type: "systemMessage", text: `You have been waiting for ${waited}. Thank you for your patience, we have not forgotten you.` },
      ];
      if (BACKUP_SKILL !== "") {
        commands.push({ type: "transfer", skillId: BACKUP_SKILL });
      }
      callback(null, commands);
      return;
    }

    case "CONSUMER_NON_RESPONSIVE":
      if (CLOSE_SILENT_CONSUMERS) {
        callback(null, [
          { type: "systemMessage", text: "We close this conversation for now. Just write again whenever you like." },
          { type: "closeConversation" },
        ]);
        return;
      }
      callback(); // no command: the account's automatic message is sent
      return;

    default:
      // AGENT_NON_RESPONSIVE
      console.warn("the agent is silent", general.convId, { lastAgentMsgTs: general.lastAgentMsgTs });
      callback();
  }

  // All commands, first of each type counts, in this order:
  // { type: "systemMessage", text: "..." }       this text in place of the automatic message
  // { type: "transfer", skillId: "123456" }      to another skill
  // { type: "transfer", agentId: "4711" }        to one agent (skillId may be added)
  // { type: "closeConversation" }                closes the conversation
  //
  // callback(null, []);   nothing at all, not even the automatic message
}

/** A configured time as people say it: "2 minutes", "1 hour". */
function readable({ time, timeUnits }) {
  const seconds = time * SECONDS_PER[timeUnits];
  const [value, unit] = seconds < 60 ? [seconds, "second"] : seconds < 3600 ? [Math.round(seconds / 60), "minute"] : [Math.round(seconds / 3600), "hour"];
  return `${value} ${unit}${value === 1 ? "" : "s"}`;
}
