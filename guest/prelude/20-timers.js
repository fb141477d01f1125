// Timers. Each is one operation of the host; an interval starts its next one when the last has fired.
(function (host, own) {
  'use strict';

  const { start, cancel, mapGet, mapSet, mapDelete } = own;
  /** The longest delay of other runtimes, in milliseconds; beyond it they use 1. */
  const DELAY_MAX = 2147483647;
  const timers = new Map();
  const numberOf = Number;
  const { apply } = Reflect;

  class Timeout {
    #id; #key; #run; #values; #delay; #repeats;

    constructor(run, delay, values, repeats) {
      if (typeof run !== 'function') throw new TypeError('The "callback" argument must be of type function');
      const asked = numberOf(delay);
      this.#delay = asked >= 1 && asked <= DELAY_MAX ? asked : 1;
      if (delay === 0 || delay === undefined) this.#delay = 0;
      this.#run = run;
      this.#values = values;
      this.#repeats = repeats;
      this.#arm();
      this.#key = this.#id;
      mapSet(timers, this.#key, this);
    }

    #arm() {
      this.#id = start('timer', '' + this.#delay, () => {
        if (this.#repeats) this.#arm();
        else mapDelete(timers, this.#key);
        apply(this.#run, this, this.#values);
      });
    }

    stop() {
      mapDelete(timers, this.#key);
      cancel(this.#id);
      this.#repeats = false;
    }

    refresh() {
      cancel(this.#id);
      this.#arm();
      return this;
    }

    close() { this.stop(); return this; }
    ref() { return this; }
    unref() { return this; }
    hasRef() { return true; }
    [Symbol.toPrimitive]() { return this.#key; }
    [Symbol.dispose]() { this.stop(); }
  }
  const { stop } = Timeout.prototype;
  delete Timeout.prototype.stop;
  Timeout.prototype.close = function () { clear(this); return this; };
  Timeout.prototype[Symbol.dispose] = Timeout.prototype.close;

  function clear(timer) {
    const found = timer instanceof Timeout ? timer : mapGet(timers, numberOf(timer));
    if (found !== undefined) apply(stop, found, []);
  }

  own.later = (run, delay) => new Timeout(run, delay, [], false);
  own.clear = clear;
  own.define('setTimeout', function setTimeout(callback, delay, ...values) { return new Timeout(callback, delay, values, false); });
  own.define('setInterval', function setInterval(callback, delay, ...values) { return new Timeout(callback, delay || 1, values, true); });
  own.define('setImmediate', function setImmediate(callback, ...values) { return new Timeout(callback, 0, values, false); });
  own.define('clearTimeout', function clearTimeout(timer) { clear(timer); });
  own.define('clearInterval', function clearInterval(timer) { clear(timer); });
  own.define('clearImmediate', function clearImmediate(timer) { clear(timer); });

  const { promiseThen, promiseResolve, uncaught } = own;
  own.define('queueMicrotask', function queueMicrotask(callback) {
    if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function');
    promiseThen(promiseThen(promiseResolve(), () => callback()), undefined, uncaught);
  });
})
