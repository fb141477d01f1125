// Runs as they end: one stream for all pages of this browser that are open in the same name. A browser has six connections
// for a server; a stream per page would leave none for anything else. One page holds the stream and tells the others. When
// it goes, the next one takes over.

import { address, caller, type Asked, whenKnown } from "./client";
import type { Attempt } from "./schema";
import { type Listener, follow } from "./stream";

/** Which runs one wants to hear of. */
export type RunQuery = Pick<NonNullable<Asked<"GET /accounts/{account}/invocations">["query"]>, "function" | "conversation" | "state" | "level">;

type Told = { told: "attempt"; attempt: Attempt } | { told: "live"; connected: boolean } | { told: "asked" };

const LEVELS = ["debug", "info", "warn", "error"];

class Runs {
  readonly #listeners = new Set<{ query: RunQuery; on: Listener<Attempt> }>();
  readonly #name: string;
  readonly #channel: BroadcastChannel;
  readonly #stop = new AbortController();
  #holds = false;
  #connected = false;
  /** The last run that was told of: a stream that begins anew goes on after it. */
  #last = 0;

  constructor(name: string) {
    this.#name = name;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Told>) => this.#heard(data);
    this.#channel.postMessage({ told: "asked" } satisfies Told);
    void this.#hold();
  }

  add(query: RunQuery, on: Listener<Attempt>): () => void {
    const listener = { query, on };
    this.#listeners.add(listener);
    if (this.#connected) on.live?.(true);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#stop.abort();
    this.#channel.close();
    if (present?.runs === this) present = null;
  }

  /** Waits until no other page holds the stream, and then holds it. */
  async #hold(): Promise<void> {
    const stop = this.#stop.signal;
    const stream = () => this.#stream(stop);
    // Locks are for secure pages; elsewhere each page has a stream of its own.
    if (navigator.locks === undefined) return stream();
    await navigator.locks.request(this.#name, { signal: stop }, stream).catch(() => {});
  }

  async #stream(stop: AbortSignal): Promise<void> {
    this.#holds = true;
    // What ended between the last holder and this one was told to nobody.
    if (this.#connected) this.#live(false);
    const { url } = address("GET /accounts/{account}/logs/follow", {});
    const headers = (): Record<string, string> => (this.#last > 0 ? { "Last-Event-ID": String(this.#last) } : {});
    await follow<Attempt>(
      url,
      headers,
      {
        item: (attempt) => this.#tell(attempt),
        live: (connected) => this.#live(connected),
        over: (reason) => {
          this.#holds = false;
          if (reason.status === 401) void whenKnown(() => stop.aborted || void this.#hold());
          else this.#listeners.forEach(({ on }) => on.over?.(reason));
        },
      },
      stop,
    );
  }

  #heard(said: Told): void {
    if (said.told === "attempt") this.#spread(said.attempt);
    else if (said.told === "live") this.#spreadLive(said.connected);
    else if (this.#holds) this.#channel.postMessage({ told: "live", connected: this.#connected } satisfies Told);
  }

  #tell(attempt: Attempt): void {
    this.#channel.postMessage({ told: "attempt", attempt } satisfies Told);
    this.#spread(attempt);
  }

  #live(connected: boolean): void {
    if (!this.#stop.signal.aborted) this.#channel.postMessage({ told: "live", connected } satisfies Told);
    this.#spreadLive(connected);
  }

  #spread(attempt: Attempt): void {
    if (attempt.place <= this.#last) return;
    this.#last = attempt.place;
    for (const { query, on } of this.#listeners) if (wanted(attempt, query)) on.item(attempt);
  }

  #spreadLive(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    for (const { on } of this.#listeners) on.live?.(connected);
  }
}

function wanted(attempt: Attempt, query: RunQuery): boolean {
  const { function: ran, conversation, state, level } = query;
  return (
    (ran == null || attempt.function.id === ran || attempt.function.name === ran) &&
    (conversation == null || attempt.conversation === conversation) &&
    (state == null || attempt.state === state) &&
    (level == null || attempt.logs.some((line) => LEVELS.indexOf(line.level) >= LEVELS.indexOf(level)))
  );
}

let present: { name: string; runs: Runs } | null = null;

/** Follows what functions do, from now on; the function that it returns stops it. */
export function followRuns(query: RunQuery, on: Listener<Attempt>): () => void {
  // Pages of somebody else in this browser have a stream of their own.
  const name = `convoke.runs.${caller.account}.${caller.who}`;
  if (present?.name !== name) present = { name, runs: new Runs(name) };
  return present.runs.add(query, on);
}
