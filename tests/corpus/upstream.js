// Servers on loopback that answer as a case has them scripted, and keep each request: one over HTTP, one that asks for a
// client certificate, and one that stands for the platform when Node runs the sources.
//
// Promises: nothing is answered that a case does not script; requests are kept in the order in which they were complete.

import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** What has no script: sources must not depend on it, so a test can see it. */
const UNSCRIPTED = { status: 599, json: { unscripted: true } };

/** Answers by `METHOD /path?query`, then by `METHOD /path`; a list is given out in order, its last one again and again. */
class Script {
  #answers; #given = new Map();
  constructor(answers = {}) { this.#answers = answers; }

  answer(method, url) {
    const [whole, plain] = [`${method} ${url}`, `${method} ${url.split('?')[0]}`];
    const key = this.#answers[whole] === undefined ? plain : whole;
    const found = this.#answers[key] ?? UNSCRIPTED;
    if (!Array.isArray(found)) return found;
    const count = this.#given.get(key) ?? 0;
    this.#given.set(key, count + 1);
    return found[Math.min(count, found.length - 1)];
  }
}

class Upstream {
  #server; #script = new Script(); #requests = [];
  constructor(create) {
    this.#server = create((request, response) => this.#take(request, response));
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    return this;
  }

  /** From now on answers are these, and no request was made. */
  script(answers) {
    this.#script = new Script(answers);
    this.#requests = [];
  }

  /** What was asked since. */
  get requests() { return this.#requests; }

  async #take(request, response) {
    const chunks = [];
    // Whoever goes away before the end of its request has made none.
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const headers = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2) headers.push([request.rawHeaders[i], request.rawHeaders[i + 1]]);
    const client = request.socket.getPeerCertificate?.()?.subject?.CN;
    const answer = this.#script.answer(request.method, request.url);
    const body = Buffer.concat(chunks).toString('utf8');
    this.#requests.push({ method: request.method, url: request.url, headers, body, status: answer.status ?? 200, ...(client && { client }) });
    this.#give(response, answer);
  }

  #give(response, { status = 200, headers = {}, json, text, base64, never }) {
    // For time-outs: the connection stays open until the other side gives up.
    if (never) return;
    const body = base64 === undefined ? (json === undefined ? text ?? '' : JSON.stringify(json)) : Buffer.from(base64, 'base64');
    response.sendDate = false;
    response.writeHead(status, { ...(json === undefined ? {} : { 'content-type': 'application/json' }), 'content-length': Buffer.byteLength(body), ...headers });
    response.end(body);
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Starts the servers. The platform's answers are those that a case has recorded for it. */
export async function startUpstreams({ ca, server }) {
  const mutual = { ...server, ca, requestCert: true, rejectUnauthorized: true };
  const [http, mtls, platform] = await Promise.all([
    new Upstream((take) => createServer(take)).listen(),
    new Upstream((take) => createTlsServer(mutual, take)).listen(),
    new Upstream((take) => createTlsServer(server, take)).listen(),
  ]);
  return { http, mtls, platform, close: () => Promise.all([http.close(), mtls.close(), platform.close()]) };
}
