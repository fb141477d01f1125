// The account's board as one agent sees it: what waits, what they serve, what they are offered, who is there.

import { type Kind, Live, LiveBroken, LiveRefused } from "../../api/live";
import { Receipts } from "../../api/receipts";
import { Writer } from "../../api/typing";
import { Refused, Unreachable, caller, whenKnown } from "../../api/client";
import { newKey } from "../../api/key";
import type { AgentPresence, Availability, Card, ConversationEvent, LiveMessage, Offer, Party } from "../../api/schema";

const PRESENCE = "convoke.presence";
const SEEN = "convoke.seen";

/** A line that was written here and is not recorded yet. */
export interface Draft {
  key: string;
  text: string;
  /** Whether only agents and managers see it. */
  private: boolean;
  failed: unknown;
  /** Whether the server has it: its line is told a moment later. */
  recorded: boolean;
}

export interface Seat {
  /** The user who sits there; null for somebody who only oversees. */
  user: string | null;
  token: string | null;
}

export class Board {
  cards = $state.raw<ReadonlyMap<string, Card>>(new Map());
  offers = $state.raw<Offer[]>([]);
  agents = $state.raw<AgentPresence[]>([]);
  events = $state.raw<ReadonlyMap<string, ConversationEvent[]>>(new Map());
  drafts = $state.raw<ReadonlyMap<string, Draft[]>>(new Map());
  typing = $state.raw<ReadonlyMap<string, Party>>(new Map());
  more = $state(false);
  connected = $state(false);
  there = $state(false);
  error = $state.raw<unknown>(null);
  availability = $state<Availability>("offline");
  /** What is half written, by conversation. */
  readonly unsent = new Map<string, string>();
  /** How far the server's clock is ahead of ours. */
  ahead = $state(0);
  /** The last event that was seen in each conversation. */
  #seen = $state.raw<Record<string, number>>(JSON.parse(sessionStorage.getItem(SEEN) ?? "{}"));
  /** What was read of each conversation that one takes part in. */
  readonly #receipts = new Map<string, Receipts>();
  /** Who writes in which conversation. */
  readonly #writers = new Map<string, Writer>();
  readonly seat: Seat;
  #all: boolean;
  readonly #live: Live;
  /** Whose place it is: theirs who logged in, or the demo agent's, whose token stays. */
  readonly #who = caller.who;
  readonly #own: boolean;
  /** Conversations whose drafts are being sent. */
  readonly #sending = new Set<string>();
  /** The conversation that is looked at: it is followed, whoever serves it. */
  #open: string | null = null;

  constructor(seat: Seat, all: boolean) {
    this.seat = seat;
    this.#all = all;
    this.#own = seat.token === caller.token;
    this.#live = new Live(location.origin, caller.account, seat.token, {
      ready: () => void this.#arrive(),
      live: (connected) => (this.connected = connected),
      message: (message) => this.#heard(message),
      strangers: () => (this.#own ? this.#doubt() : caller.strangers()),
      // A handshake that is refused does not say why.
      failing: () => {
        if (this.#own) this.#doubt();
      },
    });
  }

  /** The token may not count any more. */
  #doubt(): void {
    this.#live.rest();
    void whenKnown(this.#again);
  }

  /** Somebody logged in again. Who is somebody else gets a place of their own. */
  readonly #again = () => {
    if (caller.who === this.#who) this.#live.resume(caller.token);
  };

  close(): void {
    this.#live.close();
  }

  /** Sees all conversations of the account from now on, or only what concerns whoever sits here. */
  see(all: boolean): void {
    this.#all = all;
    if (this.connected) void this.#arrive();
  }

  hurry(): void {
    this.#live.hurry();
  }

  /** Asks for something that is recorded or refused; what is wrong is thrown as the pages know it. */
  async act(type: Kind, body?: unknown, conversation?: string): Promise<LiveMessage> {
    try {
      return await this.#live.ask(type, body, conversation);
    } catch (error) {
      if (error instanceof LiveRefused) throw new Refused(error.problem);
      if (error instanceof LiveBroken) throw new Unreachable("The connection broke. It comes back by itself; then try again.");
      throw error;
    }
  }

