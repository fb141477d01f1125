// The second generation's style: an async function with constants, small helpers and array methods.
const LIMITS = new Map([['URGENT', 5], ['NORMAL', 60]]);
const FORBIDDEN = /\b(?:\d[ -]?){13,16}\b/g;

const minutes = (value) => Math.round(Number(value) / 60000);
const hidden = (text) => String(text).trim().replace(FORBIDDEN, (digits) => '*'.repeat(digits.length));

class Rule {
  constructor(name, applies) {
    this.name = name;
    this.applies = applies;
  }
}

const rules = [
  new Rule('urgent', ({ ttr }) => ttr?.newTtr?.ttrType === 'URGENT'),
  new Rule('late', ({ general }) => minutes(general.serverTimestamp - general.lastAgentMsgTs) > (LIMITS.get('URGENT') ?? 10)),
];

async function lambda(input) {
  const { payload, headers = [] } = input;
  const matching = rules.filter((rule) => rule.applies(payload)).map(({ name }) => name);
  const roles = [...new Set(payload.participantChange.newParticipants.map(({ role }) => role))].sort();
  const found = Object.entries(payload.idle).find(([key, value]) => key.includes('agent') && value.time > 1);
  const seen = await Promise.resolve({ ...payload.general, headers: headers.length });
  console.log(`${seen.convId}: ${matching.join(', ')}`, roles, JSON.stringify(found));
  if (matching.length === 0 || !Array.isArray(roles)) return [];
  const text = hidden(`A colleague answers within ${LIMITS.get('URGENT')} minutes, at ${new Date(seen.serverTimestamp).toISOString().slice(11, 16)}.`);
  return [{ type: 'systemMessage', text }];
}
