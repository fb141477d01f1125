// Special occasions: a day off is put into a calendar, seen in the year, changed and removed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, eachInABrowser, picture, prepare } from "./support.js";

let server;
let page;

eachInABrowser((desk) => ({ server, page } = desk));

/** The first day of the month after the next one: it is in the year that is shown, whatever day it is. */
function day() {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 2, 1)).toISOString().slice(0, 10);
}

test("a holiday is saved in a calendar, marked in the year, moved, and removed with its calendar", async () => {
  const ask = await prepare(server.url);
  const calendars = async () => (await ask("GET", "/special-occasions")).items;
  const before = await calendars();
  await page.goto(`${server.url}/settings/hours`);
  await page.getByRole("button", { name: "Add a calendar" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a calendar" });
  await dialog.getByLabel("Name").fill("Berlin");
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await dialog.getByRole("button", { name: "Add an occasion" }).click();
  const occasion = dialog.getByRole("group", { name: "Occasion 1" });
  await occasion.getByLabel("Occasion").fill("Company outing");
  await occasion.getByLabel("From").fill(`${day()}T00:00`);
  await occasion.getByLabel("To").fill(`${day()}T23:59`);
  await accessible(page, "a calendar");
  await picture(page, "occasion-1440");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "hidden" });
  const [made] = (await calendars()).filter((one) => !before.some(({ id }) => id === one.id));
  assert.deepEqual([made.name, made.time_zone, made.occasions], ["Berlin", "Europe/Berlin", [{ name: "Company outing", from: `${day()}T00:00:00`, to: `${day()}T23:59:00`, working: false }]]);
  await page.locator(".year li.off[title='Company outing']").waitFor();
  await page.getByRole("listitem").filter({ hasText: "Company outing" }).getByText("no work").waitFor();

  // It becomes a day of work.
  await page.getByRole("button", { name: "Edit Berlin" }).click();
  const edit = page.getByRole("dialog", { name: "Calendar Berlin" });
  await edit.getByRole("group", { name: "Occasion 1" }).getByRole("checkbox").check();
  await edit.getByRole("button", { name: "Save" }).click();
  await page.locator(".year li.work[title='Company outing']").waitFor();
  assert.equal((await calendars()).find(({ id }) => id === made.id).occasions[0].working, true);

  await page.getByRole("button", { name: "Edit Berlin" }).click();
  await edit.getByRole("button", { name: "Remove", exact: true }).click();
  await edit.getByText("Remove Berlin").waitFor();
  await edit.getByRole("button", { name: "Remove", exact: true }).click();
  await edit.waitFor({ state: "hidden" });
  assert.deepEqual((await calendars()).map(({ id }) => id), before.map(({ id }) => id));
});
