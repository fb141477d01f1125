// An account of the second generation. The command line tool that npm gives speaks the first one whatever the account is, and
// has to work there, too. The tool of the second generation is no longer on npm: what it asks is asked here, request by
// request, as the functions contract (§4.1) has them, through the same names and TLS.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { DEVELOPER, V2, start } from './server.js';

const LPF = new URL('node_modules/liveperson-functions-cli/bin/run', import.meta.url).pathname;
const CODE = "async function lambda(input) {\n  console.info('greeting');\n  return 'Hello ' + input.payload.name;\n}\n";

let server;
before(async () => {
  server = await start();
});
after(async () => {
  await server?.stop();
});

describe('the first tool in an account of the second generation', { concurrency: false }, () => {
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'convoke-lpf-'));
    await mkdir(join(folder, 'home/.cache/lpf'), { recursive: true });
    await writeFile(join(folder, 'home/.cache/lpf/version'), JSON.stringify({ current: '1.31.13' }));
    await mkdir(join(folder, 'bin'));
    await mkdir(join(folder, 'functions/Hello'), { recursive: true });
    await writeFile(join(folder, 'functions/Hello/index.js'), CODE);
    await writeFile(join(folder, 'functions/Hello/config.json'), JSON.stringify({
      name: 'Hello', event: 'No Event', description: 'Greets.', input: { headers: [], payload: { name: 'Ada' } },
      environmentVariables: [{ key: '', value: '' }],
    }));
  });
  after(async () => {
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** Runs the tool, which has to print this. */
  function printed(pattern, ...args) {
    const home = join(folder, 'home');
    const env = { ...server.environment, HOME: home, TMPDIR: home, XDG_CACHE_HOME: join(home, '.cache'), NO_COLOR: '1', FORCE_COLOR: '0' };
    return new Promise((resolve, reject) => {
      const child = execFile(process.execPath, [LPF, ...args], { cwd: folder, env, timeout: 60_000 }, (_, stdout, stderr) => {
        const text = stdout + stderr;
        try {
          assert.match(text, pattern);
          resolve(text);
        } catch (error) {
          reject(error);
        }
      });
      child.stdin.end();
    });
  }

  test('logs in, pushes, deploys and invokes', async () => {
    await printed(/Welcome to/, 'login', '-a', V2, '-u', DEVELOPER.name, '-p', DEVELOPER.password);
    await printed(/Pushing Hello \[completed\]/, 'push', 'Hello', '-y');
    await printed(/Push Skipped/, 'push', 'Hello', '-y');
    await printed(/Deploying Hello \[completed\]/, 'deploy', 'Hello', '-y');
    await printed(/Hello Ada/, 'invoke', 'Hello');
  });

  test('reads figures in the words of its own generation', async () => {
    const account = await printed(/Total Functions:\s+1 \//, 'get', 'account');
    assert.doesNotMatch(account, /NaN/);
    const metrics = await printed(/Successful Invocations/, 'metrics', 'Hello', '--last', '1h', '-o', 'csv');
    assert.doesNotMatch(metrics, /MISSING/);
    await printed(/;Info;greeting;/, 'logs', 'Hello', '-s', String(Date.now() - 3_600_000));
  });

  test('pulls, undeploys and logs out', async () => {
    await printed(/Pulling Hello \[completed\]/, 'pull', 'Hello', '-y');
    await printed(/Undeploying Hello \[completed\]/, 'undeploy', 'Hello', '-y');
    await printed(/successfully deleted locally/, 'logout', '-a', V2, '-d');
  });
});

describe('what the second tool asks', { concurrency: false }, () => {
  let ca, domains, login;

  /** One request to a published name; gives status and body. */
  function ask(host, method, path, body) {
    // What marks the generation stands where user names stand; it is for clients to read.
    const name = host.slice(host.indexOf('@') + 1);
    const headers = { 'content-type': 'application/json', 'user-agent': 'faas-cli' };
    if (login) headers.authorization = `Bearer ${login.bearer}`;
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.tls, servername: name, method, path: `/api/account/${V2}${path}`, headers: { ...headers, host: name }, ca };
      const asked = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => { text += part; });
        response.on('end', () => {
          const json = /json/.test(response.headers['content-type'] ?? '');
          resolve({ status: response.statusCode, body: json ? JSON.parse(text) : text });
        });
      });
      asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify({ timestamp: 0, ...body }));
    });
  }

  const manage = (method, path, body) => ask(domains.faasUI, method, `${path}${path.includes('?') ? '&' : '?'}userId=${login.config.userId}`, body);
  /** The function, made once. */
  let uuid;

  before(async () => {
    ca = await readFile(server.authority);
    const { body } = await ask('api.liveperson.net', 'GET', '/service/baseURI.json?version=1.0');
    domains = Object.fromEntries(body.baseURIs.map(({ service, baseURI }) => [service, baseURI]));
    const entered = await ask(domains.agentVep, 'POST', '/login', { username: DEVELOPER.name, password: DEVELOPER.password });
    login = entered.body;
  });

  test('finds an account of its generation, and logs in', () => {
    assert.match(domains.faasGW, /fninvocations/);
    assert.equal(typeof login.bearer, 'string');
    assert.equal(typeof login.csrf, 'string');
  });

  test('pushes a new function: its description, then its code', async () => {
    const made = await manage('POST', '/functions', { name: 'Hi', description: 'Greets.' });
    assert.equal(made.status, 201);
    ({ uuid } = made.body);
    assert.equal(typeof made.body.manifest.id, 'string');
    const described = await manage('PUT', `/functions/${uuid}`, { description: 'Greets people.' });
    assert.equal(typeof described.body.manifest.id, 'string');
    const { version, id } = made.body.manifest;
    const saved = await manage('PUT', `/functions/${uuid}/manifest`, { version, id, code: CODE, environment: { MARK: '!' } });
    assert.equal(saved.status, 200);
    const again = await manage('PUT', `/functions/${uuid}/manifest`, { version: saved.body.version, id: saved.body.id, code: CODE, environment: { MARK: '!' } });
    assert.equal(again.body.code, 'com.liveperson.faas.function.unchanged');
    assert.ok(again.status >= 400);
    const broken = await manage('PUT', `/functions/${uuid}/manifest`, { version: saved.body.version, code: 'function other() {}' });
    assert.match(broken.body.code, /validation/);
  });

  test('deploys and waits until it answers', async () => {
    const deployed = await manage('POST', `/deployments/${uuid}`);
    assert.ok(deployed.status === 200 || deployed.status === 202, String(deployed.status));
    assert.equal(deployed.body.uuid, undefined, 'which the tool takes for a failure');
    const one = (await manage('GET', `/functions/${uuid}`)).body;
    assert.equal(one.state, 'Productive');
    assert.equal(one.versions[0].code, CODE);
    assert.deepEqual(one.versions[0].environment, { MARK: '!' });
  });

  test('deploys a change by another method', async () => {
    const { versions: [{ version, id }] } = (await manage('GET', `/functions/${uuid}`)).body;
    await manage('PUT', `/functions/${uuid}/manifest`, { version, id, code: `${CODE}// changed\n` });
    assert.equal((await manage('GET', `/functions/${uuid}`)).body.state, 'Modified');
    assert.equal((await manage('PATCH', `/deployments/${uuid}`)).body.uuid, undefined);
    assert.equal((await manage('GET', `/functions/${uuid}`)).body.state, 'Productive');
  });

  test('invokes what is being edited', async () => {
    const { body } = await manage('POST', `/functions/${uuid}/test`, { headers: [], payload: { name: 'Ada' } });
    assert.equal(body.result, 'Hello Ada');
    assert.deepEqual(body.logs.map(({ level, message }) => [level, message]), [['Info', 'greeting']]);
  });

  test('lists functions, deployments, counts and events', async () => {
    const functions = (await manage('GET', '/functions')).body;
    assert.deepEqual(functions.filter(({ name }) => name === 'Hi').map(({ state, isCompV1, size }) => [state, typeof isCompV1, typeof size]), [['Productive', 'boolean', 'string']]);
    const [deployment] = (await manage('GET', '/deployments')).body;
    for (const field of ['id', 'functionUuid', 'manifestVersion', 'deploymentState', 'createdAt', 'updatedAt', 'createdBy']) {
      assert.notEqual(deployment[field], undefined, field);
    }
    assert.equal(typeof (await manage('GET', '/functions/count')).body, 'number');
    assert.equal((await manage('GET', '/deployments/count')).body, 1);
    const [event] = (await manage('GET', '/events')).body;
    assert.deepEqual(['eventId', 'eventName', 'description', 'lambdaLimit'].filter((field) => event[field] === undefined), []);
  });

  test('reads counts, figures and logs', async () => {
    const span = `startTimestamp=${Date.now() - 3_600_000}&endTimestamp=${Date.now()}`;
    const [counts] = (await manage('GET', `/reports/invocationCounts?${span}`)).body;
    assert.equal(typeof counts.failedInvocations, 'number');
    const { body } = await manage('GET', `/reports/invocations/${uuid}?${span}&bucketSize=300`);
    assert.equal(typeof body.invocationStatistics[0].UNKNOWN, 'number');
    const logs = await manage('GET', `/functions/${uuid}/logs/export?${span}&filterLevels=Info`);
    assert.match(logs.body, /;requestID;timestamp;level;message;extras/);
  });

  test('makes a schedule with the first name of the field, undeploys', async () => {
    const made = await manage('POST', '/schedules', { lambdaUUID: uuid, cronExpression: '*/5 * * * *', isActive: true, uuid: '' });
    assert.equal(typeof made.body.nextExecution, 'string');
    const undeployed = await manage('DELETE', `/deployments/${uuid}`);
    assert.equal(undeployed.body.uuid, undefined);
    assert.equal((await manage('GET', `/functions/${uuid}`)).body.state, 'Draft');
  });

  test('goes on with its session, and a session that is over is told so', async () => {
    assert.equal((await ask(domains.agentVep, 'POST', '/refresh', { csrf: 'unknown' })).status, 401);
  });
});
