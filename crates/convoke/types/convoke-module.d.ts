/** The module `convoke`: what functions can use here and nowhere else. */
declare module 'convoke' {
  /** What is kept under a key. */
  export interface KeyValueEntry<T = any> {
    key: string;
    value: T;
    /** Grows with every write of the key. */
    version: number;
  }

  /** Key-values of the account under one name. What is written becomes true with the function's answer, or not at all. */
  export interface KeyValues<T = any> {
    /** What is there, with what this run has written; `undefined` if there is nothing. */
    get(key: string): Promise<KeyValueEntry<T> | undefined>;
    /**
     * Keeps a value, at most 16 KiB as JSON. `ttl` in whole seconds; `version` must be the one that is there, 0 for nothing.
     * Await it before you answer.
     */
    set(key: string, value: T, options?: { ttl?: number; version?: number }): Promise<{ version: number }>;
    delete(key: string, options?: { version?: number }): Promise<void>;
    /** Entries in the order of their keys, usually at most 100, never more than 1,000. */
    list(options?: { prefix?: string; after?: string; limit?: number }): Promise<KeyValueEntry<T>[]>;
  }

  /** A namespace has 1 to 40 letters, digits, `_` or `-`; a key 1 to 128 bytes. */
  export function keyValues<T = any>(namespace: string): KeyValues<T>;

  /** `code` is `key_value.version_conflict`, `key_value.busy`, … */
  export class KeyValueError extends Error {
    code: string;
    /** The version that is there, if another one was expected; 0 for nothing. */
    version?: number;
  }
}
