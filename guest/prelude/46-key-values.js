// The module `convoke`: what is here and nowhere else. Key-values, which become true with the function's answer or not at all.
(function (host, own) {
  'use strict';

  const { parse, stringify, text } = own;
  const { ask } = own.platform;
  const isArray = Array.isArray, isInteger = Number.isInteger;

  class KeyValueError extends Error {
    constructor({ code, message, version }) {
      super(message);
      this.code = code;
      if (version !== null && version !== undefined) this.version = version;
    }
  }
  Object.defineProperty(KeyValueError.prototype, 'name', { value: 'KeyValueError', writable: true, configurable: true });

  const failed = (code, message) => new KeyValueError({ code: 'key_value.' + code, message });

  async function asked(name, json) {
    try {
      return parse(await ask(name, json));
    } catch (error) {
      const known = typeof error?.code === 'string' && error.code.startsWith('key_value.');
      throw known ? new KeyValueError(error) : failed('unavailable', text(error?.message ?? error));
    }
  }

  /** `"name":value` for a whole number that may be left out. */
  function number(name, value, least) {
    if (value === undefined) return '';
    if (!isInteger(value) || value < least) throw failed(name === 'ttl' ? 'ttl_invalid' : 'version_conflict', `${name} is a whole number from ${least}`);
    return `,"${name}":${value}`;
  }

  const named = (namespace, key) => {
    if (typeof key !== 'string') throw failed('key_invalid', 'A key is a text');
    return `"namespace":${namespace},"key":${stringify(key)}`;
  };

  function keyValues(given) {
    if (typeof given !== 'string') throw failed('namespace_invalid', 'A namespace is a text');
    const namespace = stringify(given);
    return {
      /** `{key, value, version}`, or `undefined`. */
      async get(key) {
        return (await asked('kv.get', `{${named(namespace, key)}}`)) ?? undefined;
      },
      /** Gives `{version}`. */
      async set(key, value, { ttl, version } = {}) {
        const json = stringify(value);
        if (json === undefined) throw failed('value_too_long', 'A value is anything that JSON can say');
        return asked('kv.write', `{${named(namespace, key)},"value":${json}${number('ttl', ttl, 1)}${number('version', version, 0)}}`);
      },
      async delete(key, { version } = {}) {
        await asked('kv.write', `{${named(namespace, key)},"delete":true${number('version', version, 0)}}`);
      },
      /** Entries in the order of their keys. */
      async list({ prefix = '', after = '', limit } = {}) {
        const found = await asked('kv.list', `{"namespace":${namespace},"prefix":${stringify(text(prefix))},"after":${stringify(text(after))}${number('limit', limit, 1)}}`);
        return isArray(found) ? found : [];
      },
    };
  }

  own.modules['convoke'] = () => ({ keyValues, KeyValueError });
})
