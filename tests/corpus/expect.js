// Writes the expected outcomes: npm run expect [style/name…]. They come from Node alone.

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { HERE, expectedFile, readCases } from './cases.js';
import { makeCertificates } from './certificates.js';
import { startNode } from './node-shim/node.js';
import { startUpstreams } from './upstream.js';

const chosen = process.argv.slice(2);
const folder = join(HERE, 'expected');
const certificates = makeCertificates();
const upstreams = await startUpstreams(certificates);
const node = await startNode(upstreams, certificates);
const cases = await readCases();
await mkdir(folder, { recursive: true });
for (const one of cases.filter(({ id }) => chosen.length === 0 || chosen.includes(id))) {
  const outcome = await node.run(one);
  await writeFile(expectedFile(one), JSON.stringify(outcome, undefined, 2) + '\n');
  console.log(`${one.id}: ${outcome.error ? `fails: ${outcome.error.message}` : 'answers'}, ${outcome.logs.length} log lines, ${outcome.requests.length + outcome.platform.length} requests`);
}
if (chosen.length === 0) {
  const known = new Set([...cases.map(expectedFile), join(folder, 'node.json')]);
  for (const file of await readdir(folder)) if (!known.has(join(folder, file))) await rm(join(folder, file));
  await writeFile(join(folder, 'node.json'), JSON.stringify({ version: process.version }) + '\n');
}
await node.close();
await upstreams.close();
