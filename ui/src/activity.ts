// Changes of settings and functions as sentences.

import type { Activity, ActivityActor } from "./api/schema";

/** What was changed, in words: the change's name and what it was about. */
export function describe(activity: Activity): string {
  const words = activity.change.replaceAll("_", " ");
  const subject = nameIn(activity.details);
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return subject === "" ? sentence : `${sentence}: ${subject}`;
}

/** Who did it. */
export function actor(by: ActivityActor): string {
  if (by.kind === "function") return `function ${by.id}`;
  if (by.kind === "system") return "the system";
  if (by.kind !== "token") return "";
  const { principal } = by;
  return principal.kind === "application" ? "an application" : `${principal.kind} ${principal.id}`;
}

/** A name somewhere in the details; the closest one is what the change is about. Ids only where there is no name. */
function nameIn(details: unknown): string {
  return search(details, ["name", "login_name", "function_name", "code", "domain"]) || search(details, ["id"]);
}

function search(details: unknown, keys: string[]): string {
  if (typeof details !== "object" || details === null) return "";
  const record = details as Record<string, unknown>;
  for (const key of keys) {
    if (typeof record[key] === "string") return record[key];
  }
  for (const value of Object.values(record)) {
    const found = search(value, keys);
    if (found !== "") return found;
  }
  return "";
}
