// Leads the names that unmodified tools ask for to the server under test. Loaded by `node --require` into their processes.
//
// Promises: nothing but that server is reached; names, TLS and certificates stay as the tool meant them.
'use strict';

const net = require('node:net');

const PORTS = { 443: process.env.CONVOKE_TLS_PORT, 80: process.env.CONVOKE_CSDS_PORT };
const NAMES = /^(api|adminlogin)\.liveperson\.net$|\.lp\.test$/;
const LOOPBACK = /^(127\.0\.0\.1|::1|localhost)$/;

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const normalized = Array.isArray(given[0]);
  const options = normalized ? given[0][0] : given[0];
  if (options && typeof options === 'object' && options.host && !LOOPBACK.test(options.host)) {
    if (!NAMES.test(options.host) || !PORTS[options.port]) {
      throw new Error(`a test reaches nothing but the server under test, not ${options.host}:${options.port}`);
    }
    const led = { ...options, host: '127.0.0.1', port: Number(PORTS[options.port]) };
    if (normalized) given[0][0] = led;
    else given[0] = led;
  }
  return connect.apply(this, given);
};
