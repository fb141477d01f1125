// What no function ran on, with the reason; and what functions were really given, tried again in the editor.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, eachInABrowser, picture, prepare, stage } from "./support.js";

const SERVICE = "123456";
let server;
let page;
let browser;

eachInABrowser((desk) => ({ server, browser, page } = desk));

test("an event on which nothing ran is listed with the reason, and leads to its place in the conversation", async () => {
  const ask = await prepare(server.url);
  await ask("POST", "/functions/new_conversation/undeploy");
  await page.goto(`${server.url}/invocations`);
  await page.getByRole("link", { name: "Nothing ran" }).click();
  const { id } = await ask("POST", "/conversations", { skill: SERVICE, consumer: null, line: { text: "Hello" } });
  const row = page.getByRole("row", { name: /New Conversation/ });
  await row.getByText("None is deployed for this event.").waitFor({ timeout: 15_000 });
  await accessible(page, "unanswered");
  await picture(page, "unanswered-1440");
  await page.getByLabel("Event").selectOption({ label: "TTR" });
  await page.getByText("Nothing was left to the automatic messages").waitFor();
  await page.getByLabel("Event").selectOption("");
  await row.getByRole("link").first().click();
  await page.getByRole("heading", { name: "Conversation", exact: true }).waitFor();
  assert.match(page.url(), new RegExp(`/conversations/${id}\\?change=`));
  await page.locator("article.current").getByText("none is deployed for this event").waitFor();
  await ask("POST", "/functions/new_conversation/deploy");
});

test("a draft is tried on what a real run was given, which acts on nothing", async () => {
  const tab = await browser.context.newPage();
  const talk = stage(tab);
  await talk.come(server.url);
  await talk.writes("My kettle whistles in the night");
  await talk.tells("new_conversation, version");
  await talk.tells(/It took .* ms/);

  await page.goto(`${server.url}/functions/new_conversation`);
  const payload = page.getByRole("complementary", { name: "Sample payload" });
  await payload.locator(".view-line").first().waitFor({ timeout: 30_000 });
  const choice = payload.getByLabel("Payload", { exact: true });
  const recorded = await choice.locator("optgroup[label^='Recorded'] option").first().getAttribute("value");
  await choice.selectOption(recorded);
  await payload.getByText("This is what a real run was given").waitFor();
  await accessible(page, "a recorded payload");
  const id = (await payload.getByRole("link", { name: "Open that run" }).getAttribute("href")).split("/").pop();
  const conversation = `conv_${/^inv_([0-9a-f]+)/.exec(decodeURIComponent(id))[1]}`;
  const ask = await prepare(server.url);
  const before = (await ask("GET", `/conversations/${conversation}`)).seq;
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("would be sent").first().waitFor();
  await picture(page, "recorded-1440");
  assert.equal((await ask("GET", `/conversations/${conversation}`)).seq, before, "a test acts on nothing");
});
