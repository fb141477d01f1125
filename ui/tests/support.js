// A real `convoke dev` and a real browser for the tests of pages. Leaves nothing running and nothing behind.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach } from "node:test";
import { chromium } from "playwright-core";

const ROOT = path.resolve(import.meta.dirname, "../..");
const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target");
const BINARY = process.env.CONVOKE_BIN ?? path.join(TARGET, "ci/convoke");
const CHROMIUM = process.env.CONVOKE_CHROMIUM ?? "/usr/bin/chromium";
const SCREENSHOTS = path.resolve(path.dirname(BINARY), "../ui");

/** Higher than any page that is looked at whole. Pixels. */
const PICTURE_HEIGHT_MAX = 4000;
/** Which pictures the documents show, by their names here. */
const DOCUMENTED = new Map([
  ["conversation-1440", "playground.png"],
  ["editor-1440", "workbench.png"],
]);

// A browser that speaks to nobody but the page.
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Sizes that pages are looked at in. */
export const DESKTOP = { width: 1440, height: 900 };
export const TABLET = { width: 768, height: 1024 };
export const PHONE = { width: 390, height: 844 };

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Starts a server in a folder of its own; `stop` ends it. */
export async function serve(...options) {
  const folder = await mkdtemp(path.join(tmpdir(), "convoke-ui-"));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CONVOKE_")));
  const begin = async (listen) => {
    const child = spawn(BINARY, ["dev", "--listen", listen, ...options], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const end = async () => {
      child.kill("SIGTERM");
      await ended;
    };
    return { ...(await ready(child)), end };
  };
  let running = await begin("127.0.0.1:0");
  const { url, operator } = running;
  return {
    url,
    /** The token of whoever runs the installation. */
    operator,
    /** Ends the server; its data stays. */
    halt: () => running.end(),
    /** Starts it again, at the same address on the same data. */
    resume: async () => {
      running = await begin(new URL(url).host);
    },
    stop: async () => {
      await running.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function ready(child) {
  return new Promise((resolve, reject) => {
    let printed = "";
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`the server ended before it was ready: ${printed}`)));
    child.stdout.on("data", (chunk) => {
      printed += chunk;
      const address = printed.match(/is ready: (http:\/\/[\d.:]+)/);
      const operator = printed.match(/operator +(cvo_\S+)/);
      if (address && operator) resolve({ url: address[1], operator: operator[1] });
    });
  });
}

/** Starts a browser without a past; `stop` ends it. */
export async function browse(options = {}) {
  const profile = await mkdtemp(path.join(tmpdir(), "convoke-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    args: QUIET,
    viewport: DESKTOP,
    locale: "en-US",
    timezoneId: "UTC",
    // Pictures show what is there, not what fades in.
    reducedMotion: "reduce",
    ...options,
  });
  const complaints = [];
  context.on("page", (page) => listen(page, complaints));
  context.pages().forEach((page) => listen(page, complaints));
  return {
    context,
    page: context.pages()[0] ?? (await context.newPage()),
    /** What the browser complained about until now. */
    complaints,
    stop: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/**
 * One server for the tests of a file and a browser without a past for each, which is told to `use`; no browser may complain.
 * `options` are the server's; `prepare` is told the server once it runs. `fresh` gives each test a server of its own.
 */
export function eachInABrowser(use, { options = [], prepare = async () => {}, fresh = false } = {}) {
  let server;
  let browser;
  const [begin, end] = fresh ? [beforeEach, afterEach] : [before, after];
  begin(async () => {
    server = await serve(...options);
    await prepare(server);
  });
  end(async () => {
    await server?.stop();
  });
  beforeEach(async () => {
    browser = await browse();
    use({ server, browser, page: browser.page });
  });
  afterEach(async () => {
    const { complaints } = browser;
    await browser.stop();
    assert.deepEqual(complaints, [], "the browser complains about nothing");
  });
}

/** How much of a page may move by itself. The unit is that of the layout shift score. */
export const SHIFT_MAX = 0.05;

/** Watches what moves on the pages of a browser without anybody's having done something. */
export const watchMoves = (context) =>
  context.addInitScript(() => {
    globalThis.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifts += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });

/** How much moved since a page was opened. */
export const moved = (page) => page.evaluate(() => globalThis.shifts);

function listen(page, complaints) {
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
}

/** The playground on a page: one conversation from all sides. */
export function stage(page) {
  const consumer = page.getByRole("region", { name: "Your shop's window" });
  const agent = page.getByRole("region", { name: /^Agent:/ });
  const story = page.getByRole("list", { name: "What happened" });
  return {
    consumer,
    agent,
    story,
    come: async (url, skill) => {
      await page.goto(`${url}/playground`);
      await agent.getByText("Grace").waitFor();
      if (skill) await page.getByLabel("Skill").selectOption(skill);
    },
    /** Presses the button of one of the eight events. */
    play: (act) => page.getByRole("region", { name: "The eight events" }).getByRole("button", { name: act, exact: true }).click(),
    hears: (text) => consumer.getByText(text).first().waitFor({ timeout: 15_000 }),
    writes: async (text) => {
      await consumer.getByLabel("Your message").fill(text);
      await consumer.getByLabel("Your message").press("Enter");
    },
    tells: (text) => story.getByText(text).first().waitFor({ timeout: 15_000 }),
  };
}

/** The texts of elements, without times of day. */
export async function texts(locator) {
  const found = await locator.allInnerTexts();
  return found.map((text) => text.replace(/\d{1,2}:\d{2}:\d{2}( [AP]M)?/g, "").replace(/\s+/g, " ").trim());
}

/** Keeps a picture for people, and checks that nothing sticks out of the window. */
export async function picture(page, name) {
  await photograph(page, name);
  const [wide, window] = await widths(page);
  assert.ok(wide <= window, `${name}: the page is ${wide} px wide in a window of ${window} px`);
}

/** Keeps a picture for people. */
export async function photograph(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  const [width, height] = await page.evaluate(() => [innerWidth, document.documentElement.scrollHeight]);
  const file = path.join(SCREENSHOTS, `${name}.png`);
  // Browsers paint no picture that is higher than this; hundreds of rows look like the first of them.
  await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(height, PICTURE_HEIGHT_MAX) } });
  // The pictures of the documents are made anew when somebody asks for it.
  const shown = DOCUMENTED.get(name);
  if (shown && process.env.CONVOKE_RENEW_PICTURES) await copyFile(file, path.join(ROOT, "docs/pictures", shown));
}

