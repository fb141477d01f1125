// One use of the functions client, in a process of its own with the client's default configuration.
//
// Reads a request as JSON from the environment, writes what came of it as JSON: a value, or the names and the body of an
// error's causes.
'use strict';

const { Client } = require('liveperson-functions-client');
const VError = require('verror');

const { accountId, credentials, method, options, settings } = JSON.parse(process.env.CONVOKE_REQUEST);
const client = new Client({ accountId, authStrategy: credentials, ...settings });

function causes(error) {
  const names = [];
  for (let cause = error; cause; cause = VError.cause(cause)) names.push(cause.name);
  return names;
}

client[method](options).then(
  (value) => console.log(JSON.stringify({ value })),
  (error) => console.log(JSON.stringify({ causes: causes(error), info: VError.info(error), message: error.message })),
);
