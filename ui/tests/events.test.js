// All eight events, set off by people, seen as runs in the workbench; the clock is moved where people would have to wait.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, picture, prepare, sees, serve } from "./support.js";

const [SUNDAY, WEDNESDAY] = [0, 3];
const [SERVICE, SALES] = ["123456", "234567"];
let server;
let browser;
let page;

before(async () => {
  server = await serve("--test-clock");
  browser = await browse();
  page = browser.page;
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});

async function clock(method, path, body) {
  const headers = { Authorization: `Bearer ${server.operator}`, "Content-Type": "application/json" };
  const response = await fetch(`${server.url}/api/v1/clock${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `clock: ${response.status}`);
  return response.json();
}

/** Moves the clock to eleven, UTC, of the next such day. */
async function moveTo(day) {
  const now = new Date((await clock("GET", "")).now);
  const wanted = new Date(now);
  wanted.setUTCHours(11, 0, 0, 0);
  while (wanted <= now || wanted.getUTCDay() !== day) wanted.setUTCDate(wanted.getUTCDate() + 1);
  await clock("POST", "/advance", { seconds: Math.ceil((wanted - now) / 1000) });
}

/** Opens the playground's conversation for a skill. */
async function open(skill) {
  const tab = await browser.context.newPage();
  await tab.goto(`${server.url}/playground`);
  await tab.getByLabel("Skill").selectOption(skill);
  await tab.getByRole("button", { name: "Open the conversation" }).click();
  await tab.locator("#lines > li.bot").first().waitFor();
  return tab;
}

test("each of the eight events runs its function, and the workbench shows it", async () => {
  await page.goto(`${server.url}/invocations`);
  const ran = (name) => page.getByRole("row", { name: new RegExp(`${name} version 1.*answered`) }).first().waitFor({ timeout: 15_000 });

  const talk = await open(SERVICE);
  await ran("new_conversation");
  await talk.getByRole("button", { name: "Mark urgent" }).click();
  await ran("ttr");
  await talk.getByRole("button", { name: "Accept" }).click();
  await ran("participants_change");
  await talk.getByLabel("Transfer to").selectOption(SALES);
  await talk.getByRole("button", { name: "Transfer" }).click();
  await ran("conversation_routing");
  await talk.getByRole("group", { name: "consumer" }).getByRole("button", { name: "Close" }).click();
  await ran("conversation_end");
  // A browser opens six connections to one server at most, and each of these tabs holds two.
  await talk.close();

  // Nobody takes a conversation for as long as the account allows.
  const waiting = await open(SERVICE);
  await clock("POST", "/advance", { seconds: 301 });
  await ran("conversation_idle");
  await waiting.close();

  // A consumer who came on a Wednesday writes on a Sunday. Berlin is at work at eleven, summer and winter.
  await moveTo(WEDNESDAY);
  const late = await open(SALES);
  await moveTo(SUNDAY);
  await late.getByLabel("Your line").fill("Is anybody there?");
  await late.getByRole("button", { name: "Send" }).click();
  await ran("off_hours_line");
  await sees(late, "#story", "CONSUMER_SEND_MESSAGE_ON_OFFHOURS");

  // The brand's own site tells who the consumer is; no page of ours does that.
  const ask = await prepare(server.url);
  const { items } = await ask("GET", "/conversations");
  await ask("POST", `/conversations/${items[0].id}/step-up`, { identity: "customer-4711" });
  await ran("consumer_step_up");
  await picture(page, "events-1440");
});
