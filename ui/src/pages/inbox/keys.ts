// Which key was meant: single letters act outside of text fields, and only where people want them to.

const OFF = "convoke.keys-off";

export const withKeys = (): boolean => localStorage.getItem(OFF) === null;

export function rememberKeys(on: boolean): void {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "yes");
}

/** The single key that was pressed; null if it was typed into something, or belongs to the browser. */
export function keyOf(event: KeyboardEvent, on: boolean): string | null {
  const at = event.target as HTMLElement | null;
  const typed = at?.closest("input, textarea, select, [contenteditable]") != null;
  if (!on || typed || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  return event.key.length === 1 ? event.key.toLowerCase() : null;
}
