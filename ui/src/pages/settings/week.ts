// A week and its hours.

import type { Weekday } from "../../api/schema";
import { text } from "../../text";

export const DAYS = Object.keys(text.settings.hours.days) as Weekday[];

/** Minutes since midnight; the end of the day is written as 24:00. */
export function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(":").map(Number);
  return hours * 60 + rest;
}

export const short = (time: string): string => time.slice(0, 5);

/** An offset time at a date and time of day in a zone, for example 2027-01-01T00:00:00+01:00. */
export function instantIn(zone: string, local: string): string {
  const guess = new Date(`${local}:00Z`);
  const shown = new Date(`${new Intl.DateTimeFormat("sv", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(guess).replace(" ", "T")}Z`);
  return new Date(guess.getTime() - (shown.getTime() - guess.getTime())).toISOString();
}

/** A time as a date and time of day in a zone, for an input. */
export function localIn(zone: string, at: string): string {
  return new Intl.DateTimeFormat("sv", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(new Date(at)).replace(" ", "T");
}
