// What `import … from "core-functions-toolbelt"` gives: the clients of the second generation. Outbound HTTP is `fetch`.

declare module "core-functions-toolbelt" {
  // What both generations can do is said once, there.
  import * as first from "lp-faas-toolbelt";
  import { MtlsClient, MtlsCredentials, SecretEntry } from "lp-faas-toolbelt";

  export { SecretEntry };

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

  export class MTLSClient {
    constructor(credentials: MtlsCredentials);
  }
  export interface MTLSClient extends MtlsClient {}

  export class LPMtlsClient {
    get(url: string, headers?: Record<string, string>, options?: object): Promise<any>;
    post(url: string, headers?: Record<string, string>, body?: any, options?: object): Promise<any>;
  }

  export class CsdsClient {
    get(service: string): Promise<string>;
    getAll(): Promise<{ service: string; baseURI: string }[]>;
  }

  export class ConversationUtil {}
  export interface ConversationUtil extends first.ConversationUtil {}

  export class GDPRUtil {}
  export interface GDPRUtil extends first.GdprUtil {}

  export class SDEUtil {}
  export interface SDEUtil extends first.SdeUtil {}

  export class ContextServiceClient {
    constructor(apiKey: string);
  }
  export interface ContextServiceClient extends first.ContextService {}

  export class OrchestratorClient {
    invoke(
      invocations: { uuid: string; payload: any; headers?: { key: string; value: string }[] }[],
      /** Milliseconds, at most 25000. */
      deadline?: number,
      options?: { timeout?: number; json?: boolean; errorStrategy?: string; invokeParallel?: boolean },
    ): Promise<any[]>;
  }

  export class SFClient {}
  export interface SFClient extends first.SalesforceClient {}

  export { ConversationContentTypes, ErrorStrategy, LpServices, SDETypes, ToolBeltError } from "lp-faas-toolbelt";
}
