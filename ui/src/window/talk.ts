// The consumer's side of one conversation at a time: who one is, what was said, what is still to be sent. Shows nothing.
// A line is sent until it is acknowledged, under one key, so a broken connection neither loses nor repeats it.

import { Live, LiveRefused } from "../api/live";
import type { Card, ConversationEvent, LiveMessage, Party, WindowSession } from "../api/schema";
import { Receipts, lastRead } from "../api/receipts";
import { TypingNotice, Writer } from "../api/typing";
import { newKey } from "../api/key";
import type { Memory, Unsent } from "./memory";

export interface Options {
  /** The server's address. */
  base: string;
  account: string;
  skill: string | null;
  memory: Memory;
  /** What the brand's server was given for somebody whom it knows; null for somebody whom nobody knows. */
  idToken?: string | null;
}

/** A line that was written and is not in the transcript yet. */
export interface Pending extends Unsent {
  /** Why it was refused; it waits for its writer then. */
  refused: string | null;
  /** Its place, once the server said so: the transcript has it a moment later. */
  line: number | null;
}

export type Phase = "starting" | "ready" | "unavailable";

/** What the window shows besides lines of people: the wire's words. */
const FEATURES = ["AUTO_MESSAGES", "MULTI_DIALOG"];
const AGAIN_MS_MIN = 500;
const AGAIN_MS_MAX = 30_000;
const BUSY_MS = 2000;
/** Answers that trying again does not change: no window here, or a token that does not count. */
const REFUSED: ReadonlySet<number> = new Set([400, 401, 404]);

export class Talk {
  phase: Phase = "starting";
  connected = false;
  /** There is no connection though there should be one. */
  lost = false;
  session: WindowSession | null = null;
  conversation: string | null;
  closed = false;
  urgent = false;
  /** The conversation has ended, and one is asked what one thinks of it. */
  asked = false;
  events: ConversationEvent[] = [];
  pending: Pending[];
  writer: Party | null = null;

