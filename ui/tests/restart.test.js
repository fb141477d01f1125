// Browsers that look while the server goes away and comes back: both say so, go on by themselves, and agree.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, prepare, serve, stage, texts } from "./support.js";

let server;
let consumer;
let developer;

before(async () => {
  server = await serve();
  consumer = await browse();
  developer = await browse();
});
after(async () => {
  await consumer?.stop();
  await developer?.stop();
  await server?.stop();
});

test("a restart of the server is survived by everybody who looks", async () => {
  const talk = stage(consumer.page);
  await talk.come(server.url);
  await talk.writes("Before the restart");
  await talk.hears("Welcome");

  const { page } = developer;
  await page.goto(`${server.url}/conversations`);
  await page.getByRole("link", { name: /^conv_/ }).click();
  const transcript = page.getByRole("list", { name: "Transcript" });
  await transcript.getByText("Before the restart").waitFor();
  const runs = await developer.context.newPage();
  await runs.goto(`${server.url}/invocations`);
  await runs.getByRole("row", { name: /new_conversation/ }).waitFor();

  await server.halt();
  await page.getByText("not connected, trying again").waitFor();
  await runs.getByText("not connected, trying again").waitFor();
  await server.resume();
  await page.getByText("not connected, trying again").waitFor({ state: "hidden" });
  await runs.getByText("live", { exact: true }).waitFor();

  await talk.writes("After the restart");
  await talk.hears("After the restart");
  await transcript.getByText("After the restart").waitFor();
  await talk.play("Accept as the agent");
  await runs.getByRole("row", { name: /participants_change/ }).waitFor();

  // Nothing twice and nothing missing, on either side.
  const lines = (await texts(talk.consumer.locator(".line.own"))).filter((line) => /the restart( Read)?$/.test(line));
  assert.equal(lines.length, 2);
  assert.equal(await transcript.getByText("the restart").count(), 2);
  const ask = await prepare(server.url);
  assert.equal((await ask("GET", "/conversations")).items.length, 1);
});

test("an agent and a consumer agree after a restart, with what each wrote while nobody listened", async () => {
  const [shop, inbox] = [await consumer.context.newPage(), await developer.context.newPage()];
  await inbox.goto(`${server.url}/inbox?seat=agent`);
  await inbox.getByText("live", { exact: true }).waitFor();
  await inbox.getByLabel("Presence").selectOption("online");
  await shop.goto(`${server.url}/window?skill=654321`);
  await shop.getByRole("button", { name: /^Write to us/ }).click();
  const panel = shop.getByRole("dialog", { name: "Write to us" });
  const asks = async (text) => {
    await panel.getByLabel("Your message").fill(text);
    await panel.getByLabel("Your message").press("Enter");
  };
  const answers = async (text) => {
    await inbox.getByLabel("Your answer").fill(text);
    await inbox.getByLabel("Your answer").press("Enter");
  };
  await asks("Before it");
  await inbox.getByRole("alert").getByRole("button", { name: /^Accept/ }).click();
  await answers("I am here");
  await panel.getByText("I am here").waitFor();

  await server.halt();
  await panel.getByText("No connection").waitFor();
  await inbox.getByText("not connected, trying again").waitFor();
  await asks("While it is away");
  await answers("Me too");
  await inbox.getByText("not sent yet").waitFor();
  await server.resume();
  await inbox.getByText("live", { exact: true }).waitFor();
  await panel.getByText("Me too").waitFor({ timeout: 20_000 });
  await inbox.getByRole("list", { name: "Transcript" }).getByText("While it is away").waitFor({ timeout: 20_000 });
  await answers("Where were we?");
  await panel.getByText("Where were we?").waitFor();
  await asks("At the kettle");
  await inbox.getByRole("list", { name: "Transcript" }).getByText("At the kettle").waitFor();

  // Everything once, and in the same order for both.
  const own = /Before it|I am here|While it is away|Me too|Where were we\?|At the kettle/g;
  const said = async (list) => (await list.allInnerTexts()).flatMap((text) => text.match(own) ?? []);
  const [heard, read] = [await said(panel.locator(".line")), await said(inbox.getByRole("list", { name: "Transcript" }).locator("li"))];
  assert.deepEqual(heard, read);
  assert.deepEqual([...heard].sort(), ["At the kettle", "Before it", "I am here", "Me too", "Where were we?", "While it is away"]);
});
