// `require`, `import`, `module`, `exports`: the prelude's modules, the function's own files, and bundled libraries.
//
// The host says what a name means if the prelude does not know it; a library or file is evaluated when it is first required.
(function (host, own) {
  'use strict';

  const MODULE = 10;
  const { modules, parse, mapGet, mapSet, uncurry } = own;
  const { compute, evaluate } = host;
  const made = new Map();
  const indexOf = uncurry(String.prototype.indexOf);
  const slice = uncurry(String.prototype.slice);
  const startsWith = uncurry(String.prototype.startsWith);

  /** Modules of bundled libraries only. */
  const internal = {
    __proto__: null,
    'convoke:request': () => {
      const ours = () => ({ 'LP-URL': own.identity.account, 'User-Agent': `LP-Lambda-${own.identity.lambda}` });
      const client = own.httpClient(own.platform.requestUrl, ours);
      return (options, callback) => {
        const whole = { ...options, simple: false, resolveWithFullResponse: true, followAllRedirects: true };
        client(whole).then((response) => callback(null, response, response.body), (error) => callback(error.cause ?? error));
        return new (own.require('events'))();
      };
    },
  };

  function unavailable(words) {
    const error = new Error(words);
    error.name = 'ModuleNotAvailable';
    error.code = 'MODULE_NOT_FOUND';
    return error;
  }

  /** What the host says of a name: its kind, its path, its text. */
  function find(from, name) {
    let said;
    try {
      said = compute(MODULE, from + '\n' + name, undefined, false);
    } catch (error) {
      throw unavailable(error.message);
    }
    const first = indexOf(said, '\n'), second = indexOf(said, '\n', first + 1);
    return { __proto__: null, kind: slice(said, 0, first), path: slice(said, first + 1, second), text: slice(said, second + 1) };
  }

  const keep = (key, module) => {
    mapSet(made, key, module);
    return module;
  };

  /** Evaluates a file in the manner of CommonJS; who requires it while it is evaluated gets what is there so far. */
  function run({ kind, path, text }, requireFrom) {
    const key = kind + '\n' + path;
    const before = mapGet(made, key);
    if (before !== undefined) return before.exports;
    const module = keep(key, { exports: {} });
    if (kind === 'json') module.exports = parse(text);
    else if (kind === 'library') evaluate(text, 'convoke:' + path)(module, module.exports, requireFrom);
    else evaluate('(function(exports,require,module,__filename,__dirname){' + text + '\n})', path)(module.exports, requireFrom, module, path, folder(path));
    return module.exports;
  }

  const folder = (path) => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.');
  const isRelative = (name) => startsWith(name, './') || startsWith(name, '../') || name === '.' || name === '..';

  function requireFrom(from) {
    return function require(asked) {
      const name = own.text(asked);
      if (isRelative(name)) {
        const found = find(from, name);
        if (found.kind === 'module') throw unavailable(`"${name}" is an ES module; use import`);
        return run(found, requireFrom(found.path));
      }
      return own.require(name);
    };
  }

  const libraryRequire = (name) => (internal[name] !== undefined ? internal[name]() : own.require(name));

  own.require = (asked) => {
    const name = own.text(asked);
    const plain = startsWith(name, 'node:') ? slice(name, 5) : name;
    const before = mapGet(made, plain);
    if (before !== undefined) return before;
    if (modules[plain] !== undefined) return keep(plain, modules[plain]());
    if (startsWith(plain, 'lodash/')) {
      const whole = own.require('lodash');
      const one = Object.hasOwn(whole, slice(plain, 7)) ? whole[slice(plain, 7)] : undefined;
      if (one !== undefined) return one;
      throw unavailable(`lodash has no function "${slice(plain, 7)}"`);
    }
    return keep(plain, run(find('', plain), libraryRequire));
  };

  // ---- for `import`

  /** The name of the module that `name` means in `from`. */
  own.resolve = (from, name) => {
    if (!isRelative(name)) return name;
    const { kind, path } = find(from, name);
    return kind + ':' + path;
  };

  /** The text of an ES module of the function's own, else what a module exports. */
  own.import = (name) => {
    const at = indexOf(name, ':');
    const kind = at < 0 ? '' : slice(name, 0, at);
    if (kind !== 'module' && kind !== 'script' && kind !== 'json') return own.require(name);
    const found = find('', './' + slice(name, at + 1));
    if (kind === 'module') return found.text;
    const exported = run(found, requireFrom(found.path));
    if (exported === null || (typeof exported !== 'object' && typeof exported !== 'function')) throw unavailable(`"${found.path}" exports no object or function; use module.exports = {…}`);
    return exported;
  };

  /** Gives the entry file what CommonJS has. */
  own.enter = (path) => {
    const module = { exports: {} };
    own.define('require', requireFrom(path));
    own.define('module', module);
    own.define('exports', module.exports);
  };
  own.enter('');
})
