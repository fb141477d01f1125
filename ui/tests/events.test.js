// All eight events, played by one person on one page, seen as runs in the workbench; the clock is moved where people would have to wait.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eachInABrowser, picture, prepare, stage } from "./support.js";
import { pass, passTo } from "./time.js";

const [SERVICE, SALES] = ["123456", "234567"];
const WEDNESDAY = 3;
let server;
let browser;
let page;

eachInABrowser((desk) => ({ server, browser, page } = desk), { options: ["--test-clock"], fresh: true });

/** The workbench shows that a function answered. */
const ran = (name) => page.getByRole("row", { name: new RegExp(`${name} version 1.*answered`) }).first().waitFor({ timeout: 15_000 });

/** Another consumer, who writes to a skill on a page of their own. */
async function open(skill) {
  const tab = await browser.context.newPage();
  const talk = stage(tab);
  await talk.come(server.url, skill);
  await talk.play("Write the first line");
  await talk.consumer.locator(".line.automatic").first().waitFor();
  return { ...talk, tab };
}

test("one person plays all eight events in one conversation, and the workbench shows each", async () => {
  await page.goto(`${server.url}/invocations`);
  const tab = await browser.context.newPage();
  const talk = stage(tab);
  await talk.come(server.url);
  const fired = (name) => tab.getByRole("region", { name: "The eight events" }).getByRole("listitem").filter({ hasText: name }).getByText("seen").waitFor({ timeout: 15_000 });
  await talk.play("Write the first line");
  await ran("new_conversation");
  await talk.play("Mark urgent");
  await ran("ttr");
  // Nobody takes it for as long as the account allows.
  await talk.play("Let time pass");
  await ran("conversation_idle");
  await talk.play("Accept as the agent");
  await ran("participants_change");
  await talk.play("Transfer");
  await ran("conversation_routing");
  await talk.play("Step up");
  await ran("consumer_step_up");
  await talk.play("Write on a Sunday");
  await ran("off_hours_line");
  await talk.tells("CONSUMER_SEND_MESSAGE_ON_OFFHOURS");
  await talk.play("Close as the consumer");
  await ran("conversation_end");
  for (const name of ["New Conversation", "TTR", "Idle", "Participants Change", "Routing", "Step Up", "Off-Hours", "Conversation End"]) await fired(name);
  await picture(tab, "playground-events-1440");
  await picture(page, "events-1440");
});

test("each event fires in a conversation of its own, where nothing else happened", async () => {
  await page.goto(`${server.url}/invocations`);

  // One is marked urgent, taken, transferred and closed.
  const talk = await open(SERVICE);
  await ran("new_conversation");
  await talk.play("Mark urgent");
  await ran("ttr");
  await talk.play("Accept as the agent");
  await ran("participants_change");
  await talk.play("Transfer");
  await ran("conversation_routing");
  await talk.play("Close as the consumer");
  await ran("conversation_end");
  await talk.tab.close();

  // Nobody takes another one for as long as the account allows.
  const waiting = await open(SERVICE);
  const ask = await prepare(server.url);
  const { idle } = await ask("GET", "/settings");
  await pass(server, idle.awaiting_in_queue.time_seconds + 1);
  await ran("conversation_idle");
  await waiting.tab.close();

  // A consumer who came on a Wednesday writes on a Sunday. Berlin is at work at eleven, summer and winter.
  await passTo(server, WEDNESDAY);
  const late = await open(SALES);
  await passTo(server);
  await late.writes("Is anybody there?");
  await ran("off_hours_line");
  await late.tells("CONSUMER_SEND_MESSAGE_ON_OFFHOURS");
  await late.tab.close();

  // The brand's own site tells who the consumer is.
  const { items } = await ask("GET", "/conversations");
  await ask("POST", `/conversations/${items[0].id}/step-up`, { identity: "customer-4711" });
  await ran("consumer_step_up");
});
