// Every source of the corpus on the real binary, held against what Node said of it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import { start } from '../clients/server.js';
import { ACCOUNTS, HERE, expectedFile, named, prepared, readCases } from './cases.js';
import { makeCertificates } from './certificates.js';
import { requestsOf, startNode } from './node-shim/node.js';
import { Normaliser } from './normalise.js';
import { startUpstreams } from './upstream.js';

/** Every style that people write, and the fewest sources of each. */
const STYLES = [
  'callbacks', 'async-with-callback', 'promise-chains', 'cached-secrets', 'lodash-and-luxon', 'mutual-tls', 'oauth1', 'third-party-bots',
  'toolbelt-clients', 'second-generation',
  // What breaks where a platform is not the real one.
  'top-level-environment', 'work-after-the-callback', 'callback-with-a-promise', 'synchronous-crypto', 'platform-hosts',
];
const LEAST = 5;
/** Fewest sources in all, without those that exist to show a difference. */
const LEAST_IN_ALL = 40;

/** Where the recorded platform says that account configuration is. */
const PUBLISHED = ['accountConfigReadOnly=va.acr.liveperson.net'];

const cases = await readCases();
const certificates = makeCertificates();
let server, upstreams;

before(async () => {
  [server, upstreams] = await Promise.all([start(PUBLISHED), startUpstreams(certificates)]);
  for (const account of Object.values(ACCOUNTS)) await furnish(account);
});
after(async () => {
  await server?.stop();
  await upstreams?.close();
});

/** What the recorded answers of the platform speak of. */
async function furnish(account) {
  const at = `/accounts/${account}`;
  await server.api('PUT', `${at}/settings`, { egress: { mode: 'any', domains: [] } });
  await server.api('PUT', `${at}/skills/345678`, { name: 'Billing' });
  await server.api('PUT', `${at}/skills/456789`, { name: 'Returns' });
  await server.api('PUT', `${at}/users/21`, { login_name: 'grace', nickname: 'Grace', roles: ['agent'], skills: ['345678'] });
}

/** A conversation in which a consumer said what the recorded history has. */
async function converse(account, lines) {
  const [first, ...rest] = lines;
  const at = `/accounts/${account}`;
  const { consumer, token } = await server.api('POST', `${at}/consumers`, { name: 'ada' });
  const { id } = await server.api('POST', `${at}/conversations`, { consumer, skill: '345678', line: { text: first } });
  for (const text of rest) await server.api('POST', `${at}/conversations/${id}/lines`, { text }, token);
  return id;
}

const uuidOf = (id) => id.slice(id.indexOf('_') + 1).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Deploys a case, calls it, and gives what came of it. */
async function onConvoke(one) {
  const account = ACCOUNTS[one.generation];
  const at = `/accounts/${account}`;
  const name = one.id.replace(/\W/g, '_').slice(-50);
  const others = {};
  for (const [other, source] of Object.entries(one.functions ?? {})) others[`function.${other}`] = await server.deploy(account, other, source);
  const conversation = one.conversation && { conversation: await converse(account, one.conversation) };
  const { id } = await server.api('POST', `${at}/functions`, { name, source: one.source, description: one.style });
  const { clientId, clientSecret } = server.applications[account];
  const given = named(upstreams, certificates, { lambda: uuidOf(id), client_id: clientId, client_secret: clientSecret, ...conversation, ...others });
  const { input, environment, secrets, upstream, mtls } = prepared(one, given);
  for (const [key, value] of Object.entries(secrets)) await server.api('PUT', `${at}/secrets/${key}`, { value });
  await server.api('PUT', `${at}/functions/${name}`, { environment, settings: one.settings });
  upstreams.http.script(upstream);
  upstreams.mtls.script(mtls);
  upstreams.platform.script();
  await server.api('POST', `${at}/functions/${name}/deploy`);
  const run = await server.api('POST', `${at}/functions/${name}/invoke`, { input });
  const normaliser = new Normaliser({ given, fixed: JSON.stringify([one.input, one.environment, one.secrets, one.upstream, one.source]), secrets });
  return normaliser.outcome({
    result: run.result, error: run.answered ? undefined : thrown(run.error), logs: run.logs, requests: requestsOf(upstreams), platform: asked(run.calls), concurrent: one.concurrent,
  });
}

/** What was thrown, of `Name: message` and the lines where. */
function thrown({ detail }) {
  const [, name, message] = /^(\w+): ([^]*?)(?:\n\s*at [^]*)?$/.exec(detail) ?? [undefined, 'Error', detail];
  return { name, message };
}

/** Requests that the platform answered. It is in the same process, so method, service and status are all that can be seen of them. */
const asked = (calls) => calls
  .filter(({ method, host }) => !/^(secret|csds)\./.test(method) && !['127.0.0.1', 'localhost'].includes(host))
  .map(({ method, host, status }) => ({ method, host: host.includes('.') ? host : `${host.toLowerCase()}.liveperson.net`, status }));

const pick = (from, names) => Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));

const expected = async (one) => JSON.parse(await readFile(expectedFile(one), 'utf8'));
/** Byte for byte: the order of keys counts. */
const text = (outcome) => JSON.stringify(outcome, undefined, 2);

describe('the corpus', () => {
  test('is large enough', () => {
    const styles = new Set(cases.map(({ style }) => style));
    assert.deepEqual([...styles].sort(), [...STYLES, 'differences'].sort(), 'a style that is not counted');
    for (const style of STYLES) {
      const { length } = cases.filter((one) => one.style === style);
      assert.ok(length >= LEAST, `${length} sources of ${style}, and ${LEAST} are wanted`);
    }
    assert.ok(cases.filter(({ differs }) => differs === undefined).length >= LEAST_IN_ALL);
  });
});

describe('equal to Node', () => {
  for (const one of cases.filter(({ differs }) => differs === undefined)) {
    test(`${one.id}: ${one.about}`, async () => {
      assert.equal(text(await onConvoke(one)), text(await expected(one)));
    });
  }
});

describe('different from Node, as documented', () => {
  for (const one of cases.filter(({ differs }) => differs !== undefined)) {
    test(`${one.id}: ${one.differs.because}`, async () => {
      const { because: _, refused, ...ours } = one.differs;
      if (refused !== undefined) return assert.rejects(onConvoke(one), (error) => error.message.includes(refused));
      const nodes = await expected(one);
      assert.notEqual(text({ ...nodes, ...ours }), text(nodes), 'there is no difference to state');
      const { result, error, ...rest } = nodes;
      const ending = 'error' in ours || 'result' in ours ? {} : error === undefined ? { result } : { error };
      assert.equal(text(await onConvoke(one)), text({ ...ending, ...pick(ours, ['result', 'error']), ...rest, ...pick(ours, ['logs', 'requests', 'platform']) }));
    });
  }
});

describe('the expected outcomes', async () => {
  const { version } = JSON.parse(await readFile(`${HERE}/expected/node.json`, 'utf8'));
  const major = (of) => of.slice(1).split('.')[0];
  // Another Node may word its errors and headers in another way.
  const skip = major(version) === major(process.version) ? false : `they are from Node ${version}`;
  test('are what Node says', { skip }, async () => {
    const node = await startNode(upstreams, certificates);
    for (const one of cases) assert.equal(text(await node.run(one)), text(await expected(one)), one.id);
    await node.close();
  });
});
