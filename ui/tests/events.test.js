// All eight events, played by one person on one page, seen as runs in the workbench; the clock is moved where people would have to wait.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, picture, serve, stage } from "./support.js";

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

test("each of the eight events runs its function, and the workbench shows it", async () => {
  await page.goto(`${server.url}/invocations`);
  const ran = (name) => page.getByRole("row", { name: new RegExp(`${name} version 1.*answered`) }).first().waitFor({ timeout: 15_000 });

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
