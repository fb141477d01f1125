// A consumer's window on raw WebSockets, as the tutorials of the messaging window have it.

import { readFile } from 'node:fs/promises';
import { request } from 'node:https';

import WebSocket from 'ws';

/** Asks over TLS, trusting the authority of the server under test. */
async function ask(server, path) {
  const ca = await readFile(server.authority);
  return new Promise((resolve, reject) => {
    const asked = request({ host: 'localhost', port: server.tls, path, method: 'POST', ca }, (response) => {
      let text = '';
      response.on('data', (chunk) => { text += chunk; });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    asked.on('error', reject);
    asked.end();
  });
}

export class Window {
  #socket;
  #frames = [];
  #waiters = new Set();
  #asked = 0;

  constructor(socket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      this.#frames.push(JSON.parse(data));
      for (const waiter of this.#waiters) waiter();
    });
  }

  /** A new anonymous consumer's window; with the token in the handshake, or in the first frame. */
  static async open(server, account, { features = [], jwt, first = false }) {
    const token = jwt ?? (await ask(server, `/api/account/${account}/signup`)).jwt;
    const url = `wss://localhost:${server.tls}/ws_api/account/${account}/messaging/consumer?v=3`;
    const properties = { type: '.ams.headers.ClientProperties', features };
    const headers = first ? {} : { authorization: `jwt ${token}`, 'client-properties': JSON.stringify(properties) };
    const socket = new WebSocket(url, { ca: await readFile(server.authority), headers });
    await new Promise((resolve, reject) => { socket.once('open', resolve); socket.once('error', reject); });
    const window = new Window(socket);
    window.jwt = token;
    if (first) {
      const said = [properties, { type: '.ams.headers.ConsumerAuthentication', jwt: token }];
      await window.ask('InitConnection', {}, said);
    }
    await window.ask('cqm.SubscribeExConversations', { convState: ['OPEN'] });
    return window;
  }

  /** Goes away at once; whatever is waited for fails now and not when its time is over. */
  close() {
    this.#socket.terminate();
    for (const waiter of [...this.#waiters]) waiter.give_up();
  }

  async ask(type, body, headers = []) {
    this.#asked += 1;
    const id = String(this.#asked);
    this.#socket.send(JSON.stringify({ kind: 'req', id, type, body, headers }));
    const answer = await this.frame(({ kind, reqId }) => kind === 'resp' && reqId === id);
    if (answer.code >= 400) throw new Error(`${type}: ${JSON.stringify(answer)}`);
    return answer.body;
  }

  /** The first frame, received or to come, for which this holds. */
  frame(holds) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.#frames.find(holds);
        if (found) end(() => resolve(found));
      };
      const end = (how) => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        how();
      };
      const types = () => this.#frames.slice(-20).map(({ type }) => type).join(', ');
      const timer = setTimeout(() => end(() => reject(new Error(`not among ${types()}`))), 20_000);
      look.give_up = () => end(() => reject(new Error('the window is closed')));
      this.#waiters.add(look);
      look();
    });
  }

  async request() { return (await this.ask('cm.ConsumerRequestConversation', { skillId: '123456' })).conversationId; }

  subscribe(dialogId, fromSeq = 0) { return this.ask('ms.SubscribeMessagingEvents', { dialogId, fromSeq }); }

  publish(dialogId, message) {
    return this.ask('ms.PublishEvent', { dialogId, conversationId: dialogId, event: { type: 'ContentEvent', contentType: 'text/plain', message } });
  }

  /** All messages so far, in the order in which they came. */
  get messages() {
    const told = this.#frames.filter(({ type }) => type === 'ms.MessagingEventNotification');
    return told.flatMap(({ body }) => body.changes);
  }

  /** The line with this text. */
  async line(text) {
    await this.frame(({ body }) => body?.changes?.some?.(({ event }) => event?.message === text));
    return this.messages.find(({ event }) => event?.message === text);
  }

  /** The conversation's end. */
  async closed(id) {
    const ended = ({ type, result }) => type === 'DELETE' && result?.convId === id;
    const { body } = await this.frame((frame) => frame.body?.changes?.some?.(ended));
    return body.changes.find(ended).result;
  }
}