  async setAvailability(availability: Availability): Promise<void> {
    await this.act("set_availability", { availability });
    this.availability = availability;
    sessionStorage.setItem(`${PRESENCE}.${this.seat.user}`, availability);
  }

  async answer(offer: Offer, accept: boolean): Promise<void> {
    try {
      await this.act(accept ? "accept_offer" : "reject_offer", { offer: offer.id });
    } finally {
      this.offers = this.offers.filter((one) => one.id !== offer.id);
    }
  }

  /** Looks at a conversation: its events are told. */
  look(conversation: string | null): void {
    const before = this.#open;
    this.#open = conversation;
    if (before && before !== conversation && !this.isMine(before)) this.#forget(before);
    if (conversation) this.#follow(conversation);
  }

  /** Writes a line; it is there at once, and recorded as soon as that is possible. */
  write(conversation: string, text: string, isPrivate = false): void {
    this.#draft(conversation, (drafts) => [...drafts, { key: newKey(), text, private: isPrivate, failed: null, recorded: false }]);
    void this.#send(conversation);
  }

  discard(conversation: string, key: string): void {
    this.#draft(conversation, (drafts) => drafts.filter((draft) => draft.key !== key));
  }

  isMine(conversation: string): boolean {
    return this.cards.get(conversation)?.conversation.participants.some((one) => one.participant === this.seat.user) ?? false;
  }

  /** Lines of the consumer that were not seen yet. */
  unread(conversation: string): number {
    const seen = this.#seen[conversation] ?? 0;
    const lines = (this.events.get(conversation) ?? []).filter((event) => event.type === "line_published" && event.author.kind === "consumer");
    return lines.filter((line) => line.seq > seen).length;
  }

