// `require`, `module`, `exports`: the modules that exist here, and what to use instead of those that do not.
(function (host, own) {
  'use strict';

  const INSTEAD = {
    __proto__: null,
    fs: 'nothing: a function has no files; keep data in its payload or fetch it',
    http: 'fetch', https: 'fetch', http2: 'fetch', net: 'fetch', tls: 'fetch', dgram: 'fetch', dns: 'fetch',
    request: 'fetch', axios: 'fetch', 'node-fetch': 'fetch', got: 'fetch', superagent: 'fetch',
    child_process: 'nothing: a function cannot start processes', cluster: 'nothing: each invocation has its own sandbox',
    worker_threads: 'nothing: each invocation has its own sandbox', os: 'process.platform', vm: 'nothing: code comes from deployments only',
    zlib: 'nothing yet: send and accept uncompressed bodies', stream: 'arrays and async iteration', moment: 'luxon', uuid: 'crypto.randomUUID',
  };

  const modules = own.modules;
  const { stringify } = own;
  const made = new Map();

  own.require = function require(name) {
    const asked = own.text(name);
    const plain = asked.startsWith('node:') ? asked.slice(5) : asked;
    const found = made.get(plain);
    if (found !== undefined) return found;
    const make = modules[plain];
    if (make === undefined) {
      const error = new Error(`the module "${asked}" is not available here; use ${INSTEAD[plain] ?? 'one of ' + Object.keys(modules).join(', ')}`);
      error.name = 'ModuleNotAvailable';
      error.code = 'MODULE_NOT_FOUND';
      throw error;
    }
    const module = make();
    made.set(plain, module);
    return module;
  };
  own.define('require', own.require);
  const module = { exports: {} };
  own.define('module', module);
  own.define('exports', module.exports);
})
