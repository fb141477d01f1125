// Which lines of others somebody has read and not said so, in main dialogs. Knows no framework: the consumer window uses it, too.

import type { ConversationEvent } from "./schema";

/** Lines that one receipt names at most. */
const NAMED_MAX = 1000;

/** What was read is said once, also after coming back: what was said is among the events. */
export class Receipts {
  readonly #me: string;
  readonly #wanted: (event: ConversationEvent & { type: "line_published" }) => boolean;
  #told = -1;

  /** `wanted` says whose lines count. */
  constructor(me: string, wanted: (event: ConversationEvent & { type: "line_published" }) => boolean) {
    this.#me = me;
    this.#wanted = wanted;
  }

  /** The lines to be named in a receipt now, if any. They are not given again. */
  take(events: ConversationEvent[]): number[] {
    const lines = events.flatMap((event) => (event.type === "line_published" && !event.dialog && this.#wanted(event) && event.sequence > this.#told ? [event.sequence] : []));
    if (lines.length === 0) return [];
    const said = events.flatMap((event) => (event.type === "lines_received" && !event.dialog && event.receiver.id === this.#me && event.receipt === "read" ? event.lines : []));
    this.#told = Math.max(this.#told, ...lines, ...said);
    const before = new Set(said);
    return lines.filter((line) => !before.has(line)).slice(-NAMED_MAX);
  }
}
