// Two browsers that look while the server goes away and comes back: both say so, go on by themselves, and agree.

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
  const lines = (await texts(talk.consumer.locator(".line.own"))).filter((line) => /the restart$/.test(line));
  assert.equal(lines.length, 2);
  assert.equal(await transcript.getByText("the restart").count(), 2);
  const ask = await prepare(server.url);
  assert.equal((await ask("GET", "/conversations")).items.length, 1);
});
