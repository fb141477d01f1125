// Events and cancellation: `Event`, `EventTarget`, `DOMException`, `AbortController`, `AbortSignal`, Node's `events`.
(function (host, own) {
  'use strict';

  const CODES = { __proto__: null, AbortError: 20, TimeoutError: 23, DataCloneError: 25, InvalidCharacterError: 5, QuotaExceededError: 22 };

  const DOMException = globalThis.DOMException ?? class DOMException extends Error {
    #name;
    constructor(message = '', name = 'Error') {
      super(message);
      this.#name = String(typeof name === 'object' ? name.name ?? 'Error' : name);
    }
    get name() { return this.#name; }
    get code() { return CODES[this.#name] ?? 0; }
  };

  class Event {
    #type; #cancelable; #prevented = false; #stopped = false;
    constructor(type, options = {}) {
      this.#type = String(type);
      this.#cancelable = Boolean(options.cancelable);
      this.target = this.currentTarget = null;
      this.timeStamp = own.now() - own.timeOrigin;
    }
    get type() { return this.#type; }
    get cancelable() { return this.#cancelable; }
    get defaultPrevented() { return this.#prevented; }
    preventDefault() { if (this.#cancelable) this.#prevented = true; }
    stopImmediatePropagation() { this.#stopped = true; }
    stopPropagation() {}
    static stopped(event) { return event.#stopped; }
  }
  const { stopped } = Event;
  delete Event.stopped;

  class CustomEvent extends Event {
    constructor(type, options = {}) {
      super(type, options);
      this.detail = options.detail ?? null;
    }
  }

  class EventTarget {
    #listeners = [];

    addEventListener(type, listener, options) {
      if (listener === null || listener === undefined) return;
      const once = typeof options === 'object' && Boolean(options?.once);
      if (options?.signal?.aborted) return;
      if (!this.#listeners.some((entry) => entry.type === String(type) && entry.listener === listener)) this.#listeners.push({ type: String(type), listener, once });
      options?.signal?.addEventListener('abort', () => this.removeEventListener(type, listener), { once: true });
    }

    removeEventListener(type, listener) {
      this.#listeners = this.#listeners.filter((entry) => entry.type !== String(type) || entry.listener !== listener);
    }

    dispatchEvent(event) {
      event.target = event.currentTarget = this;
      const own_handler = this['on' + event.type];
      if (typeof own_handler === 'function') guarded(() => own_handler.call(this, event));
      for (const entry of this.#listeners.slice()) {
        if (entry.type !== event.type || stopped(event)) continue;
        if (entry.once) this.#listeners = this.#listeners.filter((other) => other !== entry);
        guarded(() => (typeof entry.listener === 'function' ? entry.listener.call(this, event) : entry.listener.handleEvent(event)));
      }
      return !event.defaultPrevented;
    }
  }

  function guarded(run) {
    try {
      run();
    } catch (error) {
      own.uncaught(error);
    }
  }

  let making = false;
  class AbortSignal extends EventTarget {
    #aborted = false; #reason;
    constructor() {
      super();
      if (!making) throw new TypeError('Illegal constructor');
      this.onabort = null;
    }
    get aborted() { return this.#aborted; }
    get reason() { return this.#reason; }
    throwIfAborted() { if (this.#aborted) throw this.#reason; }
    static abort(reason) { const signal = make(); fire(signal, reason); return signal; }
    static timeout(ms) {
      const signal = make();
      own.later(() => fire(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError')), ms);
      return signal;
    }
    static any(signals) {
      const signal = make();
      for (const other of signals) {
        if (other.aborted) { fire(signal, other.reason); break; }
        other.addEventListener('abort', () => fire(signal, other.reason), { once: true });
      }
      return signal;
    }
    static fire(signal, reason) {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason;
      signal.dispatchEvent(new Event('abort'));
    }
  }
  const { fire } = AbortSignal;
  delete AbortSignal.fire;
  function make() {
    making = true;
    const signal = new AbortSignal();
    making = false;
    return signal;
  }

  class AbortController {
    #signal = make();
    get signal() { return this.#signal; }
    abort(reason) { fire(this.#signal, reason); }
  }

  own.DOMException = DOMException;
  own.AbortSignal = AbortSignal;
  for (const [name, value] of Object.entries({ DOMException, Event, CustomEvent, EventTarget, AbortSignal, AbortController })) own.define(name, value);

  own.modules.events = () => {
    // A function, not a class: sources in Node's old manner call it on an object of their own.
    function EventEmitter() { this._events ??= new Map(); }
    const listenersOf = (emitter, name) => {
      const events = (emitter._events ??= new Map());
      if (!events.has(name)) events.set(name, []);
      return events.get(name);
    };
    const methods = {
      on(name, listener) { listenersOf(this, name).push({ listener, once: false }); return this; },
      addListener(name, listener) { return this.on(name, listener); },
      prependListener(name, listener) { listenersOf(this, name).unshift({ listener, once: false }); return this; },
      once(name, listener) { listenersOf(this, name).push({ listener, once: true }); return this; },
      prependOnceListener(name, listener) { listenersOf(this, name).unshift({ listener, once: true }); return this; },
      off(name, listener) {
        const entries = listenersOf(this, name);
        const at = entries.findLastIndex((entry) => entry.listener === listener);
        if (at >= 0) entries.splice(at, 1);
        return this;
      },
      removeListener(name, listener) { return this.off(name, listener); },
      removeAllListeners(name) {
        if (name === undefined) this._events?.clear();
        else this._events?.delete(name);
        return this;
      },
      emit(name, ...values) {
        const entries = listenersOf(this, name).slice();
        if (entries.length === 0 && name === 'error') throw own.isError(values[0]) ? values[0] : new Error('Unhandled error. (' + own.text(values[0]) + ')');
        for (const entry of entries) {
          if (entry.once) this.off(name, entry.listener);
          entry.listener.apply(this, values);
        }
        return entries.length > 0;
      },
      listenerCount(name) { return listenersOf(this, name).length; },
      listeners(name) { return listenersOf(this, name).map((entry) => entry.listener); },
      rawListeners(name) { return this.listeners(name); },
      eventNames() { return [...(this._events?.keys() ?? [])].filter((name) => this._events.get(name).length > 0); },
      setMaxListeners() { return this; },
      getMaxListeners() { return EventEmitter.defaultMaxListeners; },
    };
    for (const [name, value] of Object.entries(methods)) Object.defineProperty(EventEmitter.prototype, name, { value, writable: true, configurable: true });
    EventEmitter.defaultMaxListeners = 10;
    EventEmitter.once = (emitter, name) => new Promise((resolve, reject) => {
      emitter.once(name, (...values) => resolve(values));
      if (name !== 'error') emitter.once('error', reject);
    });
    EventEmitter.EventEmitter = EventEmitter;
    return EventEmitter;
  };
})
