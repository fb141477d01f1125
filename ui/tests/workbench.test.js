// The main story, through pages only: a function is created, tested, deployed, seen acting, broken, understood and put right.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pointer } from "./hands.js";
import { eachInABrowser, picture, stage } from "./support.js";

let server;
let browser;
let page;

eachInABrowser((desk) => ({ server, browser, page } = desk));

const [SALES, WORKSHOP] = ["234567", "654321"];
const SAYS = "Grace knows everything about kettles";
const CODE = (body) => `function lambda(input, callback) {\n${body}\n}\n`;

/** Replaces the code in the editor, as somebody who pastes. */
async function write(text) {
  await pointer().write(page, browser.context, text);
  await page.getByText("unsaved changes").waitFor();
}

async function deploy() {
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Deploy this draft?" });
  await dialog.locator(".monaco-diff-editor").waitFor();
  await picture(page, "deploy-1440");
  await dialog.getByRole("button", { name: "Deploy", exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

/** A consumer opens a conversation for a skill, and an agent takes it; both in the playground, in a tab of its own. */
async function converse(skill) {
  const tab = await browser.context.newPage();
  const talk = stage(tab);
  await talk.come(server.url, skill);
  await talk.play("Write the first line");
  await talk.play("Accept as the agent");
  await talk.hears("Grace is here for you");
  return { ...talk, close: () => tab.close() };
}

test("a function is created from its template, tested, deployed, seen acting, broken, understood and put right", async () => {
  await page.goto(server.url);
  await page.getByRole("link", { name: "Functions" }).click();
  await page.getByRole("link", { name: "Create a function" }).click();

  // What it answers, with the template's code at the side.
  await page.getByRole("radio", { name: /^Participants Change/ }).check();
  await page.getByRole("region", { name: "Code of the template" }).getByText("function lambda").waitFor();
  await page.getByText("YOU_ARE_CONNECTED_TO", { exact: true }).waitFor();
  await picture(page, "new-event-1440");
  await page.getByRole("button", { name: "Next" }).click();
  // Others answer for two of the skills already: that is said before anything is saved.
  await page.getByText("participants_change answers this event for some skills already").waitFor();
  assert.equal(await page.getByRole("checkbox", { name: /^Service/ }).isDisabled(), true);
  assert.equal(await page.getByRole("button", { name: "Next" }).isDisabled(), true);
  await page.getByRole("checkbox", { name: "Workshop" }).check();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Hosts that functions of this account may call").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Name").fill("kettle_expert");
  await page.getByRole("button", { name: "Create the function" }).click();

  // The editor, with the sample payload at its right.
  await page.getByRole("heading", { name: "kettle_expert" }).waitFor();
  const payload = page.getByRole("complementary", { name: "Sample payload" });
  await payload.getByText("participantChange").first().waitFor({ timeout: 30_000 });
  const [code, sample] = [await page.locator(".editor").boundingBox(), await payload.boundingBox()];
  assert.ok(sample.x >= code.x + code.width, "the payload is at the right of the code");

  // What cannot be read is said at its place.
  await write(CODE("  const = 1;"));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("button", { name: /line 2, column/ }).waitFor();
  await write(CODE(`  console.info("joined", input.payload.general.convId);\n  callback(null, [{ type: "systemMessage", text: "${SAYS}" }]);`));
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("would be sent").waitFor();
  await page.getByText(`Send “${SAYS}”.`).waitFor();
  await page.getByText("joined", { exact: false }).last().waitFor();
  await picture(page, "editor-1440");
  await deploy();
  await page.getByText("kettle_expert answers with version 1 now.").waitFor();

  // A consumer sees its message, before the agent has said anything.
  let talk = await converse(WORKSHOP);
  await talk.hears(SAYS);
  await talk.close();

  // It appeared in what happened, without reloading; one click leads to what became of its command.
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByRole("row", { name: /kettle_expert.*answered/ }).getByRole("link").first().click();
  await page.getByText("applied", { exact: true }).waitFor();
  await page.getByRole("list", { name: "Transcript" }).getByText(SAYS).waitFor();
  await picture(page, "invocation-1440");

  // A version that fails is seen, understood, and taken back.
  await page.getByRole("link", { name: "Function", exact: true }).click();
  await write(CODE('  if (input.payload.general) throw new Error("the kettle exploded");\n  callback();'));
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("It threw at").waitFor();
  await page.getByRole("button", { name: "line 2", exact: true }).waitFor();
  await deploy();
  await page.getByText("kettle_expert answers with version 2 now.").waitFor();
  talk = await converse(WORKSHOP);
  await talk.hears("You are now talking to Grace");
  await talk.close();
  await page.getByRole("link", { name: "Home" }).click();
  await page.getByRole("listitem").filter({ hasText: /kettle_expert.*runs failed/s }).waitFor();
  await page.goto(`${server.url}/invocations?state=coding_failure`);
  await page.getByRole("row", { name: /kettle_expert/ }).first().getByRole("link").first().click();
  await page.getByText("the kettle exploded").first().waitFor();
  await picture(page, "failure-1440");
  await page.getByRole("link", { name: "Function", exact: true }).click();
  await page.getByRole("link", { name: "Versions" }).click();
  await page.locator(".monaco-diff-editor").waitFor();
  await page.getByRole("button", { name: "Roll back to it" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back to it" }).click();
  await page.getByText("Version 1 answers now.").waitFor();
  talk = await converse(WORKSHOP);
  await talk.hears(SAYS);
  await talk.close();
});

test("from an automatic message one click leads to what caused it", async () => {
  const tab = await converse(SALES);
  await tab.close();
  await page.goto(`${server.url}/conversations`);
  await page.getByRole("link", { name: /^conv_/ }).first().click();
  await page.getByRole("link", { name: /^from new_conversation, version 1/ }).first().click();
  await page.getByRole("heading", { name: "new_conversation" }).waitFor();
  await page.getByText("The message was carried out.").waitFor();
});

test("what was not saved is there after a reload, and leaving asks first", async () => {
  await page.goto(`${server.url}/functions/ttr`);
  await write(CODE("  callback(); // mine"));
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await page.getByText("Your unsaved changes from").waitFor();
  await page.locator(".editor").getByText("// mine").waitFor();
  await page.getByRole("link", { name: "Home" }).click();
  await page.getByRole("dialog", { name: "Leave without saving?" }).getByRole("button", { name: "Stay" }).click();
  assert.match(page.url(), /\/functions\//);
  await page.getByRole("button", { name: "Discard mine" }).click();
  await page.getByText("unsaved changes").waitFor({ state: "hidden" });
  await page.getByRole("link", { name: "Home" }).click();
  await page.getByRole("heading", { name: "Home" }).waitFor();
});

test("the editor knows what this event's functions receive", async () => {
  await page.goto(`${server.url}/functions/conversation_idle`);
  await write(CODE("  input.payload.idle."));
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await page.keyboard.press("Control+Space");
  await page.locator(".suggest-widget").getByText("convNotTakenTime").first().waitFor({ timeout: 30_000 });
  await picture(page, "completion-1440");
  page.on("dialog", (dialog) => dialog.accept());
});

test("while the Controller Bot is off every page says so", async () => {
  await page.goto(server.url);
  await page.getByRole("switch", { name: "Controller Bot" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Switch it off" }).click();
  for (const name of ["Functions", "What happened", "Settings"]) {
    await page.getByRole("link", { name, exact: true }).click();
    await page.locator(".bot-off").getByText("The Controller Bot is off.").waitFor();
  }
  await page.getByRole("button", { name: "Switch it on" }).click();
  await page.locator(".bot-off").waitFor({ state: "hidden" });
});
