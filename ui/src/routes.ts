// Which page is at which address. Each page is a file that is loaded when it is first opened.

import type { Component } from "svelte";
import type { UserRole } from "./api/schema";
import { matches } from "./router.svelte";

type Page = Component<Record<string, string>>;

export interface Route {
  pattern: string;
  load: () => Promise<{ default: unknown }>;
  /** Whoever has one of these roles sees it. */
  roles: UserRole[];
}

const CODE: UserRole[] = ["administrator", "faas_admin", "faas_developer"];
const SET: UserRole[] = [...CODE, "agent_manager"];
const SERVE: UserRole[] = ["administrator", "agent_manager", "agent"];
const TALK: UserRole[] = ["administrator", "agent_manager", "agent", "faas_developer"];

/** The values in the pattern become the page's properties. */
export const ROUTES: Route[] = [
  { pattern: "/", load: () => import("./pages/Home.svelte"), roles: CODE },
  { pattern: "/functions", load: () => import("./pages/FunctionList.svelte"), roles: CODE },
  { pattern: "/functions/new", load: () => import("./pages/FunctionNew.svelte"), roles: ["administrator", "faas_developer"] },
  { pattern: "/functions/{function}", load: () => import("./pages/FunctionPage.svelte"), roles: CODE },
  { pattern: "/invocations", load: () => import("./pages/Invocations.svelte"), roles: CODE },
  { pattern: "/invocations/{invocation}", load: () => import("./pages/Invocation.svelte"), roles: CODE },
  { pattern: "/unanswered", load: () => import("./pages/Unanswered.svelte"), roles: CODE },
  { pattern: "/inbox", load: () => import("./pages/Inbox.svelte"), roles: SERVE },
  { pattern: "/playground", load: () => import("./pages/Playground.svelte"), roles: ["administrator", "agent_manager"] },
  { pattern: "/conversations", load: () => import("./pages/ConversationList.svelte"), roles: TALK },
  { pattern: "/conversations/{conversation}", load: () => import("./pages/Conversation.svelte"), roles: TALK },
  { pattern: "/settings", load: () => import("./pages/Settings.svelte"), roles: SET },
  { pattern: "/settings/{section}", load: () => import("./pages/Settings.svelte"), roles: SET },
];

/** The page at an address, with what the address says. */
export function find(path: string): { route: Route; values: Record<string, string> } | null {
  for (const route of ROUTES) {
    const values = matches(route.pattern, path);
    if (values) return { route, values };
  }
  return null;
}

const loaded = new Map<Route, Page>();

/** A page, at once if it was opened before. */
export async function open(route: Route): Promise<Page> {
  const known = loaded.get(route);
  if (known) return known;
  const page = (await route.load()).default as Page;
  loaded.set(route, page);
  return page;
}
