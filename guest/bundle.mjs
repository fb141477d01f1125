// Bundles the libraries that functions can require, each to one file: node bundle.mjs <out directory>
//
// A file is a function of (module, exports, require), to be evaluated in the guest only for functions that require it.
// `require` gives Node's modules as the guest has them, so one implementation of each serves user code and libraries.

import { build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const shim = (name) => path.join(here, 'shims', name);

// What the guest answers to `require`; everything else is bundled.
const PRESENT = ['assert', 'buffer', 'crypto', 'events', 'path', 'process', 'querystring', 'string_decoder', 'timers', 'url', 'util', 'convoke:request'];

const LIBRARIES = {
  lodash: 'lodash',
  luxon: 'luxon',
  'oauth-1.0a': 'oauth-1.0a',
  jsonwebtoken: 'jsonwebtoken',
  // Connection, login, query, create and the like; not the streaming and bulk interfaces, which need sockets.
  jsforce: 'jsforce/lib/core.js',
};

const [out] = process.argv.slice(2);
fs.mkdirSync(out, { recursive: true });
for (const [name, entry] of Object.entries(LIBRARIES)) {
  const result = await build({
    stdin: { contents: `module.exports = require(${JSON.stringify(entry)});`, resolveDir: here, sourcefile: `${name}.js` },
    bundle: true, write: false, minify: true, legalComments: 'none', charset: 'utf8',
    format: 'cjs', platform: 'browser', mainFields: ['main'], target: 'es2022',
    external: PRESENT,
    alias: { stream: shim('stream.cjs'), 'readable-stream': shim('stream.cjs'), request: shim('request.cjs'), inherits: shim('inherits.cjs') },
  });
  fs.writeFileSync(path.join(out, `${name}.js`), `(function(module,exports,require){${result.outputFiles[0].text}})`);
}
