// Every page of the workbench by its address, and an account in which each of them has something to show.

import assert from "node:assert/strict";
import { until } from "./time.js";

const SERVICE = "123456";

/** The pages that are there whatever the account has. */
export const PAGES = {
  home: "/",
  functions: "/functions",
  new: "/functions/new",
  function: "/functions/new_conversation",
  versions: "/functions/new_conversation?tab=versions",
  runs: "/functions/new_conversation?tab=runs",
  general: "/functions/new_conversation?tab=general",
  happened: "/invocations",
  unanswered: "/unanswered",
  conversations: "/conversations",
  inbox: "/inbox",
  playground: "/playground",
  account: "/settings/account",
  skills: "/settings/skills",
  users: "/settings/users",
  hours: "/settings/hours",
  messages: "/settings/messages",
  domains: "/settings/domains",
  secrets: "/settings/secrets",
  clients: "/settings/clients",
  webhooks: "/settings/webhooks",
  schedules: "/settings/schedules",
  window: "/window",
  missing: "/nowhere",
};

/** Those of an account that nobody has set up: where there is no function there are no pages of one, and no shop to write from. */
export const BARE_PAGES = Object.fromEntries(Object.entries(PAGES).filter(([name]) => !["window", "function", "versions", "runs", "general"].includes(name)));

/** Opens an account that nobody has set up, seen in this browser by whoever runs the installation. */
export async function bare(server, browser, id) {
  const headers = { Authorization: `Bearer ${server.operator}`, "Content-Type": "application/json" };
  const made = await fetch(`${server.url}/api/v1/accounts`, { method: "POST", headers, body: JSON.stringify({ id, name: "Empty" }) });
  assert.ok(made.ok, String(made.status));
  const session = JSON.stringify({ account: id, token: server.operator });
  await browser.context.addInitScript((session) => sessionStorage.setItem("convoke.token", session), session);
}

/** Puts one of everything into an account; the addresses of all pages, with those of what is there now. */
export async function oneOfEverything(server, ask) {
  const { id } = await ask("POST", "/conversations", { skill: SERVICE, consumer: null, line: { text: "Hello, my kettle is broken" } });
  // An event on which nothing runs.
  await ask("POST", "/functions/consumer_step_up/undeploy");
  await ask("POST", `/conversations/${id}/step-up`, { identity: "customer-4711" });
  await ask("PUT", "/domains/api.example.com", undefined);
  await ask("PUT", "/secrets/kettle_key", { value: "s3cret" });
  await ask("POST", "/clients", { name: "billing", roles: ["faas_invocation"] });
  await ask("PUT", "/special-occasions/1", { name: "Holidays", time_zone: "Europe/Berlin", occasions: holidays(1) });
  const { items } = await ask("GET", "/functions");
  assert.ok(items.length >= 8, "the demo has a function for each event");
  const greeting = await ask("POST", "/functions", { name: "greeting", template: "greeting" });
  await ask("POST", "/functions/greeting/deploy");
  await ask("POST", "/schedules", { function: greeting.id, cron: "0 8 * * *", time_zone: "Europe/Berlin", payload: {} });
  await ask("PUT", "/domains/127.0.0.1", undefined);
  const hook = await ask("POST", "/webhooks", { name: "CRM", url: "http://127.0.0.1:9/hooks", retention_seconds: 2 });
  await ask("POST", `/conversations/${id}/close`, undefined, server.operator);
  await until(async () => (await ask("GET", `/webhooks/${hook.id}/deliveries`)).failing.length > 0, "a delivery that fails");
  const explain = () => ask("GET", `/conversations/${id}/explain`);
  await until(async () => (await explain()).changes.some((change) => change.attempts?.length > 0), "an attempt");
  const [change] = (await explain()).changes;
  return { ...PAGES, conversation: `/conversations/${id}`, invocation: `/invocations/${change.invocation}`, letters: `/settings/webhooks?webhook=${hook.id}` };
}

/** Days off, one after the other from the day after tomorrow on. */
export function holidays(count) {
  return Array.from({ length: count }, (_, at) => {
    const day = new Date(Date.now() + (at + 1) * 2 * 86_400_000).toISOString().slice(0, 10);
    return { name: `Holiday ${at + 1}`, from: `${day}T00:00:00`, to: `${day}T23:00:00`, working: at % 5 === 4 };
  });
}

/** Does something many times, some at once. */
export async function many(count, act) {
  const AT_ONCE = 10;
  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, at) => act(from + at)));
  }
}
