// Who is writing: said not more often than it has to be, and shown not longer than it is true. Knows no framework: the
// consumer window uses it, too.

import type { Party } from "./schema";

/** For how long somebody is shown as writing who does not say that they stopped. */
const SHOWN_MS = 8000;
/** How often it is said again that one is writing. */
const AGAIN_MS = 3000;

/** Tells others that one writes, and that one stopped. */
export class TypingNotice {
  readonly #say: (typing: boolean) => void;
  #saidAt = 0;

  constructor(say: (typing: boolean) => void) {
    this.#say = say;
  }

  tell(typing: boolean): void {
    const now = Date.now();
    if (typing ? now - this.#saidAt < AGAIN_MS : this.#saidAt === 0) return;
    this.#saidAt = typing ? now : 0;
    this.#say(typing);
  }
}

/** Who is writing on the other side. */
export class Writer {
  readonly #show: (who: Party | null) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(show: (who: Party | null) => void) {
    this.#show = show;
  }

  is(who: Party | null): void {
    clearTimeout(this.#timer);
    // Nobody was shown: nothing changes.
    if (who === null && this.#timer === undefined) return;
    this.#timer = who === null ? undefined : setTimeout(() => this.is(null), SHOWN_MS);
    this.#show(who);
  }
}
