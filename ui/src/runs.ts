// How runs are shown: their colour, and whether they count as failed.

import type { Attempt, ChangeStatus, Fate, RunCounts, RunState } from "./api/schema";
import { text } from "./text";

export type Tone = "good" | "bad" | "warn" | "accent" | "";

export const runTone = (state: RunState): Tone => (state === "succeeded" ? "good" : state === "unknown" ? "warn" : "bad");

export const fateTone = (fate: Fate): Tone => ({ applied: "good", ignored: "", no_change: "", rejected: "bad", fenced: "warn" })[fate] as Tone;

export const statusTone = (status: ChangeStatus): Tone =>
  ({ unfired: "warn", pending: "accent", not_invoked: "", answered: "good", dropped: "warn", failed: "bad" })[status] as Tone;

export const runText = (state: RunState): string => text.runs.state[state];

export const total = (counts: RunCounts): number =>
  counts.succeeded + counts.coding_failure + counts.platform_failure + counts.timed_out + counts.unknown;

export const failures = (counts: RunCounts): number => total(counts) - counts.succeeded;

/** The address of the page of an attempt's invocation. */
export const addressOf = (attempt: Pick<Attempt, "invocation">): string => `/invocations/${encodeURIComponent(attempt.invocation)}`;

/** A code without its shouting. */
export const codeWords = (code: string): string => code.charAt(0) + code.slice(1).toLowerCase().replaceAll("_", " ");
