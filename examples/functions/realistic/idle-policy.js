// A policy for silence, written as a table and checked when the function is deployed.
// Accepts every messaging event. VARIANT (a number) changes the thresholds.

const VARIANT = Number(process.env.VARIANT || 0);
const MINUTE = 60 * 1000;
const UNITS = { SECONDS: 1000, MINUTES: MINUTE, HOURS: 60 * MINUTE };

const POLICY = [
  { who: "queue", after: 0, upTo: 5 + VARIANT, say: "waiting.short" },
  { who: "queue", after: 5 + VARIANT, upTo: 20 + VARIANT, say: "waiting.long" },
  { who: "queue", after: 20 + VARIANT, upTo: Infinity, say: "waiting.handover", transfer: String(700 + VARIANT) },
  { who: "agent", after: 0, upTo: 10, say: null },
  { who: "agent", after: 10, upTo: 30, say: "agent.busy" },
  { who: "agent", after: 30, upTo: Infinity, say: "agent.replaced", transfer: String(710 + VARIANT) },
  { who: "consumer", after: 0, upTo: 60, say: "consumer.there" },
  { who: "consumer", after: 60, upTo: 24 * 60, say: null },
  { who: "consumer", after: 24 * 60, upTo: Infinity, say: "consumer.close", close: true },
];

const TEXTS = {
  en: {
    "waiting.short": "Thank you for your patience. The next free agent is yours.",
    "waiting.long": "You have been waiting for {minutes} minutes, and we are sorry about it.",
    "waiting.handover": "We are passing you to a colleague who is free right now.",
    "agent.busy": "Your agent is still looking into it.",
    "agent.replaced": "A colleague takes over, so that you get your answer.",
    "consumer.there": "Are you still there? Take your time.",
    "consumer.close": "We close this conversation for now. Everything you wrote is kept.",
  },
  de: {
    "waiting.short": "Danke für Ihre Geduld. Der nächste freie Platz gehört Ihnen.",
    "waiting.long": "Sie warten seit {minutes} Minuten, das tut uns leid.",
    "waiting.handover": "Wir geben Sie an jemanden weiter, der jetzt frei ist.",
    "agent.busy": "Ihr Anliegen wird noch geprüft.",
    "agent.replaced": "Eine Kollegin übernimmt, damit Sie Ihre Antwort bekommen.",
    "consumer.there": "Sind Sie noch da? Lassen Sie sich Zeit.",
    "consumer.close": "Wir schließen das Gespräch vorerst. Ihre Nachrichten bleiben erhalten.",
  },
};

// A table with a hole or an overlap is found when the function is deployed, not at night.
(function check() {
  const end = {};
  for (const row of POLICY) {
    if ((end[row.who] ?? 0) !== row.after) {
      throw new Error(`the policy for "${row.who}" has a hole or an overlap at ${row.after} minutes`);
    }
    end[row.who] = row.upTo;
    for (const [language, texts] of Object.entries(TEXTS)) {
      if (row.say !== null && !texts[row.say]) {
        throw new Error(`no text "${row.say}" in "${language}"`);
      }
    }
  }
})();

async function lambda(input) {
  const { general, idle, routing, participantChange } = input.payload;
  const who = silentOne(general, participantChange);
  if (who === undefined || general.newConvState === "CLOSE") {
    return undefined;
  }

  const minutes = Math.floor(silence(who, general, idle) / MINUTE);
  const row = POLICY.find((candidate) => candidate.who === who && minutes >= candidate.after && minutes < candidate.upTo);
  const commands = [];
  if (row.say !== null) {
    commands.push({ type: "systemMessage", text: text(general.clientLanguage, row.say, { minutes }) });
  }
  if (row.transfer && row.transfer !== routing.newSkillId) {
    commands.push({ type: "transfer", skillId: row.transfer });
  }
  if (row.close) {
    commands.push({ type: "closeConversation" });
  }
  console.info("silence", { who, minutes, step: row.say, variant: VARIANT });
  return commands;
}

function silentOne(general, participantChange) {
  switch (general.cbotEventType) {
    case "CONV_AWAITING_IN_QUEUE":
      return "queue";
    case "AGENT_NON_RESPONSIVE":
      return "agent";
    case "CONSUMER_NON_RESPONSIVE":
      return "consumer";
    default: {
      const served = participantChange.newParticipants.some(({ role }) => role === "ASSIGNED_AGENT");
      return served ? undefined : "queue";
    }
  }
}

function silence(who, general, idle) {
  const configured = { queue: idle.convNotTakenTime, agent: idle.agentNonResponsive, consumer: idle.consumerNonResponsive }[who];
  const since = { queue: general.backToQueueTs || general.startTs, agent: idle.lastConsumerMsgTs, consumer: general.lastAgentMsgTs }[who];
  const least = configured.time * UNITS[configured.timeUnits];
  return since === 0 ? least : Math.max(0, general.serverTimestamp - since);
}

function text(language, key, values) {
  const texts = TEXTS[(language || "en").toLowerCase().split("-")[0]] || TEXTS.en;
  return texts[key].replace(/\{(\w+)\}/g, (hole, name) => String(values[name] ?? hole));
}
