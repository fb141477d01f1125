// A session that ends while somebody works: they log in again over their page, and everything on it goes on.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { browse, prepare, serve } from "./support.js";

const SERVICE = "123456";
const [GRACE, ADA] = ["4711", "4720"];
const FIRST = "correct horse battery";
let server;
let ask;
let browser;
let page;

before(async () => {
  server = await serve();
  ask = await prepare(server.url);
  await ask("PUT", `/users/${ADA}`, { login_name: "ada", nickname: "Ada", roles: ["administrator", "agent_manager", "agent", "faas_developer"], skills: [SERVICE], enabled: true });
});
after(async () => {
  await server?.stop();
});
beforeEach(async () => {
  browser = await browse();
  page = browser.page;
  for (const user of [GRACE, ADA]) await ask("PUT", `/users/${user}/password`, { password: FIRST });
});
afterEach(async () => {
  const { complaints } = browser;
  await browser.stop();
  // That the session is over is what these tests are about; nothing else may be wrong.
  assert.deepEqual(complaints.filter((one) => !/401|WebSocket/.test(one)), []);
});

async function logIn(name, password) {
  await page.getByLabel("Account").fill("demo");
  await page.getByLabel("Login name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

/** Comes as somebody with a password, instead of into the demo. */
async function come(name, address) {
  await page.goto(server.url);
  await page.getByRole("button", { name: "Log out" }).click();
  await logIn(name, FIRST);
  await page.getByRole("button", { name: "Log out" }).waitFor();
  await page.goto(server.url + address);
}

/** A new password ends all sessions; whoever works is asked to log in again. */
async function again(name, user) {
  const password = `${FIRST}, another`;
  await ask("PUT", `/users/${user}/password`, { password });
  await page.getByText("Your session has ended").waitFor({ timeout: 30_000 });
  await logIn(name, password);
  await page.getByText("Your session has ended").waitFor({ state: "hidden" });
}

test("an agent who logs in again goes on in the inbox, with what they were writing", async () => {
  const { agent_token } = await (await fetch(`${server.url}/api/v1/demo/session`, { method: "POST" })).json();
  const { token } = await ask("POST", "/consumers", {});
  const { id } = await ask("POST", "/conversations", { skill: SERVICE, line: { text: "My kettle whistles" } }, token);
  await ask("POST", `/conversations/${id}/accept`, undefined, agent_token);
  await come("grace", `/inbox?conversation=${id}`);
  await page.getByLabel("Your answer").fill("Half of an answer");

  await again("grace", GRACE);
  await page.getByText("live", { exact: true }).waitFor();
  await ask("POST", `/conversations/${id}/lines`, { text: "Are you still there?" }, token);
  const transcript = page.getByRole("list", { name: "Transcript" });
  await transcript.getByText("Are you still there?").waitFor();
  assert.equal(await page.getByLabel("Your answer").inputValue(), "Half of an answer");
  await page.getByLabel("Your answer").press("Enter");
  await transcript.getByText("Half of an answer").waitFor();
});

test("the playground goes on on all its sides after logging in again", async () => {
  await come("ada", "/playground");
  const consumer = page.getByRole("region", { name: "Your shop's window" });
  const story = page.getByRole("list", { name: "What happened" });
  await page.getByRole("button", { name: "Write the first line" }).click();
  await story.getByText("CONSUMER_OPEN_NEW_CONVERSATION").first().waitFor();

  await again("ada", ADA);
  await consumer.getByLabel("Your message").fill("After the login");
  await consumer.getByLabel("Your message").press("Enter");
  await story.getByText("After the login").waitFor();
  await page.getByRole("button", { name: "Accept as the agent" }).click();
  await consumer.getByText("Ada is here for you").waitFor();
});

test("whoever logs in as somebody else finds nothing of what the other one was writing", async () => {
  const { agent_token } = await (await fetch(`${server.url}/api/v1/demo/session`, { method: "POST" })).json();
  const { id } = await ask("POST", "/conversations", { skill: SERVICE, consumer: null, line: { text: "A word with Grace" } });
  await ask("POST", `/conversations/${id}/accept`, undefined, agent_token);
  await come("grace", `/inbox?conversation=${id}`);
  await page.getByLabel("Your answer").fill("Between us");
  await ask("PUT", `/users/${GRACE}/password`, { password: `${FIRST}, another` });
  await page.getByText("Your session has ended").waitFor({ timeout: 30_000 });
  await logIn("ada", FIRST);
  await page.getByText("You take no part in this conversation.").waitFor();
  assert.equal(await page.getByText("Between us").count(), 0);
  await page.getByText("live", { exact: true }).waitFor();
});
