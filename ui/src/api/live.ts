// One WebSocket for everything live: asks, follows, and comes back by itself. Knows no framework: the consumer window uses
// it, too. What is followed goes on after the last event that was told, so nothing is missed and nothing told twice.

import type { ConversationEvent, LiveMessage, Problem } from "./schema";

const PROTOCOL = "convoke.v1";
const WAIT_MS_MIN = 250;
const WAIT_MS_MAX = 8000;
/** The server lets go of who is silent for a minute; a dead network is noticed by the missing answer. */
const PING_MS = 20_000;
const ANSWER_MS_MAX = 15_000;
/** Handshakes that fail in a row before somebody should look whether the token still counts. */
const FAILURES_MAX = 4;

/** The server refused: its problem document. */
export class LiveRefused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** The connection broke before the answer came: whether it was done is not known. */
export class LiveBroken extends Error {}

export interface LiveListener {
  /** The connection is there, for the first time or again: what is not followed has to be asked for anew. */
  ready: () => void;
  /** Whether it is there. */
  live: (connected: boolean) => void;
  /** Cards, offers, presences, typing. */
  message: (message: LiveMessage) => void;
  /** The token does not count any more: nothing goes on by itself. */
  strangers: () => void;
  /** It could not connect several times in a row: the server is away, or does not let us in. */
  failing?: () => void;
}

export interface Followed {
  event: (event: ConversationEvent) => void;
  /** It cannot be followed any longer. */
  over: (problem: Problem) => void;
}

interface Following extends Followed {
  after: number;
}

interface Waiting {
  resolve: (message: LiveMessage) => void;
  reject: (error: Error) => void;
}

/** What can be asked, as docs/reference/live.md has it. */
export type Kind =
  | "ping" | "follow" | "unfollow" | "open" | "publish" | "join" | "leave" | "accept" | "transfer" | "step_up" | "close" | "set_ttr"
  | "set_manual_deadline" | "set_note" | "receive" | "rate" | "board" | "set_availability" | "accept_offer" | "reject_offer" | "typing";

/** A live connection. It connects at once, and again whenever it broke, until it is closed. */
export class Live {
  readonly #address: string;
  #token: string | null;
  readonly #on: LiveListener;
  readonly #waiting = new Map<string, Waiting>();
  readonly #following = new Map<string, Following>();
  #socket: WebSocket | null = null;
  #asked = 0;
  #wait = WAIT_MS_MIN;
  #again: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;
  #failures = 0;
  #closed = false;
  /** The token does not count any more: it waits for another one. */
  #rests = false;

  /** `base` is the server's address; without a token the cookie speaks. */
  constructor(base: string, account: string, token: string | null, on: LiveListener) {
    this.#address = `${base.replace(/^http/, "ws")}/api/v1/accounts/${encodeURIComponent(account)}/live`;
    this.#token = token;
    this.#on = on;
    this.#connect();
  }

  /** Asks; the answer, or `LiveRefused`, or `LiveBroken`. */
  ask(type: Kind, body?: unknown, conversation?: string): Promise<LiveMessage> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(new LiveBroken("not connected"));
    const id = String((this.#asked += 1));
    const answer = new Promise<LiveMessage>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    socket.send(JSON.stringify({ id, type, conversation, body }));
    return answer;
  }

  /** Follows a conversation from after an event on, over all connections to come. */
  follow(conversation: string, after: number, on: Followed): void {
    this.#following.set(conversation, { ...on, after });
    this.#askToFollow(conversation);
  }

  unfollow(conversation: string): void {
    if (this.#following.delete(conversation)) this.ask("unfollow", undefined, conversation).catch(() => {});
  }

  follows(conversation: string): boolean {
    return this.#following.has(conversation);
  }

  /** Ends it for good. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    this.#socket?.close();
    this.#lost();
  }

  /** Connects no more until it is told to `resume`. */
  rest(): void {
    this.#rests = true;
    clearTimeout(this.#again);
  }

  /** Goes on with what it followed, if it rests: somebody logged in again. */
  resume(token: string | null): void {
    if (this.#closed || !this.#rests) return;
    this.#token = token;
    this.#rests = false;
    if (this.#socket === null) this.#connectLater();
  }

  /** Tries at once instead of when its time comes: somebody looks, or the network is back. */
  hurry(): void {
    if (this.#closed || this.#rests || this.#socket !== null) return;
    clearTimeout(this.#again);
    this.#connect();
  }

  #connect(): void {
    const protocols = this.#token === null ? [PROTOCOL] : [PROTOCOL, `convoke.token.${this.#token}`];
    const socket = new WebSocket(this.#address, protocols);
    this.#socket = socket;
    socket.onopen = () => {
      this.#wait = WAIT_MS_MIN;
      this.#failures = 0;
      this.#ping = setInterval(() => this.#check(socket), PING_MS);
      for (const conversation of this.#following.keys()) this.#askToFollow(conversation);
      this.#on.live(true);
      this.#on.ready();
    };
    socket.onmessage = (event) => this.#heard(JSON.parse(String(event.data)) as LiveMessage);
    socket.onclose = (event) => {
      if (socket !== this.#socket) return;
      this.#lost();
      if (this.#closed) return;
      if (event.reason === "auth.required") {
        this.#rests = true;
        this.#on.strangers();
        return;
      }
      this.#failures += 1;
      if (this.#failures === FAILURES_MAX) this.#on.failing?.();
      if (this.#closed || this.#rests) return;
      this.#connectLater();
    };
  }

  /** Each time it waits longer, until it is there. */
  #connectLater(): void {
    this.#again = setTimeout(() => this.#connect(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, WAIT_MS_MAX);
  }

  /** A network that is gone does not say so. */
  #check(socket: WebSocket): void {
    const dead = setTimeout(() => socket.close(), ANSWER_MS_MAX);
    const alive = () => clearTimeout(dead);
    this.ask("ping").then(alive, alive);
  }

  #lost(): void {
    this.#socket = null;
    clearInterval(this.#ping);
    for (const { reject } of this.#waiting.values()) reject(new LiveBroken("the connection broke"));
    this.#waiting.clear();
    this.#on.live(false);
  }

  #askToFollow(conversation: string): void {
    const following = this.#following.get(conversation);
    if (!following) return;
    this.ask("follow", { after: following.after }, conversation).catch((error: unknown) => {
      if (error instanceof LiveRefused) this.#over(conversation, error.problem);
    });
  }

  #over(conversation: string, problem: Problem): void {
    const following = this.#following.get(conversation);
    this.#following.delete(conversation);
    following?.over(problem);
  }

  #heard(message: LiveMessage): void {
    switch (message.type) {
      case "event":
        this.#told(message.conversation, message.event);
        break;
      case "resync":
        this.#askToFollow(message.conversation);
        break;
      case "ended":
        this.#over(message.conversation, message.problem);
        break;
      case "card":
      case "offer":
      case "presence":
      case "typing":
        this.#on.message(message);
        break;
      default:
        this.#answered(message);
    }
  }

  #told(conversation: string, event: ConversationEvent): void {
    const following = this.#following.get(conversation);
    // One that was followed anew may come twice.
    if (!following || event.seq <= following.after) return;
    following.after = event.seq;
    following.event(event);
  }

  #answered(message: LiveMessage): void {
    if (!("id" in message) || typeof message.id !== "string") return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === "problem") waiting?.reject(new LiveRefused(message.problem));
    else waiting?.resolve(message);
  }
}