  /** Everything that is there was seen. */
  saw(conversation: string): void {
    this.#tellRead(conversation);
    const last = this.events.get(conversation)?.at(-1)?.seq ?? 0;
    if ((this.#seen[conversation] ?? 0) >= last) return;
    const open = Object.entries(this.#seen).filter(([id]) => this.cards.has(id));
    this.#seen = { ...Object.fromEntries(open), [conversation]: last };
    sessionStorage.setItem(SEEN, JSON.stringify(this.#seen));
  }

  /** The consumer sees that it was read, if whoever reads takes part. */
  #tellRead(conversation: string): void {
    const { user } = this.seat;
    if (user === null || !this.connected || !this.isMine(conversation)) return;
    const receipts = this.#receipts.get(conversation) ?? new Receipts(user, ({ author }) => author.kind === "consumer");
    this.#receipts.set(conversation, receipts);
    const lines = receipts.take(this.events.get(conversation) ?? []);
    if (lines.length > 0) this.#live.ask("receive", { receipt: "read", lines }, conversation).catch(() => {});
  }

  async #arrive(): Promise<void> {
    try {
      const answer = await this.#live.ask("board", { all: this.#all });
      if (answer.type !== "board") return;
      const { board } = answer;
      this.ahead = new Date(board.now).getTime() - Date.now();
      this.cards = new Map(board.conversations.map((card) => [card.conversation.id, card]));
      this.offers = board.offers;
      this.agents = board.agents;
      this.more = board.more;
      this.error = null;
      await this.#presentAgain();
      this.there = true;
      for (const id of this.cards.keys()) if (this.isMine(id)) this.#follow(id);
      for (const id of this.drafts.keys()) void this.#send(id);
    } catch (error) {
      if (error instanceof LiveRefused) this.error = new Refused(error.problem);
    }
  }

  /** What was chosen counts again after the server forgot it; before anything was chosen, what the server knows. */
  async #presentAgain(): Promise<void> {
    const { user } = this.seat;
    const chosen = sessionStorage.getItem(`${PRESENCE}.${user}`) as Availability | null;
    const own = this.agents.find((agent) => agent.agent === user);
    this.availability = chosen ?? own?.availability ?? "offline";
    if (own && chosen && own.availability !== chosen) await this.#live.ask("set_availability", { availability: chosen });
  }

  #heard(message: LiveMessage): void {
    if (message.type === "card") this.#changed(message.card);
    else if (message.type === "offer") this.#offered(message.offer);
    else if (message.type === "presence") this.#present(message.agent);
    else if (message.type === "typing") this.#types(message.conversation, message.typing ? message.who : null);
  }

  #changed(card: Card): void {
    const { id, open } = card.conversation;
    const next = new Map(this.cards);
    const mine = card.conversation.participants.some((one) => one.participant === this.seat.user);
    const elsewhere = !this.#all && !mine && card.conversation.assigned_agent != null;
    if ((!open || elsewhere) && id !== this.#open) next.delete(id);
    else next.set(id, card);
    this.cards = next;
    if (open && mine) this.#follow(id);
    else if (id !== this.#open) this.#forget(id);
    // An agent's presence does not say how much they serve by now.
    this.agents = this.agents.map((agent) => ({ ...agent, load: this.#all ? this.#load(agent.agent) : agent.load }));
  }

  #load(agent: string): number {
    return [...this.cards.values()].filter((card) => card.conversation.open && card.conversation.assigned_agent === agent).length;
  }

  #offered(offer: Offer): void {
    const others = this.offers.filter((one) => one.id !== offer.id);
    this.offers = offer.state === "waiting" ? [...others, offer] : others;
  }

  #present(presence: AgentPresence): void {
    this.agents = this.agents.map((agent) => (agent.agent === presence.agent ? presence : agent));
    if (presence.agent === this.seat.user) this.availability = presence.availability;
  }

  #types(conversation: string, who: Party | null): void {
    const show = (who: Party | null) => {
      const next = new Map(this.typing);
      if (who) next.set(conversation, who);
      else next.delete(conversation);
      this.typing = next;
    };
    const writer = this.#writers.get(conversation) ?? new Writer(show);
    this.#writers.set(conversation, writer);
    writer.is(who);
  }

  #follow(conversation: string): void {
    if (this.#live.follows(conversation)) return;
    const last = this.events.get(conversation)?.at(-1)?.seq ?? 0;
    this.#live.follow(conversation, last, {
      event: (event) => {
        this.events = new Map(this.events).set(conversation, [...(this.events.get(conversation) ?? []), event]);
        if (event.type === "line_published" && event.key) this.discard(conversation, event.key);
        if (event.type === "line_published" && event.author.kind === "consumer") this.#types(conversation, null);
      },
      over: (problem) => (this.error = new Refused(problem)),
    });
  }

  #forget(conversation: string): void {
    this.#receipts.delete(conversation);
    this.#types(conversation, null);
    this.#writers.delete(conversation);
    this.#live.unfollow(conversation);
    const next = new Map(this.events);
    next.delete(conversation);
    this.events = next;
  }

  #draft(conversation: string, change: (drafts: Draft[]) => Draft[]): void {
    const next = new Map(this.drafts);
    const drafts = change(next.get(conversation) ?? []);
    if (drafts.length > 0) next.set(conversation, drafts);
    else next.delete(conversation);
    this.drafts = next;
  }

  /** Sends what is not recorded yet, oldest first, one after the other. The key makes a line that is sent twice one line. */
  async #send(conversation: string): Promise<void> {
    if (this.#sending.has(conversation)) return;
    this.#sending.add(conversation);
    try {
      for (let next = this.#next(conversation); next; next = this.#next(conversation)) await this.#publish(conversation, next);
    } catch {
      // It broke: the next connection sends it again, under the same key.
    } finally {
      this.#sending.delete(conversation);
    }
  }

  #next(conversation: string): Draft | undefined {
    return this.drafts.get(conversation)?.find((draft) => draft.failed === null && !draft.recorded);
  }

  async #publish(conversation: string, { key, text, private: isPrivate }: Draft): Promise<void> {
    const change = (to: Partial<Draft>) => this.#draft(conversation, (drafts) => drafts.map((draft) => (draft.key === key ? { ...draft, ...to } : draft)));
    try {
      const answer = await this.#live.ask("publish", { text, key, private: isPrivate }, conversation);
      // The line itself takes its place, unless it was there before.
      if (answer.type === "written" && answer.written.duplicate) this.discard(conversation, key);
      else change({ recorded: true });
    } catch (error) {
      if (!(error instanceof LiveRefused)) throw error;
      change({ failed: new Refused(error.problem) });
    }
  }
}
