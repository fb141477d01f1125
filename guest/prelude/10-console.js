// `console`: structured log entries. The message is a text, everything after it is kept as data.
(function (host, own) {
  'use strict';

  const { stringify, text, isError, uncurry } = own;
  const DEBUG = 0, INFO = 1, WARN = 2, ERROR = 3;
  const TRACE = 14;
  const DEPTH_MAX = 8;
  const log = host.log;
  const isArray = Array.isArray;
  const keysOf = Object.keys;
  const mapForEach = own.mapForEach;
  const setForEach = uncurry(Set.prototype.forEach);
  const dateJson = uncurry(Date.prototype.toJSON);

  /** A JSON text that shows `value`: never throws, follows no cycle, calls no `toJSON` of user code. */
  function show(value, seen, depth) {
    switch (typeof value) {
      case 'string': return stringify(value);
      case 'number': return value === value && value !== Infinity && value !== -Infinity ? text(value) : stringify(text(value));
      case 'boolean': return value ? 'true' : 'false';
      case 'bigint': return stringify(text(value) + 'n');
      case 'symbol': return stringify(text(value));
      case 'undefined': return '"undefined"';
      case 'function': return stringify('[Function' + (value.name ? ': ' + text(value.name) : '') + ']');
    }
    if (value === null) return 'null';
    const plain = host.plain(value, DEPTH_MAX - depth);
    if (plain !== undefined) return plain;
    for (let up = seen; up !== null; up = up.next) if (up.value === value) return '"[circular]"';
    if (depth >= DEPTH_MAX) return '"[deeper]"';
    const within = { __proto__: null, value, next: seen };
    if (isError(value)) return own.describe(value);
    if (value instanceof Date) return dateJson(value) === null ? '"Invalid Date"' : stringify(dateJson(value));
    if (value instanceof RegExp) return stringify(text(value));
    if (value instanceof Promise) return '"[Promise]"';
    let out = '';
    const add = (piece) => { out += out === '' ? piece : ',' + piece; };
    if (value instanceof Map) {
      mapForEach(value, (item, key) => add('[' + show(key, within, depth + 1) + ',' + show(item, within, depth + 1) + ']'));
      return '[' + out + ']';
    }
    if (value instanceof Set) {
      setForEach(value, (item) => add(show(item, within, depth + 1)));
      return '[' + out + ']';
    }
    if (isArray(value) || (ArrayBuffer.isView(value) && typeof value.length === 'number')) {
      for (let i = 0; i < value.length; i++) add(show(value[i], within, depth + 1));
      return '[' + out + ']';
    }
    const keys = keysOf(value);
    for (let i = 0; i < keys.length; i++) {
      const item = value[keys[i]];
      if (item !== undefined) add(stringify(keys[i]) + ':' + show(item, within, depth + 1));
    }
    return '{' + out + '}';
  }

  function shown(value) {
    try {
      return show(value, null, 0);
    } catch {
      return '"[unprintable]"';
    }
  }

  function messageOf(value) {
    if (typeof value === 'string') return stringify(value);
    if (isError(value)) {
      try {
        return stringify(text(value.name) + ': ' + text(value.message));
      } catch {
        return '"Error"';
      }
    }
    const json = shown(value);
    return json[0] === '"' ? json : stringify(json);
  }

  function write(level, values) {
    let json = '[' + (values.length === 0 ? '""' : messageOf(values[0]));
    // An error as the message keeps its stack as the first extra.
    if (values.length > 0 && isError(values[0])) json += ',' + shown(values[0]);
    for (let i = 1; i < values.length; i++) json += ',' + shown(values[i]);
    log(level, json + ']');
  }

  own.shown = shown;
  own.note = (level, ...values) => write(level, values);

  const counts = new Map();
  const timers = new Map();
  const at = (level) => (...values) => write(level, values);
  const quiet = () => {};
  own.define('console', {
    debug: at(DEBUG), info: at(INFO), log: at(INFO), warn: at(WARN), error: at(ERROR),
    dir: (value) => write(INFO, [value]), dirxml: at(INFO), table: (value) => write(INFO, [value]), trace: at(DEBUG),
    assert(condition, ...values) {
      if (!condition) write(ERROR, values.length === 0 ? ['Assertion failed'] : values);
    },
    count(label = 'default') {
      const count = (counts.get(text(label)) ?? 0) + 1;
      counts.set(text(label), count);
      write(INFO, [`${text(label)}: ${count}`]);
    },
    countReset(label = 'default') { counts.delete(text(label)); },
    time(label = 'default') { timers.set(text(label), own.now()); },
    timeLog(label = 'default', ...values) { write(INFO, [`${text(label)}: ${own.now() - (timers.get(text(label)) ?? own.now())} ms`, ...values]); },
    timeEnd(label = 'default') {
      this.timeLog(label);
      timers.delete(text(label));
    },
    getTraceId: () => host.compute(TRACE, '', undefined, false),
    group: at(INFO), groupCollapsed: at(INFO), groupEnd: quiet, clear: quiet, profile: quiet, profileEnd: quiet, timeStamp: quiet,
  });
})
