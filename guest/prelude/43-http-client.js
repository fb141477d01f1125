// The HTTP client of the first toolbelt, in the manner of `request-promise`: options in, body or response out.
(function (host, own) {
  'use strict';

  const { parse, stringify, text } = own;

  class StatusCodeError extends Error {
    constructor(statusCode, body, options, response) {
      super(statusCode + ' - ' + stringify(body));
      this.statusCode = statusCode;
      this.error = body;
      this.options = options;
      this.response = response;
    }
  }
  class RequestError extends Error {
    constructor(cause, options) {
      super(text(cause));
      this.cause = cause;
      this.error = cause;
      this.options = options;
    }
  }
  for (const kind of [StatusCodeError, RequestError]) Object.defineProperty(kind.prototype, 'name', { value: kind.name, writable: true, configurable: true });

  const base64 = (words) => own.Buffer.from(words).toString('base64');

  /** `a=1&b[0]=2&c[d]=3`, as `qs` writes it. */
  function encodeForm(fields, prefix) {
    const parts = [];
    for (const [key, value] of Object.entries(fields)) {
      const name = prefix === undefined ? key : `${prefix}[${key}]`;
      if (value === undefined) continue;
      if (value !== null && typeof value === 'object' && !(value instanceof Date)) parts.push(encodeForm(value, name));
      else parts.push(encodeURIComponent(name) + '=' + encodeURIComponent(value === null ? '' : value instanceof Date ? value.toISOString() : text(value)).replace(/[!'()*]/g, (mark) => '%' + mark.charCodeAt(0).toString(16).toUpperCase()));
    }
    return parts.filter((part) => part !== '').join('&');
  }

  function multipart(fields) {
    const boundary = '--------------------------' + own.Buffer.from(host.compute(1, '12', undefined, true)).toString('hex');
    const chunks = [];
    for (const [name, given] of Object.entries(fields)) {
      for (const item of Array.isArray(given) ? given : [given]) {
        const options = item?.options ?? {};
        const value = item !== null && typeof item === 'object' && 'value' in item ? item.value : item;
        const file = options.filename === undefined ? '' : `; filename="${options.filename}"`;
        const type = options.contentType === undefined ? '' : `\r\nContent-Type: ${options.contentType}`;
        chunks.push(own.Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}${type}\r\n\r\n`));
        chunks.push(typeof value === 'string' || typeof value === 'number' ? own.Buffer.from(text(value)) : own.Buffer.from(own.bytesOf(value)), own.Buffer.from('\r\n'));
      }
    }
    chunks.push(own.Buffer.from(`--${boundary}--\r\n`));
    return { type: `multipart/form-data; boundary=${boundary}`, body: own.Buffer.concat(chunks) };
  }

  /** Header fields by lower-case name; later ones overrule earlier ones. */
  function merged(...lists) {
    const fields = new Map();
    for (const list of lists) {
      for (const [name, value] of list instanceof own.Headers ? list : Object.entries(list ?? {})) {
        if (value === undefined || value === null) fields.delete(name.toLowerCase());
        else fields.set(name.toLowerCase(), [name, Array.isArray(value) ? value.join(', ') : text(value)]);
      }
    }
    return fields;
  }

  function bodyOf(options, fields) {
    const implied = (type) => { if (!fields.has('content-type')) fields.set('content-type', ['Content-Type', type]); };
    if (options.json !== undefined && options.json !== false && !fields.has('accept')) fields.set('accept', ['Accept', 'application/json']);
    if (options.form !== undefined) {
      implied('application/x-www-form-urlencoded');
      return typeof options.form === 'string' ? options.form : encodeForm(options.form);
    }
    if (options.formData !== undefined) {
      const { type, body } = multipart(options.formData);
      implied(type);
      return body;
    }
    if (options.json !== undefined && options.json !== false) {
      const value = options.json === true ? options.body : options.json;
      if (value === undefined) return undefined;
      implied('application/json');
      return typeof value === 'string' && options.json === true && fields.get('content-type')[1] !== 'application/json' ? value : stringify(value);
    }
    const { body } = options;
    if (body === undefined || body === null || typeof body === 'string' || ArrayBuffer.isView(body)) return body ?? undefined;
    throw new TypeError('Argument error, options.body.');
  }

  function urlOf(options) {
    const given = options.uri ?? options.url;
    if (given === undefined || given === null) throw new Error('options.uri is a required argument');
    let url = typeof given === 'object' ? given.href ?? text(given) : text(given);
    if (options.baseUrl) url = text(options.baseUrl).replace(/\/+$/, '') + (url === '' || url.startsWith('/') ? '' : '/') + url;
    if (options.qs) {
      const query = encodeForm(options.qs);
      const at = url.indexOf('#'), plain = at < 0 ? url : url.slice(0, at);
      if (query !== '') url = plain + (plain.includes('?') ? (/[?&]$/.test(plain) ? '' : '&') : '?') + query;
    }
    return url;
  }

  function authorization({ auth }) {
    if (!auth) return {};
    if (auth.bearer !== undefined) return { Authorization: 'Bearer ' + (typeof auth.bearer === 'function' ? auth.bearer() : auth.bearer) };
    return { Authorization: 'Basic ' + base64(`${auth.user ?? auth.username ?? ''}:${auth.pass ?? auth.password ?? ''}`) };
  }

  function responseOf(answer, options, url, method) {
    const headers = {};
    for (const [name, value] of answer.headers) {
      if (name === 'set-cookie') (headers[name] ??= []).push(value);
      else headers[name] = headers[name] === undefined ? value : headers[name] + ', ' + value;
    }
    const bytes = answer.base64 === undefined ? undefined : own.Buffer.from(answer.base64, 'base64');
    let body = options.encoding === null ? bytes ?? own.Buffer.from(answer.text ?? '') : bytes ? bytes.toString(options.encoding) : answer.text ?? '';
    if (options.json && typeof body === 'string') {
      try {
        body = parse(body);
      } catch {
        // Not JSON: the text is the body, as with `request`.
        body = body === '' ? undefined : body;
      }
    }
    const response = { statusCode: answer.status, statusMessage: answer.statusText, headers, body, request: { uri: { href: answer.url }, method, headers: {} } };
    Object.defineProperty(response, 'toJSON', { value() { return { statusCode: this.statusCode, body: this.body, headers: this.headers, request: this.request }; } });
    Object.defineProperty(response.request.uri, 'toString', { value: () => url });
    return response;
  }

  function failure(error, options) {
    if (error?.code === undefined || own.isError(error)) return new RequestError(error, options);
    const timedOut = error.code === 'timed_out';
    const cause = new Error(timedOut ? 'ESOCKETTIMEDOUT' : error.message);
    cause.code = timedOut ? 'ESOCKETTIMEDOUT' : error.code;
    return new RequestError(cause, options);
  }

  /** `send` takes {url, method, headers, body, redirect, timeout} to whoever answers. */
  own.httpClient = (send, defaults) => {
    async function perform(first, second) {
      const options = { ...(typeof first === 'string' || first instanceof URL ? { uri: first } : first), ...second };
      const method = text(options.method ?? 'GET').toUpperCase();
      let answer, url;
      try {
        url = urlOf(options);
        const fields = merged(defaults(), authorization(options), options.headers);
        const body = bodyOf(options, fields);
        const follows = options.followAllRedirects || (options.followRedirect !== false && (method === 'GET' || method === 'HEAD'));
        answer = parse(await send({ url, method, headers: Object.fromEntries(fields.values()), body, redirect: follows ? 'follow' : 'manual', timeout: options.timeout }));
      } catch (error) {
        throw failure(error, options);
      }
      const response = responseOf(answer, options, url, method);
      const fine = answer.status >= 200 && answer.status <= 299;
      if (options.simple !== false && !fine) throw new StatusCodeError(answer.status, response.body, options, response);
      const result = options.resolveWithFullResponse ? response : response.body;
      return typeof options.transform === 'function' ? options.transform(response.body, response, Boolean(options.resolveWithFullResponse)) : result;
    }
    const client = (first, second, callback) => {
      const done = perform(first, typeof second === 'function' ? undefined : second);
      const tell = typeof second === 'function' ? second : callback;
      if (typeof tell === 'function') done.then((value) => tell(null, value, value?.body ?? value), (error) => tell(error.cause ?? error));
      return done;
    };
    for (const method of ['get', 'post', 'put', 'patch', 'delete', 'head', 'options']) {
      client[method] = (first, second) => client(first, { ...second, method: method.toUpperCase() });
    }
    client.del = client.delete;
    return client;
  };
  own.httpErrors = { __proto__: null, StatusCodeError, RequestError };
})
