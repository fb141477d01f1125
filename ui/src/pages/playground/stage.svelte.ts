// One conversation from all sides: the window's consumer, the agent at the board, and whoever may see everything.

import { account } from "../../account.svelte";
import { ask } from "../../api/client";
import { followConversation } from "../../api/conversations";
import type { ConversationEvent, ExplainedChange } from "../../api/schema";
import { text } from "../../text";
import { complain } from "../../toasts.svelte";
import type { Talk } from "../../window/talk";
import type { Board } from "../inbox/board.svelte";

export type EventName = keyof typeof text.playground.events.list;
export const EVENTS = Object.keys(text.playground.events.list) as EventName[];

/** Longer than the account waits for an agent, if nobody changed the demo. */
const IDLE_SLACK_SECONDS = 1;
/** What an attempt logged and took is there a moment after its answer. */
const LATER_MS = 300;
const [SUNDAY, ELEVEN] = [0, 11];

export class Stage {
  conversation = $state<string | null>(null);
  events = $state.raw<ConversationEvent[]>([]);
  changes = $state.raw<ExplainedChange[]>([]);
  busy = $state(false);
  readonly #board: Board;
  #talk: Talk | null = null;
  #stop = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(board: Board) {
    this.#board = board;
  }

  /** Which events fired already. */
  get seen(): ReadonlySet<string> {
    return new Set(this.events.flatMap((event) => (event.type === "triggered" || event.type === "unfired" ? [event.event] : [])));
  }

  get open(): boolean {
    return this.conversation !== null && !this.events.some((event) => event.type === "closed");
  }

  /** The window has something new. */
  follow(talk: Talk): void {
    this.#talk = talk;
    if (talk.conversation === this.conversation) return;
    this.conversation = talk.conversation;
    this.#stop();
    this.events = [];
    this.changes = [];
    if (talk.conversation === null) return;
    const conversation = talk.conversation;
    this.#stop = followConversation(conversation, 0, {
      item: (event) => {
        this.events = [...this.events, event];
        if (event.type === "settled") this.#explain(conversation);
      },
    });
  }

  end(): void {
    this.#stop();
    clearTimeout(this.#timer);
  }

  /** Plays what makes an event fire. */
  async play(event: EventName): Promise<void> {
    this.busy = true;
    try {
      await this.#play(event);
    } catch (error) {
      complain(error);
    } finally {
      this.busy = false;
    }
  }

  async #play(event: EventName): Promise<void> {
    const conversation = this.conversation ?? "";
    const path = { conversation };
    const { user } = this.#board.seat;
    switch (event) {
      case "controllerbot_messaging_new_conversation":
        return this.#talk?.write(text.playground.events.hello);
      case "controllerbot_messaging_ttr":
        return this.#talk?.setUrgent(!this.#talk.urgent);
      case "controllerbot_messaging_participants_change":
        await this.#board.act("accept", { agent: user }, conversation);
        return;
      case "controllerbot_messaging_conversation_routing": {
        const { skill } = await ask("GET /accounts/{account}/conversations/{conversation}", { path });
        const other = account.skills.find((one) => one.id !== skill && one.enabled !== false);
        if (other) await this.#transfer(conversation, other.id);
        return;
      }
      case "controllerbot_messaging_conversation_idle": {
        const { idle } = await ask("GET /accounts/{account}/settings");
        const served = (await ask("GET /accounts/{account}/conversations/{conversation}", { path })).assigned_agent != null;
        return this.#advance((served ? idle.agent_non_responsive : idle.awaiting_in_queue).time_seconds + IDLE_SLACK_SECONDS);
      }
      case "controllerbot_messaging_mid_conversation_msg": {
        const closed = account.skills.find((one) => one.working_hours != null);
        if (!closed) throw new Error(text.playground.events.noOffHours);
        await this.#advance(secondsToSunday(Date.now() + this.#board.ahead));
        await this.#transfer(conversation, closed.id);
        return this.#talk?.write(text.playground.events.sunday);
      }
      case "controllerbot_messaging_consumer_step_up":
        await ask("POST /accounts/{account}/conversations/{conversation}/step-up", { path, body: { identity: text.playground.events.identity } });
        return;
      case "controllerbot_messaging_conversation_end":
        return this.#talk?.close();
    }
  }

  /** The agent transfers it; who takes no part in it joins first. */
  async #transfer(conversation: string, skill: string): Promise<void> {
    const { user } = this.#board.seat;
    if (!this.#board.isMine(conversation)) await this.#board.act("join", { participant: user, role: "agent" }, conversation);
    await this.#board.act("transfer", { skill }, conversation);
  }

  async #advance(seconds: number): Promise<void> {
    const { now } = await ask("POST /demo/clock", { body: { seconds } });
    this.#board.ahead = Date.parse(now) - Date.now();
  }

  #explain(conversation: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const found = await ask("GET /accounts/{account}/conversations/{conversation}/explain", { path: { conversation } }).catch(() => null);
      if (found && conversation === this.conversation) this.changes = found.changes;
    }, LATER_MS);
  }
}

/** From now to eleven, UTC, of the next Sunday: nobody is at work, whatever the season. */
function secondsToSunday(now: number): number {
  const sunday = new Date(now);
  sunday.setUTCHours(ELEVEN, 0, 0, 0);
  while (sunday.getTime() <= now || sunday.getUTCDay() !== SUNDAY) sunday.setUTCDate(sunday.getUTCDate() + 1);
  return Math.ceil((sunday.getTime() - now) / 1000);
}
