// Runs a case under Node and gives its outcome, with what its servers were asked.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { named, prepared } from '../cases.js';
import { Normaliser } from '../normalise.js';

const RUNNER = new URL('run.cjs', import.meta.url).pathname;
const LAMBDA = 'aaaaaaaa-0000-4000-8000-00000000000a';
const CONVERSATION = 'bbbbbbbb-0000-4000-8000-00000000000b';
const idOf = (index) => `cccccccc-0000-4000-8000-${String(index).padStart(12, '0')}`;

/** Node as the other side of the comparison; `close` when done. */
export async function startNode(upstreams, certificates) {
  const folder = await mkdtemp(join(tmpdir(), 'convoke-corpus-'));
  const authority = join(folder, 'ca.pem');
  await writeFile(authority, certificates.ca);
  return { run: (one) => run(one, upstreams, certificates, authority), close: () => rm(folder, { recursive: true, force: true }) };
}

async function run(one, upstreams, certificates, authority) {
  const functions = Object.fromEntries(Object.keys(one.functions ?? {}).map((name, index) => [`function.${name}`, idOf(index)]));
  const given = named(upstreams, certificates, { lambda: LAMBDA, conversation: CONVERSATION, client_id: 'application-of-node', client_secret: 'secret-of-node', ...functions });
  const { upstream, mtls, platform, ...rest } = prepared(one, given);
  upstreams.http.script(upstream);
  upstreams.mtls.script(mtls);
  upstreams.platform.script(platform);
  const outcome = await child({ ...rest, lambda: LAMBDA, platformPort: upstreams.platform.port }, authority);
  const normaliser = new Normaliser({ given, fixed: JSON.stringify([one.input, one.environment, one.secrets, one.upstream, one.source]), secrets: rest.secrets });
  return normaliser.outcome({ ...outcome, requests: requestsOf(upstreams), platform: asked(upstreams.platform), concurrent: one.concurrent });
}

/** What other systems were asked, in the order of each. */
export function requestsOf({ http, mtls }) {
  return [...http.requests.map((request) => ({ to: 'http', ...request })), ...mtls.requests.map((request) => ({ to: 'mtls', ...request }))];
}

/** What the platform was asked, as far as Convoke says that of itself. */
const asked = ({ requests }) => requests.map(({ method, headers, status }) => ({ method, host: headers.find(([name]) => name.toLowerCase() === 'host')[1], status }));

function child(spec, authority) {
  return new Promise((resolve, reject) => {
    // The sandbox knows no other time zone and, unless asked, no other language.
    const env = { TZ: 'UTC', LC_ALL: 'en_US.UTF-8', NODE_EXTRA_CA_CERTS: authority, NODE_NO_WARNINGS: '1' };
    const node = spawn(process.execPath, [RUNNER], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    let out = '';
    node.stdout.setEncoding('utf8').on('data', (chunk) => { out += chunk; });
    node.on('error', reject);
    node.on('close', () => {
      try {
        resolve(JSON.parse(out));
      } catch (error) {
        reject(error);
      }
    });
    node.stdin.end(JSON.stringify(spec));
  });
}
