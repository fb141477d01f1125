// The way to the platform: operations that it answers, and the errors of the toolbelts.
//
// Everything here works with what was captured before user code ran, so that replaced built-ins change no request.
(function (host, own) {
  'use strict';

  const { parse, stringify, defer, start, text } = own;
  const PREFIX = 'com.liveperson.faas.';

  class ToolBeltError extends Error {
    constructor(component, code, message, cause) {
      super(message, cause === undefined ? undefined : { cause });
      this.component = component;
      this.code = code;
    }
  }
  Object.defineProperty(ToolBeltError.prototype, 'name', { value: 'ToolBeltError', writable: true, configurable: true });

  class SecretError extends ToolBeltError {
    constructor(code, message) { super('SecretClient', code, message); }
  }
  Object.defineProperty(SecretError.prototype, 'name', { value: 'SecretError', writable: true, configurable: true });

  /** The contract's codes, by client. */
  const CODES = {
    Platform: { Secret: { NoToken: PREFIX + 'handler.no-sa-token' } },
    Secret: {
      Invalid: PREFIX + 'secret.invalid-format', Failure: PREFIX + 'secret.op-failed', TimedOut: PREFIX + 'secret.op-timed-out',
      NotFound: PREFIX + 'secret.not-found', AuthFailure: PREFIX + 'secret.auth-failed', Forbidden: PREFIX + 'secret.forbidden',
    },
    Csds: { NotFound: PREFIX + 'csds.domain.not-found', Failure: PREFIX + 'csds.op-failed' },
    Mtls: {
      General: PREFIX + 'mtls.general-issue', RemoteThrew: PREFIX + 'mtls.remote-threw', MissingConf: PREFIX + 'mtls.missing-conf',
      InvalidKey: PREFIX + 'mtls.invalid-key', InvalidCert: PREFIX + 'mtls.invalid-cert', InvalidRequest: PREFIX + 'mtls.invalid-request',
      Timeout: PREFIX + 'mtls.request-timeout',
    },
    LpMtls: { CredentialsFormat: PREFIX + 'lp-mtls.credentials-wrong-format', CredentialsFailure: PREFIX + 'lp-mtls.get-credentials-failure' },
    OAuth2: { General: PREFIX + 'oauth2.general-issue', UnexpectedResponse: PREFIX + 'oauth2.unexpected-response' },
    LpClient: { CredentialsFormat: PREFIX + 'lp-client.credentials-wrong-format', CredentialsFailure: PREFIX + 'lp-client.get-credentials-failure' },
    ConversationUtil: {
      General: PREFIX + 'conversation-util-general', NotFound: PREFIX + 'conversation-util.conversation.not-found',
      UnexpectedResponse: PREFIX + 'conversation-util.unexpected-response', Timeout: PREFIX + 'conversation-util.timeout',
    },
    GDPRUtil: { General: PREFIX + 'gdpr-util-general', AuthFailed: PREFIX + 'gdpr-util.auth-failed', ReplaceFileFailed: PREFIX + 'gdpr-util.replace-file-failed' },
    SDEUtil: { General: PREFIX + 'sdes-util-general', UnexpectedResponse: PREFIX + 'sdes-util.unexpected-response' },
    Orchestrator: {
      General: PREFIX + 'orchestrator-fn-general', Timeout: PREFIX + 'orchestrator-fn.invoke.timeout', StatusCode: PREFIX + 'orchestrator-fn.invoke.status-code-error',
      CredentialsFormat: PREFIX + 'orchestrator-fn.credentials-wrong-format', CredentialsFailure: PREFIX + 'orchestrator-fn.get-credentials-failure',
    },
  };

  /** Starts an operation and gives a promise of its answer; a refusal is thrown as `{code, message}`. Milliseconds. */
  function ask(name, json, timeout) {
    const deferred = defer();
    let timer;
    const id = start(name, json, (fulfilled, answer) => {
      if (timer !== undefined) own.clear(timer);
      if (fulfilled) deferred.resolve(answer);
      else deferred.reject(parse(answer));
    });
    if (timeout > 0 && timeout < Infinity) {
      timer = own.later(() => {
        own.cancel(id);
        deferred.reject({ code: 'timed_out', message: `no answer within ${timeout} ms` });
      }, timeout);
    }
    return deferred.promise;
  }

  const quoted = (value) => stringify(text(value));

  /** A list of `[name, value]` pairs as JSON, independent of any `toJSON`. */
  function headersJson(headers) {
    const pairs = headers === undefined || headers === null ? [] : headers instanceof own.Headers ? [...headers] : Object.entries(headers);
    let json = '';
    for (let i = 0; i < pairs.length; i++) {
      if (pairs[i][1] === undefined) continue;
      json += (json === '' ? '' : ',') + '[' + quoted(pairs[i][0]) + ',' + quoted(pairs[i][1]) + ']';
    }
    return '[' + json + ']';
  }

  function bodyJson(body) {
    const { text: words, base64 } = own.described(body);
    if (words !== undefined) return ',"text":' + stringify(words);
    return base64 === undefined ? '' : ',"base64":' + stringify(base64);
  }

  /** Sends a request to a service of the platform; gives the answer as the host wrote it. */
  function request({ service, method = 'GET', path, headers, body, timeout }) {
    const described = `{"service":${quoted(service)},"method":${quoted(method)},"path":${quoted(path)},"headers":${headersJson(headers)}${bodyJson(body)}}`;
    return ask('platform', described, timeout);
  }

  /** The same for a URL: through the egress guard, or to the platform if it is one of its names. */
  function requestUrl({ url, method = 'GET', headers, body, redirect = 'follow', timeout }) {
    const described = `{"url":${quoted(url)},"method":${quoted(method)},"redirect":${quoted(redirect)},"headers":${headersJson(headers)}${bodyJson(body)}}`;
    return ask('fetch', described, timeout);
  }

  // ---- secrets

  const KEY = /^[A-Za-z0-9_-]{1,100}$/;
  const keyTest = own.uncurry(RegExp.prototype.test);

  function secretFailure(key, { code, message }) {
    switch (code) {
      case 'not_found': return new SecretError(CODES.Secret.NotFound, `There is no Secret ${key} for this account`);
      case 'forbidden': return new SecretError(CODES.Secret.Forbidden, `The function may not use the Secret ${key}`);
      case 'not_authenticated': return new SecretError(CODES.Secret.AuthFailure, message);
      case 'invalid_format': return new SecretError(CODES.Secret.Invalid, message);
      case 'timed_out': return new SecretError(CODES.Secret.TimedOut, `The Secret ${key}: ${message}`);
      case 'no_platform': return new SecretError(CODES.Platform.Secret.NoToken, message);
      default: return new SecretError(CODES.Secret.Failure, `The Secret ${key}: ${message}`);
    }
  }

  async function readSecret(key, timeout) {
    if (typeof key !== 'string' || !keyTest(KEY, key)) throw new SecretError(CODES.Secret.Invalid, 'The key of a Secret has 1 to 100 characters of A-Z, a-z, 0-9, - and _');
    try {
      return parse(await ask('secret.read', `{"key":${stringify(key)}}`, timeout));
    } catch (error) {
      throw secretFailure(key, error);
    }
  }

  async function updateSecret(entry, most, timeout) {
    const key = entry?.key;
    if (typeof key !== 'string' || !keyTest(KEY, key)) throw new SecretError(CODES.Secret.Invalid, 'The key of a Secret has 1 to 100 characters of A-Z, a-z, 0-9, - and _');
    const value = stringify(entry.value);
    if (value === undefined) throw new SecretError(CODES.Secret.Invalid, 'The value of a Secret is a text, a number or JSON');
    const length = typeof entry.value === 'string' ? entry.value.length : value.length;
    if (length > most) throw new SecretError(CODES.Secret.Invalid, `Provided Secret Value exceeds allowed length of ${most}`);
    try {
      return parse(await ask('secret.update', `{"key":${stringify(key)},"value":${value}}`, timeout));
    } catch (error) {
      throw secretFailure(key, error);
    }
  }

  // ---- domains of services

  async function domains(name, json, what) {
    try {
      return parse(await ask(name, json));
    } catch ({ code, message }) {
      if (code === 'not_found') throw new ToolBeltError('CsdsClient', CODES.Csds.NotFound, `Service "${what}" could not be found.`);
      throw new ToolBeltError('CsdsClient', CODES.Csds.Failure, message);
    }
  }

  own.platform = {
    __proto__: null, CODES, ToolBeltError, SecretError, request, requestUrl, ask, headersJson, bodyJson, readSecret, updateSecret,
    domain: (service) => domains('csds.get', `{"service":${quoted(service)}}`, service),
    allDomains: () => domains('csds.all', '{}'),
    /** The account, and the function, as the deployment says: user code cannot change these. */
    account: () => own.identity.account,
    lambda: () => own.identity.lambda,
  };
})
