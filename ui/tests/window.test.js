// The consumer window on a page of somebody else: nothing is lost or repeated, nothing of the page gets in, nobody is shut out.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, barriers, browse, photograph, prepare, serve, widths } from "./support.js";
import { passTo } from "./time.js";

const SERVICE = "123456";
let server;
let shop;
let ask;
let agent;
let browser;
let page;

/** A page of a brand, on an origin of its own, with styles that are nobody's friend. */
async function foreignPage(attributes) {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop</title>
    <link rel="icon" href="data:,"><style>* { color: red !important; font-size: 40px !important; } button, textarea, section { display: none !important; }</style></head>
    <body><main><h1>A shop</h1></main><script src="${server.url}/window.js" ${attributes} async></script></body></html>`;
  const pages = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(html));
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${pages.address().port}`,
    stop: () => {
      // A browser keeps its connection for the next visit.
      pages.closeAllConnections();
      return new Promise((resolve) => pages.close(resolve));
    },
  };
}

before(async () => {
  server = await serve("--test-clock");
  ask = await prepare(server.url);
  const { agent_token } = await (await fetch(`${server.url}/api/v1/demo/session`, { method: "POST" })).json();
  agent = (path, body) => ask("POST", path, body, agent_token);
  shop = await foreignPage('data-account="demo"');
  await ask("PUT", "/settings", { window: { enabled: true, origins: [shop.url] } });
  browser = await browse();
  page = browser.page;
});
after(async () => {
  await browser?.stop();
  await shop?.stop();
  await server?.stop();
});

const launch = () => page.getByRole("button", { name: /^Write to us/ });
const panel = () => page.getByRole("dialog", { name: "Write to us" });

