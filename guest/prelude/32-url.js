// `URL` and `URLSearchParams`. Parsing and its many rules are the host's; here is the interface.
(function (host, own) {
  'use strict';

  const { parse, stringify } = own;
  const PARSE = 4, CHANGE = 5;
  const compute = host.compute;

  const escape = (text) => encodeURIComponent(String(text).toWellFormed()).replace(/%20/g, '+').replace(/[!'()~]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
  function unescape(text) {
    const spaced = text.replace(/\+/g, ' ');
    if (!spaced.includes('%')) return spaced;
    const bytes = [];
    const raw = own.utf8(spaced);
    for (let i = 0; i < raw.length; i++) {
      const hex = raw[i] === 37 ? String.fromCharCode(raw[i + 1] ?? 0, raw[i + 2] ?? 0) : '';
      if (/^[0-9a-fA-F]{2}$/.test(hex)) {
        bytes.push(parseInt(hex, 16));
        i += 2;
      } else {
        bytes.push(raw[i]);
      }
    }
    return own.fromUtf8(new Uint8Array(bytes));
  }

  class URLSearchParams {
    #pairs = [];
    #changed;

    constructor(init = '', changed) {
      this.#changed = typeof changed === 'function' && changed.owner === own ? changed : undefined;
      if (init !== null && typeof init === 'object') {
        if (typeof init[Symbol.iterator] === 'function') {
          for (const pair of init) {
            const [name, value, ...more] = pair;
            if (value === undefined || more.length > 0) throw new TypeError('Each query pair must be an iterable [name, value] tuple');
            this.#pairs.push([String(name), String(value)]);
          }
        } else {
          for (const name of Object.keys(init)) this.#pairs.push([name, String(init[name])]);
        }
      } else {
        this.#read(String(init));
      }
    }

    #read(text) {
      this.#pairs = [];
      for (const part of (text.startsWith('?') ? text.slice(1) : text).split('&')) {
        if (part === '') continue;
        const at = part.indexOf('=');
        this.#pairs.push(at < 0 ? [unescape(part), ''] : [unescape(part.slice(0, at)), unescape(part.slice(at + 1))]);
      }
    }

    #write() { this.#changed?.(this.toString()); }
    get size() { return this.#pairs.length; }
    append(name, value) { this.#pairs.push([String(name), String(value)]); this.#write(); }
    delete(name, value) { this.#pairs = this.#pairs.filter(([n, v]) => n !== String(name) || (value !== undefined && v !== String(value))); this.#write(); }
    get(name) { return this.#pairs.find(([n]) => n === String(name))?.[1] ?? null; }
    getAll(name) { return this.#pairs.filter(([n]) => n === String(name)).map(([, v]) => v); }
    has(name, value) { return this.#pairs.some(([n, v]) => n === String(name) && (value === undefined || v === String(value))); }

    set(name, value) {
      const first = this.#pairs.findIndex(([n]) => n === String(name));
      if (first < 0) this.#pairs.push([String(name), String(value)]);
      else this.#pairs = this.#pairs.filter(([n], i) => i === first || n !== String(name)).map((pair) => (pair[0] === String(name) ? [pair[0], String(value)] : pair));
      this.#write();
    }

    sort() { this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#write(); }
    forEach(run, self) { for (const [name, value] of this.#pairs) run.call(self, value, name, this); }
    *entries() { for (const [name, value] of this.#pairs) yield [name, value]; }
    *keys() { for (const [name] of this.#pairs) yield name; }
    *values() { for (const [, value] of this.#pairs) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#pairs.map(([name, value]) => escape(name) + '=' + escape(value)).join('&'); }
    get [Symbol.toStringTag]() { return 'URLSearchParams'; }

    static reread(params, text) { params.#read(text); }
  }
  const { reread } = URLSearchParams;
  delete URLSearchParams.reread;

  function parsed(url, base) {
    const texts = base === undefined ? [String(url)] : [String(url), String(base)];
    try {
      return parse(compute(PARSE, stringify(texts), undefined, false));
    } catch {
      const error = new TypeError('Invalid URL');
      error.code = 'ERR_INVALID_URL';
      error.input = texts[0];
      throw error;
    }
  }

  class URL {
    #parts; #params;

    constructor(url, base) { this.#parts = parsed(url, base); }

    #set(part, value) {
      this.#parts = parse(compute(CHANGE, stringify({ href: this.#parts.href, part, value: String(value) }), undefined, false));
      if (this.#params && part !== 'params') reread(this.#params, this.#parts.search);
    }

    static {
      for (const part of ['protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash']) {
        Object.defineProperty(URL.prototype, part, {
          configurable: true, enumerable: true, get() { return this.#parts[part]; }, set(value) { this.#set(part, value); },
        });
      }
    }

    get origin() { return this.#parts.origin; }
    get href() { return this.#parts.href; }
    set href(value) { this.#parts = parsed(value); if (this.#params) reread(this.#params, this.#parts.search); }

    get searchParams() {
      if (!this.#params) {
        const changed = (text) => { this.#parts = parse(compute(CHANGE, stringify({ href: this.#parts.href, part: 'search', value: text }), undefined, false)); };
        changed.owner = own;
        this.#params = new URLSearchParams(this.#parts.search, changed);
      }
      return this.#params;
    }

    toString() { return this.#parts.href; }
    toJSON() { return this.#parts.href; }
    get [Symbol.toStringTag]() { return 'URL'; }

    static canParse(url, base) {
      try {
        parsed(url, base);
        return true;
      } catch {
        return false;
      }
    }

    static parse(url, base) { return URL.canParse(url, base) ? new URL(url, base) : null; }
  }

  own.define('URL', URL);
  own.define('URLSearchParams', URLSearchParams);

  own.modules.querystring = () => {
    const api = {
      escape: (text) => encodeURIComponent(text),
      unescape: (text) => unescape(String(text).replace(/\+/g, '%2B')),
      parse(text, separator = '&', equals = '=') {
        const found = { __proto__: null };
        for (const part of String(text).split(separator)) {
          if (part === '') continue;
          const at = part.indexOf(equals);
          const name = unescape(at < 0 ? part : part.slice(0, at)), value = at < 0 ? '' : unescape(part.slice(at + equals.length));
          found[name] = name in found ? [].concat(found[name], value) : value;
        }
        return found;
      },
      stringify(values, separator = '&', equals = '=') {
        const text = (value) => (['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? encodeURIComponent(value) : '');
        return Object.keys(values ?? {}).flatMap((name) => [].concat(values[name]).map((value) => encodeURIComponent(name) + equals + text(value))).join(separator);
      },
    };
    return Object.assign(api, { decode: api.parse, encode: api.stringify });
  };

  own.modules.url = () => ({
    URL, URLSearchParams,
    parse(text, withQuery) {
      let url;
      try {
        url = new URL(text);
      } catch {
        const [path, hash] = String(text).split(/(?=#)/);
        const [pathname, search] = path.split(/(?=\?)/);
        const query = (search ?? '').slice(1);
        return { href: String(text), protocol: null, host: null, hostname: null, port: null, auth: null, hash: hash ?? null, pathname, path, search: search ?? null, query: withQuery ? own.require('querystring').parse(query) : query || null };
      }
      const query = url.search.slice(1);
      return {
        href: url.href, protocol: url.protocol, slashes: true, auth: url.username ? url.username + (url.password ? ':' + url.password : '') : null, host: url.host, hostname: url.hostname,
        port: url.port || null, hash: url.hash || null, search: url.search || null, query: withQuery ? own.require('querystring').parse(query) : query || null, pathname: url.pathname, path: url.pathname + url.search,
      };
    },
    format(url) {
      if (url instanceof URL || typeof url === 'string') return String(url);
      const query = url.search ?? (url.query && typeof url.query === 'object' ? '?' + own.require('querystring').stringify(url.query) : url.query ? '?' + url.query : '');
      const protocol = url.protocol ? url.protocol.replace(/:?$/, ':') : '';
      const host = url.host ?? (url.hostname ? url.hostname + (url.port ? ':' + url.port : '') : '');
      return protocol + (host ? '//' + (url.auth ? url.auth + '@' : '') + host : '') + (url.pathname ?? '') + query + (url.hash ?? '');
    },
    resolve: (from, to) => {
      try {
        return new URL(to, from).href;
      } catch {
        const resolved = new URL(to, new URL(from, 'resolve://'));
        return resolved.protocol === 'resolve:' ? resolved.pathname + resolved.search + resolved.hash : resolved.href;
      }
    },
  });
})
