// Server-Sent Events with a token: the run log as it happens, for as long as somebody looks.
// Not EventSource: that cannot send a header, and tokens do not belong in addresses.

import { Refused, reach } from "./client";

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

/** Follows a stream, again whenever it broke; ends with `stop`, or when the server refuses. */
export async function follow<Item>(url: string, headers: () => Record<string, string>, on: Listener<Item>, stop: AbortSignal): Promise<void> {
  let wait = WAIT_MS_MIN;
  while (!stop.aborted) {
    try {
      const response = await reach(url, { headers: headers(), signal: stop });
      on.live?.(true);
      for await (const data of events(response)) {
        wait = WAIT_MS_MIN;
        on.item(JSON.parse(data) as Item);
      }
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof Refused && error.status < 500 && error.status !== 429) return on.over?.(error);
    }
    if (stop.aborted) return;
    on.live?.(false);
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(wait * 2, WAIT_MS_MAX);
  }
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