/** What was said, as the window shows it. */
const shown = () => panel().locator(".line:not(.automatic)").evaluateAll((lines) => lines.map((line) => [...line.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("")));

async function write(text) {
  await panel().getByLabel("Your message").fill(text);
  await panel().getByLabel("Your message").press("Enter");
}
async function come(address = shop.url) {
  await page.context().clearCookies();
  await page.goto(address);
  await page.evaluate(() => localStorage.clear());
  await page.goto(address);
  await launch().click();
}
async function newest() {
  const { items } = await ask("GET", "/conversations");
  return items[0].id;
}
const said = async (id) => (await ask("GET", `/conversations/${id}/events?limit=1000`)).items.filter((event) => event.type === "line_published" && event.author.kind !== "controller_bot").map((event) => event.line);

test("a conversation on another page survives a restart of the server, with nothing lost and nothing twice", async () => {
  await come();
  await write("Before the restart");
  await panel().locator(".line.automatic").first().waitFor();
  const id = await newest();
  await agent(`/conversations/${id}/accept`);
  const answer = (text) => agent(`/conversations/${id}/lines`, { text });
  await answer("I am here");
  await panel().getByText("Grace is here for you").waitFor();
  await panel().getByText("I am here").waitFor();

  await server.halt();
  await panel().getByText("No connection. Trying again").waitFor();
  await write("While nobody listened");
  await write("And one more");
  await panel().getByText("will be sent as soon as").first().waitFor();
  await server.resume();
  await panel().getByText("No connection").waitFor({ state: "hidden" });
  await panel().locator(".pending").first().waitFor({ state: "hidden" });
  await answer("I was away for a moment");
  await panel().getByText("I was away for a moment").waitFor();
  const all = ["Before the restart", "I am here", "While nobody listened", "And one more", "I was away for a moment"];
  assert.deepEqual(await said(id), all);
  assert.deepEqual(await shown(), all);

  // Whoever comes back is who they were, and finds what was said.
  await page.reload();
  await launch().click();
  await panel().getByText("I was away for a moment").waitFor();
  assert.deepEqual(await shown(), all);
  await write("Still me");
  await panel().getByText("Still me").waitFor();
  assert.equal((await said(id)).at(-1), "Still me");
  assert.equal(await newest(), id);
});

test("what comes while the window is shut is counted, and who writes is seen", async () => {
  await come();
  await write("A question");
  await panel().locator(".line.automatic").first().waitFor();
  const id = await newest();
  await agent(`/conversations/${id}/accept`);
  await panel().getByText("Grace is here for you").waitFor();
  await panel().getByRole("button", { name: "Hide" }).click();
  await agent(`/conversations/${id}/lines`, { text: "An answer" });
  await page.getByRole("button", { name: /[1-9] new message/ }).waitFor();
  await launch().click();
  await panel().getByText("An answer").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Write to us", exact: true }).waitFor();

  // The agent writes in the inbox, and the consumer sees that they do.
  await launch().click();
  const desk = await browser.context.newPage();
  await desk.goto(`${server.url}/inbox?seat=agent&conversation=${id}`);
  await desk.getByLabel("Your answer").pressSequentially("Let me look");
  await panel().getByText("Grace is writing").waitFor();
  await write("Take your time");
  await desk.getByRole("list", { name: "Transcript" }).getByText("Take your time").waitFor();
  await desk.close();
});

test("it is marked urgent, ended, and another one begun", async () => {
  await come();
  await write("It is on fire");
  await panel().getByRole("button", { name: "Mark as urgent" }).click();
  await panel().getByText("Marked as urgent").waitFor();
  const id = await newest();
  assert.equal((await ask("GET", `/conversations/${id}`)).ttr.type, "urgent");
  await panel().getByRole("button", { name: "End the conversation" }).click();
  await panel().getByRole("button", { name: "Yes, end it" }).click();
  await panel().getByText("The conversation has ended").waitFor();
  assert.equal((await ask("GET", `/conversations/${id}`)).closed.by, "consumer");
  await panel().getByRole("button", { name: "Start a new conversation" }).click();
  await write("Something else");
  await panel().getByText("Something else").waitFor();
  await panel().locator(".line.automatic").first().waitFor();
  assert.notEqual(await newest(), id);
  assert.deepEqual(await shown(), ["Something else"]);
});

test("whoever is asked afterwards rates with a button, or skips", async () => {
  await ask("PUT", "/settings", { survey: { enabled: true, question: { en: "How did we do?" } } });
  for (const [button, rating] of [["4 of 5", { rate: 4, status: "filled" }], ["Skip", { status: "skipped" }]]) {
    await come();
    await write("A short question");
    await panel().locator(".line.automatic").first().waitFor();
    const id = await newest();
    await agent(`/conversations/${id}/accept`);
    assert.equal(await panel().getByRole("group", { name: "How satisfied were you" }).count(), 0);
    await agent(`/conversations/${id}/close`);
    const group = panel().getByRole("group", { name: "How satisfied were you" });
    await group.waitFor();
    await panel().getByText("How did we do?").waitFor();
    assert.deepEqual((await barriers(page)).map((barrier) => `${barrier}`), []);
    await group.getByRole("button", { name: button }).press("Enter");
    await group.waitFor({ state: "hidden" });
    const { survey, rating: kept } = await ask("GET", `/conversations/${id}`);
    assert.deepEqual([survey.open, kept], [false, rating]);
  }
  await ask("PUT", "/settings", { survey: { enabled: false } });
});

test("nothing of the page's styles gets into the window, and nothing of the window out", async () => {
  await come();
  const looks = await panel().getByLabel("Your message").evaluate((text) => [getComputedStyle(text).fontSize, getComputedStyle(text).color, getComputedStyle(text).display]);
  assert.equal(looks[0], "15px");
  assert.notEqual(looks[1], "rgb(255, 0, 0)");
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector("h1")).color), "rgb(255, 0, 0)");
  assert.equal(await page.evaluate(() => document.styleSheets.length), 1);
});

test("a page that the account does not list has no window, and its developer is told why", async () => {
  const other = await foreignPage('data-account="demo"');
  const warned = page.waitForEvent("console", (message) => message.text().includes("has no window on"));
  await page.goto(other.url);
  await warned;
  assert.equal(await launch().count(), 0);
  await other.stop();
});

test("nobody is shut out of it, on any screen and in both themes", async () => {
  const findings = [];
  for (const viewport of [DESKTOP, PHONE]) {
    await page.setViewportSize(viewport);
    await come(`${server.url}/window`);
    await write("A line that is long enough to be broken into several lines on a small telephone, and_one_word_that_is_longer_than_any_screen_is_wide");
    await panel().locator(".line.automatic").first().waitFor();
    await panel().getByRole("button", { name: "Mark as urgent" }).waitFor();
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const name = `window-${viewport.width}${colorScheme === "dark" ? "-dark" : ""}`;
      findings.push(...(await barriers(page)).map((barrier) => `${name}: ${barrier}`));
      const [wide, seen] = await widths(page);
      if (wide > seen) findings.push(`${name}: ${wide} px wide in a window of ${seen} px`);
      await photograph(page, name);
    }
  }
  await page.setViewportSize(DESKTOP);
  assert.deepEqual(findings, []);
});

