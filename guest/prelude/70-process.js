// `process`: environment variables and the little else of it that portable sources use.
(function (host, own) {
  'use strict';

  const { now, promiseThen, promiseResolve, uncaught } = own;
  const { apply } = Reflect;
  const started = () => own.timeOrigin;

  const hrtime = (since) => {
    const ms = now() - started();
    let seconds = Math.floor(ms / 1000), nanos = (ms % 1000) * 1e6;
    if (since) {
      seconds -= since[0];
      nanos -= since[1];
      if (nanos < 0) { seconds -= 1; nanos += 1e9; }
    }
    return [seconds, nanos];
  };
  hrtime.bigint = () => BigInt(now() - started()) * 1000000n;

  own.define('process', {
    env: own.variables,
    argv: [],
    version: 'v20.0.0',
    versions: { node: '20.0.0' },
    platform: 'linux',
    hrtime,
    uptime: () => (now() - started()) / 1000,
    nextTick(callback, ...values) {
      if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function');
      promiseThen(promiseThen(promiseResolve(), () => apply(callback, undefined, values)), undefined, uncaught);
    },
    cwd: () => '/',
    emitWarning: (warning) => own.note(2, warning),
    on() { return this; },
    once() { return this; },
    off() { return this; },
  });

  own.define('performance', {
    now: () => now() - started(),
    get timeOrigin() { return started(); },
    mark() {},
    measure() {},
    toJSON() { return { timeOrigin: started() }; },
  });
})
