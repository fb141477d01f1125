// How people use a page: with a pointer, or with keys alone. The same story is told with both.

import assert from "node:assert/strict";

const TABS_MAX = 150;

/** Where the focus is: also inside the consumer window, which is a tree of its own. */
const FOCUSED = () => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const labelled = element.getAttribute("aria-labelledby");
  const label = labelled ? document.getElementById(labelled)?.textContent : element.labels?.[0]?.textContent;
  return { name: (element.ariaLabel ?? label ?? element.textContent ?? "").replace(/\s+/g, " ").trim(), type: element.type ?? "", tag: element.tagName };
};

const matches = (name, wanted) => (typeof wanted === "string" ? name === wanted : wanted.test(name));

/** What is on top: an open dialog, or the whole page. */
async function top(page) {
  const dialog = page.locator("dialog[open]").last();
  return (await dialog.count()) > 0 ? dialog : page;
}

async function paste(page, context, text) {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.press("ControlOrMeta+V");
}

const exactly = (name) => (typeof name === "string" ? { name, exact: true } : { name });

/** With a pointer. */
export function pointer() {
  return {
    name: "with a pointer",
    async press(page, name) {
      const place = await top(page);
      await place.getByRole("button", exactly(name)).or(place.getByRole("link", exactly(name))).first().click();
    },
    /** The last of those with this name: a dialog's own button, not the one that shuts it. */
    async confirm(page, name) {
      await (await top(page)).getByRole("button", exactly(name)).last().click();
    },
    async choose(page, name) {
      const place = await top(page);
      await place.getByRole("radio", exactly(name)).or(place.getByRole("checkbox", exactly(name))).first().check();
    },
    async fill(page, label, text) {
      const place = await top(page);
      await place.getByLabel(label, { exact: true }).fill(text);
    },
    async say(page, label, text) {
      await page.getByLabel(label, { exact: true }).fill(text);
      await page.getByLabel(label, { exact: true }).press("Enter");
    },
    async select(page, label, option) {
      await page.getByLabel(label).selectOption({ label: option });
    },
    async write(page, context, text) {
      const editor = page.locator(".editor .monaco-editor");
      await editor.waitFor({ timeout: 30_000 });
      await editor.click();
      await paste(page, context, text);
    },
  };
}

/** With keys alone. */
export function keys() {
  // In an editor, Tab is a character until one says otherwise; that holds for the page from then on.
  const escaped = new WeakSet();

  async function tabTo(page, fits, what) {
    for (let count = 0; count < TABS_MAX; count += 1) {
      if (fits(await page.evaluate(FOCUSED))) return;
      await page.keyboard.press("Tab");
    }
    const { name } = await page.evaluate(FOCUSED);
    assert.fail(`Tab does not lead to ${what}; the focus is on ${name}`);
  }
  const reach = (page, name, tags) => tabTo(page, (at) => (!tags || tags.includes(at.tag)) && matches(at.name, name), name);

  return {
    name: "with keys alone",
    async press(page, name) {
      await reach(page, name, ["A", "BUTTON", "SUMMARY"]);
      await page.keyboard.press("Enter");
    },
    async confirm(page, name) {
      // The focus begins on the button that shuts the dialog, which may have the same name.
      await page.keyboard.press("Tab");
      await reach(page, name, ["BUTTON"]);
      await page.keyboard.press("Enter");
    },
    async choose(page, name) {
      const fits = (at) => matches(at.name, name) && (at.type === "radio" || at.type === "checkbox");
      // One of a group is reached with Tab, the others with arrows.
      await tabTo(page, (at) => fits(at) || at.type === "radio", name);
      for (let count = 0; count < TABS_MAX; count += 1) {
        const at = await page.evaluate(FOCUSED);
        if (fits(at)) break;
        await page.keyboard.press(at.type === "radio" ? "ArrowDown" : "Tab");
      }
      const at = await page.evaluate(FOCUSED);
      assert.ok(fits(at), `arrows do not lead to ${name}; the focus is on ${at.name}`);
      await page.keyboard.press("Space");
    },
    async fill(page, label, text) {
      await reach(page, label, ["INPUT", "TEXTAREA"]);
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.type(text);
    },
    async say(page, label, text) {
      await reach(page, label, ["INPUT", "TEXTAREA"]);
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    },
    async select(page, label, option) {
      await reach(page, label, ["SELECT"]);
      await page.keyboard.type(option.slice(0, 4));
    },
    async write(page, context, text) {
      await page.locator(".editor .monaco-editor").waitFor({ timeout: 30_000 });
      await tabTo(page, (at) => at.tag === "TEXTAREA" || at.name.startsWith("Code of the function"), "the editor");
      await paste(page, context, text);
      if (!escaped.has(page)) await page.keyboard.press("ControlOrMeta+M");
      escaped.add(page);
    },
  };
}
