// Runs one source under Node, as plainly as possible: reads what the run needs from the standard input, writes its outcome.
//
// Promises: the source is Node's to judge. It is loaded by Node's own loaders from a file of its own, with the environment
// variables that the case says; its answer is taken, its console kept, and Node lives until nothing is left to do.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { inspect } = require('node:util');
const { pathToFileURL } = require('node:url');

const run = JSON.parse(fs.readFileSync(0, 'utf8'));
globalThis[Symbol.for('corpus.run')] = run;

// ---- names of the platform lead to the recorded one; nothing else but loopback is reached

const PLATFORM = /(^|\.)liveperson\.net$/;
const LOOPBACK = /^(127\.0\.0\.1|::1|localhost)$/;
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const normalized = Array.isArray(given[0]);
  const options = normalized ? given[0][0] : given[0];
  if (options.host && !LOOPBACK.test(options.host)) {
    if (!PLATFORM.test(options.host) || Number(options.port) !== 443) throw new Error(`a case reaches its servers only, not ${options.host}:${options.port}`);
    const led = { ...options, host: '127.0.0.1', port: run.platformPort };
    if (normalized) given[0][0] = led;
    else given[0] = led;
  }
  return connect.apply(this, given);
};

// ---- the console

const logs = [];
/** As JSON; what JSON has no form for as Node's console shows it. */
function shown(value) {
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack };
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint' || value === undefined || Number.isNaN(value)) return inspect(value);
  if (value === null || typeof value !== 'object' || typeof value.toJSON === 'function') return value;
  if (Array.isArray(value)) return value.map(shown);
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined).map(([key, item]) => [key, shown(item)]));
}
function worded(value) {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const plain = shown(value);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}
const writes = (level) => (...values) => {
  const [first = '', ...rest] = values;
  const extras = first instanceof Error ? [first, ...rest] : rest;
  logs.push(JSON.parse(JSON.stringify({ level, message: worded(first), extras: extras.map(shown) })));
};
for (const [method, level] of Object.entries({ debug: 'debug', info: 'info', log: 'info', warn: 'warn', error: 'error' })) console[method] = writes(level);

// ---- the answer: the first one decides

let outcome;
const decide = (decided) => { outcome ??= decided; };
const succeed = (value) => decide({ result: JSON.parse(JSON.stringify(value ?? null)) });
const fail = (error) => decide({ error: error instanceof Error ? { name: error.name, message: error.message } : { name: 'Error', message: typeof error === 'string' ? error : JSON.stringify(error) } });

let called = false;
function callback(error, result) {
  if (called) return;
  called = true;
  if (error) fail(error);
  else Promise.resolve(result).then(succeed, fail);
}

function invoke(lambda) {
  try {
    const takesCallback = lambda.length >= 2;
    const returned = takesCallback ? lambda(run.input, callback) : lambda(run.input);
    Promise.resolve(returned).then(takesCallback ? undefined : succeed, fail);
  } catch (error) {
    fail(error);
  }
}
// What nobody handles ends neither the run nor its answer on the platform.
process.on('unhandledRejection', () => {});
process.on('uncaughtException', fail);
process.on('exit', () => {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.writeFileSync(1, JSON.stringify({ ...(outcome ?? { error: { name: 'Error', message: 'no answer' } }), logs }));
});

// ---- the source, with its function handed out in a line after its last

const isModule = /^\s*(import\s[^(]|export\s)/m.test(run.source);
fs.mkdirSync(path.join(__dirname, '../node_modules/.corpus'), { recursive: true });
const folder = fs.mkdtempSync(path.join(__dirname, '../node_modules/.corpus/run-'));
const file = path.join(folder, isModule ? 'lambda.mjs' : 'lambda.cjs');
fs.writeFileSync(file, run.source + (isModule ? '\nexport { lambda as corpusLambda };\n' : '\nmodule.exports = lambda;\n'));
for (const name of Object.keys(process.env)) if (name !== 'TZ') delete process.env[name];
Object.assign(process.env, run.environment, {
  BRAND_ID: run.account, LAMBDA_UUID: run.lambda, X_LIVEPERSON_BRAND_ID: run.account, X_LIVEPERSON_FUNCTION_UUID: run.lambda,
});
const loaded = isModule ? import(pathToFileURL(file).href).then((module) => module.corpusLambda) : Promise.resolve().then(() => require(file));
loaded.then(invoke, fail);
