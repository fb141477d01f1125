// A routing desk: who gets a conversation, by skill, language, campaign, time and history.
// Accepts every messaging event. VARIANT (a number) shifts the numbers of the matrix.

const VARIANT = Number(process.env.VARIANT || 0);
const BLOCKED_SKILLS = (process.env.BLOCKED_SKILLS || "990,991,992").split(",").map((id) => id.trim());

const SKILLS = {
  reception: String(100 + VARIANT),
  sales: String(200 + VARIANT),
  salesNight: String(250 + VARIANT),
  support: String(300 + VARIANT),
  supportExpert: String(350 + VARIANT),
  billing: String(400 + VARIANT),
  retention: String(450 + VARIANT),
  business: String(500 + VARIANT),
  backOffice: String(600 + VARIANT),
};

const LANGUAGE_TEAMS = {
  de: { offset: 1, name: "Deutsch" },
  fr: { offset: 2, name: "Français" },
  es: { offset: 3, name: "Español" },
  it: { offset: 4, name: "Italiano" },
  nl: { offset: 5, name: "Nederlands" },
  pl: { offset: 6, name: "Polski" },
};

// First rule that matches decides. Each says why, so that the log of an invocation explains the routing.
const RULES = [
  {
    why: "closed conversations are not routed",
    when: (facts) => facts.closed,
    then: (facts) => (facts.closedBy === "CONSUMER" ? silence() : say("Thank you for your time. Write again whenever you like.")),
  },
  {
    why: "an agent is already serving",
    when: (facts) => facts.served && facts.kind !== "idle",
    then: () => stay(),
  },
  {
    why: "the skill takes part in nothing automatic",
    when: (facts) => BLOCKED_SKILLS.includes(facts.skill),
    then: () => silence(),
  },
  {
    why: "business engagements have their own desk",
    when: (facts) => facts.engagement >= 9000 + VARIANT && facts.engagement < 9100 && facts.kind === "start",
    then: (facts) => route(SKILLS.business, facts, "Welcome to the business desk."),
  },
  {
    why: "urgent and not yet served",
    when: (facts) => facts.urgent && !facts.offHours,
    then: (facts) => route(SKILLS.supportExpert, facts, `We treat this as urgent and answer within ${facts.ttrMinutes} minutes.`),
  },
  {
    why: "urgent at night",
    when: (facts) => facts.urgent && facts.offHours,
    then: (facts) => route(SKILLS.salesNight, facts, "We treat this as urgent. The night team takes over."),
  },
  {
    why: "first contact goes through the reception",
    when: (facts) => facts.kind === "start" && facts.first,
    then: (facts) => route(SKILLS.reception, facts, "Welcome! The reception will find the right person for you."),
  },
  {
    why: "waiting too long",
    when: (facts) => facts.code === "CONV_AWAITING_IN_QUEUE",
    then: (facts) =>
      facts.waitedMinutes >= 10
        ? route(SKILLS.backOffice, facts, "A second team helps out, so that you do not have to wait any longer.")
        : say(`You have been waiting for ${facts.waitedMinutes} minutes. We have not forgotten you.`),
  },
  {
    why: "nobody is there",
    when: (facts) => facts.offHours,
    then: (facts) => say(facts.kind === "start" ? "We are closed and will answer in the morning." : "We have received your message."),
  },
];

function lambda(input, callback) {
  let facts;
  try {
    facts = read(input.payload);
  } catch (error) {
    console.error("payload not understood", error.message);
    return callback(null, undefined);
  }

  const rule = RULES.find((candidate) => candidate.when(facts));
  if (!rule) {
    console.debug("no rule", { code: facts.code, skill: facts.skill });
    return callback(null, undefined);
  }

  console.info("routing", rule.why, { code: facts.code, skill: facts.skill, variant: VARIANT });
  return callback(null, rule.then(facts));
}

/** What the rules need to know, in the words of the desk. */
function read(payload) {
  const { general, start, end, routing, participantChange, ttr, idle } = payload;
  const roles = participantChange.newParticipants.map(({ role }) => role);
  const waitingSince = general.backToQueueTs || general.startTs;
  return {
    code: general.cbotEventType,
    kind: kindOf(general.cbotEventType),
    skill: routing.newSkillId,
    cameFrom: routing.oldSkillId,
    language: (general.clientLanguage || "en").toLowerCase().split("-")[0],
    engagement: general.campaignInfo.engagementId,
    offHours: general.inOffHours,
    first: start.firstConversation,
    closed: general.newConvState === "CLOSE",
    closedBy: end.closeReason,
    served: roles.includes("ASSIGNED_AGENT"),
    urgent: ttr.newTtr.ttrType === "URGENT",
    ttrMinutes: Math.ceil(ttr.newTtr.value / 60),
    waitedMinutes: Math.floor((general.serverTimestamp - waitingSince) / 60000),
    silentMinutes: Math.floor((general.serverTimestamp - (idle.lastConsumerMsgTs || general.startTs)) / 60000),
  };
}

function kindOf(code) {
  if (code.startsWith("CONSUMER_OPEN_")) return "start";
  if (code.endsWith("_END_CONVERSATION")) return "end";
  if (code.endsWith("_NON_RESPONSIVE") || code === "CONV_AWAITING_IN_QUEUE") return "idle";
  if (code.endsWith("_RESPONSE_TIME")) return "ttr";
  if (code === "ENGAGEMENT_TRANSFERED") return "routing";
  return "other";
}

/** The team of that skill that speaks the consumer's language, if there is one. */
function inLanguage(skill, facts) {
  const team = LANGUAGE_TEAMS[facts.language];
  return team ? String(Number(skill) + team.offset * 10) : skill;
}

function route(skill, facts, text) {
  const target = inLanguage(skill, facts);
  if (target === facts.skill || target === facts.cameFrom) {
    return say(text); // never send it back to where it came from
  }
  return [...say(text), { type: "transfer", skillId: target }];
}

function say(text) {
  return [{ type: "systemMessage", text }];
}

function stay() {
  return undefined;
}

function silence() {
  return [];
}