  #receipts: Receipts | null = null;
  readonly #options: Options;
  readonly #changed: () => void;
  #live: Live | null = null;
  #again = AGAIN_MS_MIN;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending = false;
  readonly #typing = new TypingNotice((typing) => {
    if (this.conversation && !this.closed) this.#live?.ask("typing", { typing }, this.conversation).catch(() => {});
  });
  readonly #writer = new Writer((who) => {
    this.writer = who;
    this.#changed();
  });
  #ended = false;

  constructor(options: Options, changed: () => void) {
    this.#options = options;
    this.#changed = changed;
    const { conversation, unsent } = options.memory.present;
    this.conversation = conversation;
    this.pending = unsent.map((one) => ({ ...one, refused: null, line: null }));
    void this.#start();
  }

  /** Lines of others that were not seen. */
  get unread(): number {
    const { seen } = this.#options.memory.present;
    return this.events.filter((event) => event.seq > seen && event.type === "line_published" && event.author.kind !== "consumer").length;
  }

  /** Everything that is there was seen. */
  saw(): void {
    const last = this.events.at(-1)?.seq ?? 0;
    if (last <= this.#options.memory.present.seen) return;
    this.#options.memory.keep({ seen: last });
    this.#tellRead();
  }

  /** The last line of one's own that somebody at the brand has read; 0 if there is none. */
  get readUntil(): number {
    const me = this.session?.consumer;
    return lastRead(this.events, "user", ({ author }) => author.id === me);
  }

  write(text: string): void {
    if (this.closed) this.anew();
    this.pending = [...this.pending, { key: newKey(), text, refused: null, line: null }];
    this.#remember();
    this.#changed();
    void this.#send();
  }

  retry(key: string): void {
    this.pending = this.pending.map((one) => (one.key === key ? { ...one, refused: null } : one));
    this.#changed();
    void this.#send();
  }

  types(typing: boolean): void {
    if (this.conversation && !this.closed) this.#typing.tell(typing);
  }

  /** Marks it urgent, or takes that back. The reason is thrown if that is refused. */
  async setUrgent(urgent: boolean): Promise<void> {
    if (this.conversation) await this.#live?.ask("set_ttr", { ttr: { type: urgent ? "urgent" : "normal" } }, this.conversation);
  }

  async close(): Promise<void> {
    if (this.conversation) await this.#live?.ask("close", undefined, this.conversation);
  }

  /** Says what one thinks of it, or that one does not say. The reason is thrown if that is refused. */
  async rate(rate: number | null): Promise<void> {
    if (this.conversation) await this.#live?.ask("rate", rate === null ? {} : { rate }, this.conversation);
  }

  /** Leaves an ended conversation behind; the next line opens another one. */
  anew(): void {
    if (this.conversation) this.#live?.unfollow(this.conversation);
    this.conversation = null;
    this.closed = false;
    this.urgent = false;
    this.asked = false;
    this.#writer.is(null);
    this.events = [];
    this.#receipts = null;
    this.#options.memory.keep({ conversation: null, seen: 0 });
    this.#changed();
  }

  /** Somebody looks, or the network is back. */
  hurry(): void {
    this.#live?.hurry();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#live?.close();
  }

  /** Agents see that their lines were read. Best effort: what is not told now is told with the next line. */
  #tellRead(): void {
    if (!this.conversation || this.closed || !this.connected || this.session === null) return;
    this.#receipts ??= new Receipts(this.session.consumer, ({ author }) => author.kind === "user");
    const lines = this.#receipts.take(this.events);
    if (lines.length > 0) this.#live?.ask("receive", { receipt: "read", lines }, this.conversation).catch(() => {});
  }

  async #start(): Promise<void> {
    const { base, account, skill, memory, idToken } = this.#options;
    const body = JSON.stringify({ token: memory.present.token, skill, id_token: idToken ?? undefined });
    try {
      // As text: browsers ask no question before it, so the window opens one journey earlier.
      const response = await fetch(`${base}/api/v1/accounts/${encodeURIComponent(account)}/window`, { method: "POST", body, credentials: "omit" });
      if (this.#ended) return;
      if (REFUSED.has(response.status)) return this.#unavailable(response.status);
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      this.session = (await response.json()) as WindowSession;
    } catch (error) {
      const refused = await isRefusedToPage(base, error);
      if (this.#ended) return;
      if (refused) return this.#unavailable();
      this.lost = true;
      this.#changed();
      this.#timer = setTimeout(() => void this.#start(), this.#again);
      this.#again = Math.min(this.#again * 2, AGAIN_MS_MAX);
      return;
    }
    if (this.#ended) return;
    this.#again = AGAIN_MS_MIN;
    // Somebody else at the same computer finds nothing of who was there before.
    if (memory.present.consumer !== this.session.consumer && memory.present.consumer !== null) {
      this.pending = [];
      memory.keep({ unsent: [] });
      this.anew();
    }
    memory.keep({ token: this.session.token, consumer: this.session.consumer });
    this.phase = "ready";
    this.#live = new Live(base, account, this.session.token, {
      ready: () => void this.#arrive(),
      live: (connected) => {
        // Before the first one there is nothing to miss.
        this.lost = !connected && (this.lost || this.connected);
        this.connected = connected;
        this.#changed();
      },
      message: (message) => this.#heard(message),
      strangers: () => {
        if (!this.#ended) void this.#start();
      },
      // A handshake that is refused does not say why: asking for a token does.
      failing: () => {
        this.#live?.close();
        void this.#start();
      },
    });
    this.#changed();
  }

  /** What the brand said of somebody may not count any more: its page has to say it anew. */
  #unavailable(status = 404): void {
    this.phase = "unavailable";
    const { account } = this.#options;
    const why = status === 404 ? `the account "${account}" has no window on ${location.origin}. An administrator allows it in Settings, Account.` : `the account "${account}" gave out no such data-id-token, or it is too old.`;
    console.warn(`Convoke: ${why}`);
    this.#changed();
  }

  /** Connected: finds the conversation that is open, which another tab or an answer that got lost may have opened. */
  async #arrive(): Promise<void> {
    try {
      const answer = await this.#live?.ask("board", {});
      if (answer?.type !== "board") return;
      const open = answer.board.conversations.map((card: Card) => card.conversation.id);
      const [other] = open;
      if (this.conversation !== null) this.#follow(this.conversation);
      else if (other !== undefined) this.#enter(other);
      await this.#send();
    } catch {
      // It broke again: the next connection begins anew.
    }
  }

  #heard(message: LiveMessage): void {
    if (message.type === "typing" && message.conversation === this.conversation) this.#writer.is(message.typing ? message.who : null);
    if (message.type !== "card") return;
    const { id, open } = message.card.conversation;
    if (open && this.conversation === null && !this.#sending) this.#enter(id);
  }

  #enter(conversation: string): void {
    this.conversation = conversation;
    this.#options.memory.keep({ conversation });
    this.#follow(conversation);
  }

  #follow(conversation: string): void {
    if (this.#live?.follows(conversation)) return;
    this.#live?.follow(conversation, this.events.at(-1)?.seq ?? 0, {
      event: (event) => this.#told(event),
      // It is gone, or was never ours: a new one is begun.
      over: () => this.anew(),
    });
  }

  #told(event: ConversationEvent): void {
    this.events = [...this.events, event];
    if (event.type === "ttr_changed") this.urgent = event.to.type === "urgent";
    if (event.type === "closed") this.closed = true;
    if (event.type === "survey_opened") this.asked = true;
    if (event.type === "survey_closed") this.asked = false;
    if (event.type === "line_published") {
      this.#settle(event.seq);
      if (event.author.kind !== "consumer") this.#writer.is(null);
    }
    this.#changed();
  }

  /** The transcript has this line now. */
  #settle(line: number): void {
    if (!this.pending.some((one) => one.line === line)) return;
    this.pending = this.pending.filter((one) => one.line !== line);
    this.#remember();
  }

  /** Sends what waits, oldest first, one after the other. */
  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let next = this.#next(); next && this.connected; next = this.#next()) await this.#deliver(next);
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#sending = false;
    }
  }

  #next(): Pending | undefined {
    return this.pending.find((one) => one.line === null && one.refused === null);
  }

  async #deliver({ key, text }: Pending): Promise<void> {
    let line: number | null | undefined;
    if (this.conversation === null) {
      const { skill } = this.#options;
      const answer = await this.#live?.ask("open", { skill: skill ?? undefined, language: navigator.language, features: FEATURES, line: { text, key } });
      if (answer?.type !== "opened") return;
      line = answer.opened.line;
      this.#enter(answer.opened.id);
    } else {
      const answer = await this.#live?.ask("publish", { text, key }, this.conversation);
      if (answer?.type !== "written") return;
      line = answer.written.line;
    }
    this.pending = this.pending.map((one) => (one.key === key ? { ...one, line: line ?? null } : one));
    if (line != null && this.events.some((event) => event.seq === line)) this.#settle(line);
    this.#changed();
  }

  /** What broke is sent again with the next connection; what is refused waits for its writer, or a moment. */
  #refused(error: unknown): void {
    if (!(error instanceof LiveRefused) || this.#ended) return;
    const { status, detail } = error.problem;
    if (status === 429 && error.problem.code !== "request.too_many") {
      this.#timer = setTimeout(() => void this.#send(), BUSY_MS);
      return;
    }
    const next = this.#next();
    this.pending = this.pending.map((one) => (one.key === next?.key ? { ...one, refused: detail } : one));
    this.#changed();
  }

  #remember(): void {
    this.#options.memory.keep({ unsent: this.pending.map(({ key, text }) => ({ key, text })) });
  }
}

/**
 * A page that may not have the window cannot read why; that the server answers everybody else tells it apart from a server
 * that is away.
 */
async function isRefusedToPage(base: string, error: unknown): Promise<boolean> {
  if (!(error instanceof TypeError)) return false;
  try {
    await fetch(`${base}/window.js`, { cache: "no-store", credentials: "omit" });
    return true;
  } catch {
    return false;
  }
}
