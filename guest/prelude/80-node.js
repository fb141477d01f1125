// Node's small modules: `util`, `assert`, `path`, `string_decoder`, `timers`, and promises of the last.
(function (host, own) {
  'use strict';

  const { modules, isError } = own;

  // ---- util

  function inspect(value, options) {
    const depth = (typeof options === 'object' ? options?.depth : undefined) ?? 2;
    return render(value, depth === null ? Infinity : depth, []);
  }

  const QUOTES = (text) => (text.includes("'") && !text.includes('"') ? '"' + text + '"' : "'" + text.replace(/\\/g, '\\\\').replace(/'/g, "\\'").replace(/\n/g, '\\n') + "'");
  const KEY = (key) => (typeof key === 'symbol' ? `[${String(key)}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : QUOTES(key));

  function render(value, depth, path) {
    switch (typeof value) {
      case 'string': return QUOTES(value);
      case 'number': return Object.is(value, -0) ? '-0' : String(value);
      case 'bigint': return value + 'n';
      case 'function': return /^class\b/.test(Function.prototype.toString.call(value)) ? `[class ${value.name || '(anonymous)'}]` : `[Function${value.name ? ': ' + value.name : ' (anonymous)'}]`;
      case 'object': break;
      default: return String(value);
    }
    if (value === null) return 'null';
    if (path.includes(value)) return '[Circular *1]';
    if (typeof value[inspect.custom] === 'function') {
      const shown = value[inspect.custom](depth, {}, inspect);
      return typeof shown === 'string' ? shown : render(shown, depth, path);
    }
    if (isError(value)) return (value.stack ? `${value.name}: ${value.message}\n${value.stack}`.trimEnd() : `[${value.name}: ${value.message}]`);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Promise) return 'Promise { <unknown> }';
    const name = value.constructor?.name;
    const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
    if (depth < 0) return isList ? `[${name ?? 'Array'}]` : `[${name ?? 'Object'}]`;
    const inner = [...path, value];
    const show = (item) => render(item, depth - 1, inner);
    if (value instanceof own.Buffer) return `<Buffer ${value.toString('hex').replace(/../g, '$& ').trim()}>`;
    let parts, open = '{', close = '}', prefix = name === 'Object' ? '' : name ? name + ' ' : '[Object: null prototype] ';
    if (isList) {
      parts = Array.from(value).slice(0, 100).map(show);
      if (value.length > 100) parts.push(`... ${value.length - 100} more items`);
      [open, close] = ['[', ']'];
      prefix = name === 'Array' ? '' : `${name}(${value.length}) `;
    } else if (value instanceof Map) {
      parts = [...value].map(([key, item]) => `${show(key)} => ${show(item)}`);
      prefix = `Map(${value.size}) `;
    } else if (value instanceof Set) {
      parts = [...value].map(show);
      prefix = `Set(${value.size}) `;
    } else {
      parts = Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key)).map((key) => {
        const described = Object.getOwnPropertyDescriptor(value, key);
        return `${KEY(key)}: ${described.get ? (described.set ? '[Getter/Setter]' : '[Getter]') : described.set ? '[Setter]' : show(value[key])}`;
      });
    }
    if (parts.length === 0) return prefix + open + close;
    const line = prefix + open + ' ' + parts.join(', ') + ' ' + close;
    return line.length <= 76 && !line.includes('\n') ? line : prefix + open + '\n' + parts.map((part) => '  ' + part.replace(/\n/g, '\n  ')).join(',\n') + '\n' + close;
  }
  inspect.custom = Symbol.for('nodejs.util.inspect.custom');

  function format(first, ...rest) {
    let at = 0;
    const text = typeof first !== 'string' ? (rest.unshift(first), '') : first.replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === '%%') return '%';
      if (at >= rest.length) return mark;
      const value = rest[at++];
      switch (mark) {
        case '%s': return typeof value === 'string' ? value : typeof value === 'object' && value !== null && !isError(value) ? inspect(value, { depth: 0 }) : isError(value) ? `${value.name}: ${value.message}` : typeof value === 'bigint' ? value + 'n' : String(value);
        case '%d': return typeof value === 'object' ? 'NaN' : typeof value === 'bigint' ? value + 'n' : String(Number(value));
        case '%i': return String(parseInt(value, 10));
        case '%f': return String(parseFloat(value));
        case '%j': return own.printJson(value);
        case '%c': return '';
        default: return inspect(value);
      }
    });
    return [text, ...rest.slice(at).map((value) => (typeof value === 'string' ? value : inspect(value)))].filter((part, i) => i > 0 || part !== '' || typeof first === 'string').join(' ');
  }

  const tag = (value) => Object.prototype.toString.call(value).slice(8, -1);

  function equal(a, b, strict, pairs = []) {
    if (strict ? Object.is(a, b) : a == b || (a !== a && b !== b)) return true;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    if (tag(a) !== tag(b) || (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b))) return false;
    if (pairs.some(([x, y]) => x === a && y === b)) return true;
    const inner = [...pairs, [a, b]];
    if (a instanceof Date) return a.getTime() === b.getTime();
    if (a instanceof RegExp) return String(a) === String(b);
    if (a instanceof Number || a instanceof String || a instanceof Boolean) return Object.is(a.valueOf(), b.valueOf());
    if (isError(a) && (a.name !== b.name || a.message !== b.message)) return false;
    if (a instanceof Map) return a.size === b.size && [...a].every(([key, item]) => [...b].some(([other, value]) => equal(key, other, strict, inner) && equal(item, value, strict, inner)));
    if (a instanceof Set) return a.size === b.size && [...a].every((item) => [...b].some((other) => equal(item, other, strict, inner)));
    const keys = Object.keys(a), others = Object.keys(b);
    return keys.length === others.length && a.length === b.length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key], strict, inner));
  }

  const promisified = Symbol.for('nodejs.util.promisify.custom');
  function promisify(original) {
    if (typeof original !== 'function') throw new TypeError('The "original" argument must be of type function');
    if (original[promisified]) return original[promisified];
    return function (...values) {
      return new Promise((resolve, reject) => original.call(this, ...values, (error, value) => (error ? reject(error) : resolve(value))));
    };
  }
  promisify.custom = promisified;
  const sleep = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));
  Object.defineProperty(setTimeout, promisified, { value: sleep });
  Object.defineProperty(setImmediate, promisified, { value: (value) => sleep(0, value) });

  modules.util = () => ({
    inspect, format, promisify,
    inherits(child, parent) {
      Object.defineProperty(child, 'super_', { value: parent, writable: true, configurable: true });
      Object.setPrototypeOf(child.prototype, parent.prototype);
    },
    callbackify: (original) => (...values) => {
      const callback = values.pop();
      original(...values).then((value) => callback(null, value), (error) => callback(error ?? new Error('Promise was rejected with a falsy value')));
    },
    deprecate: (original) => original,
    isDeepStrictEqual: (a, b) => equal(a, b, true),
    stripVTControlCharacters: (text) => String(text).replace(/\u001b\[[0-9;]*[A-Za-z]/g, ''),
    toUSVString: (text) => String(text).toWellFormed(),
    debuglog: () => () => {},
    TextEncoder, TextDecoder,
    isArray: Array.isArray, isString: (value) => typeof value === 'string', isFunction: (value) => typeof value === 'function', isObject: (value) => value !== null && typeof value === 'object',
    isNullOrUndefined: (value) => value === null || value === undefined, isUndefined: (value) => value === undefined, isNumber: (value) => typeof value === 'number',
    types: {
      isDate: (value) => value instanceof Date, isRegExp: (value) => value instanceof RegExp, isPromise: (value) => value instanceof Promise, isMap: (value) => value instanceof Map,
      isSet: (value) => value instanceof Set, isNativeError: isError, isTypedArray: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView), isUint8Array: (value) => value instanceof Uint8Array,
      isArrayBuffer: (value) => value instanceof ArrayBuffer, isAsyncFunction: (value) => tag(value) === 'AsyncFunction', isGeneratorFunction: (value) => tag(value) === 'GeneratorFunction',
    },
  });

  // ---- assert

  modules.assert = () => {
    class AssertionError extends Error {
      constructor({ message, actual, expected, operator }) {
        super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
        Object.assign(this, { code: 'ERR_ASSERTION', actual, expected, operator, generatedMessage: message === undefined });
        this.name = 'AssertionError';
      }
    }
    const check = (holds, message, actual, expected, operator) => {
      if (holds) return;
      if (isError(message)) throw message;
      throw new AssertionError({ message, actual, expected, operator });
    };
    const matches = (error, expected) => {
      if (expected === undefined) return true;
      if (expected instanceof RegExp) return expected.test(String(error));
      if (typeof expected === 'function') return expected.prototype !== undefined && error instanceof expected ? true : isError(expected.prototype) || expected === Error ? false : expected(error) === true;
      return Object.keys(expected).every((key) => (expected[key] instanceof RegExp ? expected[key].test(error[key]) : equal(error[key], expected[key], true)));
    };
    const assert = (value, message) => check(value, message, value, true, '==');
    Object.assign(assert, {
      AssertionError, ok: assert, strict: assert,
      equal: (a, b, m) => check(a == b || (a !== a && b !== b), m, a, b, '=='), notEqual: (a, b, m) => check(a != b, m, a, b, '!='),
      strictEqual: (a, b, m) => check(Object.is(a, b), m, a, b, 'strictEqual'), notStrictEqual: (a, b, m) => check(!Object.is(a, b), m, a, b, 'notStrictEqual'),
      deepEqual: (a, b, m) => check(equal(a, b, false), m, a, b, 'deepEqual'), deepStrictEqual: (a, b, m) => check(equal(a, b, true), m, a, b, 'deepStrictEqual'),
      notDeepEqual: (a, b, m) => check(!equal(a, b, false), m, a, b, 'notDeepEqual'), notDeepStrictEqual: (a, b, m) => check(!equal(a, b, true), m, a, b, 'notDeepStrictEqual'),
      match: (text, pattern, m) => check(pattern.test(text), m, text, pattern, 'match'), doesNotMatch: (text, pattern, m) => check(!pattern.test(text), m, text, pattern, 'doesNotMatch'),
      fail: (m = 'Failed') => check(false, m, undefined, undefined, 'fail'), ifError: (value) => { if (value !== null && value !== undefined) throw isError(value) ? value : new AssertionError({ message: own.text(value) }); },
      throws(run, expected, m) {
        let thrown, threw = false;
        try { run(); } catch (error) { [thrown, threw] = [error, true]; }
        check(threw, typeof expected === 'string' ? expected : m ?? 'Missing expected exception.', undefined, expected, 'throws');
        if (typeof expected !== 'string' && !matches(thrown, expected)) throw thrown;
      },
      doesNotThrow: (run) => { run(); },
      async rejects(run, expected, m) {
        let thrown, threw = false;
        try { await (typeof run === 'function' ? run() : run); } catch (error) { [thrown, threw] = [error, true]; }
        check(threw, m ?? 'Missing expected rejection.', undefined, expected, 'rejects');
        if (!matches(thrown, expected)) throw thrown;
      },
      async doesNotReject(run) { await (typeof run === 'function' ? run() : run); },
    });
    return assert;
  };

  // ---- path (POSIX)

  modules.path = () => {
    const normalize = (text) => {
      const absolute = text.startsWith('/'), parts = [];
      for (const part of text.split('/')) {
        if (part === '' || part === '.') continue;
        if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
        else if (part !== '..' || !absolute) parts.push(part);
      }
      return (absolute ? '/' : '') + (parts.join('/') + (text.endsWith('/') && parts.length > 0 ? '/' : '')) || (absolute ? '/' : '.');
    };
    const base = (text) => text.replace(/\/+$/, '').split('/').pop();
    const basename = (text, end) => (end && base(text).endsWith(end) && base(text) !== end ? base(text).slice(0, -end.length) : base(text));
    const dirname = (text) => {
      const at = text.replace(/\/+$/, '').lastIndexOf('/');
      return at < 0 ? '.' : at === 0 ? '/' : text.slice(0, at);
    };
    const extname = (text) => (/^[^]+?(\.[^.]*)$/.exec(base(text))?.[1] ?? '');
    const join = (...parts) => normalize(parts.filter((part) => part !== '').join('/') || '.');
    const resolve = (...parts) => normalize(parts.reduce((from, part) => (part.startsWith('/') ? part : from + '/' + part), '/')).replace(/(.)\/$/, '$1');
    const api = {
      sep: '/', delimiter: ':', normalize, basename, dirname, extname, join, resolve, isAbsolute: (text) => text.startsWith('/'),
      relative(from, to) {
        const a = resolve(from).split('/').filter(Boolean), b = resolve(to).split('/').filter(Boolean);
        let shared = 0;
        while (shared < a.length && a[shared] === b[shared]) shared++;
        return [...a.slice(shared).map(() => '..'), ...b.slice(shared)].join('/');
      },
      parse: (text) => ({ root: text.startsWith('/') ? '/' : '', dir: text.includes('/') ? dirname(text) : '', base: base(text), ext: extname(text), name: basename(text, extname(text)) }),
      format: ({ dir, root = '', base: file, name = '', ext = '' }) => (dir ? (dir === root ? dir : dir + '/') : root) + (file ?? name + ext),
    };
    api.posix = api;
    return api;
  };

  // ---- string_decoder, timers

  modules.string_decoder = () => ({
    StringDecoder: class StringDecoder {
      #decoder; #encoding;
      constructor(encoding = 'utf8') {
        this.#encoding = encoding;
        const label = { utf8: 'utf-8', 'utf-8': 'utf-8', utf16le: 'utf-16le', ucs2: 'utf-16le' }[encoding];
        this.#decoder = label && new TextDecoder(label, { ignoreBOM: true });
      }
      write(bytes) { return this.#decoder ? this.#decoder.decode(bytes, { stream: true }) : own.Buffer.from(bytes).toString(this.#encoding); }
      end(bytes) { return (bytes ? this.write(bytes) : '') + (this.#decoder ? this.#decoder.decode() : ''); }
    },
  });
  modules['timers/promises'] = () => ({ setTimeout: sleep, setImmediate: (value) => sleep(0, value), scheduler: { wait: sleep } });
  modules.timers = () => ({ setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, promises: own.require('timers/promises') });
  modules['util/types'] = () => own.require('util').types;
  modules['assert/strict'] = () => own.require('assert');
  modules.process = () => process;
  modules.console = () => console;
})
