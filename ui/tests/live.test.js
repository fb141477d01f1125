// Many pages of one browser: what is live on all of them needs one stream, whoever is closed first.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eachInABrowser, prepare } from "./support.js";

/** More than the connections that a browser has for a server. */
const TABS = 9;
let server;
let browser;

eachInABrowser((desk) => ({ server, browser } = desk));

test("more pages than a browser has connections are live at once, and stay so when one is closed", async () => {
  const ask = await prepare(server.url);
  await ask("POST", "/functions", { name: "greeting", template: "greeting" });
  await ask("POST", "/functions/greeting/deploy");
  const tabs = [];
  for (let count = 0; count < TABS; count += 1) {
    const tab = await browser.context.newPage();
    await tab.goto(`${server.url}/invocations`);
    await tab.getByText("live", { exact: true }).waitFor();
    tabs.push(tab);
  }
  const greet = (name) => ask("POST", "/functions/greeting/invoke", { input: { payload: { name } } });
  const rows = (tab) => tab.getByRole("row", { name: /greeting/ });
  await greet("Ada");
  for (const tab of tabs) await rows(tab).first().waitFor();

  // The first one holds the stream for all.
  await tabs.shift().close();
  for (const tab of tabs) await tab.getByText("live", { exact: true }).waitFor();
  await greet("Bob");
  for (const tab of tabs) await rows(tab).nth(1).waitFor();
  for (const tab of tabs) assert.equal(await rows(tab).count(), 2, "nothing twice");

  // A filter is a matter of each page.
  await tabs[0].goto(`${server.url}/invocations?state=timed_out`);
  await tabs[0].getByText("Nothing matches").waitFor();
  await greet("Cid");
  await rows(tabs[1]).nth(2).waitFor();
  assert.equal(await rows(tabs[0]).count(), 0);
});
