// Who did something, in words.

import type { Author } from "./api/schema";

export function authorName(author: Author): string {
  if (author.kind === "system") return "the system";
  if (author.kind === "operator") return "the operator";
  return `${author.kind} ${author.id}`;
}
