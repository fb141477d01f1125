// Addresses and pages: each page has an address that can be kept, sent and opened again.

/** Where we are. */
export const here = $state({ path: location.pathname, query: new URLSearchParams(location.search) });

/** Asked before a page is left; false keeps it. */
type Guard = () => boolean | Promise<boolean>;
let guard: Guard | null = null;
/** Our own entries of the browser's history, so that a refused step back can be taken again. */
let position = 0;

/** Goes to an address of ours. */
export async function go(address: string, options: { replace?: boolean; force?: boolean } = {}): Promise<void> {
  const target = new URL(address, location.href);
  const samePage = target.pathname === here.path;
  if (!samePage && !options.force && !(await mayLeave())) return;
  if (options.replace) history.replaceState({ position }, "", target);
  else history.pushState({ position: (position += 1) }, "", target);
  arrive();
  if (!samePage) scrollTo(0, 0);
}

/** Changes the query of this page without a new step in the history. */
export function refine(query: Record<string, string | undefined>): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(query)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  const text = next.toString();
  history.replaceState(history.state, "", `${location.pathname}${text ? `?${text}` : ""}`);
  here.query = next;
}

/** Asks `before` when the page is about to be left, until the function that it returns is called. */
export function holdBack(before: Guard): () => void {
  guard = before;
  return () => {
    if (guard === before) guard = null;
  };
}

/** Takes clicks on links to our own pages, and the browser's steps back and forth. */
export function startRouting(): void {
  position = Number(history.state?.position ?? 0);
  history.replaceState({ position }, "", location.href);
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target || link.download) return;
    if (link.origin !== location.origin || isForeign(link.pathname)) return;
    // A place on this page is the browser's own affair.
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    void go(link.href);
  });
  addEventListener("popstate", async (event) => {
    const target = Number(event.state?.position ?? 0);
    if (location.pathname !== here.path && !(await mayLeave())) {
      history.go(position - target);
      return;
    }
    position = target;
    arrive();
  });
}

/** The values of a pattern such as `/functions/{function}` in the present path; null if it is another page. */
export function matches(pattern: string, path = here.path): Record<string, string> | null {
  const wanted = pattern.split("/");
  const parts = path.replace(/(.)\/$/, "$1").split("/");
  if (wanted.length !== parts.length) return null;
  const values: Record<string, string> = {};
  for (const [at, want] of wanted.entries()) {
    const part = parts[at] ?? "";
    if (want.startsWith("{")) values[want.slice(1, -1)] = decodeURIComponent(part);
    else if (want !== part) return null;
  }
  return values;
}

const isForeign = (path: string) => path.startsWith("/api/") || path === "/window";

async function mayLeave(): Promise<boolean> {
  return guard === null || (await guard());
}

function arrive(): void {
  here.path = location.pathname;
  here.query = new URLSearchParams(location.search);
}
