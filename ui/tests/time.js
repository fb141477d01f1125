// The server's time, which tests move instead of waiting, and waiting for what the server does by itself.

import assert from "node:assert/strict";

/** For how long something may take that nobody has to wait for in the server's own time. */
const PATIENCE_MS = 15_000;
const [SUNDAY, ELEVEN] = [0, 11];

async function clock(server, path, options = {}) {
  const headers = { Authorization: `Bearer ${server.operator}`, "Content-Type": "application/json" };
  const answer = await fetch(`${server.url}/api/v1/clock${path}`, { ...options, headers });
  assert.ok(answer.ok, `the clock${path} answered ${answer.status}`);
  return answer.json();
}

/** Moves the clock of a server that was started with a test clock. */
export const pass = (server, seconds) => clock(server, "/advance", { method: "POST", body: JSON.stringify({ seconds }) });

/** Moves it to eleven, UTC, of the next such day; without a day, of the next Sunday, when nobody is at work, whatever the season. */
export async function passTo(server, weekday = SUNDAY) {
  const now = Date.parse((await clock(server, "")).now);
  const wanted = new Date(now);
  wanted.setUTCHours(ELEVEN, 0, 0, 0);
  while (wanted.getTime() <= now || wanted.getUTCDay() !== weekday) wanted.setUTCDate(wanted.getUTCDate() + 1);
  await pass(server, Math.ceil((wanted.getTime() - now) / 1000));
}

/** Waits for something that the server does by itself. */
export async function until(holds, what) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `${what} did not happen in time`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
