// Payloads for tests: the event's sample, and those that somebody kept in this browser.

import { account } from "../../account.svelte";
import type { FunctionInput } from "../../api/schema";

export const SAMPLE = "";
const MEMORY = "convoke.payloads";
type Kept = Record<string, Record<string, string>>;

export const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

/** The sample of an event; something small to begin with where there is none. */
export function sampleOf(event: string | null | undefined): string {
  const sample = account.events.find((one) => one.id === event)?.sample as FunctionInput | undefined;
  return pretty(sample ?? { headers: [], payload: {} });
}

export function namesFor(event: string | null | undefined): string[] {
  return Object.keys(all()[event ?? "none"] ?? {}).sort();
}

export const keptPayload = (event: string | null | undefined, name: string): string => all()[event ?? "none"]?.[name] ?? "";

export function keepPayload(event: string | null | undefined, name: string, text: string): void {
  const kept = all();
  kept[event ?? "none"] = { ...kept[event ?? "none"], [name]: text };
  localStorage.setItem(MEMORY, JSON.stringify(kept));
}

export function forgetPayload(event: string | null | undefined, name: string): void {
  const kept = all();
  delete kept[event ?? "none"]?.[name];
  localStorage.setItem(MEMORY, JSON.stringify(kept));
}

function all(): Kept {
  try {
    return JSON.parse(localStorage.getItem(MEMORY) ?? "{}");
  } catch {
    return {};
  }
}
