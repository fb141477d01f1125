// What a page learns late moves nothing that is there already: every answer is held back until what came before it is painted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BARE_PAGES, bare, oneOfEverything } from "./filled.js";
import { ORDERS, holdBack } from "./late.js";
import { DESKTOP, PHONE, SHIFT_MAX, TABLET, eachInABrowser, moved, prepare, stage, watchMoves } from "./support.js";

/** Where conversations ring at an agent. */
const RINGS = new Set(["playground", "seat"]);
let server;
let browser;

eachInABrowser((desk) => ({ server, browser } = desk), { options: ["--test-clock", "--allow-private-egress"] });

/** Opens pages with answers in every order, in three sizes; what moves. `ring` is told when a page comes on which it could ring. */
async function look(pages, { sizes = [DESKTOP, TABLET, PHONE], orders = ORDERS, ring = async () => {} } = {}) {
  const findings = [];
  const { page } = browser;
  await watchMoves(browser.context);
  const slow = await holdBack(page);
  for (const viewport of sizes) {
    await page.setViewportSize(viewport);
    for (const [name, address] of Object.entries(pages)) {
      for (const [order, next] of Object.entries(orders)) {
        if (RINGS.has(name)) await ring();
        await slow.open(server.url + address);
        await slow.settle(next);
        const shift = await moved(page);
        if (shift >= SHIFT_MAX) findings.push(`${name} at ${viewport.width}, ${order}: what is there moves by ${shift.toFixed(3)}`);
      }
    }
  }
  return findings;
}

test("nothing moves on pages with something on them, whatever comes late", async () => {
  const ask = await prepare(server.url);
  const pages = await oneOfEverything(server, ask);
  // The agent is there, in this tab and for the server; whoever writes now is offered to them.
  await browser.context.addInitScript(() => sessionStorage.setItem("convoke.presence.4711", "online"));
  const ring = () => ask("POST", "/conversations", { skill: "123456", consumer: null, line: { text: "Is somebody there?" } });
  assert.deepEqual(await look({ ...pages, seat: "/inbox?seat=agent" }, { ring }), []);
});

test("nothing moves on pages without anything on them, whatever comes late", async () => {
  await bare(server, browser, "empty");
  // Where there is little, one order in two sizes shows it.
  assert.deepEqual(await look(BARE_PAGES, { sizes: [DESKTOP, PHONE], orders: { reverse: ORDERS["last asked first"] } }), []);
});

test("nothing moves in the playground when it opens with a conversation", async () => {
  const talk = stage(browser.page);
  await talk.come(server.url);
  await talk.play("Write the first line");
  await talk.hears("Welcome");
  await talk.play("Accept as the agent");
  await talk.hears("Grace is here for you");
  assert.deepEqual(await look({ playground: "/playground" }), []);
});
