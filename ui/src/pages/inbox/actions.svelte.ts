// What can be done with the conversation that is open, and by whom. The server decides; this hides what it would refuse.

import type { Availability, Card, Offer, Ttr } from "../../api/schema";
import { text } from "../../text";
import { complain, say } from "../../toasts.svelte";
import type { Board } from "./board.svelte";

export type Question = "transfer" | "close" | "keys" | null;

export class Actions {
  readonly #board: Board;
  readonly #chosen: () => Card | undefined;
  readonly #oversees: () => boolean;
  /** What is being asked in a dialog. */
  asking = $state<Question>(null);

  constructor(board: Board, chosen: () => Card | undefined, oversees: () => boolean) {
    this.#board = board;
    this.#chosen = chosen;
    this.#oversees = oversees;
  }

  get card(): Card | undefined {
    return this.#chosen();
  }

  get isAssigned(): boolean {
    return this.card?.conversation.assigned_agent === this.#board.seat.user;
  }

  /** What makes sense for whoever sits here. */
  get may() {
    const now = this.card?.conversation;
    const { user } = this.#board.seat;
    const open = now?.open === true && user !== null;
    const part = now?.participants.find((one) => one.participant === user);
    const free = now?.assigned_agent == null;
    const act = open && part !== undefined && part.role !== "reader";
    return {
      act,
      write: act,
      accept: open && free,
      join: open && part === undefined && !free && this.#oversees(),
      takeOver: open && !free && !this.isAssigned && this.#oversees(),
    };
  }

  answer(offer: Offer, accept: boolean): Promise<boolean> {
    return this.#try(() => this.#board.answer(offer, accept));
  }

  take(): Promise<boolean> {
    return this.#do("accept");
  }

  join(): Promise<boolean> {
    return this.#do("join", { participant: this.#board.seat.user, role: "manager" });
  }

  /** A manager serves it instead of whoever does: they join, it goes to them first, they accept. */
  takeOver(): Promise<boolean> {
    return this.#try(async () => {
      const agent = this.#board.seat.user;
      const id = this.#id();
      if (!this.#board.isMine(id)) await this.#board.act("join", { participant: agent, role: "manager" }, id);
      await this.#board.act("transfer", { agent }, id);
      await this.#board.act("accept", { agent }, id);
      say(text.inbox.taken);
    });
  }

  leave(): Promise<boolean> {
    return this.#do("leave", { participant: this.#board.seat.user });
  }

  close(): Promise<boolean> {
    this.asking = null;
    return this.#do("close");
  }

  /** Thrown, so that the dialog can say what is wrong. */
  async transfer(where: { skill?: string; agent?: string }, name: string): Promise<void> {
    await this.#board.act("transfer", where, this.#id());
    say(text.inbox.transfer.done(name));
  }

  urgent(): Promise<boolean> {
    return this.setTtr({ type: this.card?.conversation.ttr.type === "urgent" ? "normal" : "urgent" });
  }

  setTtr(ttr: Ttr): Promise<boolean> {
    return this.#do("set_ttr", { ttr });
  }

  async note(note: string): Promise<void> {
    if (await this.#do("set_note", { note })) say(text.inbox.facts.noteSaved);
  }

  presence(availability: Availability): Promise<boolean> {
    return this.#try(() => this.#board.setAvailability(availability));
  }

  #id(): string {
    return this.card?.conversation.id ?? "";
  }

  #do(type: Parameters<Board["act"]>[0], body?: unknown): Promise<boolean> {
    return this.#try(async () => {
      await this.#board.act(type, body, this.#id());
    });
  }

  /** Whether it worked; if not, people are told. */
  async #try(act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      complain(error);
      return false;
    }
  }
}
