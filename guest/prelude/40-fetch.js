// `fetch`, `Headers`, `Request`, `Response`. A request is one operation: described as data, answered whole.
(function (host, own) {
  'use strict';

  const { parse, stringify, defer, DOMException } = own;
  const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  const nameOf = (name) => {
    const text = String(name).toLowerCase();
    if (!TOKEN.test(text)) throw new TypeError(`Header name must be a valid HTTP token ["${name}"]`);
    return text;
  };
  const valueOf = (value) => {
    const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
    if (/[\0\n\r]/.test(text)) throw new TypeError('A header value must not contain line breaks');
    return text;
  };

  class Headers {
    #fields = new Map();

    constructor(init) {
      if (init === undefined || init === null) return;
      const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
      for (const [name, value] of pairs) this.append(name, value);
    }

    append(name, value) {
      const key = nameOf(name);
      const had = this.#fields.get(key);
      if (had === undefined) this.#fields.set(key, [valueOf(value)]);
      else had.push(valueOf(value));
    }

    set(name, value) { this.#fields.set(nameOf(name), [valueOf(value)]); }
    get(name) { return this.#fields.get(nameOf(name))?.join(', ') ?? null; }
    has(name) { return this.#fields.has(nameOf(name)); }
    delete(name) { this.#fields.delete(nameOf(name)); }
    getSetCookie() { return this.#fields.get('set-cookie')?.slice() ?? []; }
    forEach(run, self) { for (const [name, value] of this) run.call(self, value, name, this); }

    *entries() {
      for (const name of [...this.#fields.keys()].sort()) {
        if (name === 'set-cookie') for (const value of this.#fields.get(name)) yield [name, value];
        else yield [name, this.get(name)];
      }
    }
    *keys() { for (const [name] of this.entries()) yield name; }
    *values() { for (const [, value] of this.entries()) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    get [Symbol.toStringTag]() { return 'Headers'; }
  }

  /** Body of a request or response: `{text}` or `{bytes}`, and the content type that it implies. */
  function bodyOf(body) {
    if (body === undefined || body === null) return { kind: null };
    if (typeof body === 'string') return { text: body, type: 'text/plain;charset=UTF-8' };
    if (body instanceof URLSearchParams) return { text: String(body), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return { bytes: own.bytesOf(body).slice() };
    return { text: String(body), type: 'text/plain;charset=UTF-8' };
  }

  class Body {
    #body; #used = false;
    constructor(body) { this.#body = body; }
    get bodyUsed() { return this.#used; }
    get body() { return null; }
    #take() {
      if (this.#used) throw new TypeError('Body is unusable: Body has already been read');
      this.#used = this.#body.kind !== null;
      return this.#body;
    }
    async text() {
      const body = this.#take();
      const text = body.text ?? (body.bytes ? own.fromUtf8(body.bytes) : '');
      return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    }
    async json() { return parse(await this.text()); }
    async bytes() {
      const body = this.#take();
      return body.bytes ? body.bytes.slice() : own.utf8(body.text ?? '');
    }
    async arrayBuffer() { return (await this.bytes()).buffer; }
    static peek(from) { return from.#body; }
    static share(from) {
      if (from.#used) throw new TypeError('Body is unusable: Body has already been read');
      return from.#body;
    }
  }
  const { peek, share } = Body;
  delete Body.peek;
  delete Body.share;

  const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH'];

  class Request extends Body {
    #url; #method; #headers; #signal; #redirect;
    constructor(input, init = {}) {
      const from = input instanceof Request ? input : undefined;
      const body = init.body !== undefined ? bodyOf(init.body) : from ? share(from) : { kind: null };
      super(body);
      this.#url = new URL(from ? from.url : input).href;
      const method = String(init.method ?? from?.method ?? 'GET');
      if (!TOKEN.test(method) || ['CONNECT', 'TRACE', 'TRACK'].includes(method.toUpperCase())) throw new TypeError(`'${method}' HTTP method is unsupported.`);
      this.#method = METHODS.includes(method.toUpperCase()) ? method.toUpperCase() : method;
      if (body.kind !== null && ['GET', 'HEAD'].includes(this.#method)) throw new TypeError('Request with GET/HEAD method cannot have body.');
      this.#headers = new Headers(init.headers ?? from?.headers);
      if (body.type && !this.#headers.has('content-type')) this.#headers.set('content-type', body.type);
      this.#signal = init.signal === null ? undefined : init.signal ?? from?.signal;
      this.#redirect = String(init.redirect ?? from?.redirect ?? 'follow');
      if (!['follow', 'manual', 'error'].includes(this.#redirect)) throw new TypeError(`'${this.#redirect}' is not a redirect mode`);
    }
    get url() { return this.#url; }
    get method() { return this.#method; }
    get headers() { return this.#headers; }
    get signal() { return this.#signal; }
    get redirect() { return this.#redirect; }
    clone() { return new Request(this); }
    get [Symbol.toStringTag]() { return 'Request'; }
  }

  class Response extends Body {
    #init;
    constructor(body, init = {}) {
      const given = bodyOf(body);
      super(given);
      const status = init.status === undefined ? 200 : Number(init.status);
      if (!(status >= 200 && status <= 599)) throw new RangeError(`init["status"] must be in the range of 200 to 599, inclusive.`);
      const headers = new Headers(init.headers);
      if (given.type && !headers.has('content-type')) headers.set('content-type', given.type);
      this.#init = { status, statusText: String(init.statusText ?? ''), headers, url: '', redirected: false, type: 'default' };
    }
    get status() { return this.#init.status; }
    get statusText() { return this.#init.statusText; }
    get ok() { return this.status >= 200 && this.status <= 299; }
    get headers() { return this.#init.headers; }
    get url() { return this.#init.url; }
    get redirected() { return this.#init.redirected; }
    get type() { return this.#init.type; }
    clone() {
      const copy = new Response(null, { status: 200 });
      const body = share(this);
      return Response.made(body, { ...this.#init, headers: new Headers(this.#init.headers) }, copy);
    }
    get [Symbol.toStringTag]() { return 'Response'; }
    static json(data, init = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has('content-type')) headers.set('content-type', 'application/json');
      return new Response(stringify(data), { ...init, headers });
    }
    static error() { return Response.made({ kind: null }, { status: 0, statusText: '', headers: new Headers(), url: '', redirected: false, type: 'error' }); }
    static redirect(url, status = 302) { return Response.made({ kind: null }, { status, statusText: '', headers: new Headers({ location: new URL(url).href }), url: '', redirected: false, type: 'default' }); }
    static made(body, init) {
      const response = new Response(body.bytes ?? body.text ?? null);
      response.#init = init;
      return response;
    }
  }
  const { made } = Response;
  Object.defineProperty(Response, 'made', { enumerable: false });

  function answered(json) {
    const answer = parse(json);
    const body = answer.base64 !== undefined ? { bytes: Uint8Array.fromBase64(answer.base64) } : { text: answer.text ?? '' };
    return made(body, { status: answer.status, statusText: answer.statusText, headers: new Headers(answer.headers), url: answer.url, redirected: answer.redirected, type: 'basic' });
  }

  function refused(json) {
    const reason = parse(json);
    const cause = new Error(reason.message);
    cause.code = reason.code;
    const error = new TypeError('fetch failed: ' + reason.message, { cause });
    error.code = reason.code;
    return error;
  }

  const toBase64 = own.uncurry(Uint8Array.prototype.toBase64);
  const toWellFormed = own.uncurry(String.prototype.toWellFormed);

  /** A body as operations carry it. */
  own.described = (body) => {
    const { text, bytes } = bodyOf(body);
    return { __proto__: null, text: text === undefined ? undefined : toWellFormed(text), base64: bytes ? toBase64(bytes) : undefined };
  };
  own.response = answered;
  own.Headers = Headers;

  /** What Node's `fetch` sends unless it is told otherwise; some servers refuse requests without it. */
  const SENT = [['accept', '*/*'], ['accept-encoding', 'gzip, deflate'], ['accept-language', '*'], ['sec-fetch-mode', 'cors'], ['user-agent', 'node']];

  /** Who names a version wants no copy (fetch standard, HTTP-network-or-cache fetch). */
  const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range'];
  const FRESH = [['cache-control', 'no-cache'], ['pragma', 'no-cache']];

  own.define('fetch', function fetch(input, init) {
    const deferred = defer();
    try {
      const request = new Request(input, init);
      const { signal } = request;
      if (signal?.aborted) throw signal.reason;
      const body = peek(request);
      const headers = [...request.headers];
      const asks = CONDITIONS.some((name) => request.headers.has(name)) ? [...SENT, ...FRESH] : SENT;
      for (const [name, value] of asks) if (!request.headers.has(name)) headers.push([name, value]);
      const described = {
        url: request.url, method: request.method, headers, redirect: request.redirect,
        text: body.text?.toWellFormed(), base64: body.bytes ? toBase64(body.bytes) : undefined,
      };
      let stop;
      const id = own.start('fetch', stringify(described), (fulfilled, json) => {
        if (stop) signal.removeEventListener('abort', stop);
        if (fulfilled) deferred.resolve(answered(json));
        else deferred.reject(refused(json));
      });
      if (signal) {
        stop = () => {
          own.cancel(id);
          deferred.reject(signal.reason);
        };
        signal.addEventListener('abort', stop, { once: true });
      }
    } catch (error) {
      deferred.reject(error);
    }
    return deferred.promise;
  });
  for (const [name, value] of Object.entries({ Headers, Request, Response })) own.define(name, value);
})
