// The second generation's toolbelt for Node: its HTTP client is the global `fetch`.
'use strict';

const { randomUUID } = require('node:crypto');
const { ContextServiceClient, ConversationUtil, OrchestratorClient, SDEUtil, SecretClient, enums, hostOf, mtlsClient, run } = require('../toolbelt.cjs');

class CachingSecretClient extends SecretClient {
  #kept = new Map();
  async readSecret(key, { useCache = true } = {}) {
    if (useCache && this.#kept.has(key)) return { ...this.#kept.get(key) };
    const entry = await super.readSecret(key);
    this.#kept.set(key, entry);
    return { ...entry };
  }
}

/** The bearer of the recorded platform is anything. */
function lpClient() {
  return async (service, path, { appKeySecretName: _, headers, ...options } = {}) =>
    fetch(`https://${hostOf(service)}${path}`, { ...options, headers: { 'X-Request-Id': randomUUID(), authorization: 'Bearer recorded', ...headers } });
}

const Toolbelt = {
  SecretClient: () => new CachingSecretClient(),
  MTLSClient: mtlsClient,
  LpClient: lpClient,
  ConversationUtil: () => new ConversationUtil(),
  SDEUtil: () => new SDEUtil(),
  ContextServiceClient: (apiKey) => new ContextServiceClient(run.account, apiKey),
  OrchestratorClient: () => new OrchestratorClient(),
};
exports.Toolbelt = Toolbelt;
Object.assign(exports, enums);
exports.ErrorCodes = enums.ErrorCodes;
exports.SecretError = enums.SecretError;
exports.ToolBeltError = enums.ToolBeltError;
exports.LpServices = enums.LpServices;
exports.ConversationContentTypes = enums.ConversationContentTypes;
exports.SDETypes = enums.SDETypes;
