// The agent SDK as it comes from npm, unmodified, with a window of raw WebSockets and a deployed function in between.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { after, before, test } from 'node:test';

import { V1, start } from './server.js';
import { Window } from './window.js';

const AGENTS = [
  { name: 'anna', password: 'anna has a long password' },
  { name: 'ben', password: 'ben has a long password too' },
];
const NUMBERS = { anna: '21', ben: '22' };
const [SALES, WORKSHOP] = ['123456', '234567'];
const ANSWERS = `function lambda(input, callback) {
  callback(null, { type: 'systemMessage', text: 'function: ' + input.payload.general.cbotEventType });
}`;
const EVENTS = ['new_conversation', 'ttr', 'participants_change', 'conversation_routing', 'conversation_end'];

let server;
before(async () => {
  server = await start();
  const at = `/accounts/${V1}`;
  for (const { name, password } of AGENTS) {
    const id = NUMBERS[name];
    await server.api('PUT', `${at}/users/${id}`, { login_name: name, nickname: name, roles: ['agent'], skills: [SALES, WORKSHOP] });
    await server.api('PUT', `${at}/users/${id}/password`, { password });
  }
  await server.api('PUT', `${at}/settings`, { default_skill: SALES });
  await server.api('PUT', `${at}/controller-bot`, { enabled: true });
  for (const event of EVENTS) await server.deploy(V1, `On_${event}`, ANSWERS, `controllerbot_messaging_${event}`);
});
after(async () => { await server?.stop(); });

/** A bot on the SDK, in a process of its own; what it reports can be waited for. */
function bot(kind, { name, ...proof }) {
  const child = fork(new URL('run-bot.cjs', import.meta.url).pathname, [], {
    env: {
      ...server.environment, BOT: kind,
      BOT_CONFIG: JSON.stringify({ accountId: V1, username: name, ...proof, csdsDomain: `localhost:${server.tls}` }),
    },
  });
  const seen = [];
  const waiters = new Set();
  child.on('message', (report) => { seen.push(report); for (const waiter of waiters) waiter(); });
  const until = (what, holds = () => true) => new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} among ${JSON.stringify(seen)}`)), 20_000);
    const look = () => {
      const found = seen.find((report) => report.what === what && holds(report));
      if (!found) return;
      clearTimeout(timer);
      waiters.delete(look);
      resolve(found);
    };
    waiters.add(look);
    look();
  });
  const stop = () => new Promise((resolve) => { child.once('exit', resolve); child.send({ stop: true }); });
  return { until, stop, seen, tell: (message) => child.send(message) };
}

test('a bot works through the whole scenario of the contract, with functions acting in between', async () => {
  const agent = bot('scenario', AGENTS[0]);
  await agent.until('online');
  const window = await Window.open(server, V1, { features: ['AUTO_MESSAGES'] });
  const id = await window.request();
  await window.subscribe(id);
  await window.publish(id, 'my kettle is broken');
  await agent.until('done');
  const failures = agent.seen.filter(({ what }) => what === 'error' || what === 'warn');
  assert.deepEqual(failures, []);
  const rings = agent.seen.filter(({ what }) => what === 'ring').map(({ state }) => state);
  assert.deepEqual(rings, ['WAITING', 'ACCEPTED', 'WAITING', 'ACCEPTED']);
  const changes = agent.seen.filter(({ what }) => what === 'change').map(({ type }) => type);
  assert.equal(changes.filter((type) => type === 'DELETE').length, 2, 'transferred away, and closed');
  await window.line('I look into it');
  for (const code of ['YOU_ARE_CONNECTED_TO', 'AGENT_UPDATED_RESPONSE_TIME', 'ENGAGEMENT_TRANSFERED', 'AGENT_END_CONVERSATION']) {
    const line = await window.line(`function: ${code}`);
    assert.equal(line.originatorMetadata.role, 'CONTROLLER');
  }
  window.close();
  await agent.stop();
});

test('of two bots one gets the conversation, and the other one is told', async () => {
  const bots = AGENTS.map((agent) => bot('racer', agent));
  for (const racer of bots) await racer.until('online');
  const window = await Window.open(server, V1, {});
  const id = await window.request();
  for (const racer of bots) racer.tell({ take: id });
  const outcomes = await Promise.all(bots.map((racer) => racer.until('took', ({ id: taken }) => taken === id)));
  const [won, lost] = [outcomes.filter(({ code }) => code === undefined), outcomes.filter(({ code }) => code !== undefined)];
  assert.equal(won.length, 1);
  assert.equal(lost[0].code, 409);
  window.close();
  for (const racer of bots) await racer.stop();
});

test('a greeter, an echo and a closer serve a window together', async () => {
  const [greeter, echo] = [bot('greeter', AGENTS[0]), bot('echo', AGENTS[1])];
  await greeter.until('online');
  await echo.until('online');
  const window = await Window.open(server, V1, {});
  const id = await window.request();
  await window.subscribe(id);
  await window.line('welcome, said the greeter');
  await echo.until('ring', ({ state }) => state === 'ACCEPTED');
  await window.publish(id, 'hello');
  await window.line('echo: hello');
  await window.publish(id, '#close');
  const closed = await window.closed(id);
  assert.equal(closed.conversationDetails.closeReason, 'AGENT');
  window.close();
  await greeter.stop();
  await echo.stop();
});

test('a bot logs in with an app key in the place of a password, until the key is revoked', async () => {
  const keys = `/accounts/${V1}/app-keys`;
  const { id, ...issued } = await server.api('POST', keys, { name: 'bot', user: NUMBERS.anna });
  const { secret, access_token: accessToken, access_token_secret: accessTokenSecret } = issued;
  const proof = { name: issued.username, appKey: id, secret, accessToken, accessTokenSecret };
  const agent = bot('greeter', proof);
  await agent.until('online');
  await agent.stop();
  await server.api('DELETE', `${keys}/${id}`);
  const refused = bot('greeter', proof);
  const { message } = await refused.until('error');
  assert.ok(message);
  await refused.stop();
});

test('a wrong password is an error of the SDK, and nothing else', async () => {
  const agent = bot('scenario', { ...AGENTS[0], password: 'not the password of anna' });
  const { message } = await agent.until('error');
  assert.ok(message);
  await agent.stop();
});
