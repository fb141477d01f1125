// A slow server, without waiting: each answer is held back until what came before it is painted.

/** More than any page asks for at once; one that goes on asking is looked at until then. */
const ANSWERS_MAX = 80;
/** After how many frames without anything new a page is at rest. */
const FRAMES_AT_REST = 12;

/** The orders in which answers may come: as they were asked for, or the other way round. */
export const ORDERS = { "first asked first": (held) => held.shift(), "last asked first": (held) => held.pop() };

/** Holds back what the server says to a page; `settle` lets it through, one answer after the other. */
export async function holdBack(page) {
  let held = [];
  await page.route(/\/api\/v1\/|\/healthz$/, (route) => {
    held.push(async () => {
      await route.continue().catch(() => {});
      const response = await route.request().response().catch(() => null);
      // A stream has no end to wait for.
      if (!response?.headers()["content-type"]?.startsWith("text/event-stream")) await response?.finished().catch(() => {});
    });
  });
  await page.routeWebSocket(/\/live$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => held.push(async () => socket.send(message)));
  });
  /** Waits until what is known is painted. */
  const painted = (count = 2) => page.evaluate((count) => new Promise((resolve) => {
    const next = (left) => (left === 0 ? resolve() : requestAnimationFrame(() => next(left - 1)));
    next(count);
  }), count);
  return {
    /** Opens an address with nothing held from the page before. */
    async open(address) {
      held = [];
      await page.goto(address);
    },
    /** Lets all answers through; how many there were. */
    async settle(next) {
      let answers = 0;
      for (let frames = 0; frames < FRAMES_AT_REST && answers < ANSWERS_MAX; frames += 2) {
        await painted();
        if (held.length === 0) continue;
        frames = 0;
        answers += 1;
        await next(held)();
      }
      return answers;
    },
  };
}
