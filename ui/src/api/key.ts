// Names for what is sent and may have to be sent again. Knows no framework: the consumer window uses it, too.

/** A key that nobody else has; `randomUUID` is not there on pages without TLS. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
