// What `import … from "core-functions-toolbelt"` gives: the clients of the second generation. Outbound HTTP is `fetch`.

declare module "core-functions-toolbelt" {
  export interface SecretEntry {
    key: string;
    value: any;
  }

  export class SecretClient {
    /** `ttl` in seconds; five minutes if left out. */
    constructor(options?: { cache?: { ttl?: number } });
    readSecret(key: string, options?: { useCache?: boolean; timeout?: number }): Promise<SecretEntry>;
    /** Gives a secret that is there a new value. */
    updateSecret(secret: SecretEntry): Promise<SecretEntry>;
  }

  export type LpRequest = RequestInit & { appKeySecretName?: string };

  export class LpClient {
    constructor();
  }
  export interface LpClient {
    (service: string, path: string, options?: LpRequest): Promise<Response>;
  }

  export interface MtlsResponse {
    statusCode: number;
    headers: Record<string, string>;
    body: any;
  }

  export class MTLSClient {
    constructor(credentials: { cert: string; key: string; ca?: string });
    get(url: string, headers?: Record<string, string>, options?: object): Promise<MtlsResponse>;
    head(url: string, headers?: Record<string, string>, options?: object): Promise<MtlsResponse>;
    delete(url: string, headers?: Record<string, string>, options?: object): Promise<MtlsResponse>;
    options(url: string, headers?: Record<string, string>, options?: object): Promise<MtlsResponse>;
    post(url: string, headers?: Record<string, string>, body?: any, options?: object): Promise<MtlsResponse>;
    put(url: string, headers?: Record<string, string>, body?: any, options?: object): Promise<MtlsResponse>;
    patch(url: string, headers?: Record<string, string>, body?: any, options?: object): Promise<MtlsResponse>;
  }

  export class LPMtlsClient {
    get(url: string, headers?: Record<string, string>, options?: object): Promise<any>;
    post(url: string, headers?: Record<string, string>, body?: any, options?: object): Promise<any>;
  }

  export class CsdsClient {
    get(service: string): Promise<string>;
    getAll(): Promise<{ service: string; baseURI: string }[]>;
  }

  export class ConversationUtil {
    getConversationById(conversationId: string, contentTypes?: string[]): Promise<any>;
    scanConversationForKeywords(
      conversation: any,
      keywords: string[],
    ): { message: string; sentTimestamp: number; sentBy: string; tag: string }[];
  }

  export class GDPRUtil {
    replaceConversationFiles(
      conversation: any,
      credentials: { username: string; password: string },
      shouldReplace?: (path: string) => boolean,
      replacement?: { body: any; contentType: string },
    ): Promise<string[]>;
  }

  export class SDEUtil {
    addSDEs(sdes: object[], visitorId: string, sessionId: string): Promise<any>;
    getSDEsFromConv(conversation: any): { sdes: { events: any[] }; unAuthSdes: { events: any[] } };
  }

  export class ContextServiceClient {
    constructor(apiKey: string);
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

  export class OrchestratorClient {
    invoke(
      invocations: { uuid: string; payload: any; headers?: { key: string; value: string }[] }[],
      /** Milliseconds, at most 25000. */
      deadline?: number,
      options?: { timeout?: number; json?: boolean; errorStrategy?: string; invokeParallel?: boolean },
    ): Promise<any[]>;
  }

  export class SFClient {
    connectToSalesforce(parameters: object): Promise<any>;
  }

  export class ToolBeltError extends Error {
    component: string;
    code: string;
  }

  export const LpServices: Record<string, string>;
  export const ConversationContentTypes: Record<string, string>;
  export const SDETypes: Record<string, string>;
  export const ErrorStrategy: { ExitOnError: string; ContinueOnError: string };
}
