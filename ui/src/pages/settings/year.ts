// Days of a calendar.

import type { Occasion, SpecialOccasions } from "../../api/schema";

export interface Day {
  /** As 2027-01-31. */
  date: string;
  number: number;
  /** Which column of a week that begins on Monday, from 1. */
  column: number;
}

const MONTHS = 12;
/** An occasion that is longer is marked for its first year. */
const MARKED_DAYS_MAX = 366;

/** Twelve months, the one of `now` first. */
export function monthsFrom(now: Date): { first: Date; days: Day[] }[] {
  return Array.from({ length: MONTHS }, (_, ahead) => {
    const first = new Date(Date.UTC(now.getFullYear(), now.getMonth() + ahead, 1));
    const length = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
    const days = Array.from({ length }, (_, at) => {
      const day = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), at + 1));
      return { date: day.toISOString().slice(0, 10), number: at + 1, column: ((day.getUTCDay() + 6) % 7) + 1 };
    });
    return { first, days };
  });
}

/** The days of a calendar's occasions, in its own zone, which their times are in. */
export function daysOf({ occasions }: SpecialOccasions): Map<string, Occasion> {
  const marks = new Map<string, Occasion>();
  for (const occasion of occasions) {
    const from = occasion.from.slice(0, 10);
    // What ends at midnight is not on the next day.
    const last = new Date(Date.parse(`${occasion.to}Z`) - 1).toISOString().slice(0, 10);
    const day = new Date(`${from}T00:00:00Z`);
    for (let count = 0; count < MARKED_DAYS_MAX; count += 1) {
      const date = day.toISOString().slice(0, 10);
      marks.set(date, occasion);
      if (date >= last) break;
      day.setUTCDate(day.getUTCDate() + 1);
    }
  }
  return marks;
}
