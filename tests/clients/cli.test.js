// The command line tool as it comes from npm: what a developer does in a day, asserting on what it prints.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { DEVELOPER, V1, start } from './server.js';

const LPF = new URL('node_modules/liveperson-functions-cli/bin/run', import.meta.url).pathname;
const CODE = `function lambda(input, callback) {
  console.info('greeting', { payload: input.payload });
  callback(null, 'Hello ' + input.payload.name + process.env.MARK);
}
`;

let server;
let folder;
before(async () => {
  server = await start();
  folder = await mkdtemp(join(tmpdir(), 'convoke-lpf-'));
  await mkdir(join(folder, 'home/.cache/lpf'), { recursive: true });
  await writeFile(join(folder, 'home/.cache/lpf/version'), JSON.stringify({ current: '1.31.13' }));
  await mkdir(join(folder, 'bin'));
  await project('Hello', CODE);
});
after(async () => {
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function project(name, code) {
  const at = join(folder, 'functions', name);
  await mkdir(at, { recursive: true });
  await writeFile(join(at, 'index.js'), code);
  await writeFile(join(at, 'config.json'), JSON.stringify({
    name, event: 'No Event', description: 'Greets.', input: { headers: [], payload: { name: 'Ada' } },
    environmentVariables: [{ key: 'MARK', value: '!' }],
  }));
}

/** Runs the tool; gives everything it printed. */
function lpf(...args) {
  const home = join(folder, 'home');
  const env = { ...server.environment, HOME: home, TMPDIR: home, XDG_CACHE_HOME: join(home, '.cache'), NO_COLOR: '1', FORCE_COLOR: '0' };
  return new Promise((resolve) => {
    // Without input, so that a question is an end, and not a wait.
    const child = execFile(process.execPath, [LPF, ...args], { cwd: folder, env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, text: stdout + stderr });
    });
    child.stdin.end();
  });
}

const printed = async (pattern, ...args) => {
  const { text } = await lpf(...args);
  assert.match(text, pattern);
  return text;
};

test('a developer logs in', async () => {
  const wrong = await lpf('login', '-a', V1, '-u', DEVELOPER.name, '-p', 'wrong');
  assert.doesNotMatch(wrong.text, /Welcome to/);
  await printed(/Welcome to/, 'login', '-a', V1, '-u', DEVELOPER.name, '-p', DEVELOPER.password);
});

test('pushes a function, and an unchanged one is skipped', async () => {
  await printed(/Pushing Hello \[completed\]/, 'push', 'Hello', '-y');
  await printed(/Push Skipped/, 'push', 'Hello', '-y');
});

test('code without a lambda is refused with words', async () => {
  await project('Broken', 'function other() {}');
  await printed(/not a valid lambda/, 'push', 'Broken', '-y');
});

test('an undeployed function cannot be invoked', async () => {
  await printed(/no lambda with uuid/, 'invoke', 'Hello');
});

test('deploys', async () => {
  await printed(/Deploying Hello \[completed\]/, 'deploy', 'Hello', '-y');
});

test('invokes, and sees the result and what was logged', async () => {
  const text = await printed(/Hello Ada!/, 'invoke', 'Hello');
  assert.match(text, /greeting/);
  assert.match(text, /Info/);
});

test('lists functions, deployments, account and events', async () => {
  const text = await printed(/Hello/, 'get', 'functions', 'deployments', 'account', 'events');
  assert.match(text, /Productive/);
  assert.match(text, /Up to date/);
  assert.match(text, /Deployed by|dev/);
  assert.match(text, /Total Functions:\s+1 \//);
  assert.match(text, /controllerbot_messaging_new_conversation/);
});

test('reads logs and metrics', async () => {
  const logs = await printed(/lambdaUUID;requestID;timestamp;level;message;extras/, 'logs', 'Hello', '-s', String(Date.now() - 3_600_000));
  assert.match(logs, /;Info;greeting;/);
  const metrics = await lpf('metrics', 'Hello', '--last', '1h', '-o', 'csv');
  assert.match(metrics.text, /Successful Invocations/);
  assert.match(metrics.text, /^\d+,\d+,0,1,0,0,0$/m);
});

test('makes a schedule', async () => {
  await printed(/The schedule has been created\. Next execution: /, 'create:schedule', '-f', 'Hello', '-c', '*/5 * * * *');
});

test('lets functions call a domain', async () => {
  await printed(/api\.example\.com/, 'add:domain', 'api.example.com');
  const { egress } = await server.api('GET', `/accounts/${V1}/settings`);
  assert.deepEqual(egress.domains, ['api.example.com']);
});

test('pulls what was pushed', async () => {
  await rm(join(folder, 'functions/Hello'), { recursive: true });
  await printed(/Pulling Hello \[completed\]/, 'pull', 'Hello', '-y');
  assert.equal(await readFile(join(folder, 'functions/Hello/index.js'), 'utf8'), CODE);
  const config = JSON.parse(await readFile(join(folder, 'functions/Hello/config.json'), 'utf8'));
  assert.deepEqual(config.environmentVariables, [{ key: 'MARK', value: '!' }]);
});

test('undeploys and logs out', async () => {
  await printed(/Undeploying Hello \[completed\]/, 'undeploy', 'Hello', '-y');
  await printed(/Account was successfully deleted locally/, 'logout', '-a', V1, '-d');
});
