// The first generation's toolbelt for Node. Its HTTP client is `request-promise` itself, as it is publicly described to be.
'use strict';

const { ContextServiceClient, ConversationUtil, OrchestratorClient, SDEUtil, SecretClient, enums, hostOf, mtlsClient, oauthHeader, run } = require('../toolbelt.cjs');

const DEFAULT_APP_KEY = { consumerKey: 'app', consumerSecret: 'app secret', token: 'token', tokenSecret: 'token secret' };
const httpClient = () => require('request-promise').defaults({ headers: { 'LP-URL': run.account, 'User-Agent': `LP-Lambda-${run.lambda}` } });

function lpClient() {
  return async (service, path, { appKeySecretName, method = 'GET', headers, ...options } = {}) => {
    const key = appKeySecretName ? JSON.parse((await new SecretClient().readSecret(appKeySecretName)).value) : DEFAULT_APP_KEY;
    const url = `https://${hostOf(service)}${path}`;
    return httpClient()({ uri: url, method, headers: { ...headers, Authorization: oauthHeader(method, url, key) }, ...options });
  };
}

const Toolbelt = {
  SecretClient: () => new SecretClient(),
  HTTPClient: httpClient,
  MTLSClient: mtlsClient,
  LpClient: lpClient,
  ConversationUtil: () => new ConversationUtil(),
  SDEUtil: () => new SDEUtil(),
  ContextServiceClient: ({ accountId, apiKey }) => new ContextServiceClient(accountId, apiKey),
  OrchestratorClient: () => new OrchestratorClient(),
  SFClient: () => ({ connectToSalesforce: (params) => new (require('jsforce').Connection)(params) }),
};
module.exports = { Toolbelt, ...enums };
