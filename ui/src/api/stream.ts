// Server-Sent Events with a token: conversations and run logs as they happen, for as long as somebody looks.
// Not EventSource: that cannot send a header, and tokens do not belong in addresses.

import { Refused, address, reach } from "./client";
import type { Attempt, ConversationEvent } from "./schema";

/** What a follower is told. */
export interface Listener<Item> {
  item: (item: Item) => void;
  /** Whether the stream is connected now. */
  live?: (connected: boolean) => void;
  /** It is over for good: the server refuses. */
  over?: (reason: Refused) => void;
}

const WAIT_MS_MIN = 250;
const WAIT_MS_MAX = 8000;

/** Follows a conversation from after `after`; the function that it returns stops it. */
export function followConversation(conversation: string, after: number, on: Listener<ConversationEvent>): () => void {
  let last = after;
  const { url } = address("GET /accounts/{account}/conversations/{conversation}/follow", { path: { conversation } });
  return follow<ConversationEvent>(url, () => ({ "Last-Event-ID": String(last) }), {
    ...on,
    item: (event) => {
      last = event.seq;
      on.item(event);
    },
  });
}

/** Follows what functions do, from now on; the function that it returns stops it. */
export function followRuns(query: Record<string, unknown>, on: Listener<Attempt>): () => void {
  const { url } = address("GET /accounts/{account}/logs/follow", { query });
  return follow<Attempt>(url, () => ({}), on);
}

function follow<Item>(url: string, headers: () => Record<string, string>, on: Listener<Item>): () => void {
  const stop = new AbortController();
  void (async () => {
    let wait = WAIT_MS_MIN;
    while (!stop.signal.aborted) {
      try {
        const response = await reach(url, { headers: headers(), signal: stop.signal });
        on.live?.(true);
        for await (const data of events(response)) {
          wait = WAIT_MS_MIN;
          on.item(JSON.parse(data) as Item);
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error instanceof Refused && error.status < 500 && error.status !== 429) return on.over?.(error);
      }
      if (stop.signal.aborted) return;
      on.live?.(false);
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(wait * 2, WAIT_MS_MAX);
    }
  })();
  return () => stop.abort();
}

async function* events(response: Response): AsyncGenerator<string> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split("\n").filter((line) => line.startsWith("data:"));
      if (lines.length > 0) yield lines.map((line) => line.slice(5).trimStart()).join("\n");
    }
  }
}
