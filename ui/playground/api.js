// Requests to the native API, and conversations followed live. Knows tokens, shows nothing.

/** A refusal of the server: its problem document. */
export class Refused extends Error {
  constructor(problem) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {}

/** Asks the API. Throws Refused or Unreachable. */
export async function ask(method, path, token, body) {
  const response = await reach(path, {
    method,
    headers: { ...authorization(token), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return response.status === 204 ? null : response.json();
}

async function reach(path, options) {
  let response;
  try {
    response = await fetch(`/api/v1${path}`, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Unreachable("The server does not answer. Is it running?");
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => null);
  throw new Refused(problem ?? { detail: `The server answered ${response.status}.`, status: response.status });
}

const authorization = (token) => (token ? { Authorization: `Bearer ${token}` } : {});
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Follows a conversation for ever: reads events after the last one it has, and begins again where a connection broke.
 * `on` is told of events (`event`), of being connected (`live`) and not (`lost`), and of a refusal that ends it (`over`).
 * The function that it returns stops it. Not EventSource: that cannot send a token, and tokens do not belong in addresses.
 */
export function follow(path, token, on) {
  const stop = new AbortController();
  (async () => {
    let last = 0;
    let wait = 250;
    while (!stop.signal.aborted) {
      try {
        const headers = { ...authorization(token), "Last-Event-ID": String(last) };
        const response = await reach(`${path}/follow`, { headers, signal: stop.signal });
        on.live();
        for await (const event of events(response.body)) {
          last = event.seq;
          wait = 250;
          on.event(event);
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error instanceof Refused && error.status < 500 && error.status !== 429) return on.over(error);
      }
      if (stop.signal.aborted) return;
      on.lost();
      await pause(wait);
      wait = Math.min(wait * 2, 8000);
    }
  })();
  return () => stop.abort();
}

/** The events in a stream of Server-Sent Events. */
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
      if (data.length > 0) yield JSON.parse(data.join("\n"));
    }
  }
}
