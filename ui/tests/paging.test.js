// Lists that are read page by page while rows come, go and move from one page to another.

import assert from "node:assert/strict";
import { test } from "node:test";
import { many } from "./filled.js";
import { PHONE, accessible, eachInABrowser, picture, prepare } from "./support.js";

const PAGE = 50;
/** Longer than lists wait before they read their first page again. Milliseconds of the page's own clock. */
const LATER_MS = 6000;
let server;
let page;

eachInABrowser((desk) => ({ server, page } = desk));

/** The time comes at which the list reads its first page again. */
async function readAgain() {
  const read = page.waitForResponse((response) => response.url().includes("/conversations?") && response.ok());
  await page.clock.fastForward(LATER_MS);
  await read;
}

const rows = (name) => page.getByRole("row", { name });

test("a conversation that moves to another page is there once, and none gets lost", async () => {
  const ask = await prepare(server.url);
  const begin = () => ask("POST", "/conversations", { skill: "123456", consumer: null, line: { text: "Hello" } });
  await many(PAGE + 5, begin);
  await page.clock.install();
  await page.goto(`${server.url}/conversations?open=yes`);
  const shown = async () => (await rows(/conv_/).getByRole("link").allInnerTexts()).toSorted();
  const there = async () => (await ask("GET", "/conversations?open=true&limit=200")).items.map(({ id }) => id).toSorted();
  await rows(/conv_/).nth(PAGE - 1).waitFor();
  await page.getByRole("button", { name: "Show more" }).click();
  await rows(/conv_/).nth(PAGE + 4).waitFor();
  assert.deepEqual(await shown(), await there());

  // The newest one is closed: the first of the second page moves up.
  const [{ id: newest }] = (await ask("GET", "/conversations?open=true&limit=1")).items;
  await ask("POST", `/conversations/${newest}/close`, undefined, server.operator);
  await readAgain();
  assert.equal(new Set(await shown()).size, (await shown()).length, "each is there once");

  // Others come: the last ones of the first page are pushed off it.
  await many(3, begin);
  await readAgain();
  const [{ id: last }] = (await ask("GET", "/conversations?open=true&limit=1")).items;
  await rows(new RegExp(last)).waitFor();
  const seen = await shown();
  assert.deepEqual((await there()).filter((id) => !seen.includes(id)), [], "none is missing");
  assert.equal(new Set(seen).size, seen.length, "each is there once");
});

test("another choice begins with its first page, also where a link makes it", async () => {
  const ask = await prepare(server.url);
  await many(PAGE + 5, () => ask("POST", "/conversations", { skill: "123456", consumer: null, line: { text: "Hello" } }));
  await page.goto(`${server.url}/conversations?open=yes`);
  await page.getByRole("button", { name: "Show more" }).click();
  await rows(/conv_/).nth(PAGE + 4).waitFor();
  const all = page.waitForResponse((response) => response.url().includes("/conversations?limit") && response.ok());
  await page.getByRole("main").getByRole("link", { name: "Conversations" }).click();
  await all;
  await rows(/conv_/).nth(PAGE).waitFor({ state: "detached" });
  assert.equal(await rows(/conv_/).count(), PAGE);
});

test("as many functions as an account may have are found on a phone", async () => {
  const ask = await prepare(server.url);
  await page.setViewportSize(PHONE);
  const before = (await ask("GET", "/functions")).items.length;
  const all = 200;
  await many(all - before, (count) => ask("POST", "/functions", { name: `a_function_with_quite_a_long_name_number_${count}`, template: "greeting", description: "x".repeat(200) }));
  await page.goto(`${server.url}/functions`);
  await page.getByText(`${PAGE} of ${all}`).waitFor();
  assert.equal(await page.locator("tbody tr").count(), PAGE);
  // One screen shows at least eight of them.
  const [first, ninth] = await Promise.all([0, 8].map((at) => page.locator("tbody tr").nth(at).boundingBox()));
  assert.ok(ninth.y - first.y < PHONE.height, `nine functions take ${ninth.y - first.y} px`);
  await accessible(page, "functions on a phone");
  await picture(page, "functions-many-390");
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByText(`${2 * PAGE} of ${all}`).waitFor();
  assert.equal(await page.locator("tbody tr").count(), 2 * PAGE);
  // What is searched for is found, wherever it is in the list.
  await page.getByRole("searchbox").fill("number_150");
  await rows(/number_150/).waitFor();
  assert.equal(await page.locator("tbody tr").count(), 1);
});
