// The cases: a source and, beside it, its description.
//
// A description has
//   about        what it demonstrates
//   generation   1 or 2, 1 if absent
//   input        headers, payload, timestamp, as the function receives them
//   environment, secrets
//   settings     limits of the function, for Convoke only
//   upstream, mtls   scripted answers of other systems, by `METHOD /path`
//   platform     recorded answers of the platform; only Node needs them, as Convoke is the platform
//   functions    other functions of the account, by name
//   concurrent   requests go out at once, so their order says nothing
//   differs      what is different in Convoke: `because`, and what it gives in place of Node's; `refused`: in its refusal

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const HERE = fileURLToPath(new URL('.', import.meta.url));
const FUNCTIONS = join(HERE, 'functions');
/** The time at which every input says that it was made. */
const TIMESTAMP = Date.parse('2026-03-03T10:00:00Z');
export const ACCOUNTS = { 1: '1001', 2: '1002' };

/** All of them, by style and name. */
export async function readCases() {
  const cases = [];
  for (const style of (await readdir(FUNCTIONS)).sort()) {
    const files = (await readdir(join(FUNCTIONS, style))).sort();
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      const name = file.slice(0, -'.json'.length);
      const description = JSON.parse(await readFile(join(FUNCTIONS, style, file), 'utf8'));
      const source = await readFile(join(FUNCTIONS, style, `${name}.js`), 'utf8');
      cases.push({ generation: 1, environment: {}, secrets: {}, ...description, style, name, id: `${style}/${name}`, source });
    }
  }
  return cases;
}

export const expectedFile = ({ style, name }) => join(HERE, 'expected', `${style}.${name}.json`);

/** `value` with `{{name}}` replaced by what `given` has for it, in every text of it. */
export function filled(value, given) {
  if (typeof value === 'string') return value.replace(/\{\{([\w.]+)\}\}/g, (_, name) => given[name] ?? fail(name));
  if (Array.isArray(value)) return value.map((item) => filled(item, given));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [filled(key, given), filled(item, given)]));
}

function fail(name) {
  throw new Error(`nothing is called {{${name}}}`);
}

/** What the descriptions call by name. */
export function named(upstreams, certificates, more) {
  return {
    upstream: `http://127.0.0.1:${upstreams.http.port}`,
    mtls: `https://localhost:${upstreams.mtls.port}`,
    upstream_host: `127.0.0.1:${upstreams.http.port}`, mtls_host: `localhost:${upstreams.mtls.port}`,
    identity: JSON.stringify({ ...certificates.client, ca: certificates.ca }),
    ca: certificates.ca, client_cert: certificates.client.cert, client_key: certificates.client.key,
    ...more,
  };
}

/** What one run of a case needs, and what stands for what in its outcome. */
export function prepared(one, given) {
  const { environment, secrets, upstream, mtls, platform, functions = {} } = filled(
    { environment: one.environment, secrets: one.secrets, upstream: one.upstream, mtls: one.mtls, platform: one.platform, functions: one.functions }, given,
  );
  const input = filled({ headers: [], payload: {}, timestamp: TIMESTAMP, ...one.input }, given);
  return { account: ACCOUNTS[one.generation], source: one.source, input, environment, secrets, upstream, mtls, platform, functions };
}
