// The toolbelts: `lp-faas-toolbelt` for the first generation of sources, `core-functions-toolbelt` for the second.
(function (host, own) {
  'use strict';

  const { parse, stringify, text, now } = own;
  const { CODES, ToolBeltError, SecretError, request, requestUrl, ask, headersJson, bodyJson, readSecret, updateSecret, domain, allDomains, account, lambda } = own.platform;
  const { clients } = own;

  const SECRET_LENGTH_V1 = 10000, SECRET_LENGTH_V2 = 16384;
  /** How long the second generation's client keeps a secret, and waits for one: seconds, milliseconds. */
  const SECRET_SECONDS = 300, SECRET_TIME = 5000;

  const LpServices = {
    MSG_HIST: 'msgHist', AGENT_VEP: 'agentVep', ACCOUNT_CONFIG_READ_ONLY: 'accountConfigReadOnly', ACCOUNT_CONFIG_READ_WRITE: 'accountConfigReadWrite',
    ASYNC_MESSAGING: 'asyncMessaging', ASYNC_MESSAGING_EN: 'asyncMessagingEnt', ASYNC_MESSAGING_ENT: 'asyncMessagingEnt', ENG_HIST_DOMAIN: 'engHistDomain',
    RTBF: 'rtbf', AUDITLOG: 'auditlog', SMT: 'smt', PUSHER: 'pusher', LE_DATA_REPORTING: 'leDataReporting', MSG_EWT_API: 'msgEwtAPI', MSDKGW: 'msdkgw',
  };
  const SDETypes = {
    CART: 'cart', TRANSACTION: 'purchase', VIEWED_PRODUCT: 'prodView', CUSTOMER_INFO: 'ctmrinfo', MARKETING_SOURCE: 'mrktInfo', PERSONAL_INFO: 'personal',
    LEAD: 'lead', SERVICE_ACTIVITY: 'service', VISITOR_ERROR: 'error', SEARCHED_CONTENT: 'searchInfo', ORDER_ID: 'orderId',
  };
  const ConversationContentTypes = {
    INFO: 'info', SDES: 'sdes', UNAUTH_SDES: 'unAuthSdes', CAMPAIGN: 'campaign', MESSAGE_RECORDS: 'messageRecords', AGENT_PARTICIPANTS: 'agentParticipants',
    AGENT_PARTICIPANTS_ACTIVE: 'agentParticipantsActive', AGENT_PARTICIPANTS_LEAVE: 'agentParticipantsLeave', CONSUMER_PARTICIPANTS: 'consumerParticipants',
    TRANSFERS: 'transfers', INTERACTIONS: 'interactions', MESSAGE_SCORES: 'messageScores', MESSAGE_STATUSES: 'messageStatuses', SKILL_CHANGES: 'skillChanges',
    CONVERSATION_SURVEYS: 'conversationSurveys', COBROWSE_SESSIONS: 'coBrowseSessions', SUMMARY: 'summary', MONITORING: 'monitoring', DIALOGS: 'dialogs',
    RESPONSE_TIME: 'responseTime', INTENTS: 'intents', UNIQUE_INTENTS: 'uniqueIntents', LATEST_AGENT_SURVEY: 'latestAgentSurvey',
    PREVIOUSLY_SUBMITTED_AGENT_SURVEYS: 'previouslySubmittedAgentSurveys',
  };
  const ErrorStrategy = { EXIT_ON_ERROR: 'ExitOnError', CONTINUE_ON_ERROR: 'ContinueOnError', ExitOnError: 'ExitOnError', ContinueOnError: 'ContinueOnError' };
  const enums = () => ({
    ErrorCodes: CODES, ToolBeltError, SecretError, LpServices: { ...LpServices }, SDETypes: { ...SDETypes },
    ConversationContentTypes: { ...ConversationContentTypes }, ErrorStrategy: { ...ErrorStrategy },
  });

  // ---- secrets

  class SecretClientV1 {
    #used = new Set();
    async readSecret(key) {
      const entry = await readSecret(key);
      this.#used.add(key);
      return entry;
    }
    updateSecret(entry) { return updateSecret(entry, SECRET_LENGTH_V1); }
    getUsedSecrets() { return [...this.#used]; }
  }

  class SecretClientV2 {
    #kept = new Map(); #seconds; #used = new Set();
    constructor(options) { this.#seconds = options?.cache?.ttl ?? SECRET_SECONDS; }
    async readSecret(key, { useCache = true, timeout = SECRET_TIME } = {}) {
      const kept = useCache ? this.#kept.get(key) : undefined;
      if (kept !== undefined && kept.until > now()) return { ...kept.entry };
      const entry = await readSecret(key, timeout);
      this.#used.add(key);
      if (useCache) this.#kept.set(key, { entry, until: now() + this.#seconds * 1000 });
      return { ...entry };
    }
    async updateSecret(entry, { timeout = SECRET_TIME } = {}) {
      const updated = await updateSecret(entry, SECRET_LENGTH_V2, timeout);
      this.#kept.delete(updated.key);
      return updated;
    }
    getUsedSecrets() { return [...this.#used]; }
  }

  /** Reads an app key that the source names itself; the function's own principal is enough otherwise. */
  async function credentials(name, fields, component, codes) {
    if (name === undefined) return;
    let value;
    try {
      ({ value } = await readSecret(name));
    } catch (error) {
      throw new ToolBeltError(component, codes.CredentialsFailure, `Could not fetch App Key credentials from secret storage: ${error.message}`, error);
    }
    if (typeof value === 'string') {
      try {
        value = parse(value);
      } catch {
        value = undefined;
      }
    }
    const missing = fields.filter((field) => typeof value?.[field] !== 'string' || value[field] === '');
    if (missing.length > 0) throw new ToolBeltError(component, codes.CredentialsFormat, `The secret ${name} has no ${missing.join(', ')}`);
  }

  // ---- HTTP

  const ours = () => ({ 'LP-URL': account(), 'User-Agent': `LP-Lambda-${lambda()}` });

  function lpClientV1() {
    return async (service, path, { appKeySecretName, ...options } = {}) => {
      await credentials(appKeySecretName, ['consumerKey', 'consumerSecret', 'token', 'tokenSecret'], 'LpClient', CODES.LpClient);
      const client = own.httpClient(({ url, ...sent }) => request({ service, path: url.startsWith('/') ? url : '/' + url, ...sent }), ours);
      return client(path, options);
    };
  }

  function lpClientV2() {
    return async (service, path, { appKeySecretName, method = 'GET', headers, body, timeout } = {}) => {
      await credentials(appKeySecretName, ['client_id', 'client_secret'], 'LpClient', CODES.LpClient);
      const fields = new own.Headers(headers);
      if (!fields.has('x-request-id')) fields.set('X-Request-Id', own.randomUUID());
      if (body !== null && typeof body === 'object' && Object.getPrototypeOf(body) === Object.prototype) body = stringify(body);
      if (typeof body === 'string' && !fields.has('content-type')) fields.set('content-type', 'text/plain;charset=UTF-8');
      const target = text(path).startsWith('/') ? path : '/' + path;
      for (let attempt = 0; ; attempt++) {
        let answer;
        try {
          answer = own.response(await request({ service, method: text(method).toUpperCase(), path: target, headers: fields, body, timeout }));
        } catch ({ code, message }) {
          throw new ToolBeltError('LpClient', code === 'no_platform' ? CODES.Platform.Secret.NoToken : CODES.OAuth2.General, message);
        }
        if (answer.status !== 401 || attempt > 0) return answer;
      }
    };
  }

  // ---- mutual TLS

  class MTLSError extends ToolBeltError {}
  Object.defineProperty(MTLSError.prototype, 'name', { value: 'MTLSError', writable: true, configurable: true });
  const mtlsFailure = (code, message) => new MTLSError('MTLSClient', CODES.Mtls[code], message);

  const REFUSED = { __proto__: null, invalid_key: 'InvalidKey', invalid_cert: 'InvalidCert', timed_out: 'Timeout', bad_url: 'InvalidRequest', bad_header: 'InvalidRequest' };

  function mtlsResponse(answer, asJson) {
    const headers = Object.fromEntries(answer.headers);
    let body = answer.base64 === undefined ? answer.text ?? '' : own.Buffer.from(answer.base64, 'base64');
    if (asJson && typeof body === 'string' && body !== '') {
      try {
        body = parse(body);
      } catch {
        // Not JSON: the text is the body.
      }
    }
    return { statusCode: answer.status, headers, body };
  }

  /** `(url, headers, body, {json, timeout})`, or `(url, {headers, body, json, timeout})`. */
  function mtlsRequest(method, url, headers, body, options) {
    const whole = headers !== null && typeof headers === 'object' && body === undefined && options === undefined
      && (typeof headers.headers === 'object' || 'json' in headers || ('body' in headers && typeof headers.body === 'object') || typeof headers.timeout === 'number');
    if (whole) ({ headers, body, ...options } = headers);
    const fields = { ...headers };
    const asJson = Boolean(options?.json);
    if (asJson && body !== undefined) {
      body = stringify(body);
      if (!Object.keys(fields).some((name) => name.toLowerCase() === 'content-type')) fields['Content-Type'] = 'application/json';
    } else if (body !== null && typeof body === 'object' && !ArrayBuffer.isView(body) && !(body instanceof URLSearchParams)) {
      throw mtlsFailure('InvalidRequest', 'An object as the body needs the option json');
    }
    return { method, url: text(url), headers: fields, body, asJson, timeout: options?.timeout };
  }

  async function mtlsAnswer(sending, asJson) {
    let answer;
    try {
      answer = parse(await sending);
    } catch ({ code, message }) {
      throw mtlsFailure(REFUSED[code] ?? 'General', message);
    }
    const response = mtlsResponse(answer, asJson);
    if (answer.status < 200 || answer.status > 399) {
      throw Object.assign(mtlsFailure('RemoteThrew', `The remote answered with status ${answer.status}`), { statusCode: answer.status, response });
    }
    return response;
  }

  class MTLSClient {
    #identity;
    constructor({ cert, key, ca, passphrase } = {}) {
      if (!cert || !key) throw mtlsFailure('MissingConf', 'The client needs a certificate and its key: {cert, key}, both in PEM');
      if (!text(cert).includes('-----BEGIN CERTIFICATE-----')) throw mtlsFailure('InvalidCert', 'The certificate is not in PEM');
      if (!/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/.test(text(key))) throw mtlsFailure('InvalidKey', passphrase || text(key).includes('ENCRYPTED') ? 'The key is encrypted; provide it decrypted' : 'The key is not in PEM');
      this.#identity = `,"cert":${stringify(text(cert))},"key":${stringify(text(key))}${ca ? `,"ca":${stringify(text(ca))}` : ''}`;
    }
    #send(request) {
      const { method, url, headers, body, asJson, timeout } = request;
      const described = `{"url":${stringify(url)},"method":"${method}","redirect":"manual","headers":${headersJson(headers)}${bodyJson(body)}${this.#identity}}`;
      return mtlsAnswer(ask('mtls', described, timeout), asJson);
    }
    async get(...given) { return this.#send(mtlsRequest('GET', ...given)); }
    async head(...given) { return this.#send(mtlsRequest('HEAD', ...given)); }
    async post(...given) { return this.#send(mtlsRequest('POST', ...given)); }
    async put(...given) { return this.#send(mtlsRequest('PUT', ...given)); }
    async delete(...given) { return this.#send(mtlsRequest('DELETE', ...given)); }
    async options(...given) { return this.#send(mtlsRequest('OPTIONS', ...given)); }
    async patch(...given) { return this.#send(mtlsRequest('PATCH', ...given)); }
  }

  /** Certificates that the platform holds: the request is forwarded by its gateway. */
  class LPMtlsClient {
    async #send(method, given) {
      const { url, headers, body, asJson, timeout } = mtlsRequest(method, ...given);
      await credentials(given[3]?.appKeySecretName, ['client_id', 'client_secret'], 'LPMtlsClient', CODES.LpMtls);
      const override = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization');
      if (override) delete headers[override[0]];
      const fields = {
        ...headers, 'LP-forward-url': url, 'LP-service-name': 'FAAS', 'LP-stop-if-certificate-not-found': 'true',
        ...(override ? { 'LP-authorization-override': override[1] } : undefined),
      };
      return mtlsAnswer(request({ service: 'mtlsGateway', method, path: `/mtls/account/${account()}`, headers: fields, body, timeout }), asJson);
    }
    async get(...given) { return this.#send('GET', given); }
    async post(...given) { return this.#send('POST', given); }
  }

  // ---- the rest

  const csdsClient = () => ({
    get: (service) => domain(service),
    async getAll() { return (await allDomains()).map((entry) => ({ account: account(), baseURI: entry.domain, service: entry.service })); },
  });

  const salesforceClient = () => ({
    connectToSalesforce(params) {
      const { Connection } = own.require('jsforce');
      return new Connection(params);
    },
  });

  function contextClientV1(config) {
    if (!config) throw new Error('No valid configuration was provided');
    if (!config.apiKey) throw new Error('No valid API-key was provided');
    if (!config.accountId) throw new Error('No valid accountId was provided');
    return new clients.ContextServiceClient(text(config.accountId), text(config.apiKey));
  }

  function contextClientV2(given) {
    const apiKey = given !== null && typeof given === 'object' ? given.apiKey : given;
    if (!apiKey) throw new Error('No valid API-key was provided');
    return new clients.ContextServiceClient(account(), text(apiKey));
  }

  own.modules['lp-faas-toolbelt'] = () => {
    class Toolbelt {
      static SecretClient() { return new SecretClientV1(); }
      static HTTPClient() { return own.httpClient(requestUrl, ours); }
      static MTLSClient(config) { return new MTLSClient(config); }
      static LpClient() { return lpClientV1(); }
      static ConversationUtil() { return new clients.ConversationUtil(); }
      static GDPRUtil() { return new clients.GDPRUtil(); }
      static SDEUtil() { return new clients.SDEUtil(); }
      static ContextServiceClient(config) { return contextClientV1(config); }
      static OrchestratorClient() { return new clients.OrchestratorClient(); }
      static SFClient() { return salesforceClient(); }
    }
    return { Toolbelt, ...enums() };
  };

  own.modules['core-functions-toolbelt'] = () => {
    class Toolbelt {
      static SecretClient(options) { return new SecretClientV2(options); }
      static MTLSClient(config) { return new MTLSClient(config); }
      static LPMtlsClient() { return new LPMtlsClient(); }
      static LpClient() { return lpClientV2(); }
      static CsdsClient() { return csdsClient(); }
      static ConversationUtil() { return new clients.ConversationUtil(); }
      static GDPRUtil() { return new clients.GDPRUtil(); }
      static SDEUtil() { return new clients.SDEUtil(); }
      static ContextServiceClient(apiKey) { return contextClientV2(apiKey); }
      static OrchestratorClient() { return new clients.OrchestratorClient(); }
      static SFClient() { return salesforceClient(); }
    }
    const shared = enums();
    return { Toolbelt, ...shared, LpServices: { ...shared.LpServices, AUDITLOG: 'auditLog' } };
  };
})
