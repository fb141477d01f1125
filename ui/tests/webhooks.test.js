// Webhooks in the settings: a receiver that is down is seen, and what it missed is told again; and on Home.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { accessible, eachInABrowser, picture, prepare } from "./support.js";
import { pass } from "./time.js";

const SERVICE = "123456";
/** For how long a letter is tried. Seconds. */
const RETENTION = 60;

let server;
let receiver;
let page;
let ask;

/** Another system, which takes letters or does not. */
async function listen() {
  const heard = [];
  let status = 500;
  const system = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      if (status < 300) heard.push(JSON.parse(body));
      response.writeHead(status).end();
    });
  });
  await new Promise((resolve) => system.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${system.address().port}/hooks`,
    heard,
    answers: (code) => (status = code),
    stop: () => {
      system.closeAllConnections();
      return new Promise((resolve) => system.close(resolve));
    },
  };
}

eachInABrowser(
  (desk) => {
    ({ server, page } = desk);
  },
  {
    options: ["--allow-private-egress", "--test-clock"],
    prepare: async (server) => {
      ask = await prepare(server.url);
      receiver = await listen();
      await ask("PUT", "/domains/127.0.0.1", undefined);
    },
  },
);
after(async () => {
  await receiver?.stop();
});

test("a webhook is made, tried, found failing, and what it missed is told again", async () => {
  await page.goto(`${server.url}/settings/webhooks`);
  await page.getByText("No webhook yet").waitFor();
  await page.getByRole("button", { name: "Add a webhook" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a webhook" });
  await dialog.getByLabel("Name").fill("CRM");
  await dialog.getByLabel("Address").fill(receiver.url);
  await dialog.getByLabel("Tried for").fill(String(RETENTION));
  await accessible(page, "a new webhook");
  await dialog.getByRole("button", { name: "Save" }).click();
  // The secret is shown this once.
  const secret = page.getByRole("dialog", { name: "The secret of the signature" });
  assert.match(await secret.locator("code").last().innerText(), /^\S{20,}$/);
  await secret.getByRole("button", { name: "Close" }).last().click();

  await page.getByRole("button", { name: "Send a test: CRM" }).click();
  await page.getByText("CRM did not take the test: answered 500.").waitFor();

  // Something happens that it does not take, for as long as it is tried.
  await ask("POST", "/conversations", { skill: SERVICE, consumer: null, line: { text: "Hello" } });
  await page.getByRole("row", { name: /CRM.*not taken/s }).waitFor();
  await page.getByRole("link", { name: "CRM" }).click();
  await page.getByRole("cell", { name: "answered 500" }).first().waitFor();
  await accessible(page, "letters on their way");
  await pass(server, RETENTION + 300);
  await page.getByRole("button", { name: "Deliver again" }).first().waitFor();
  await picture(page, "webhook-letters-1440");

  // A first look at the whole account says so, too.
  await page.getByRole("link", { name: "Home" }).click();
  await page.getByRole("listitem").filter({ hasText: /CRM.*dead letters/s }).waitFor();
  await picture(page, "home-dead-letters-1440");
  await page.getByRole("listitem").filter({ hasText: /CRM/ }).getByRole("link").first().click();

  // One is looked at and told again; then all the others.
  receiver.answers(204);
  await page.getByRole("button", { name: "Show" }).first().click();
  const letter = page.getByRole("dialog");
  await letter.getByText("specversion").waitFor();
  await accessible(page, "a dead letter");
  await letter.getByRole("button", { name: "Deliver again" }).click();
  await page.getByText("1 letter is on its way again.").waitFor();
  await page.getByRole("button", { name: "Deliver all again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Deliver all again" }).click();
  await page.getByText("No dead letter").waitFor({ timeout: 15_000 });
  await page.getByText("Everything is delivered.").waitFor({ timeout: 15_000 });
  assert.ok(receiver.heard.some((event) => event.data?.line === "Hello"), "what was missed was told");

  await page.getByRole("link", { name: "← Webhooks" }).click();
  await page.getByRole("row", { name: /CRM.*delivers/s }).waitFor();
  await page.getByRole("button", { name: "Send a test: CRM" }).click();
  await page.getByText("CRM took the test and answered 204.").waitFor();
  await page.getByRole("button", { name: "Edit CRM" }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("No webhook yet").waitFor();
});
