// Errors in words for people: what happened, to what, and what to do.

import { Refused, Unreachable } from "./api/client";
import { text } from "./text";

export interface Explained {
  title: string;
  detail: string;
  /** What is wrong with which field of what was sent. */
  fields: { field: string; message: string }[];
}

export function explain(error: unknown): Explained {
  if (error instanceof Refused) {
    const { title, detail, errors } = error.problem;
    return { title, detail: sentence(detail === title ? "" : detail), fields: errors ?? [] };
  }
  if (error instanceof Unreachable) return { title: text.problem.unreachable, detail: error.message, fields: [] };
  return { title: text.problem.unexpected, detail: error instanceof Error ? error.message : String(error), fields: [] };
}

/** The first letter large and a full stop. */
export function sentence(words: string): string {
  const trimmed = words.trim();
  if (trimmed === "") return "";
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?…][”"]?$/.test(trimmed) ? "" : ".");
}
