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
