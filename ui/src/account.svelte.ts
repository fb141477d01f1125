// What every page wants to know about the account: its skills, its events, whether the Controller Bot is on, and
// whether it has a consumer window.

import { ask } from "./api/client";
import type { EventKind, Skill } from "./api/schema";
import { session } from "./session.svelte";

export const account = $state({
  name: "",
  botOn: true,
  windowOn: true,
  skills: [] as Skill[],
  events: [] as EventKind[],
});

let arrived = () => {};
const arrival = new Promise<void>((resolve) => (arrived = resolve));

/** When the account was read for the first time, or could not be. */
export const accountLoaded = (): Promise<void> => arrival;

/** How often the account is looked at again: somebody else may have flipped the switch. */
const REFRESH_MS = 10_000;

/** Keeps it up to date until the function that it returns is called. */
export function watchAccount(): () => void {
  void refresh();
  const timer = setInterval(() => {
    if (!document.hidden) void look();
  }, REFRESH_MS);
  return () => clearInterval(timer);
}

/** Reads all of it again, after a change. */
export async function refresh(): Promise<void> {
  if (session.account === "") return;
  const [, skills, events] = await Promise.all([
    look(),
    ask("GET /accounts/{account}/skills"),
    ask("GET /accounts/{account}/events"),
  ]).catch(() => []);
  if (skills) account.skills = skills.items;
  if (events) account.events = events.items;
  arrived();
}

/** Switches the Controller Bot. */
export async function switchBot(on: boolean): Promise<void> {
  const { enabled } = await ask("PUT /accounts/{account}/controller-bot", { body: { enabled: on } });
  account.botOn = enabled;
}

/** Lets consumers write in a window: on our own pages, and on those that were listed before. */
export async function allowWindow(): Promise<void> {
  const { window } = await ask("GET /accounts/{account}/settings");
  const saved = await ask("PUT /accounts/{account}/settings", { body: { window: { ...window, enabled: true } } });
  account.windowOn = saved.window.enabled === true;
}

export const skillName = (id: string | null | undefined): string =>
  account.skills.find((skill) => skill.id === id)?.name ?? id ?? "";

export const eventTitle = (id: string | null | undefined): string =>
  account.events.find((event) => event.id === id)?.title.replace(/^Messaging /, "") ?? id ?? "";

async function look(): Promise<void> {
  try {
    const found = await ask("GET /accounts/{account}");
    account.name = found.name;
    account.botOn = found.controller_bot_enabled;
    account.windowOn = found.window_enabled;
  } catch {
    // Whatever page is open says that the server is away; the next look finds it again.
  }
}
