// What both toolbelts have in common, thinly, over Node: written from their public description.
'use strict';

const https = require('node:https');
const { createHmac } = require('node:crypto');

const run = globalThis[Symbol.for('corpus.run')];
const PREFIX = 'com.liveperson.faas.';
const CONTEXT = 'com.liveperson.context-service-sdk.';
/** The recorded platform has one host per service. */
const hostOf = (service) => `${service.toLowerCase()}.liveperson.net`;

class ToolBeltError extends Error {
  constructor(component, code, message) {
    super(message);
    this.name = 'ToolBeltError';
    this.component = component;
    this.code = PREFIX + code;
  }
}
class SecretError extends ToolBeltError {
  constructor(code, message) {
    super('SecretClient', code, message);
    this.name = 'SecretError';
  }
}

// ---- secrets: in the memory of the run

const KEY = /^[A-Za-z0-9_-]{1,100}$/;
class SecretClient {
  async readSecret(key) {
    if (!KEY.test(key)) throw new SecretError('secret.invalid-format', 'The key of a Secret has 1 to 100 characters of A-Z, a-z, 0-9, - and _');
    if (!(key in run.secrets)) throw new SecretError('secret.not-found', `There is no Secret ${key} for this account`);
    return { key, value: run.secrets[key] };
  }
  async updateSecret({ key, value }) {
    await this.readSecret(key);
    run.secrets[key] = value;
    return { key, value };
  }
}

// ---- mutual TLS

/** `(url, headers, body, {json})`. */
function mtlsClient({ cert, key, ca }) {
  const send = (method) => (url, headers = {}, body = undefined, { json = false } = {}) => new Promise((resolve, reject) => {
    const fields = { ...headers };
    let sent = body;
    if (json && body !== undefined) {
      sent = JSON.stringify(body);
      if (!Object.keys(fields).some((name) => name.toLowerCase() === 'content-type')) fields['Content-Type'] = 'application/json';
    }
    if (sent !== undefined) fields['Content-Length'] = Buffer.byteLength(sent);
    const request = https.request(url, { method, headers: fields, cert, key, ca }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode } = response;
        if (statusCode < 200 || statusCode > 399) {
          reject(Object.assign(new ToolBeltError('MTLSClient', 'mtls.remote-threw', `The remote answered with status ${statusCode}`), { statusCode }));
          return;
        }
        let answer = Buffer.concat(chunks).toString('utf8');
        if (json && answer !== '') answer = JSON.parse(answer);
        resolve({ statusCode, headers: response.headers, body: answer });
      });
    });
    request.on('error', (error) => reject(new ToolBeltError('MTLSClient', 'mtls.general-issue', error.message)));
    request.end(sent);
  });
  return Object.fromEntries(['get', 'head', 'post', 'put', 'delete', 'options', 'patch'].map((name) => [name, send(name.toUpperCase())]));
}

// ---- the platform

const isFine = ({ status }) => status >= 200 && status <= 299;

function send(service, method, path, body, headers = {}) {
  const sent = body === undefined ? undefined : JSON.stringify(body);
  return fetch(`https://${hostOf(service)}${path}`, { method, headers: { ...(sent && { 'content-type': 'application/json' }), ...headers }, body: sent });
}

class ConversationUtil {
  async getConversationById(conversationId, contentToRetrieve) {
    const path = `/messaging_history/api/account/${run.account}/conversations/conversation/search?v=2&company=lp&source=FaaS_Toolbelt`;
    const response = await send('msgHist', 'POST', path, { conversationId, ...(contentToRetrieve && { contentToRetrieve }) });
    const conversation = await response.json();
    if (conversation.conversationHistoryRecords.length === 0) {
      throw new ToolBeltError('ConversationUtil', 'conversation-util.conversation.not-found', `Error while fetching conversation "${conversationId}": Conversation "${conversationId}" not found.`);
    }
    return conversation;
  }
  scanConversationForKeywords(conversation, keywords) {
    const records = conversation.conversationHistoryRecords[0].messageRecords;
    const found = [];
    for (const keyword of keywords) {
      for (const { type, messageData, timeL, sentBy } of records) {
        const message = type === 'TEXT_PLAIN' ? messageData.msg.text : messageData.file?.caption ?? '';
        if (new RegExp(keyword, 'mi').test(message)) found.push({ message, sentTimestamp: timeL, sentBy, tag: `keywordRef:${keyword}` });
      }
    }
    return found;
  }
}

class SDEUtil {
  async addSDEs(sdes, visitorId, sessionId) {
    const response = await send('smt', 'PUT', `/api/account/${run.account}/monitoring/visitors/${visitorId}/visits/current/events?v=1&sid=${sessionId}`, sdes);
    if (!isFine(response)) throw new ToolBeltError('SDEUtil', 'sdes-util.unexpected-response', `Error while setting SDEs: ${response.status}`);
  }
  getSDEsFromConv({ conversationHistoryRecords: [record] }) {
    const inOrder = (sdes) => ({ events: [...(sdes?.events ?? [])].sort((a, b) => a.serverTimeStamp - b.serverTimeStamp) });
    return { sdes: inOrder(record.sdes), unAuthSdes: inOrder(record.unAuthSdes) };
  }
}