test("everything in it can be done with keys", async () => {
  await page.goto(shop.url);
  await page.evaluate(() => localStorage.clear());
  await page.goto(shop.url);
  await launch().waitFor();
  const { keyboard } = page;
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await panel().waitFor();
  await keyboard.type("Only keys");
  await keyboard.press("Enter");
  await panel().getByRole("button", { name: "Mark as urgent" }).waitFor();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await panel().getByText("Marked as urgent").waitFor();
  await keyboard.press("Escape");
  await panel().waitFor({ state: "hidden" });
});

test("at night it says that nobody is there, and when somebody is", async () => {
  const night = await foreignPage('data-account="demo" data-skill="234567"');
  await ask("PUT", "/settings", { window: { enabled: true, origins: [shop.url, night.url] } });
  await passTo(server);
  await come(night.url);
  await panel().getByText(/Nobody is at work now. We are back Monday/).waitFor();
  await write("Good night");
  await panel().getByText("Good night").waitFor();
  await night.stop();
});

test("whom the brand knows is known, and finds their conversation on another computer", async () => {
  const { id_token } = await ask("POST", "/consumers", { name: "customer-1815" });
  const known = await foreignPage(`data-account="demo" data-id-token="${id_token}"`);
  await ask("PUT", "/settings", { window: { enabled: true, origins: [shop.url, known.url] } });
  await come(known.url);
  await write("You know me");
  await panel().locator(".line.automatic").first().waitFor();
  const id = await newest();
  assert.equal((await ask("GET", `/conversations/${id}`)).authenticated, true);

  // Nothing of it is kept where somebody whom nobody knows would find it.
  await page.goto(known.url);
  const kept = await page.evaluate(() => Object.keys(localStorage));
  assert.ok(kept.length > 0 && kept.every((name) => name.endsWith(".known")), kept.join(", "));

  // Another computer, another token of the same name.
  const other = await browse();
  const again = await foreignPage(`data-account="demo" data-id-token="${(await ask("POST", "/consumers", { name: "customer-1815" })).id_token}"`);
  await ask("PUT", "/settings", { window: { enabled: true, origins: [shop.url, known.url, again.url] } });
  await other.page.goto(again.url);
  await other.page.getByRole("button", { name: /^Write to us/ }).click();
  await other.page.getByRole("dialog", { name: "Write to us" }).getByText("You know me").waitFor();
  await other.stop();
  await again.stop();
  await known.stop();
});

test("a token that the account did not sign opens no window", async () => {
  const { id_token } = await ask("POST", "/consumers", { name: "customer-1815" });
  const [head, claims, signature] = id_token.split(".");
  const said = JSON.parse(Buffer.from(claims, "base64url").toString());
  const forged = [head, Buffer.from(JSON.stringify({ ...said, sub: "somebody-else" })).toString("base64url"), signature].join(".");
  const forger = await foreignPage(`data-account="demo" data-id-token="${forged}"`);
  await ask("PUT", "/settings", { window: { enabled: true, origins: [shop.url, forger.url] } });
  const warned = page.waitForEvent("console", (message) => message.text().includes("gave out no such data-id-token"));
  await page.goto(forger.url);
  await warned;
  assert.equal(await launch().count(), 0);
  await forger.stop();
});

test("a window that is taken off a page asks for nothing any more", async () => {
  const tab = await browser.context.newPage();
  await tab.clock.install();
  await tab.goto(`${server.url}/playground`);
  await tab.getByText("How can we help?").waitFor();
  let asked = 0;
  await tab.route(/\/window$/, (route) => {
    asked += 1;
    return route.fulfill({ status: 503 });
  });
  await tab.getByRole("button", { name: "New conversation", exact: true }).click();
  await tab.getByText("No connection").waitFor();
  await tab.getByRole("link", { name: "Home" }).click();
  await tab.getByRole("heading", { name: "Home" }).waitFor();
  const before = asked;
  assert.ok(before > 0);
  await tab.clock.runFor(120_000);
  assert.equal(asked, before);
  await tab.close();
});
