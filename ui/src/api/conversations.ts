// Conversations as they happen: all that a page follows comes over one WebSocket, which is none of the six connections
// that a browser has for a server.

import { Refused, caller, whenKnown } from "./client";
import { Live } from "./live";
import type { ConversationEvent } from "./schema";
import type { Listener } from "./stream";

type On = Listener<ConversationEvent>;

/** One connection, and who listens to which conversation on it. */
class Following {
  readonly #listeners = new Map<string, Set<{ last: number; on: On }>>();
  #connected = false;
  readonly #live = new Live(location.origin, caller.account, caller.token, {
    ready: () => {},
    live: (connected) => {
      this.#connected = connected;
      for (const { on } of this.#all()) on.live?.(connected);
    },
    message: () => {},
    strangers: () => void whenKnown(() => this.#live.resume(caller.token)),
  });

  add(conversation: string, after: number, on: On): () => void {
    const listener = { last: after, on };
    const others = this.#listeners.get(conversation) ?? new Set();
    others.add(listener);
    this.#listeners.set(conversation, others);
    this.#follow(conversation);
    if (this.#connected) on.live?.(true);
    return () => this.#remove(conversation, listener);
  }

  /** From the earliest place that somebody wants; each is told what it has not been told. */
  #follow(conversation: string): void {
    const after = Math.min(...[...(this.#listeners.get(conversation) ?? [])].map((one) => one.last));
    this.#live.follow(conversation, after, {
      event: (event) => this.#told(conversation, event),
      over: (problem) => {
        for (const one of this.#listeners.get(conversation) ?? []) one.on.over?.(new Refused(problem));
      },
    });
  }

  #told(conversation: string, event: ConversationEvent): void {
    for (const listener of this.#listeners.get(conversation) ?? []) {
      if (event.seq <= listener.last) continue;
      listener.last = event.seq;
      listener.on.item(event);
    }
  }

  #remove(conversation: string, listener: { last: number; on: On }): void {
    const others = this.#listeners.get(conversation);
    others?.delete(listener);
    if (others?.size === 0) {
      this.#listeners.delete(conversation);
      this.#live.unfollow(conversation);
    }
    if (this.#listeners.size === 0) this.close();
  }

  close(): void {
    this.#live.close();
    if (present === this) present = null;
  }

  #all(): { on: On }[] {
    return [...this.#listeners.values()].flatMap((listeners) => [...listeners]);
  }
}

let present: Following | null = null;

/** Follows a conversation from after `after`; the function that it returns stops it. */
export function followConversation(conversation: string, after: number, on: On): () => void {
  present ??= new Following();
  return present.add(conversation, after, on);
}