const DEFAULT_SESSION = '__default__';
class ContextServiceClient {
  constructor(accountId, apiKey) { Object.assign(this, { accountId, apiKey }); }

  async ask(method, path, body) {
    const response = await send('mavenContext', method, `/v1/account/${this.accountId}${path}`, body, { 'maven-api-key': this.apiKey });
    if (response.status === 404) throw Object.assign(new ToolBeltError('ContextServiceClient', '', 'Requested Ressource does not exist'), { code: CONTEXT + 'data.does-not-exist' });
    if (!isFine(response)) throw Object.assign(new ToolBeltError('ContextServiceClient', '', String(response.status)), { code: CONTEXT + 'unknown' });
    return response.status === 204 ? undefined : response.json();
  }
  async createNamespace(name, { ttl } = {}) {
    await this.ask('POST', ttl ? `?ttlSecond=${ttl}` : '', { name });
    return (await this.getListOfNamespaces()).find((namespace) => namespace.name === name);
  }
  async getListOfNamespaces() {
    return (await this.ask('GET', '')).map(({ name, createdAt, ttlSecond }) => ({ name, createdAt: new Date(createdAt), ...(ttlSecond && { ttlSecond }) }));
  }
  async setPropertiesInNamespace(namespace, properties, session = DEFAULT_SESSION) {
    await this.ask('PATCH', `/${namespace}/${session}/properties`, properties);
    return this.getAllPropertiesInSession(namespace, session);
  }
  updatePropertiesInNamespace(namespace, properties, session) { return this.setPropertiesInNamespace(namespace, properties, session); }
  getAllPropertiesInSession(namespace, session = DEFAULT_SESSION) { return this.ask('GET', `/${namespace}/${session}/properties`); }
  getPropertyInSession(namespace, name, session = DEFAULT_SESSION) { return this.ask('GET', `/${namespace}/${session}/properties/${name}`); }
  deletePropertyInSession(namespace, name, session = DEFAULT_SESSION) { return this.ask('DELETE', `/${namespace}/${session}/properties/${name}`); }
}

class OrchestratorClient {
  async invoke(invocations, deadline = 25000, { invokeParallel = false } = {}) {
    const one = async ({ uuid, payload, headers = [] }) => {
      const path = `/api/account/${run.account}/lambdas/${uuid}/invoke?v=1&externalSystem=${run.lambda}_${run.account}}`;
      const response = await send('faasGW', 'POST', path, { timestamp: Date.now(), payload, headers });
      if (!isFine(response)) throw new ToolBeltError('OrchestratorClient', 'orchestrator-fn.invoke.status-code-error', `Function ${uuid} answered with status ${response.status}`);
      return { uuid, statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.json() };
    };
    if (invokeParallel) return Promise.all(invocations.map(one));
    const results = [];
    for (const invocation of invocations) results.push(await one(invocation));
    return results;
  }
}

const LpServices = {
  MSG_HIST: 'msgHist', AGENT_VEP: 'agentVep', ACCOUNT_CONFIG_READ_ONLY: 'accountConfigReadOnly', ACCOUNT_CONFIG_READ_WRITE: 'accountConfigReadWrite',
  ASYNC_MESSAGING: 'asyncMessaging', ASYNC_MESSAGING_ENT: 'asyncMessagingEnt', ENG_HIST_DOMAIN: 'engHistDomain', RTBF: 'rtbf', SMT: 'smt', PUSHER: 'pusher',
  LE_DATA_REPORTING: 'leDataReporting', MSG_EWT_API: 'msgEwtAPI', MSDKGW: 'msdkgw',
};
const ConversationContentTypes = { INFO: 'info', SDES: 'sdes', MESSAGE_RECORDS: 'messageRecords', AGENT_PARTICIPANTS: 'agentParticipants' };
const SDETypes = { CUSTOMER_INFO: 'ctmrinfo', PERSONAL_INFO: 'personal', SERVICE_ACTIVITY: 'service' };
const ErrorCodes = {
  Secret: { NotFound: PREFIX + 'secret.not-found', Invalid: PREFIX + 'secret.invalid-format' },
  Mtls: { RemoteThrew: PREFIX + 'mtls.remote-threw' },
  ConversationUtil: { NotFound: PREFIX + 'conversation-util.conversation.not-found' },
};

/** OAuth 1 for the first generation's client, with the app key that a secret holds. */
function oauthHeader(method, url, { consumerKey, consumerSecret, token, tokenSecret }) {
  const OAuth = require('oauth-1.0a');
  const oauth = new OAuth({
    consumer: { key: consumerKey, secret: consumerSecret }, signature_method: 'HMAC-SHA1', nonce_length: 16,
    hash_function: (base, key) => createHmac('sha1', key).update(base).digest('base64'),
  });
  return oauth.toHeader(oauth.authorize({ method, url }, { key: token, secret: tokenSecret })).Authorization;
}

module.exports = {
  run, hostOf, oauthHeader, mtlsClient, SecretClient, ConversationUtil, SDEUtil, ContextServiceClient, OrchestratorClient,
  enums: { ErrorCodes, ToolBeltError, SecretError, LpServices, ConversationContentTypes, SDETypes, ErrorStrategy: { ExitOnError: 'ExitOnError', ContinueOnError: 'ContinueOnError' } },
};