/** Text that does not fit where it is and is neither scrolled nor meant to be cut. */
export const cut = (page) =>
  page.evaluate(() => {
    const found = [];
    for (const element of document.querySelectorAll("main *, dialog *")) {
      const style = getComputedStyle(element);
      if (element.closest(".monaco-editor, .monaco-diff-editor, .hidden-text, [aria-hidden=true]") || style.visibility === "hidden") continue;
      const clips = style.overflowX === "hidden" || style.overflowX === "clip";
      if (!clips || style.textOverflow === "ellipsis" || element.clientWidth === 0) continue;
      if (element.scrollWidth > element.clientWidth + 1 && element.innerText?.trim()) found.push(`${element.tagName.toLowerCase()}.${element.className}: ${element.innerText.trim().slice(0, 40)}`);
    }
    return found;
  });

/** How wide the page is, and how wide its window. */
export const widths = (page) => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);

/** Checks that nobody is shut out: no finding of axe in what is visible. */
export async function accessible(page, name) {
  assert.deepEqual(await barriers(page), [], name);
}

/** What axe finds in what is visible. */
export async function barriers(page) {
  // Through the browser's own door: the page's policy lets no other scripts in.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    // The editor's inside is its makers'; what is around it is ours.
    const found = await globalThis.axe.run({ exclude: [".monaco-editor", ".monaco-diff-editor"] });
    return found.violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target.join(" ")).slice(0, 3).join("; ")})`);
  });
}

/** Waits until a page of the workbench is there and has what it asked for. */
export async function settled(page) {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector("[role=status].loading, [role=status].starting") === null);
}

/** A token and an address for preparing what a test is not about. */
export async function prepare(url) {
  const session = await (await fetch(`${url}/api/v1/demo/session`, { method: "POST" })).json();
  return async function ask(method, path, body, token = session.admin_token) {
    const response = await fetch(`${url}/api/v1/accounts/${session.account}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${response.ok ? "" : await response.text()}`);
    return response.status === 204 ? null : response.json();
  };
}
