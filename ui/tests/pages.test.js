// Every page of the workbench: nobody is shut out, nothing is cut, nothing jumps, in both themes and three sizes, empty and full.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BARE_PAGES, PAGES, bare, holidays, many, oneOfEverything } from "./filled.js";
import { DESKTOP, PHONE, SHIFT_MAX, TABLET, barriers, cut, eachInABrowser, moved, photograph, prepare, settled, watchMoves, widths } from "./support.js";
import { pass } from "./time.js";

const FIRST_VIEW_BYTES_MAX = 200 * 1024;
const MANY = 500;
/** As many as an account may have, with those of the demo. */
const FUNCTIONS = 190;
/** Pages with hundreds of rows that axe reads in every size and both themes. Reading all of them so would take minutes. */
const READ_FULL = new Set(["home", "functions", "runs", "happened"]);

let server;
let ask;
let browser;
let page;

eachInABrowser(
  (desk) => {
    ({ server, browser, page } = desk);
  },
  {
    options: ["--test-clock", "--allow-private-egress"],
    prepare: async (server) => {
      ask = await prepare(server.url);
    },
  },
);

/** Looks at pages in three sizes and both themes. Axe reads all of them, or those that it is told. */
async function look(pages, label, { axe = () => true } = {}) {
  const findings = [];
  await watchMoves(browser.context);
  for (const viewport of [DESKTOP, TABLET, PHONE]) {
    await page.setViewportSize(viewport);
    for (const [name, address] of Object.entries(pages)) {
      await page.goto(server.url + address);
      await settled(page);
      if (name === "function") await page.locator(".editor .view-line").first().waitFor({ timeout: 30_000 });
      const title = `${label}-${name}-${viewport.width}`;
      const shift = await moved(page);
      if (shift >= SHIFT_MAX) findings.push(`${title}: what is there moves by ${shift.toFixed(3)}`);
      const [wide, window] = await widths(page);
      if (wide > window) findings.push(`${title}: ${wide} px wide in a window of ${window} px`);
      findings.push(...(await cut(page)).map((text) => `${title}: cut off: ${text}`));
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const picture = colorScheme === "dark" ? `${title}-dark` : title;
        if (axe(name, viewport, colorScheme)) findings.push(...(await barriers(page)).map((barrier) => `${picture}: ${barrier}`));
        await photograph(page, picture);
      }
    }
  }
  assert.deepEqual(findings, []);
}

test("pages without anything on them", async () => {
  await bare(server, browser, "empty");
  await look(BARE_PAGES, "empty");
});

test("an account without a consumer window gets one in the playground", async () => {
  await bare(server, browser, "windowless");
  await page.goto(`${server.url}/playground`);
  await page.getByRole("heading", { name: "No consumer window yet" }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Write the first line" }).isDisabled(), "nobody can write yet");
  await page.getByRole("button", { name: "Allow the window" }).click();
  await page.getByText("How can we help?").waitFor();
  assert.ok(await page.getByRole("button", { name: "Write the first line" }).isEnabled());
});

test("pages with one of everything", async () => {
  await look(await oneOfEverything(server, ask), "one");
});

test("pages with hundreds of rows", async () => {
  await pass(server, 600);
  await many(18, (count) => ask("POST", "/webhooks", { name: `Another system with a long name, number ${count}`, url: `http://127.0.0.1:9/hooks/with/a/long/path/${count}`, enabled: false }));
  const { token } = await ask("POST", "/consumers", {});
  const { id } = await ask("POST", "/conversations", { skill: "123456", line: { text: "A long conversation" } }, token);
  for (let count = 1; count < MANY; count += 1) await ask("POST", `/conversations/${id}/lines`, { text: `Line ${count}, which goes on for a while` }, token);
  await many(MANY, (count) => ask("POST", "/conversations", { skill: "123456", consumer: null, line: { text: `Conversation number ${count}, with a first line that is quite long and has to be cut somewhere in a list` } }));
  await many(MANY, (count) => ask("POST", "/functions/greeting/invoke", { input: { payload: { name: `Nr ${count}` } } }));
  const { length } = (await ask("GET", "/functions")).items;
  await many(FUNCTIONS - length, (count) => ask("POST", "/functions", { name: `a_function_with_quite_a_long_name_number_${count}`, template: "greeting", description: "x".repeat(200) }));
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
  await pass(server, 600);
  const changed = (await ask("GET", `/conversations/${id}/explain`)).changes.findLast((change) => change.invocation);
  await look(
    { ...PAGES, runs: PAGES.runs.replace("new_conversation", "greeting"), conversation: `/conversations/${id}`, invocation: `/invocations/${changed.invocation}`, letters: `/settings/webhooks?webhook=${hook.id}` },
    "many",
    { axe: (name, viewport, colorScheme) => READ_FULL.has(name) || (viewport === DESKTOP && colorScheme === "light") },
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
