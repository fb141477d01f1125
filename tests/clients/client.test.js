// The functions client as it comes from npm, with its default configuration, against both generations.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { V1, V2, start } from './server.js';

const run = promisify(execFile);
const RETURNS = 'async function lambda(input) { return { got: input.payload, headers: input.headers }; }';
const CALLS_BACK = 'function lambda(input, callback) { callback(null, { got: input.payload, headers: input.headers }); }';
const TTR = 'controllerbot_messaging_ttr';
const SURVEY = 'surveybot_messaging_survey_started';

let server;
before(async () => { server = await start(); });
after(async () => { await server?.stop(); });

async function use(account, method, options, settings = {}) {
  const request = { accountId: account, credentials: server.applications[account], method, options, settings };
  const { stdout } = await run(process.execPath, [new URL('run-client.cjs', import.meta.url).pathname], {
    env: { ...server.environment, CONVOKE_REQUEST: JSON.stringify(request) },
  });
  return JSON.parse(stdout);
}

const body = (payload) => ({ headers: [{ key: 'shop', value: 'north' }], payload });

for (const [account, generation, greets] of [[V1, 'first', CALLS_BACK], [V2, 'second', RETURNS]]) {
  describe(`the ${generation} generation`, () => {
    let greeting;
    before(async () => {
      greeting = await server.deploy(account, 'Greeting', greets);
      await server.deploy(account, 'OnUrgent', greets, TTR, ['123456']);
    });

    test('invokes by id and gives what the function returned', async () => {
      const { value } = await use(account, 'invoke', { lambdaUuid: greeting, lpEventSource: 'tests', body: body({ name: 'Ada' }) });
      assert.equal(value.status, 200);
      assert.deepEqual(value.body, { got: { name: 'Ada' }, headers: [{ key: 'shop', value: 'north' }] });
    });

    test('invokes by event, all functions that listen', async () => {
      const { value } = await use(account, 'invoke', { eventId: TTR, lpEventSource: 'tests', body: body(1) });
      assert.equal(value.body.length, 1);
      assert.deepEqual(Object.keys(value.body[0]).sort(), ['result', 'timestamp', 'uuid']);
      assert.equal(value.body[0].result.got, 1);
    });

    test('invokes by event for a skill, and nobody answers for another', async () => {
      const invoke = (skillId) => use(account, 'invoke', { eventId: TTR, skillId, lpEventSource: 'tests', body: body(1) });
      assert.equal((await invoke('123456')).value.body.length, 1);
      const { value } = await invoke('234567');
      if (account === V1) assert.deepEqual([value.status, value.body], [200, []]);
      else assert.deepEqual([value.status, value.body.code], [404, 'com.liveperson.faas.function.not-found']);
    });

    test('knows which events are implemented', async () => {
      const implemented = async (eventId, skillId) => (await use(account, 'isImplemented', { eventId, skillId, lpEventSource: 'tests' })).value;
      assert.equal(await implemented(TTR), true);
      assert.equal(await implemented(TTR, '123456'), true);
      assert.equal(await implemented(TTR, '234567'), false);
      assert.equal(await implemented(SURVEY), false);
    });

    test('lists the functions that are there', async () => {
      const { value } = await use(account, account === V1 ? 'getLambdas' : 'getFunctions', { state: ['Productive'], eventId: TTR, userId: '7' });
      assert.deepEqual(value.body.map(({ name }) => name), ['OnUrgent']);
      const none = await use(account, 'getLambdas', { state: ['Draft'], userId: '7' });
      assert.deepEqual(none.value.body, []);
      const wrong = await use(account, 'getLambdas', { state: ['productive'], userId: '7' });
      assert.equal(wrong.value.status, 400);
    });

    test('tells an unknown function from a failure of one', async () => {
      const unknown = await use(account, 'invoke', {
        lambdaUuid: '00000000-0000-4000-8000-000000000000', lpEventSource: 'tests', body: body(1),
      }, { failOnErrorStatusCode: true });
      assert.deepEqual(unknown.causes.slice(0, 1), ['FaaSInvokeError'], unknown.message);
      assert.match(unknown.message, /404/);
    });

    test('a function that fails is a FaaSLambdaError, and ran once', async () => {
      const counted = await counter();
      const source = greets.replace('{', `{ await fetch('http://127.0.0.1:${counted.port}/'); throw new Error('no stock');`).replace(/^function/, 'async function');
      const failing = await server.deploy(account, 'Failing', source);
      await server.api('PUT', `/accounts/${account}/settings`, { egress: { mode: 'any', domains: [] } });
      const failed = await use(account, 'invoke', { lambdaUuid: failing, lpEventSource: 'tests', body: body(1) }, { failOnErrorStatusCode: true });
      assert.equal(failed.causes[0], 'FaaSLambdaError', failed.message);
      const told = await use(account, 'invoke', { lambdaUuid: failing, lpEventSource: 'tests', body: body(1) });
      assert.equal(told.value.status, 901);
      const code = account === V1 ? told.value.body.errorCode : told.value.body.code;
      assert.equal(code, account === V1 ? 'com.liveperson.faas.handler.custom-failure' : 'com.customer.faas.function.threw-error');
      assert.equal(counted.requests(), 2, 'one run for each of the two invocations');
      await counted.close();
    });

    test('a wrong secret gets no token, and nothing is invoked', async () => {
      const request = { lambdaUuid: greeting, lpEventSource: 'tests', body: body(1) };
      const right = server.applications[account];
      server.applications[account] = { ...right, clientSecret: 'wrong' };
      const refused = await use(account, 'invoke', request, { failOnErrorStatusCode: true }).finally(() => { server.applications[account] = right; });
      assert.ok(refused.causes.includes('FaaSAppJWTRetrievalError') || refused.causes.includes('FaaSAppJWTAuthenticationError'), String(refused.causes));
    });
  });
}

/** A server that counts. */
async function counter() {
  const { createServer } = await import('node:http');
  let requests = 0;
  const http = createServer((_, response) => { requests += 1; response.end('ok'); });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { port: http.address().port, requests: () => requests, close: () => new Promise((resolve) => http.close(resolve)) };
}
