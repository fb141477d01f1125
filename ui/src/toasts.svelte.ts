// Short words about what was just done. They go by themselves; what must be read stays on its page as a notice.

import { explain } from "./problem";

export interface Toast {
  id: number;
  kind: "good" | "bad";
  text: string;
  /** What can be done about it, for example to take it back. */
  action?: { label: string; run: () => void };
}

export const toasts = $state({ list: [] as Toast[] });
let last = 0;

const STAYS_MS = { good: 5000, bad: 12_000 };

export function say(text: string, action?: Toast["action"]): void {
  add({ kind: "good", text, action });
}

/** Says what went wrong and what to do. */
export function complain(error: unknown): void {
  const { title, detail } = explain(error);
  add({ kind: "bad", text: detail === "" ? title : `${title}: ${detail}` });
}

export function dismiss(id: number): void {
  toasts.list = toasts.list.filter((toast) => toast.id !== id);
}

function add(toast: Omit<Toast, "id">): void {
  const id = (last += 1);
  toasts.list.push({ ...toast, id });
  setTimeout(() => dismiss(id), STAYS_MS[toast.kind]);
}
