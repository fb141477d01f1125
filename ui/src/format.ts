// Numbers and times as people read them, in the viewer's own zone.

const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
const whole = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "long", hour12: false });
const count = new Intl.NumberFormat("en");

/** The time of day today, day and time otherwise. */
export function moment(at: string, now = new Date()): string {
  const date = new Date(at);
  return date.toDateString() === now.toDateString() ? clock.format(date) : day.format(date);
}

/** The whole truth, for tooltips. */
export const fully = (at: string): string => whole.format(new Date(at));

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** How long ago, in the largest unit that says something. */
export function ago(at: string, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return Math.abs(seconds) < 10 ? "just now" : relative.format(Math.round(seconds), "second");
}

export const number = (value: number): string => count.format(value);

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value < 10) return `${value.toFixed(1)} ms`;
  return value < 10_000 ? `${count.format(Math.round(value))} ms` : `${(value / 1000).toFixed(1)} s`;
}

export const percent = (part: number, all: number): string => (all === 0 ? "–" : `${rounded((100 * part) / all)} %`);

export const mebibytes = (bytes: number): string => `${rounded(bytes / 1_048_576)} MiB`;

/** A duration in words: "5 min", "2 h", "90 days". */
export function seconds(value: number): string {
  if (value % 86_400 === 0 && value >= 86_400) return `${value / 86_400} days`;
  if (value % 3600 === 0 && value >= 3600) return `${value / 3600} h`;
  return value % 60 === 0 && value >= 60 ? `${value / 60} min` : `${value} s`;
}

function rounded(value: number): string {
  return value !== 0 && value < 10 ? value.toFixed(1) : String(Math.round(value));
}
