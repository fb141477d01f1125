// What `require("lp-faas-toolbelt")` gives: the clients of the first generation. Each is made by calling it.

declare module "lp-faas-toolbelt" {
  export interface SecretEntry {
    key: string;
    value: any;
  }

  export interface SecretStore {
    /** The secret as it is now. */
    readSecret(key: string): Promise<SecretEntry>;
    /** Gives a secret that is there a new value. */
    updateSecret(secret: SecretEntry): Promise<SecretEntry>;
    /** The secrets that were read so far. */
    getUsedSecrets(): SecretEntry[];
  }

  export interface HttpOptions {
    method?: string;
    headers?: Record<string, string>;
    body?: any;
    qs?: Record<string, string | number | boolean>;
    form?: Record<string, string>;
    /** Send and read JSON. */
    json?: boolean;
    /** Reject for a status that is no success; yes if left out. */
    simple?: boolean;
    /** Resolve with status and headers, too. */
    resolveWithFullResponse?: boolean;
    timeout?: number;
  }

  export interface FullResponse {
    statusCode: number;
    headers: Record<string, string>;
    body: any;
  }

  export type HttpClient = (url: string, options?: HttpOptions) => Promise<any>;

  export interface MtlsCredentials {
    cert: string;
    key: string;
    ca?: string;
  }

  export interface MtlsClient {
    get(url: string, headers?: Record<string, string>, options?: object): Promise<FullResponse>;
    head(url: string, headers?: Record<string, string>, options?: object): Promise<FullResponse>;
    delete(url: string, headers?: Record<string, string>, options?: object): Promise<FullResponse>;
    options(url: string, headers?: Record<string, string>, options?: object): Promise<FullResponse>;
    post(url: string, headers?: Record<string, string>, body?: any, options?: object): Promise<FullResponse>;
    put(url: string, headers?: Record<string, string>, body?: any, options?: object): Promise<FullResponse>;
    patch(url: string, headers?: Record<string, string>, body?: any, options?: object): Promise<FullResponse>;
  }

  export interface LpClientOptions extends HttpOptions {
    appKeySecretName?: string;
  }

  export type LpClient = (service: string, path: string, options?: LpClientOptions) => Promise<any>;

  export interface ScannedKeyword {
    message: string;
    sentTimestamp: number;
    sentBy: string;
    /** `keywordRef:` and the keyword. */
    tag: string;
  }

  export interface ConversationUtil {
    getConversationById(conversationId: string, contentTypes?: string[]): Promise<any>;
    scanConversationForKeywords(conversation: any, keywords: string[]): ScannedKeyword[];
  }

  export interface GdprUtil {
    replaceConversationFiles(
      conversation: any,
      credentials: { username: string; password: string },
      shouldReplace?: (path: string) => boolean,
      replacement?: { body: any; contentType: string },
    ): Promise<string[]>;
  }

  export interface SdeUtil {
    addSDEs(sdes: object[], visitorId: string, sessionId: string): Promise<any>;
    getSDEsFromConv(conversation: any): { sdes: { events: any[] }; unAuthSdes: { events: any[] } };
  }

  export interface ContextService {
    createNamespace(namespace: string, options?: { ttl?: number }): Promise<any>;
    deleteNamespace(namespace: string): Promise<any>;
    getListOfNamespaces(): Promise<string[]>;
    setPropertiesInNamespace(namespace: string, properties: object, sessionId?: string): Promise<any>;
    updatePropertiesInNamespace(namespace: string, properties: object, sessionId?: string): Promise<any>;
    getAllPropertiesInSession(namespace: string, sessionId?: string): Promise<Record<string, any>>;
    getSelectedPropertiesInSession(namespace: string, names: string[], sessionId?: string): Promise<Record<string, any>>;
    getPropertyInSession(namespace: string, name: string, sessionId?: string): Promise<any>;
    deletePropertyInSession(namespace: string, name: string, sessionId?: string): Promise<any>;
    deleteSession(namespace: string, sessionId?: string): Promise<any>;
    getListOfSessions(namespace: string): Promise<string[]>;
  }

  export interface Invocation {
    uuid: string;
    payload: any;
    headers?: { key: string; value: string }[];
    retries?: number;
    retryFunction?: (error: any) => boolean;
  }

  export interface Orchestrator {
    invoke(
      invocations: Invocation[],
      /** Milliseconds, at most 25000. */
      deadline?: number,
      options?: { timeout?: number; errorStrategy?: string; invokeParallel?: boolean },
    ): Promise<any[]>;
  }

  export interface SalesforceClient {
    connectToSalesforce(parameters: object): Promise<any>;
  }

  export const Toolbelt: {
    SecretClient(): SecretStore;
    HTTPClient(): HttpClient;
    MTLSClient(credentials: MtlsCredentials): MtlsClient;
    LpClient(): LpClient;
    ConversationUtil(): ConversationUtil;
    GDPRUtil(): GdprUtil;
    SDEUtil(): SdeUtil;
    ContextServiceClient(config: { accountId: string; apiKey: string }): ContextService;
    OrchestratorClient(): Orchestrator;
    SFClient(): SalesforceClient;
  };

  export class ToolBeltError extends Error {
    component: string;
    code: string;
  }
  export class SecretError extends ToolBeltError {}

  export const ErrorCodes: Record<string, any>;
  export const LpServices: Record<string, string>;
  export const ConversationContentTypes: Record<string, string>;
  export const SDETypes: Record<string, string>;
  export const ErrorStrategy: { ExitOnError: string; ContinueOnError: string };
}
