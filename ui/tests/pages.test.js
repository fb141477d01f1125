// Every page of the workbench: nobody is shut out, nothing is cut, nothing jumps, in both themes and three sizes, empty and full.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { DESKTOP, PHONE, TABLET, barriers, browse, photograph, prepare, serve, settled, widths } from "./support.js";

const SHIFT_MAX = 0.05;
const FIRST_VIEW_BYTES_MAX = 200 * 1024;
const MANY = 500;

let server;
let ask;
let browser;
let page;

before(async () => {
  server = await serve();
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
  inbox: "/inbox",
  playground: "/playground",
  conversations: "/conversations",
  account: "/settings/account",
  skills: "/settings/skills",
  users: "/settings/users",
  hours: "/settings/hours",
  messages: "/settings/messages",
  domains: "/settings/domains",
  secrets: "/settings/secrets",
  clients: "/settings/clients",
  schedules: "/settings/schedules",
  window: "/window",
  missing: "/nowhere",
};

/** Looks at pages in three sizes and both themes. */
async function look(pages, label) {
  const findings = [];
  for (const viewport of [DESKTOP, TABLET, PHONE]) {
    await page.setViewportSize(viewport);
    for (const [name, address] of Object.entries(pages)) {
      await page.goto(server.url + address);
      await settled(page);
      if (name === "function") await page.locator(".editor .view-line").first().waitFor({ timeout: 30_000 });
      const title = `${label}-${name}-${viewport.width}`;
      const shift = await page.evaluate(() => globalThis.shifts);
      if (shift >= SHIFT_MAX) findings.push(`${title}: what is there moves by ${shift.toFixed(3)}`);
      const [wide, window] = await widths(page);
      if (wide > window) findings.push(`${title}: ${wide} px wide in a window of ${window} px`);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const picture = colorScheme === "dark" ? `${title}-dark` : title;
        findings.push(...(await barriers(page)).map((barrier) => `${picture}: ${barrier}`));
        await photograph(page, picture);
      }
    }
  }
  assert.deepEqual(findings, []);
}

test("pages without anything on them", async () => {
  await look(PAGES, "empty");
});

test("pages with one of everything", async () => {
  const { id } = await ask("POST", "/conversations", { skill: "123456", consumer: null, line: { text: "Hello, my kettle is broken" } });
  await ask("PUT", "/domains/api.example.com", undefined);
  await ask("PUT", "/secrets/kettle_key", { value: "s3cret" });
  await ask("POST", "/clients", { name: "billing", roles: ["faas_invocation"] });
  const { items } = await ask("GET", "/functions");
  const greeting = await ask("POST", "/functions", { name: "greeting", template: "greeting" });
  await ask("POST", "/functions/greeting/deploy");
  await ask("POST", "/schedules", { function: greeting.id, cron: "0 8 * * *", time_zone: "Europe/Berlin", payload: {} });
  assert.ok(items.length >= 8);
  await until(async () => (await ask("GET", `/conversations/${id}/explain`)).changes.some((change) => change.attempts?.length > 0));
  const [change] = (await ask("GET", `/conversations/${id}/explain`)).changes;
  await look(
    { ...PAGES, conversation: `/conversations/${id}`, invocation: `/invocations/${change.invocation}` },
    "one",
  );
});

test("pages with hundreds of rows", async () => {
  for (let count = 0; count < MANY; count += 1) await ask("POST", "/functions/greeting/invoke", { input: { payload: { name: `Nr ${count}` } } });
  for (let count = 0; count < 60; count += 1) {
    await ask("POST", "/functions", { name: `a_function_with_quite_a_long_name_number_${count}`, template: "greeting", description: "x".repeat(200) });
  }
  const { home, functions, runs, happened } = PAGES;
  await look({ home, functions, runs: runs.replace("new_conversation", "greeting"), happened }, "many");
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

async function until(holds) {
  const deadline = Date.now() + 15_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, "it did not happen in time");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
