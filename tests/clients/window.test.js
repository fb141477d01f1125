// Consumers' windows on raw WebSockets over TLS: both forms of saying who one is, and coming back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { V1, start } from './server.js';
import { Window } from './window.js';

let server;
before(async () => {
  server = await start();
  await server.api('PUT', `/accounts/${V1}/settings`, { default_skill: '123456' });
});
after(async () => { await server?.stop(); });

for (const first of [false, true]) {
  test(`a window says who it is in its ${first ? 'first frame' : 'handshake'}`, async () => {
    const window = await Window.open(server, V1, { first });
    const id = await window.request();
    await window.subscribe(id);
    await window.publish(id, 'hello');
    const line = await window.line('hello');
    const { sub } = JSON.parse(Buffer.from(window.jwt.split('.')[1], 'base64url'));
    assert.equal(line.originatorId, sub);
    window.close();
  });
}

test('a window that comes back in mid-stream misses nothing and hears nothing twice', async () => {
  const window = await Window.open(server, V1, {});
  const id = await window.request();
  await window.subscribe(id);
  const sent = [];
  for (let number = 0; number < 30; number += 1) sent.push(window.publish(id, `line ${number}`));
  await window.line('line 12');
  const heard = window.messages.filter(({ event }) => event.type === 'ContentEvent');
  const all = Promise.allSettled(sent);
  window.close();
  await all;
  const back = await Window.open(server, V1, { jwt: window.jwt });
  await back.subscribe(id, heard.at(-1).sequence + 1);
  await back.publish(id, 'the last one');
  await back.line('the last one');
  const sequences = [...heard, ...back.messages].map(({ sequence }) => sequence);
  assert.deepEqual(sequences, [...new Set(sequences)].sort((a, b) => a - b));
  assert.equal(sequences.length, sequences.at(-1) - sequences[0] + 1);
  back.close();
});
