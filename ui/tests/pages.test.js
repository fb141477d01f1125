// Every page of the workbench: nobody is shut out, nothing is cut, nothing jumps, in both themes and three sizes, empty and full.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { DESKTOP, PHONE, TABLET, barriers, browse, cut, photograph, prepare, serve, settled, widths } from "./support.js";

const SHIFT_MAX = 0.05;
const FIRST_VIEW_BYTES_MAX = 200 * 1024;
const MANY = 500;

let server;
let ask;
let browser;
let page;

before(async () => {
  server = await serve("--test-clock", "--allow-private-egress");
  ask = await prepare(server.url);
});
after(async () => {
  await server?.stop();
});
beforeEach(async () => {
  browser = await browse();
  page = browser.page;
  await browser.context.addInitScript(() => {
    globalThis.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifts += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
});
afterEach(async () => {
  const { complaints } = browser;
  await browser.stop();
  assert.deepEqual(complaints, [], "the browser complains about nothing");
});

const PAGES = {
  home: "/",
  functions: "/functions",
  new: "/functions/new",
  function: "/functions/new_conversation",
  versions: "/functions/new_conversation?tab=versions",
  runs: "/functions/new_conversation?tab=runs",
  general: "/functions/new_conversation?tab=general",
  happened: "/invocations",
  unanswered: "/unanswered",
  conversations: "/conversations",
  inbox: "/inbox",
  playground: "/playground",
  account: "/settings/account",
  skills: "/settings/skills",
  users: "/settings/users",
  hours: "/settings/hours",
  messages: "/settings/messages",
  domains: "/settings/domains",
  secrets: "/settings/secrets",
  clients: "/settings/clients",
  webhooks: "/settings/webhooks",
  schedules: "/settings/schedules",
  window: "/window",
  missing: "/nowhere",
};

/** Looks at pages in three sizes and both themes. Axe reads all of them, or only the largest where there is very much. */
async function look(pages, label, { axe = () => true } = {}) {
  const findings = [];
  for (const viewport of [DESKTOP, TABLET, PHONE]) {
    await page.setViewportSize(viewport);
    for (const [name, address] of Object.entries(pages)) {
      await page.goto(server.url + address);
      await settled(page);
      if (name === "function" && label !== "empty") await page.locator(".editor .view-line").first().waitFor({ timeout: 30_000 });
      const title = `${label}-${name}-${viewport.width}`;
      const shift = await page.evaluate(() => globalThis.shifts);
      if (shift >= SHIFT_MAX) findings.push(`${title}: what is there moves by ${shift.toFixed(3)}`);
      const [wide, window] = await widths(page);
      if (wide > window) findings.push(`${title}: ${wide} px wide in a window of ${window} px`);
      findings.push(...(await cut(page)).map((text) => `${title}: cut off: ${text}`));
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const picture = colorScheme === "dark" ? `${title}-dark` : title;
        if (axe(viewport, colorScheme)) findings.push(...(await barriers(page)).map((barrier) => `${picture}: ${barrier}`));
        await photograph(page, picture);
      }
    }
  }
  assert.deepEqual(findings, []);
}

/** Opens an account that nobody has set up, seen by whoever runs the installation. */
async function bare(id) {
  const headers = { Authorization: `Bearer ${server.operator}`, "Content-Type": "application/json" };
  const made = await fetch(`${server.url}/api/v1/accounts`, { method: "POST", headers, body: JSON.stringify({ id, name: "Empty" }) });
  assert.ok(made.ok, String(made.status));
  const session = JSON.stringify({ account: id, token: server.operator });
  await browser.context.addInitScript((session) => sessionStorage.setItem("convoke.token", session), session);
}

test("pages without anything on them", async () => {
  await bare("empty");
  // Where there is no function there are no pages of one, and no shop to write from.
  const none = new Set(["window", "function", "versions", "runs", "general"]);
  const pages = Object.fromEntries(Object.entries(PAGES).filter(([name]) => !none.has(name)));
  await look(pages, "empty");
});

test("an account without a consumer window gets one in the playground", async () => {
  await bare("windowless");
  await page.goto(`${server.url}/playground`);
  await page.getByRole("heading", { name: "No consumer window yet" }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Write the first line" }).isDisabled(), "nobody can write yet");
  await page.getByRole("button", { name: "Allow the window" }).click();
  await page.getByText("How can we help?").waitFor();
  assert.ok(await page.getByRole("button", { name: "Write the first line" }).isEnabled());
});

test("pages with one of everything", async () => {
  const { id } = await ask("POST", "/conversations", { skill: "123456", consumer: null, line: { text: "Hello, my kettle is broken" } });
  // An event on which nothing runs.
  await ask("POST", "/functions/consumer_step_up/undeploy");
  await ask("POST", `/conversations/${id}/step-up`, { identity: "customer-4711" });
  await ask("PUT", "/domains/api.example.com", undefined);
  await ask("PUT", "/secrets/kettle_key", { value: "s3cret" });
  await ask("POST", "/clients", { name: "billing", roles: ["faas_invocation"] });
  await ask("PUT", "/special-occasions/1", { name: "Holidays", time_zone: "Europe/Berlin", occasions: holidays(1) });
  const greeting = await ask("POST", "/functions", { name: "greeting", template: "greeting" });
  await ask("POST", "/functions/greeting/deploy");
  await ask("POST", "/schedules", { function: greeting.id, cron: "0 8 * * *", time_zone: "Europe/Berlin", payload: {} });
  await ask("PUT", "/domains/127.0.0.1", undefined);
  const hook = await ask("POST", "/webhooks", { name: "CRM", url: "http://127.0.0.1:9/hooks", retention_seconds: 2 });
  await ask("POST", `/conversations/${id}/close`, undefined, server.operator);
  await until(async () => (await ask("GET", `/webhooks/${hook.id}/deliveries`)).failing.length > 0);
  await until(async () => (await ask("GET", `/conversations/${id}/explain`)).changes.some((change) => change.attempts?.length > 0));
  const [change] = (await ask("GET", `/conversations/${id}/explain`)).changes;
  await look(
    { ...PAGES, conversation: `/conversations/${id}`, invocation: `/invocations/${change.invocation}`, letters: `/settings/webhooks?webhook=${hook.id}` },
    "one",
  );
});

test("pages with hundreds of rows", async () => {
  await pass(600);
  await many(18, (count) => ask("POST", "/webhooks", { name: `Another system with a long name, number ${count}`, url: `http://127.0.0.1:9/hooks/with/a/long/path/${count}`, enabled: false }));
  const { token } = await ask("POST", "/consumers", {});
  const { id } = await ask("POST", "/conversations", { skill: "123456", line: { text: "A long conversation" } }, token);
  for (let count = 1; count < MANY; count += 1) await ask("POST", `/conversations/${id}/lines`, { text: `Line ${count}, which goes on for a while` }, token);
  await many(MANY, (count) => ask("POST", "/conversations", { skill: "123456", consumer: null, line: { text: `Conversation number ${count}, with a first line that is quite long and has to be cut somewhere in a list` } }));
  await many(MANY, (count) => ask("POST", "/functions/greeting/invoke", { input: { payload: { name: `Nr ${count}` } } }));
  await many(150, (count) => ask("POST", "/functions", { name: `a_function_with_quite_a_long_name_number_${count}`, template: "greeting", description: "x".repeat(200) }));
  await many(MANY, (count) => ask("PUT", `/skills/${500_000 + count}`, { name: `A skill that has quite a long name, number ${count}` }));
  await many(MANY, (count) => ask("PUT", `/users/${6000 + count}`, { login_name: `agent.with.a.long.login.${count}@example.com`, nickname: `Agent number ${count}`, roles: ["agent"], skills: ["123456"], enabled: true }));
  await many(MANY - 10, (count) => ask("PUT", `/domains/host-with-a-long-name-${count}.example.com`, undefined));
  await many(MANY - 10, (count) => ask("PUT", `/secrets/a_secret_with_a_long_name_${count}`, { value: "x" }));
  await many(150, (count) => ask("POST", "/clients", { name: `A program with a long name ${count}`, roles: ["faas_invocation"] }));
  await many(40, (count) => ask("PUT", `/working-hours/${100 + count}`, { name: `Hours ${count}`, time_zone: "Europe/Berlin", week: [{ day: "monday", from: "09:00:00", to: "17:00:00" }] }));
  await ask("PUT", "/special-occasions/1", { name: "Holidays", time_zone: "Europe/Berlin", occasions: holidays(MANY) });
  const [{ id: greeting }] = (await ask("GET", "/functions")).items.filter((one) => one.name === "greeting");
  await many(45, (count) => ask("POST", "/schedules", { function: greeting, cron: "0 8 * * *", time_zone: "Europe/Berlin", payload: {}, description: `Number ${count}` }));
  const hook = (await ask("GET", "/webhooks")).items.find((one) => one.name === "CRM");
  await pass(600);
  const changed = (await ask("GET", `/conversations/${id}/explain`)).changes.findLast((change) => change.invocation);
  await look(
    { ...PAGES, runs: PAGES.runs.replace("new_conversation", "greeting"), conversation: `/conversations/${id}`, invocation: `/invocations/${changed.invocation}`, letters: `/settings/webhooks?webhook=${hook.id}` },
    "many",
    // Reading hundreds of rows takes axe seconds; what they look like in the dark is read with one row.
    { axe: (viewport, colorScheme) => viewport === DESKTOP && colorScheme === "light" },
  );
});

test("the first view is small", async () => {
  await page.goto(server.url);
  await settled(page);
  await page.getByText("Everything works").waitFor();
  const bytes = await page.evaluate(() =>
    [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
      .filter((entry) => !new URL(entry.name).pathname.startsWith("/api/"))
      .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
  );
  console.log(`# the first view is ${(bytes / 1024).toFixed(1)} KB compressed`);
  assert.ok(bytes < FIRST_VIEW_BYTES_MAX, `${bytes} bytes`);
});

/** Days off, one after the other from tomorrow on. */
function holidays(count) {
  return Array.from({ length: count }, (_, at) => {
    const day = new Date(Date.now() + (at + 1) * 2 * 86_400_000).toISOString().slice(0, 10);
    return { name: `Holiday ${at + 1}`, from: `${day}T00:00:00`, to: `${day}T23:00:00`, working: at % 5 === 4 };
  });
}

/** Does something many times, some at once. */
async function many(count, act) {
  const AT_ONCE = 10;
  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, at) => act(from + at)));
  }
}

/** Moves the server's clock. */
async function pass(seconds) {
  const headers = { Authorization: `Bearer ${server.operator}`, "Content-Type": "application/json" };
  await fetch(`${server.url}/api/v1/clock/advance`, { method: "POST", headers, body: JSON.stringify({ seconds }) });
}

async function until(holds) {
  const deadline = Date.now() + 15_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, "it did not happen in time");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
