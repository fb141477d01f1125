// Who has read what in main dialogs: lines of others that somebody has read and not said so, and one's own that others have read. Knows no
// framework: the consumer window uses it, too.

import type { ConversationEvent, Party } from "./schema";

/** Lines that one receipt names at most. */
const NAMED_MAX = 1000;

type Line = ConversationEvent & { type: "line_published" };

/** The place of the last line of those that count up to which people of a kind say to have read; 0 if there is none. */
export function lastRead(events: ConversationEvent[], by: Party["kind"], counts: (line: Line) => boolean): number {
  const read = events.flatMap((event) => (event.type === "lines_received" && !event.dialog && event.receipt === "read" && event.receiver.kind === by ? event.lines : []));
  if (read.length === 0) return 0;
  const until = Math.max(...read);
  return events.findLast((event) => event.type === "line_published" && !event.dialog && event.sequence <= until && counts(event))?.seq ?? 0;
}

/** What was read is said once, also after coming back: what was said is among the events. */
export class Receipts {
  readonly #me: string;
  readonly #wanted: (line: Line) => boolean;
  #told = -1;

  /** `wanted` says whose lines count. */
  constructor(me: string, wanted: (line: Line) => boolean) {
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
