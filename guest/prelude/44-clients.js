// What the toolbelts of both generations share: conversations, engagement attributes, files, context, other functions.
(function (host, own) {
  'use strict';

  const { parse, stringify, text, now } = own;
  const { CODES, ToolBeltError, request, account } = own.platform;

  /** How long a client waits for a service of the platform, in milliseconds. */
  const TIME_MAX = 20000;
  const clients = { __proto__: null };
  own.clients = clients;

  const failed = (component, code, message, cause) => new ToolBeltError(component, code, message, cause);
  const isFine = (answer) => answer.status >= 200 && answer.status <= 299;

  /** The body as JSON; `undefined` if it is none. */
  function jsonOf(answer) {
    try {
      return parse(answer.text);
    } catch {
      return undefined;
    }
  }

  /** Sends JSON to a service; gives the parsed answer head with `text`. */
  async function send(service, method, path, body, headers, timeout = TIME_MAX) {
    const fields = body === undefined ? headers : { 'Content-Type': 'application/json', ...headers };
    return parse(await request({ service, method, path, headers: fields, body: body === undefined ? undefined : stringify(body), timeout }));
  }
  clients.send = send;

  const words = (answer) => `${answer.status}${answer.text ? ' - ' + answer.text : ''}`;

  // ---- conversations

  clients.ConversationUtil = class ConversationUtil {
    async getConversationById(conversationId, contentToRetrieve) {
      if (!conversationId) throw failed('ConversationUtil', CODES.ConversationUtil.General, 'Please provide a conversation ID.');
      const about = `Error while fetching conversation "${text(conversationId)}": `;
      const body = { conversationId };
      if (contentToRetrieve?.length > 0) body.contentToRetrieve = contentToRetrieve;
      let answer;
      try {
        answer = await send('msgHist', 'POST', `/messaging_history/api/account/${account()}/conversations/conversation/search?v=2&company=lp&source=FaaS_Toolbelt`, body);
      } catch ({ code, message }) {
        throw failed('ConversationUtil', code === 'timed_out' ? CODES.ConversationUtil.Timeout : CODES.ConversationUtil.General, about + message);
      }
      const conversation = isFine(answer) ? jsonOf(answer) : undefined;
      if (answer.status === 404 || conversation?.conversationHistoryRecords?.length === 0) {
        throw failed('ConversationUtil', CODES.ConversationUtil.NotFound, `${about}Conversation "${text(conversationId)}" not found.`);
      }
      if (!Array.isArray(conversation?.conversationHistoryRecords)) throw failed('ConversationUtil', CODES.ConversationUtil.UnexpectedResponse, about + words(answer));
      return conversation;
    }

    scanConversationForKeywords(conversation, keywords) {
      if (!conversation) throw failed('ConversationUtil', CODES.ConversationUtil.General, 'Please provide conversation object.');
      if (!keywords || keywords.length === 0) throw failed('ConversationUtil', CODES.ConversationUtil.General, 'Please provide array containing keywords.');
      const records = conversation.conversationHistoryRecords?.[0]?.messageRecords ?? [];
      const lines = records.filter(({ type }) => type === 'TEXT_PLAIN' || type === 'HOSTED_FILE').map((record) => ({
        message: (record.type === 'TEXT_PLAIN' ? record.messageData?.msg?.text : record.messageData?.file?.caption) ?? '',
        sentTimestamp: record.timeL,
        sentBy: record.sentBy,
      }));
      return Array.from(keywords).flatMap((keyword) => {
        const pattern = new RegExp(keyword, 'mi');
        return lines.filter(({ message }) => pattern.test(message)).map((line) => ({ ...line, tag: `keywordRef:${keyword}` }));
      });
    }
  };

  // ---- engagement attributes

  const inOrder = (attributes) => ({ events: [...(attributes?.events ?? [])].sort((a, b) => a.serverTimeStamp - b.serverTimeStamp) });

  clients.SDEUtil = class SDEUtil {
    async addSDEs(sdes, visitorId, sessionId) {
      if (!sdes || sdes.length === 0) throw failed('SDEUtil', CODES.SDEUtil.General, 'Please provide one or more SDEs');
      const path = `/api/account/${account()}/monitoring/visitors/${encodeURIComponent(visitorId)}/visits/current/events?v=1&sid=${encodeURIComponent(sessionId)}`;
      let answer;
      try {
        answer = await send('smt', 'PUT', path, sdes);
      } catch ({ message }) {
        throw failed('SDEUtil', CODES.SDEUtil.General, 'Error while setting SDEs: ' + message);
      }
      if (!isFine(answer)) throw failed('SDEUtil', CODES.SDEUtil.UnexpectedResponse, 'Error while setting SDEs: ' + words(answer));
    }

    getSDEsFromConv(conversation) {
      const records = conversation?.conversationHistoryRecords;
      if (!Array.isArray(records)) throw failed('SDEUtil', CODES.SDEUtil.General, 'Error while getting SDEs from conversation: Please provide a valid conversation.');
      return { sdes: inOrder(records[0]?.sdes), unAuthSdes: inOrder(records[0]?.unAuthSdes) };
    }
  };

  // ---- files of a conversation

  /** A PNG of one black pixel. */
  const BLACK = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg==';

  clients.GDPRUtil = class GDPRUtil {
    async replaceConversationFiles(conversation, credentials, shouldReplace = () => true, replacement) {
      if (!conversation) throw failed('GDPRUtil', CODES.GDPRUtil.General, 'Please provide conversation object.');
      const file = replacement ?? { body: own.Buffer.from(BLACK, 'base64'), contentType: 'image/png' };
      const records = (conversation.conversationHistoryRecords ?? []).flatMap((record) => record.messageRecords ?? []);
      const paths = records.filter(({ type }) => type === 'HOSTED_FILE').map((record) => record.messageData?.file?.relativePath);
      const chosen = paths.filter((path) => typeof path === 'string' && shouldReplace(path));
      if (chosen.length > 0) {
        const token = await this.#token(credentials);
        await Promise.all(chosen.map((path) => this.#replace(path, file, token)));
      }
      return chosen;
    }

    async #token(credentials) {
      let answer;
      try {
        answer = await send('swift', 'GET', '/auth/v1.0', undefined, { 'X-Auth-User': credentials?.username ?? '', 'X-Auth-Key': credentials?.password ?? '' });
      } catch ({ message }) {
        throw failed('GDPRUtil', CODES.GDPRUtil.AuthFailed, 'Unable to authorize at Swift: ' + message);
      }
      const token = answer.headers.find(([name]) => name === 'x-auth-token')?.[1];
      if (!isFine(answer) || token === undefined) throw failed('GDPRUtil', CODES.GDPRUtil.AuthFailed, 'Unable to authorize at Swift: ' + words(answer));
      return token;
    }

    async #replace(path, { body, contentType }, token) {
      let answer;
      try {
        answer = parse(await request({ service: 'swift', method: 'PUT', path: path.startsWith('/') ? path : '/' + path, headers: { 'content-type': contentType, 'x-auth-token': token }, body, timeout: TIME_MAX }));
      } catch ({ message }) {
        throw failed('GDPRUtil', CODES.GDPRUtil.ReplaceFileFailed, `Unable to replace image ${path}: ${message}`);
      }
      if (!isFine(answer)) throw failed('GDPRUtil', CODES.GDPRUtil.ReplaceFileFailed, `Unable to replace image ${path}: ${words(answer)}`);
    }
  };

  // ---- context service

  const CONTEXT = 'com.liveperson.context-service-sdk.';
  const BUILT_IN = ['faas', 'consumer', 'operational', 'conversation'];
  const DEFAULT_SESSION = '__default__';
  const contextFailure = (code, message) => failed('ContextServiceClient', CONTEXT + code, message);

  function named(value, what) {
    if (value === undefined || value === null || value === '') throw contextFailure('parameter.invalid', `${what} can not be null, undefined or empty string`);
    return encodeURIComponent(text(value));
  }

  clients.ContextServiceClient = class ContextServiceClient {
    #account; #key;
    constructor(accountId, apiKey) {
      this.#account = accountId;
      this.#key = apiKey;
    }

    async #ask(method, path, body) {
      const headers = { 'maven-api-key': this.#key, 'Content-Type': 'application/json', Accept: 'application/json', 'X-REQUEST-ID': own.randomUUID() };
      let answer;
      try {
        answer = await send('mavenContext', method, `/v1/account/${encodeURIComponent(this.#account)}${path}`, body, headers, 10000);
      } catch ({ code, message }) {
        throw contextFailure(code === 'timed_out' ? 'response-timeout' : 'unknown', message);
      }
      if (isFine(answer)) return answer;
      switch (answer.status) {
        case 400: throw contextFailure('parameter.invalid', words(answer));
        case 401: case 403: throw contextFailure('authorization.invalid', 'Provided API Key is either invalid or lacks permission');
        case 404: throw contextFailure('data.does-not-exist', 'Requested Ressource does not exist');
        case 408: case 504: throw contextFailure('response-timeout', words(answer));
        case 500: case 502: case 503: throw contextFailure('internal-server-error', 'Internal Server Error occured during processing request');
        default: throw contextFailure('unknown', words(answer));
      }
    }

    async createNamespace(namespace, options = {}) {
      named(namespace, 'Namespace');
      if (BUILT_IN.includes(namespace)) throw contextFailure('parameter.invalid', `Namespace ${namespace} is built-in`);
      await this.#ask('POST', options?.ttl ? `?ttlSecond=${encodeURIComponent(options.ttl)}` : '', { name: namespace });
      return (await this.getListOfNamespaces()).find(({ name }) => name === namespace);
    }
    async deleteNamespace(namespace) {
      const name = named(namespace, 'Namespace');
      if (BUILT_IN.includes(namespace)) throw contextFailure('parameter.invalid', `Namespace ${namespace} is built-in`);
      await this.#ask('DELETE', `/${name}`);
    }
    async getListOfNamespaces() {
      const list = jsonOf(await this.#ask('GET', '')) ?? [];
      return list.map(({ name, createdAt, ttlSecond }) => ({ name, createdAt: new Date(createdAt), ...(ttlSecond ? { ttlSecond } : undefined) }));
    }
    async setPropertiesInNamespace(namespace, properties, sessionId = DEFAULT_SESSION) {
      if (properties === null || typeof properties !== 'object') throw contextFailure('parameter.invalid', 'Properties have to be an object');
      await this.#ask('PATCH', `/${named(namespace, 'Namespace')}/${named(sessionId, 'Session ID')}/properties`, properties);
      return this.getAllPropertiesInSession(namespace, sessionId);
    }
    async updatePropertiesInNamespace(namespace, properties, sessionId) { return this.setPropertiesInNamespace(namespace, properties, sessionId); }
    async getAllPropertiesInSession(namespace, sessionId = DEFAULT_SESSION) {
      return jsonOf(await this.#ask('GET', `/${named(namespace, 'Namespace')}/${named(sessionId, 'Session ID')}/properties`));
    }
    async getSelectedPropertiesInSession(namespace, propertyNames, sessionId) {
      const found = {};
      for (const name of propertyNames) {
        try {
          found[name] = await this.getPropertyInSession(namespace, name, sessionId);
        } catch (error) {
          if (error.code !== CONTEXT + 'data.does-not-exist') throw error;
        }
      }
      return found;
    }
    async getPropertyInSession(namespace, propertyName, sessionId = DEFAULT_SESSION) {
      const answer = await this.#ask('GET', `/${named(namespace, 'Namespace')}/${named(sessionId, 'Session ID')}/properties/${named(propertyName, 'Property name')}`);
      return jsonOf(answer) ?? (answer.text === 'null' ? null : answer.text);
    }
    async deletePropertyInSession(namespace, propertyName, sessionId = DEFAULT_SESSION) {
      await this.#ask('DELETE', `/${named(namespace, 'Namespace')}/${named(sessionId, 'Session ID')}/properties/${named(propertyName, 'Property name')}`);
    }
    async deleteSession(namespace, sessionId) {
      await this.#ask('DELETE', `/${named(namespace, 'Namespace')}/${named(sessionId, 'Session ID')}/properties/`);
    }
    async getListOfSessions(namespace) { return jsonOf(await this.#ask('GET', `/${named(namespace, 'Namespace')}/session-ids`)); }
  };

  // ---- other functions

  const DEADLINE_MAX = 25000;
  const RETRIES = 3, RETRY_DELAY = 100;
  const orchestratorFailure = (code, message) => failed('OrchestratorClient', CODES.Orchestrator[code], message);
  const retriedByDefault = (status) => status === 429 || status === 500 || status === 502 || status === 504;
  const pause = (ms) => new Promise((resolve) => own.later(resolve, ms));

  async function invokeOnce({ uuid, headers, payload }, timeout, asJson) {
    const path = `/api/account/${account()}/lambdas/${encodeURIComponent(uuid)}/invoke?v=1&externalSystem=${own.platform.lambda()}_${account()}}`;
    const pairs = Array.isArray(headers) ? headers : Object.entries(headers ?? {}).map(([key, value]) => ({ key, value }));
    const answer = await send('faasGW', 'POST', path, { timestamp: now(), payload, headers: pairs }, undefined, timeout);
    const body = asJson ? jsonOf(answer) ?? answer.text : answer.text;
    return { uuid, statusCode: answer.status, headers: Object.fromEntries(answer.headers), body };
  }

  async function invokeWithRetries(invocation, until, { timeout, json = true }) {
    const { retries = RETRIES, retryFunction = retriedByDefault } = invocation;
    for (let attempt = 0; ; attempt++) {
      const left = until - now();
      if (left <= 0) throw orchestratorFailure('Timeout', `The deadline passed before function ${invocation.uuid} answered`);
      let answer, error;
      try {
        answer = await invokeOnce(invocation, Math.min(left, timeout ?? left), json);
        if (answer.statusCode >= 200 && answer.statusCode <= 299) return answer;
        error = orchestratorFailure('StatusCode', `Function ${invocation.uuid} answered with status ${answer.statusCode}`);
      } catch ({ code, message }) {
        error = orchestratorFailure(code === 'timed_out' ? 'Timeout' : 'General', message);
      }
      if (attempt >= retries || !retryFunction(answer?.statusCode, answer?.body ?? error)) {
        throw Object.assign(error, { response: answer });
      }
      await pause(Math.min(RETRY_DELAY * 2 ** attempt, until - now()));
    }
  }

  clients.OrchestratorClient = class OrchestratorClient {
    async invoke(invocations, deadline = DEADLINE_MAX, options = {}) {
      if (!Array.isArray(invocations) || invocations.length === 0) throw orchestratorFailure('General', 'Please provide one or more invocations');
      const until = now() + Math.min(Number(deadline) || DEADLINE_MAX, DEADLINE_MAX);
      const goesOn = options?.errorStrategy === 'ContinueOnError';
      const one = async (invocation) => {
        try {
          return await invokeWithRetries(invocation, until, options ?? {});
        } catch (error) {
          if (!goesOn) throw error;
          const { response } = error;
          return { uuid: invocation.uuid, statusCode: response?.statusCode, headers: response?.headers ?? {}, body: response?.body, error: { code: error.code, message: error.message } };
        }
      };
      if (options?.invokeParallel) return Promise.all(invocations.map(one));
      const results = [];
      for (const invocation of invocations) results.push(await one(invocation));
      return results;
    }
  };
})
