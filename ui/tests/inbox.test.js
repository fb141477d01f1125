// The inbox: an agent does the whole job with keys alone, a manager joins and takes over, a phone shows all of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PHONE, accessible, eachInABrowser, picture, prepare } from "./support.js";
import { until } from "./time.js";

const [SERVICE, WORKSHOP] = ["123456", "654321"];
let server;
let page;

eachInABrowser((desk) => ({ server, page } = desk));

/** A conversation in the list. */
const card = ({ id }) => page.locator(`[data-conversation="${id}"]`);
const focusOn = (selector) => page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);

/** A consumer with a conversation, asked over the API. */
async function consumer(skill, text) {
  const ask = await prepare(server.url);
  const { agent_token } = await (await fetch(`${server.url}/api/v1/demo/session`, { method: "POST" })).json();
  const { token } = await ask("POST", "/consumers", {});
  const { id } = await ask("POST", "/conversations", { skill, line: { text } }, token);
  return {
    id,
    /** The agent serves it, without a page. */
    served: () => ask("POST", `/conversations/${id}/accept`, undefined, agent_token),
    says: (line) => ask("POST", `/conversations/${id}/lines`, { text: line }, token),
    now: () => ask("GET", `/conversations/${id}`),
    closes: () => ask("POST", `/conversations/${id}/close`, undefined, token),
    lines: async () => (await ask("GET", `/conversations/${id}/events?limit=1000`)).items.filter((event) => event.type === "line_published" && event.author.kind !== "controller_bot").map((event) => event.line),
  };
}

async function sitDown(address = "/inbox?seat=agent") {
  await page.goto(server.url + address);
  await page.getByText("live", { exact: true }).waitFor();
  await page.getByRole("navigation", { name: "Conversations" }).getByLabel("Skill").waitFor();
}

test("an agent takes what rings, answers, transfers, notes and closes with keys alone", async () => {
  const { keyboard } = page;
  await sitDown();
  await keyboard.press("p");
  await focusOn("#presence");
  await keyboard.type("Onl");
  await page.locator("#presence:has(option:checked[value=online])").waitFor();
  await keyboard.press("Tab");
  await keyboard.press("Tab");

  const talk = await consumer(SERVICE, "Hello, my kettle is broken");
  await page.getByRole("alert").getByText("It waits for Service.").waitFor();
  await accessible(page, "inbox with a ring");
  await picture(page, "inbox-ring-1440");
  await keyboard.press("a");
  await focusOn("#answer");
  await keyboard.type("I am Grace. Which kettle is it?");
  await keyboard.press("Enter");
  const transcript = page.getByRole("list", { name: "Transcript" });
  await transcript.getByText("I am Grace. Which kettle is it?").waitFor();
  await talk.says("The blue one");
  await transcript.getByText("The blue one").waitFor();
  assert.equal((await talk.now()).assigned_agent, "4711");

  // From the answer to the list, where single keys act.
  await keyboard.press("Escape");
  await focusOn(`[data-conversation="${talk.id}"]`);
  await keyboard.press("u");
  await page.getByRole("button", { name: "Take urgent back" }).waitFor();
  await keyboard.press("n");
  await focusOn("[data-note]");
  await keyboard.type("has two kettles");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await until(async () => (await talk.now()).note === "has two kettles", "the note");
  await accessible(page, "inbox");
  await picture(page, "inbox-1440");

  // To another skill, found by its name.
  await page.evaluate(() => document.querySelector("h1").focus());
  await keyboard.press("t");
  const dialog = page.getByRole("dialog", { name: "Transfer the conversation" });
  await dialog.getByLabel("Find a skill or an agent").waitFor();
  await accessible(page, "transfer");
  await keyboard.type("work");
  await dialog.getByRole("radio", { name: "Workshop" }).waitFor();
  await keyboard.press("Enter");
  await dialog.waitFor({ state: "hidden" });
  await until(async () => (await talk.now()).skill === WORKSHOP, "the transfer");

  // Grace is the only one there, so it rings again.
  await page.getByRole("alert").getByText("It waits for Workshop.").waitFor();
  await keyboard.press("a");
  await focusOn("#answer");
  await keyboard.press("Escape");
  await keyboard.press("c");
  const sure = page.getByRole("dialog", { name: "Close this conversation?" });
  await sure.waitFor();
  await keyboard.press("Tab");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await until(async () => (await talk.now()).closed?.what === "agent", "the close");
  await page.getByText("The conversation is closed.").waitFor();
  assert.deepEqual(await talk.lines(), ["Hello, my kettle is broken", "I am Grace. Which kettle is it?", "The blue one"]);
});

