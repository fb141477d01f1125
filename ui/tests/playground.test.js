// The playground, used as a newcomer uses it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DESKTOP, PHONE, eachInABrowser, items, picture, sees } from "./support.js";

let server;
let page;

eachInABrowser((desk) => ({ server, page } = desk));

async function openConversation(text = "Hello, my kettle is broken") {
  await page.goto(`${server.url}/playground`);
  await page.getByLabel("Your message").fill(text);
  await page.getByRole("button", { name: "Open the conversation" }).click();
  await sees(page, "#lines", text);
}

test("a newcomer writes, is answered by a function, and sees beside it what the function did", async () => {
  await page.goto(`${server.url}/playground`);
  await picture(page, "start-1440");
  await openConversation();
  await page.locator("#lines > li.bot").first().waitFor();
  await sees(page, "#story", "new_conversation, version 1");
  const settled = page.locator("#story > li.settled").first();
  assert.match(await settled.innerText(), /systemMessage\s+applied/);
  await sees(page, "#story", "conversation opened");
  const said = await page.locator("#lines > li.bot").first().innerText();
  assert.ok(said.length > "Controller Bot".length + 10, said);
});

test("an agent takes the conversation, transfers it, and the consumer closes it", async () => {
  await openConversation();
  await page.getByRole("button", { name: "Accept" }).click();
  await sees(page, "#lines", "Grace took the conversation");
  await sees(page, "#story", "YOU_ARE_CONNECTED_TO");
  await page.getByRole("radio", { name: "agent" }).check();
  await page.getByLabel("Your line").fill("I am Grace. Which kettle?");
  await page.getByRole("button", { name: "Send" }).click();
  await sees(page, "#lines", "I am Grace. Which kettle?");
  await page.getByLabel("Transfer to").selectOption("234567");
  await page.getByRole("button", { name: "Transfer" }).click();
  await sees(page, "#story", "ENGAGEMENT_TRANSFERED");
  await page.getByRole("group", { name: "consumer" }).getByRole("button", { name: "Close" }).click();
  await sees(page, "#story", "CONSUMER_END_CONVERSATION");
  await sees(page, "#lines", "The conversation is closed");
  assert.equal(await page.getByLabel("Your line").isDisabled(), true);
});

test("reloading keeps the conversation and all that happened in it", async () => {
  await openConversation("Do you remember me?");
  await sees(page, "#story", "CONSUMER_OPEN_NEW_CONVERSATION");
  // What an attempt took and logged is told last.
  await sees(page, "#story", "conversation opened");
  await page.locator("#lines > li.bot").first().waitFor();
  const [lines, story] = [await items(page, "#lines"), await items(page, "#story")];
  await page.reload();
  await sees(page, "#lines", "Do you remember me?");
  await sees(page, "#story", "conversation opened");
  await page.locator("#lines > li.bot").first().waitFor();
  assert.deepEqual(await items(page, "#lines"), lines);
  assert.deepEqual(await items(page, "#story"), story);
  await page.getByLabel("Your line").fill("And now?");
  await page.getByLabel("Your line").press("Enter");
  await sees(page, "#lines", "And now?");
});

test("everything can be done with the keyboard", async () => {
  const { keyboard } = page;
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
  const tabTo = async (id) => {
    for (let count = 0; count < 30 && (await focused()) !== id; count += 1) await keyboard.press("Tab");
    assert.equal(await focused(), id);
  };
  await page.goto(`${server.url}/playground`);
  await page.waitForFunction(() => document.activeElement.id === "first");
  await keyboard.press("Control+A");
  await keyboard.type("Only keys");
  await tabTo("Open the conversation");
  await keyboard.press("Enter");
  await sees(page, "#lines", "Only keys");
  await page.waitForFunction(() => document.activeElement.id === "say");
  await keyboard.type("A second line");
  await keyboard.press("Enter");
  await sees(page, "#lines", "A second line");
  await tabTo("urgent");
  await keyboard.press("Space");
  await sees(page, "#story", "CONSUMER_ASKED_URGENT_RESPONSE_TIME");
  await tabTo("accept");
  await keyboard.press("Enter");
  await sees(page, "#lines", "Grace took the conversation");
});

test("without the Controller Bot no function answers, and the page says so", async () => {
  await page.goto(`${server.url}/playground`);
  const bot = page.getByRole("switch", { name: "Controller Bot" });
  await bot.click();
  await page.getByText("The Controller Bot is off").waitFor();
  await openConversation("Anybody?");
  await sees(page, "#story", "Controller Bot");
  assert.equal(await page.locator("#lines > li.bot").count(), 0);
  await bot.click();
  await page.getByText("The Controller Bot is off").waitFor({ state: "hidden" });
});

for (const [name, viewport, colorScheme] of [
  ["1440", DESKTOP, "light"],
  ["1440-dark", DESKTOP, "dark"],
  ["390", PHONE, "light"],
  ["390-dark", PHONE, "dark"],
]) {
  test(`it fits and reads well at ${name}`, async () => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await openConversation();
    await page.locator("#lines > li.bot").first().waitFor();
    await page.getByRole("button", { name: "Accept" }).click();
    await sees(page, "#story", "YOU_ARE_CONNECTED_TO");
    await page.locator("#story > li.settled").nth(1).waitFor();
    await picture(page, `conversation-${name}`);
  });
}
