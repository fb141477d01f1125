// Builds the record that a CRM would get for a change, masked and checked, and answers with nothing but a log line
// and, for some changes, a message. Accepts every messaging event. VARIANT (a number) changes the field mapping.

const VARIANT = Number(process.env.VARIANT || 0);
const SALT = process.env.PSEUDONYM_SALT || "not-secret";
const MASKED_FIELDS = (process.env.MASKED_FIELDS || "ip,consumer,session").split(",");

const MAPPING = [
  { to: `ticket_${VARIANT}`, from: ["general", "convId"], type: "string" },
  { to: "change", from: ["general", "cbotEventType"], type: "string" },
  { to: "opened_at", from: ["general", "startTs"], type: "time" },
  { to: "changed_at", from: ["general", "serverTimestamp"], type: "time" },
  { to: "due_at", from: ["general", "effectiveTTR"], type: "time" },
  { to: "ip", from: ["general", "clientIpAdress"], type: "string" },
  { to: "consumer", from: ["general", "visitorId"], type: "number" },
  { to: "session", from: ["general", "sessionId"], type: "number" },
  { to: "language", from: ["general", "clientLanguage"], type: "string" },
  { to: "campaign", from: ["general", "campaignInfo", "id"], type: "number" },
  { to: "engagement", from: ["general", "campaignInfo", "engagementId"], type: "number" },
  { to: "first", from: ["start", "firstConversation"], type: "boolean" },
  { to: "night", from: ["general", "inOffHours"], type: "boolean" },
  { to: "skill", from: ["routing", "newSkillId"], type: "string" },
  { to: "skill_before", from: ["routing", "oldSkillId"], type: "string" },
  { to: "priority", from: ["ttr", "newTtr", "ttrType"], type: "string" },
  { to: "closed_by", from: ["end", "closeReason"], type: "string" },
  { to: "people", from: ["participantChange", "newParticipants"], type: "roles" },
];

const CONVERT = {
  string: (value) => String(value).trim(),
  number: (value) => {
    if (!Number.isFinite(value)) throw new TypeError(`not a number: ${JSON.stringify(value)}`);
    return value;
  },
  boolean: (value) => value === true,
  time: (value) => (value > 0 ? new Date(value).toISOString() : null),
  roles: (list) =>
    list.reduce((count, { role }) => {
      count[role] = (count[role] || 0) + 1;
      return count;
    }, {}),
};

function lambda(input, callback) {
  const problems = [];
  const record = {};

  for (const { to, from, type } of MAPPING) {
    const value = dig(input.payload, from);
    if (value === undefined) {
      problems.push(from.join("."));
      continue;
    }
    try {
      record[to] = CONVERT[type](value);
    } catch (error) {
      problems.push(`${from.join(".")}: ${error.message}`);
    }
  }
  for (const field of MASKED_FIELDS) {
    if (field in record) {
      record[field] = pseudonym(String(record[field]));
    }
  }
  record.summary = summary(record);

  if (problems.length > 0) {
    console.warn("fields left out", problems);
  }
  console.info("record", record);

  if (record.priority === "URGENT" && record.night) {
    callback(null, { type: "systemMessage", text: "We have noted that this is urgent and put it on top of the list for the morning." });
  } else if (record.first && record.change.startsWith("CONSUMER_OPEN_")) {
    callback(null, { type: "systemMessage", text: `Welcome! Your reference is ${record.summary.reference}.` });
  } else {
    callback(null, undefined);
  }
}

function dig(value, path) {
  return path.reduce((inner, key) => (inner === null || inner === undefined ? undefined : inner[key]), value);
}

/** The same value always gives the same pseudonym; FNV-1a in two lanes is enough for a reference, not for a secret. */
function pseudonym(value) {
  let low = 0x811c9dc5;
  let high = 0x01234567 ^ VARIANT;
  for (const character of SALT + value) {
    const code = character.codePointAt(0);
    low = Math.imul(low ^ (code & 0xff), 0x01000193);
    high = Math.imul(high ^ (code >>> 4) ^ low, 0x01000193);
  }
  return `p-${(high >>> 0).toString(16).padStart(8, "0")}${(low >>> 0).toString(16).padStart(8, "0")}`;
}

function summary(record) {
  const reference = pseudonym(record[`ticket_${VARIANT}`]).slice(2, 10).toUpperCase();
  const moved = record.skill === record.skill_before ? `in ${record.skill}` : `from ${record.skill_before} to ${record.skill}`;
  const people = Object.entries(record.people)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([role, count]) => `${count} ${role.toLowerCase().replace("_", " ")}`)
    .join(", ");
  return { reference, text: `${record.change} ${moved}; ${people}` };
}
