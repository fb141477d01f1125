// The playground, used as a newcomer uses it: one person is consumer and agent, and sees what happens.

import assert from "node:assert/strict";
import { test } from "node:test";
import { keys } from "./hands.js";
import { DESKTOP, PHONE, accessible, eachInABrowser, picture, stage, texts } from "./support.js";

let server;
let page;
let talk;

eachInABrowser((desk) => {
  ({ server, page } = desk);
  talk = stage(page);
});

test("a newcomer writes, is answered by a function, and sees beside it what the function did", async () => {
  await talk.come(server.url);
  await picture(page, "start-1440");
  await talk.writes("Hello, my kettle is broken");
  await talk.consumer.locator(".line.automatic").first().waitFor();
  await talk.tells("new_conversation, version 1");
  // Which command, and what became of it.
  assert.match(await talk.story.locator("li.settled").first().innerText(), /systemMessage\s+applied/);
  // What the attempt took and logged is there a moment later.
  await talk.tells(/It took .* ms/);
  await talk.tells("conversation opened");
  const said = await talk.consumer.locator(".line.automatic").first().innerText();
  assert.ok(said.length > "Automatic message".length + 10, said);
  await talk.story.getByRole("link", { name: "Open the invocation" }).click();
  await page.getByRole("heading", { name: "new_conversation" }).waitFor();
});

test("the conversation rings at the agent, who takes it, answers, transfers it, and the consumer closes it", async () => {
  await talk.come(server.url);
  await talk.play("Write the first line");
  await talk.agent.getByRole("button", { name: "Accept A" }).click();
  await talk.hears("Grace is here for you");
  await talk.tells("YOU_ARE_CONNECTED_TO");
  await talk.agent.getByLabel("Your answer").fill("I am Grace. Which kettle?");
  await talk.agent.getByLabel("Your answer").press("Enter");
  await talk.hears("I am Grace. Which kettle?");
  await talk.agent.getByRole("button", { name: "Transfer" }).click();
  await page.getByRole("dialog").getByRole("radio", { name: "Sales" }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Transfer" }).click();
  await talk.tells("ENGAGEMENT_TRANSFERED");
  await talk.consumer.getByRole("button", { name: "End the conversation" }).click();
  await talk.consumer.getByRole("button", { name: "Yes, end it" }).click();
  await talk.tells("CONSUMER_END_CONVERSATION");
  await talk.hears("The conversation has ended");
  await talk.consumer.getByRole("button", { name: "Start a new conversation" }).waitFor();
  // Nobody can write any more, on neither side.
  await talk.agent.getByText("The conversation is closed.").waitFor();
  assert.equal(await talk.agent.getByLabel("Your answer").count(), 0);
  assert.equal(await talk.consumer.getByLabel("Your message").isVisible(), false);
});

test("reloading keeps the conversation and all that happened in it", async () => {
  await talk.come(server.url);
  await talk.writes("Do you remember me?");
  await talk.tells("CONSUMER_OPEN_NEW_CONVERSATION");
  await talk.tells(/It took .* ms/);
  const lines = () => texts(talk.consumer.locator(".line"));
  const [said, story] = [await lines(), await texts(talk.story.locator("li"))];
  await page.reload();
  await talk.hears("Do you remember me?");
  await talk.tells(/It took .* ms/);
  assert.deepEqual(await lines(), said);
  assert.deepEqual(await texts(talk.story.locator("li")), story);
  await talk.writes("And now?");
  await talk.tells("And now?");
  // Another consumer begins with nothing.
  await page.getByRole("button", { name: "New conversation", exact: true }).click();
  await talk.hears("How can we help?");
  assert.deepEqual(await lines(), []);
});

test("everything can be done with the keyboard", async () => {
  const hands = keys();
  await talk.come(server.url);
  await hands.say(page, "Your message", "Only keys");
  await talk.hears("Only keys");
  await talk.hears("Welcome");
  await page.keyboard.type("A second line");
  await page.keyboard.press("Enter");
  await talk.hears("A second line");
  await hands.press(page, "Mark as urgent");
  await talk.tells("CONSUMER_ASKED_URGENT_RESPONSE_TIME");
  await talk.agent.getByRole("button", { name: "Accept A" }).waitFor();
  await hands.press(page, /^Accept A/);
  await talk.hears("Grace is here for you");
  await hands.say(page, "Your answer", "Without a mouse");
  await talk.hears("Without a mouse");
});

test("without a test clock it says how time can be made to pass", async () => {
  await talk.come(server.url);
  await talk.play("Write the first line");
  await page.getByText("Time has to pass for this one").waitFor();
  const act = (name) => page.getByRole("button", { name, exact: true });
  assert.equal(await act("Let time pass").isDisabled(), true);
  await act("Mark urgent").click();
  await talk.tells("CONSUMER_ASKED_URGENT_RESPONSE_TIME");
});

test("without the Controller Bot no function answers, and the page says so", async () => {
  await talk.come(server.url);
  const bot = page.getByRole("switch", { name: "Controller Bot" });
  await bot.click();
  await page.getByRole("dialog").getByRole("button", { name: "Switch it off" }).click();
  await page.getByText("The Controller Bot is off").first().waitFor();
  await talk.writes("Anybody?");
  await talk.tells("Not fired");
  assert.equal(await talk.consumer.locator(".line.automatic").count(), 0);
  await page.getByRole("button", { name: "Switch it on" }).click();
  await page.locator(".bot-off").waitFor({ state: "hidden" });
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
    await talk.come(server.url);
    await talk.play("Write the first line");
    await talk.hears("Welcome");
    await talk.agent.getByRole("button", { name: "Accept A" }).click();
    await talk.tells("YOU_ARE_CONNECTED_TO");
    await accessible(page, `playground ${name}`);
    await picture(page, `conversation-${name}`);
  });
}
