// From what is seen in a conversation to what caused it.

import type { ConversationEvent } from "../../api/schema";
import { addressOf } from "../../runs";
import { may } from "../../session.svelte";

export interface Cause {
  href: string;
  /** The function that said it; empty for the account's automatic message. */
  name: string;
  version: number;
}

/** What a line of the Controller Bot comes from; null for everybody else's. */
export function invocationOf(conversation: string, event: ConversationEvent): Cause | null {
  if (event.type !== "line_published" || !event.provenance) return null;
  const { function: said, trigger } = event.provenance;
  const invocation = `inv_${conversation.replace(/^conv_/, "")}.${trigger}`;
  // Where nothing ran there is no invocation, and agents do not read runs: the conversation's own page says why this was sent.
  const page = `/conversations/${conversation}?change=${trigger}`;
  if (said && !may("administrator", "faas_admin", "faas_developer")) return { href: page, name: said.name ?? said.id, version: said.version };
  if (!said) return { href: page, name: "", version: 0 };
  return { href: addressOf({ invocation: event.cause?.invocation ?? invocation }), name: said.name ?? said.id, version: said.version };
}

/** The place of the last line of a person at the brand that the consumer says to have read; 0 if there is none. */
export function readUntil(events: ConversationEvent[]): number {
  const read = events.flatMap((event) => (event.type === "lines_received" && !event.dialog && event.receipt === "read" && event.receiver.kind === "consumer" ? event.lines : []));
  if (read.length === 0) return 0;
  const until = Math.max(...read);
  return events.findLast((event) => event.type === "line_published" && event.author.kind === "user" && !event.private && event.sequence <= until)?.seq ?? 0;
}
