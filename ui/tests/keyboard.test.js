// The workbench without a mouse: a function is found, changed, tested and deployed with keys alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eachInABrowser } from "./support.js";

let server;
let page;

eachInABrowser((desk) => ({ server, page } = desk));

/** What has the focus, as a person would call it. */
const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement;
    const label = element.labels?.[0]?.textContent ?? "";
    return (element.getAttribute("aria-label") ?? (label || element.textContent)).trim();
  });

/** Goes on with Tab until something with this name has the focus. */
async function tabTo(name, back = false) {
  for (let count = 0; count < 80; count += 1) {
    const now = await focused();
    if (typeof name === "string" ? now === name : name.test(now)) return;
    await page.keyboard.press(back ? "Shift+Tab" : "Tab");
  }
  assert.fail(`Tab does not lead to ${name}; the focus is on ${await focused()}`);
}

test("a function is created and deployed with keys alone", async () => {
  await page.goto(server.url);
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the page");
  await tabTo("Functions");
  await page.keyboard.press("Enter");
  // The new page is announced by its heading.
  await page.waitForFunction(() => document.activeElement.tagName === "H1" && document.activeElement.textContent === "Functions");
  await tabTo("Create a function");
  await page.keyboard.press("Enter");
  await page.getByRole("radio").first().waitFor();
  await tabTo(/^New Conversation/);
  await page.keyboard.press("Space");
  await tabTo("Next");
  await page.keyboard.press("Enter");
  await tabTo(/^Workshop/);
  await page.keyboard.press("Space");
  await tabTo("Next");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What may it call?" }).waitFor();
  await tabTo("Next");
  await page.keyboard.press("Enter");
  await tabTo("Name");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("only_keys");
  await page.keyboard.press("Enter");

  // Into the editor, a change, and out of it again.
  await page.locator(".editor .view-line").first().waitFor({ timeout: 30_000 });
  await tabTo(/^Code of the function/);
  await page.keyboard.press("Control+End");
  await page.keyboard.type("// keys only");
  await page.keyboard.press("Control+S");
  await page.getByText("Saved.").waitFor();
  await page.keyboard.press("Control+M");
  await tabTo("Test", true);
  await page.keyboard.press("Enter");
  await page.getByText("would be sent").waitFor();
  await tabTo("Deploy", true);
  await tabTo("Deploy");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Deploy this draft?" });
  await dialog.locator(".monaco-diff-editor").waitFor();
  // A dialog keeps the focus, and Escape takes it back to where it was.
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await focused(), "Deploy");
  await page.keyboard.press("Enter");
  await dialog.locator(".monaco-diff-editor").waitFor();
  await tabTo("Cancel", true);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("only_keys answers with version 1 now.").waitFor();
});
