// Two browsers that look while the server goes away and comes back: both say so, go on by themselves, and agree.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, items, prepare, sees, serve } from "./support.js";

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
  const talk = consumer.page;
  await talk.goto(`${server.url}/playground`);
  await talk.getByLabel("Your message").fill("Before the restart");
  await talk.getByRole("button", { name: "Open the conversation" }).click();
  await sees(talk, "#lines", "Welcome");

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

  await talk.getByLabel("Your line").fill("After the restart");
  await talk.getByRole("button", { name: "Send" }).click();
  await sees(talk, "#lines", "After the restart");
  await transcript.getByText("After the restart").waitFor();
  await talk.getByRole("button", { name: "Accept" }).click();
  await runs.getByRole("row", { name: /participants_change/ }).waitFor();

  // Nothing twice and nothing missing, on either side.
  const lines = (await items(talk, "#lines")).filter((line) => /the restart$/.test(line));
  assert.equal(lines.length, 2);
  assert.equal(await transcript.getByText("the restart").count(), 2);
  const ask = await prepare(server.url);
  assert.equal((await ask("GET", "/conversations")).items.length, 1);
});
