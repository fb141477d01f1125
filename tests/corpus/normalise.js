// Makes two outcomes comparable: replaces what must differ between any two runs, and says here why it must.
//
// An outcome is `{result | error, logs, requests, platform}`. Everything that is not named here is compared byte for byte.

import { createHmac } from 'node:crypto';

/** Longest that a run and the machine's clock may be apart. Milliseconds. */
const APART = 10 * 60 * 1000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;
const EPOCH = /(?<![\d.])\d{10}(?:\d{3})?(?![\d.])/g;

/** Makes outcomes of one case comparable. `names`: what stands for ports, ids and keys of this run. */
export class Normaliser {
  #names; #fixed; #at; #secrets;
  constructor({ given, fixed, secrets }) {
    // Longest first, as a URL contains its port.
    this.#names = Object.entries(given).sort(([, a], [, b]) => b.length - a.length);
    this.#fixed = fixed;
    this.#secrets = secrets;
    this.#at = Date.now();
  }

  outcome({ result, error, logs, requests, platform, concurrent }) {
    const seen = requests.map((request) => this.#request(request));
    // What goes out at once arrives in any order.
    if (concurrent) seen.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return {
      ...(error === undefined ? { result: this.#value(result ?? null) } : { error: this.#value(error) }),
      logs: logs.map((line) => this.#value({ level: line.level, message: line.message, extras: line.extras ?? [] })),
      requests: seen,
      platform: platform.map(({ method, host, status }) => ({ method, host, status })),
    };
  }

  #value(value) {
    if (typeof value === 'string') return this.#text(value);
    // A clock that was read.
    if (typeof value === 'number') return this.#isNow(String(value)) ? '<now>' : value;
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    if (value === null || typeof value !== 'object') return value;
    if (typeof value.stack === 'string' && typeof value.message === 'string') return this.#value({ ...value, stack: undefined, at: placeOf(value.stack) });
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [this.#text(key), this.#value(item)]));
  }

  #text(text) {
    let plain = text;
    // Ports are free ones, ids and certificates are made anew.
    for (const [name, value] of this.#names) plain = plain.replaceAll(value, `<${name}>`).replaceAll(encodeURIComponent(value), `<${name}>`);
    // Random, unless the case itself has it.
    plain = plain.replace(UUID, (uuid) => (this.#fixed.includes(uuid) ? uuid : '<uuid>'));
    // Clocks that were read: whatever is near to now.
    plain = plain.replace(ISO, (time) => (Math.abs(Date.parse(time) - this.#at) < APART ? '<now>' : time));
    return plain.replace(EPOCH, (digits) => (this.#isNow(digits) ? '<now>' : digits));
  }

  #isNow(digits) {
    const time = digits.length === 10 ? Number(digits) * 1000 : digits.length === 13 ? Number(digits) : NaN;
    return Math.abs(time - this.#at) < APART;
  }

  #request({ to, method, url, headers, body, client }) {
    const boundary = /boundary=([-\w]+)/.exec(headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '')?.[1];
    // The boundary of a form's parts is random.
    const plain = (text) => this.#text(boundary ? text.replaceAll(boundary, '<boundary>') : text);
    const fields = headers.map(([name, value]) => [
      // Names of header fields have no case (RFC 9110, 5.1): one client writes them as given, the other in lower case.
      name.toLowerCase(), name.toLowerCase() === 'authorization' ? plain(this.#signed(method, `<${to}>${url}`, value)) : plain(value),
    ]);
    return {
      to, method, url: plain(url), headers: fields.filter(isTold).concat(implied(fields)).map((field) => field.join(': ')).sort(),
      body: plain(body), ...(client && { client }),
    };
  }

  /** An OAuth 1 header has a nonce, a time and a signature over both: the signature is checked here in place of being compared. */
  #signed(method, target, value) {
    if (!value.startsWith('OAuth ')) return value;
    const fields = Object.fromEntries([...value.slice(6).matchAll(/([\w]+)="([^"]*)"/g)].map(([, name, text]) => [name, decodeURIComponent(text)]));
    if (fields.oauth_signature_method !== 'HMAC-SHA1') return value;
    const whole = this.#names.reduce((text, [name, real]) => text.replace(`<${name}>`, real), target.replace('<http>', '<upstream>'));
    const good = this.#keys().some((key) => signature(method, new URL(whole), fields, key) === fields.oauth_signature);
    const { oauth_nonce: nonce, oauth_timestamp: at } = fields;
    return value.replace(encodeURIComponent(fields.oauth_signature), good ? '<signature that is right>' : '<signature that is wrong>').replace(nonce, '<nonce>').replace(at, '<now>');
  }

  /** Every pair of secrets that could have signed. */
  #keys() {
    const texts = Object.values(this.#secrets).flatMap((value) => (typeof value === 'string' ? texted(value) : Object.values(value)));
    const parts = [...texts.filter((text) => typeof text === 'string'), ''].map(percent);
    return parts.flatMap((consumer) => parts.map((token) => `${consumer}&${token}`));
  }
}

/** The values of a secret that is JSON, or the secret. */
function texted(value) {
  try {
    return Object.values(JSON.parse(value));
  } catch {
    return [value];
  }
}

const percent = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (mark) => '%' + mark.charCodeAt(0).toString(16).toUpperCase());

function signature(method, url, { oauth_signature: _, realm: __, ...fields }, key) {
  const pairs = [...Object.entries(fields), ...url.searchParams].map(([name, value]) => `${percent(name)}=${percent(value)}`).sort();
  const base = [method, percent(`${url.origin}${url.pathname}`), percent(pairs.join('&'))].join('&');
  return createHmac('sha1', key).update(base).digest('base64');
}

/** Each client keeps its connections as it does; this field says nothing to whom the request is for (RFC 9110, 7.6.1). */
const isTold = ([name, value]) => name !== 'connection'
  // Our client undoes these encodings by itself and says so, in this spelling, wherever nobody else says anything of
  // encodings. Functions get the same body. What `fetch` says is spelt with a space, and compared.
  && !(name === 'accept-encoding' && value === 'gzip,deflate');
/** No `accept` means `*∕*` (RFC 9110, 12.5.1); our client says so. */
const implied = (fields) => (fields.some(([name]) => name === 'accept') ? [] : [['accept', '*/*']]);

/** The line of the source at which an error was made. The rest of a stack is worded by each engine in its own way. */
function placeOf(stack) {
  const line = /lambda\.[mc]?js:(\d+)/.exec(stack)?.[1];
  return line === undefined ? 'elsewhere' : `line ${line}`;
}
