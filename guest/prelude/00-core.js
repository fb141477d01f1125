// The prelude's core: captured built-ins, the entries that the host calls, the table of outstanding operations.
//
// Every prelude file is a function of `host` (what the engine's glue offers) and `own` (what the prelude shares); neither
// is reachable from user code. User code may replace any built-in at any time, so everything on the path from an entry to
// an answer uses what was captured here, before user code ran.
(function (host, own) {
  'use strict';

  const call = Function.prototype.call;
  const uncurry = (method) => call.bind(method);
  const parse = JSON.parse;
  const stringify = JSON.stringify;
  const promiseThen = uncurry(Promise.prototype.then);
  const promiseResolve = Promise.resolve.bind(Promise);
  const PromiseConstructor = Promise;
  const mapGet = uncurry(Map.prototype.get);
  const mapSet = uncurry(Map.prototype.set);
  const mapDelete = uncurry(Map.prototype.delete);
  const mapForEach = uncurry(Map.prototype.forEach);
  const mapClear = uncurry(Map.prototype.clear);
  const isError = Error.isError ?? ((value) => value instanceof Error);
  const string = String;
  const now = Date.now;
  Object.assign(own, { uncurry, parse, stringify, promiseThen, promiseResolve, mapGet, mapSet, mapDelete, mapForEach, isError, now });

  const RETURNED = 0, UNDEFINED = 1, THREW = 2, INVALID = 3;
  const REFUSALS = ['', 'too many operations are outstanding', 'the arguments of the operation are too large', 'the operation is not available'];

  /** Text of anything, whatever its conversions do. */
  function text(value) {
    try {
      return typeof value === 'string' ? value : string(value);
    } catch {
      return '[unprintable]';
    }
  }

  function property(value, name) {
    try {
      const found = value[name];
      return found === undefined || found === null ? undefined : text(found);
    } catch {
      return undefined;
    }
  }

  /** JSON of {name, message, stack} for anything that can be thrown. */
  function describe(thrown) {
    const described = { __proto__: null, name: 'Error', message: '', stack: '' };
    if (thrown !== null && (typeof thrown === 'object' || typeof thrown === 'function')) {
      described.name = property(thrown, 'name') ?? 'Error';
      const message = property(thrown, 'message');
      described.message = message ?? own.printJson(thrown);
      described.stack = property(thrown, 'stack') ?? '';
    } else {
      described.message = text(thrown);
    }
    return stringify(described);
  }

  own.text = text;
  own.describe = describe;
  own.printJson = (value) => {
    try {
      return stringify(value) ?? text(value);
    } catch {
      return text(value);
    }
  };

  // ---- the answer: the first one decides

  let decided = false;

  function answer(kind, words, error) {
    decided = true;
    own.inspected(kind === THREW, error);
    host.answer(kind, words);
  }

  function succeed(value) {
    if (decided) return;
    let json;
    try {
      json = stringify(value);
    } catch (error) {
      answer(INVALID, property(error, 'message') ?? 'it cannot be written as JSON');
      return;
    }
    if (json === undefined) answer(value === undefined ? UNDEFINED : INVALID, 'a ' + typeof value + ' cannot be written as JSON');
    else answer(RETURNED, json);
  }

  function fail(error) {
    if (!decided) answer(THREW, describe(error), error);
    else own.note(3, 'failed after its answer', error);
  }

  /** An exception that nobody can catch: it fails the invocation, unless that has its answer already. */
  own.uncaught = fail;
  /** Replaced for inspected runs: tells the host where the function was. */
  own.inspected = () => {};
  /** Replaced by the console: writes a log entry on the prelude's own account. */
  own.note = () => {};

  // ---- lambda

  let lambda;
  let takesCallback = false;
  own.timeOrigin = 0;

  own.bind = (lexical, namespace) => {
    const exported = globalThis.module?.exports;
    const candidates = [
      lexical, namespace?.['convoke:lambda'], namespace?.lambda, namespace?.default, exported, exported?.lambda, exported?.default,
      globalThis.exports?.lambda, globalThis.lambda,
    ];
    for (let i = 0; i < candidates.length; i++) {
      if (typeof candidates[i] === 'function') {
        lambda = candidates[i];
        takesCallback = lambda.length >= 2;
        return takesCallback ? 1 : 0;
      }
    }
    return -1;
  };

  function isThenable(value) {
    return value !== null && (typeof value === 'object' || typeof value === 'function') && typeof value.then === 'function';
  }

  function callback(error, result) {
    if (called) {
      own.note(2, 'callback was called again; only the first call decides');
      return;
    }
    called = true;
    if (error !== undefined && error !== null && error !== false) fail(error);
    else if (isThenable(result)) promiseThen(promiseResolve(result), succeed, fail);
    else succeed(result);
  }

  let called = false;

  own.invoke = (input) => {
    own.timeOrigin = now();
    try {
      const returned = takesCallback ? lambda(input, callback) : lambda(input);
      if (isThenable(returned)) promiseThen(promiseResolve(returned), takesCallback ? undefined : succeed, fail);
      else if (!takesCallback) succeed(returned);
    } catch (error) {
      fail(error);
    }
  };

  // ---- operations: data out, an answer later

  const outstanding = new Map();
  let lastId = 0;

  /** Starts an operation; `settled(fulfilled, json)` runs when the host has its answer. Throws if the host refuses. */
  own.start = (name, json, settled) => {
    const id = ++lastId;
    const refused = host.operate(id, name, json);
    if (refused) throw new Error(REFUSALS[refused] ?? REFUSALS[3]);
    mapSet(outstanding, id, settled);
    return id;
  };

  /** Forgets an operation; its answer, if one comes, is ignored. */
  own.cancel = (id) => {
    if (mapDelete(outstanding, id)) host.operate(id, 'cancel', '');
  };

  own.settle = (id, fulfilled, json) => {
    const settled = mapGet(outstanding, id);
    if (settled === undefined) return;
    mapDelete(outstanding, id);
    try {
      settled(fulfilled, json);
    } catch (error) {
      fail(error);
    }
  };

  // ---- rejections that nobody handles: noted when the entry ends, as they would be lost otherwise

  const unhandled = new Map();

  own.unhandled = (promise, reason, isHandled) => {
    if (promise === undefined) {
      mapForEach(unhandled, (why) => own.note(3, 'a promise was rejected and nobody handles it', why));
      mapClear(unhandled);
    } else if (isHandled) {
      mapDelete(unhandled, promise);
    } else {
      mapSet(unhandled, promise, reason);
    }
  };

  /** Defines a global that user code may replace, as every other built-in. */
  own.define = (name, value) => {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  };

  /** Makes a promise with its two ends, independent of what user code does to `Promise`. */
  own.defer = () => {
    const deferred = { __proto__: null };
    deferred.promise = new PromiseConstructor((resolve, reject) => {
      deferred.resolve = resolve;
      deferred.reject = reject;
    });
    return deferred;
  };

  own.environment = (json, entry) => {
    own.enter(entry);
    const variables = parse(json);
    const names = Object.keys(variables);
    for (let i = 0; i < names.length; i++) own.variables[names[i]] = variables[names[i]];
    const { BRAND_ID, LAMBDA_UUID, X_LIVEPERSON_BRAND_ID, X_LIVEPERSON_FUNCTION_UUID } = variables;
    own.identity = { __proto__: null, account: BRAND_ID ?? X_LIVEPERSON_BRAND_ID ?? '', lambda: LAMBDA_UUID ?? X_LIVEPERSON_FUNCTION_UUID ?? '' };
  };
  own.variables = {};
  own.identity = { __proto__: null, account: '', lambda: '' };

  for (const name of ['SharedArrayBuffer', 'Atomics', 'gc', 'navigator']) delete globalThis[name];
  own.define('global', globalThis);
  own.define('self', globalThis);
})