test("a rejected ring is gone, and who is away is offered nothing", async () => {
  await sitDown();
  await page.getByLabel("Presence").selectOption("online");
  const talk = await consumer(SERVICE, "Anybody there?");
  const ring = page.getByRole("alert").getByText("It waits for Service.");
  await ring.waitFor();
  await page.getByRole("button", { name: /^Reject/ }).click();
  await ring.waitFor({ state: "hidden" });
  assert.equal((await talk.now()).assigned_agent, undefined);
  await page.getByLabel("Presence").selectOption("away");
  const second = await consumer(SERVICE, "And here?");
  await card(second).waitFor();
  assert.equal(await ring.count(), 0);
  await talk.closes();
  await second.closes();
});

test("lines that were not seen are counted, and automatic messages lead to what caused them", async () => {
  await sitDown();
  const [first, second] = [await consumer(SERVICE, "The first one"), await consumer(SERVICE, "The second one")];
  await first.served();
  await second.served();
  await card(second).click();
  const list = page.getByRole("navigation", { name: "Conversations" });
  await card(first).getByText("1 unread").waitFor();
  await first.says("Are you there?");
  await card(first).getByText("2 unread").waitFor();
  await card(first).click();
  await page.getByRole("list", { name: "Transcript" }).getByText("Are you there?").waitFor();
  await list.getByText(/unread$/).first().waitFor({ state: "hidden" });
  const cause = page.getByRole("link", { name: /from new_conversation, version 1/ });
  assert.match(await cause.getAttribute("href"), /^\/invocations\/inv_/);
  await cause.click();
  await page.getByRole("heading", { name: "new_conversation" }).waitFor();
  await first.closes();
  await second.closes();
});

test("each line is asked for once, whatever is written before the answer to it is there", async () => {
  const asked = [];
  const held = [];
  let hold = false;
  let letThrough;
  await page.routeWebSocket(/\/live$/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      const { type, body } = JSON.parse(message);
      if (type === "publish") asked.push(body.text);
      server.send(message);
    });
    server.onMessage((message) => (hold ? held.push(message) : socket.send(message)));
    letThrough = () => {
      hold = false;
      for (const message of held.splice(0)) socket.send(message);
    };
  });
  const talk = await consumer(SERVICE, "One question");
  await talk.served();
  await sitDown();
  await card(talk).click();
  hold = true;
  const lines = ["The first answer", "The second answer", "The third answer"];
  for (const line of lines) {
    await page.getByLabel("Your answer").fill(line);
    await page.getByLabel("Your answer").press("Enter");
  }
  await page.locator(".draft").nth(2).waitFor();
  await until(async () => (await talk.lines()).length > 1, "the first line");
  letThrough();
  await page.getByRole("list", { name: "Transcript" }).getByText("The third answer").waitFor();
  await page.locator(".draft").first().waitFor({ state: "hidden" });
  assert.deepEqual(asked, lines);
  assert.deepEqual(await talk.lines(), ["One question", ...lines]);
  await talk.closes();
});

test("a manager sees what others serve, joins, takes over and closes", async () => {
  const talk = await consumer(SERVICE, "I want to speak to somebody else");
  await talk.served();
  await sitDown("/inbox");
  await card(talk).click();
  await page.getByText("You take no part in this conversation.").waitFor();
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await page.getByLabel("Your answer").fill("I am the manager");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("list", { name: "Transcript" }).getByText("I am the manager").waitFor();
  await page.getByRole("button", { name: "Take over" }).click();
  await page.getByText("You serve the conversation.").waitFor();
  assert.equal((await talk.now()).assigned_agent, "4713");
  await page.getByRole("button", { name: "Close", exact: true }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).last().click();
  await until(async () => (await talk.now()).open === false, "the close");
});

test("on a phone one goes from the list to the conversation and back", async () => {
  await page.setViewportSize(PHONE);
  const talk = await consumer(SERVICE, "A question from my telephone, with quite a long first line that has to be cut somewhere");
  await sitDown();
  await picture(page, "inbox-list-390");
  await card(talk).click();
  await page.getByRole("button", { name: "Accept", exact: true }).click();
  await page.getByLabel("Your answer").fill("An answer");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("list", { name: "Transcript" }).getByText("An answer").waitFor();
  await accessible(page, "inbox on a phone");
  await picture(page, "inbox-390");
  await page.getByRole("button", { name: "Back to the list" }).click();
  await card(talk).waitFor();
  await talk.closes();
});

test("the keys are shown, and can be switched off", async () => {
  const { keyboard } = page;
  await sitDown();
  await keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keyboard" });
  await keys.getByText("accept or reject what is offered").waitFor();
  await accessible(page, "keys");
  await keys.getByRole("switch", { name: /Single keys act/ }).click();
  await keyboard.press("Escape");
  await keys.waitFor({ state: "hidden" });
  await keyboard.press("p");
  assert.notEqual(await page.evaluate(() => document.activeElement.id), "presence");
});
