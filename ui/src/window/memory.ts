// What is remembered between visits: who one is, which conversation is open, what is not sent yet. In the page's own
// storage; where that is forbidden, for this visit only.

/** A line that the server has not acknowledged. */
export interface Unsent {
  /** Makes a line that is sent twice one line. */
  key: string;
  text: string;
}

export interface Remembered {
  token: string | null;
  /** Whose token it is. */
  consumer: string | null;
  conversation: string | null;
  /** The last event that was seen. */
  seen: number;
  unsent: Unsent[];
}

const NOTHING: Remembered = { token: null, consumer: null, conversation: null, seen: 0, unsent: [] };
/** What somebody typed while there was no connection for a long time; the oldest go first. */
const UNSENT_MAX = 50;

export class Memory {
  readonly #name: string;
  #present: Remembered;

  readonly #kept: () => Storage;

  /** `kept` is where it is kept; another storage is another consumer. Those whom the brand knows are kept apart from others. */
  constructor(base: string, account: string, kept: () => Storage = () => localStorage, known = false) {
    this.#kept = kept;
    this.#name = `convoke.window.${new URL(base).host}.${account}${known ? ".known" : ""}`;
    this.#present = { ...NOTHING, ...this.#stored() };
  }

  get present(): Remembered {
    return this.#present;
  }

  keep(change: Partial<Remembered>): void {
    this.#present = { ...this.#present, ...change };
    this.#present.unsent = this.#present.unsent.slice(-UNSENT_MAX);
    try {
      this.#kept().setItem(this.#name, JSON.stringify(this.#present));
    } catch {
      // A page may forbid it: then it is known until the page is left.
    }
  }

  #stored(): Partial<Remembered> {
    try {
      const found: unknown = JSON.parse(this.#kept().getItem(this.#name) ?? "{}");
      return typeof found === "object" && found !== null ? (found as Partial<Remembered>) : {};
    } catch {
      return {};
    }
  }
}
