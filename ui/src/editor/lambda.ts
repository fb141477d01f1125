// Where the type of a function's input is written into its text, and how places move by that.
//
// Authors write plain JavaScript without types. For the language service only, a comment with the type of this event's
// input is put before `lambda`; every place that it is asked about or tells is moved accordingly.

/** Where the comment goes, and how long it is. */
export interface Annotation {
  at: number;
  text: string;
}

const LAMBDA = /(^|\n)[ \t]*(?:export\s+default\s+)?(?:async\s+)?function\s*\*?\s*lambda\s*\(/;
const FILE = /\/functions\/([^/]+)\//;

/** The address of the text of a function that answers an event: the event is in it, for the language service. */
export const addressOf = (event: string | null, id: string): string => `file:///functions/${event ?? "none"}/${id}.js`;

/** The comment for a file; null where there is nothing to say. */
export function annotation(fileName: string, text: string): Annotation | null {
  const event = FILE.exec(fileName)?.[1];
  const found = LAMBDA.exec(text);
  if (!event || !found) return null;
  const input = event === "none" ? `{ headers: import("../../convoke").Header[]; payload: any; timestamp: number }` : `import("../../convoke").Inputs["${event}"]`;
  const at = found.index + (found[1]?.length ?? 0);
  return { at, text: `/** @type {import("../../convoke").LambdaWithCallback<${input}>} */` };
}

export function annotated(text: string, note: Annotation | null): string {
  return note === null ? text : text.slice(0, note.at) + note.text + text.slice(note.at);
}

/** A place of the author's text in the annotated one. */
export const inward = (place: number, note: Annotation): number => (place >= note.at ? place + note.text.length : place);

/** The answer of the language service with places of the author's text; what lies in the comment is left out. */
export function outward(value: unknown, note: Annotation, fileName: string): unknown {
  if (Array.isArray(value)) {
    return value.map((one) => outward(one, note, fileName)).filter((one) => one !== HIDDEN);
  }
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  // Places in other files are where they are.
  if (typeof record["fileName"] === "string" && record["fileName"] !== fileName) return value;
  const moved: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(record)) {
    const inner = outward(part, note, fileName);
    if (inner === HIDDEN) return HIDDEN;
    moved[key] = inner;
  }
  return isSpan(record) ? movedSpan(record, moved, note) : moved;
}

const HIDDEN = Symbol("in the comment");

interface Span {
  start: number;
  length: number;
}

const isSpan = (record: Record<string, unknown>): record is Record<string, unknown> & Span =>
  typeof record["start"] === "number" && typeof record["length"] === "number";

function movedSpan({ start, length }: Span, moved: Record<string, unknown>, note: Annotation): unknown {
  const end = note.at + note.text.length;
  if (start >= end) return { ...moved, start: start - note.text.length };
  if (start >= note.at && start + length <= end && length > 0) return HIDDEN;
  if (start < note.at && start + length >= end) return { ...moved, length: length - note.text.length };
  return start > note.at ? { ...moved, start: note.at } : moved;
}
