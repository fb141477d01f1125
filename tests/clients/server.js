// The real binary, furnished for the tools: two accounts, one of each generation, with users and an application.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));

/** The account that speaks the first generation, and the one that speaks the second. */
export const V1 = '1001';
export const V2 = '1002';
/** The user of both who may do everything with functions. */
export const DEVELOPER = { id: '7', name: 'dev', password: 'a long enough password' };
const SKILL = '123456';

const PUBLISHED = [
  'faasGW=faasgw.lp.test', 'faasUI=faasui.lp.test', 'sentinel=sentinel.lp.test', 'agentVep=agentvep.lp.test',
  'faasGW@v2=fninvocations.lp.test', 'faasUI@v2=functions.lp.test',
];

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Starts the server and furnishes it. `published`: more services, as SERVICE=HOST. */
export async function start(published = []) {
  const folder = await mkdtemp(join(tmpdir(), 'convoke-clients-'));
  const [tls, csds] = [await freePort(), await freePort()];
  const binary = process.env.CONVOKE_BINARY ?? join(HERE, '../../target/ci/convoke');
  const child = spawn(binary, [
    'dev', '--listen', '127.0.0.1:0', '--tls-listen', `127.0.0.1:${tls}`, '--csds-listen', `127.0.0.1:${csds}`,
    '--publish', [...PUBLISHED, ...published].join(','), '--allow-private-egress',
  ], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  await printed(child, 'CONVOKE_TOKEN');
  const { url, tokens } = JSON.parse(await readFile(join(folder, '.convoke/cli.json'), 'utf8'));
  const server = new Server(child, folder, { url, operator: tokens.operator, tls, csds });
  for (const [account, generation] of [[V1, 'v1'], [V2, 'v2']]) await server.furnish(account, generation);
  return server;
}

/** Waits until a process has printed a text. */
async function printed(child, text) {
  let all = '';
  for await (const chunk of child.stdout) {
    all += chunk;
    if (all.includes(text)) break;
  }
  if (!all.includes(text)) throw new Error(`the server ended: ${all}`);
  child.stdout.resume();
}

class Server {
  #child;
  #folder;

  constructor(child, folder, where) {
    this.#child = child;
    this.#folder = folder;
    Object.assign(this, where);
    this.authority = join(folder, '.convoke/dev-ca.pem');
    /** Credentials of the application of each account. */
    this.applications = {};
  }

  /** What a tool's process needs to find the server and to trust it. */
  get environment() {
    return {
      PATH: process.env.PATH,
      NODE_OPTIONS: `--require ${join(HERE, 'redirect.cjs')}`,
      NODE_EXTRA_CA_CERTS: this.authority,
      CONVOKE_TLS_PORT: String(this.tls),
      CONVOKE_CSDS_PORT: String(this.csds),
    };
  }

  /** Asks the native API, as the operator unless a token says who. */
  async api(method, path, body, token = this.operator) {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async furnish(account, generation) {
    const at = `/accounts/${account}`;
    await this.api('POST', '/accounts', { id: account, name: account });
    await this.api('PUT', `${at}/settings`, { generation });
    for (const skill of [SKILL, '234567']) await this.api('PUT', `${at}/skills/${skill}`, { name: skill });
    await this.api('PUT', `${at}/users/${DEVELOPER.id}`, {
      login_name: DEVELOPER.name, nickname: 'Dev', roles: ['faas_admin', 'faas_developer', 'faas_invocation'],
    });
    await this.api('PUT', `${at}/users/${DEVELOPER.id}/password`, { password: DEVELOPER.password });
    const { id, secret } = await this.api('POST', `${at}/clients`, {
      name: 'tests', roles: ['faas_developer', 'faas_invocation'],
    });
    this.applications[account] = { clientId: id, clientSecret: secret };
  }

  /** Makes a function and deploys it; gives its UUID. */
  async deploy(account, name, source, event, skills = []) {
    const at = `/accounts/${account}/functions`;
    const { id } = await this.api('POST', at, { name, source, event, skills, description: name });
    await this.api('POST', `${at}/${name}/deploy`);
    const hex = id.slice(id.indexOf('_') + 1);
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  async stop() {
    this.#child.kill('SIGTERM');
    await new Promise((resolve) => this.#child.once('exit', resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
