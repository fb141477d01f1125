// Requests to the native API, typed by its description. Knows how to say who asks; shows nothing.

import type { Problem, Routes } from "./schema";

/** A refusal of the server: its problem document. */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
  get code(): string {
    return this.problem.code;
  }
  get status(): number {
    return this.problem.status;
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {}

type Names<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type PathOf<Route extends keyof Routes> = Exclude<Names<Route>, "account">;

/** What a request needs besides its route. The account is filled in. */
export type Asked<Route extends keyof Routes> = {
  query?: Routes[Route]["query"];
  signal?: AbortSignal;
} & (PathOf<Route> extends never ? { path?: undefined } : { path: Record<PathOf<Route>, string | number> }) &
  (Routes[Route]["body"] extends undefined ? { body?: undefined } : { body: Routes[Route]["body"] });

type Arguments<Route extends keyof Routes> = Record<string, never> extends Asked<Route> ? [asked?: Asked<Route>] : [asked: Asked<Route>];

/** In whose name requests are made; without a token the cookie speaks, if there is one. */
export const caller = {
  account: "",
  token: null as string | null,
  /** Who they are, for telling the pages of different people in one browser apart. */
  who: "",
  /** Called when the server does not know us any more. */
  strangers: () => {},
  /** What goes on as soon as it knows us again. */
  back: new Set<() => void>(),
};

/** Asks the API. Throws `Refused` or `Unreachable`. */
export async function ask<Route extends keyof Routes>(
  route: Route,
  ...[asked]: Arguments<Route>
): Promise<Routes[Route]["answer"]> {
  const { method, url } = address(route, asked ?? {});
  const body = asked && "body" in asked ? asked.body : undefined;
  const response = await reach(url, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: asked?.signal,
  });
  return response.status === 204 ? null : response.json();
}

/**
 * Goes on as soon as we are known, for what was refused as a stranger. That can be at once: who logged in again is known
 * while connections of the session before are still being ended.
 */
export async function whenKnown(goOn: () => void): Promise<void> {
  try {
    await ask("GET /session");
    goOn();
  } catch (error) {
    // Where the server is away, trying shows when it is back.
    if (!(error instanceof Refused) || error.status !== 401) goOn();
    else caller.back.add(goOn);
  }
}

/** The address of a route, with its query. */
export function address(
  route: keyof Routes,
  asked: { path?: Record<string, string | number> | undefined; query?: Record<string, unknown> | undefined },
): { method: string; url: string } {
  const [method = "GET", template = ""] = route.split(" ");
  const values: Record<string, string | number> = { account: caller.account, ...asked.path };
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name] ?? "")));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked.query ?? {})) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return { method, url: `/api/v1${path}${text === "" ? "" : `?${text}`}` };
}

/** One request with our name on it; refusals become errors. */
export async function reach(url: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  if (caller.token !== null) headers.set("Authorization", `Bearer ${caller.token}`);
  let response: Response;
  try {
    response = await fetch(url, { ...options, headers });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Unreachable("The server does not answer. Check that it is running; this page tries again by itself.");
  }
  if (response.ok) return response;
  const problem: Problem | null = await response.json().catch(() => null);
  if (response.status === 401 && problem?.code === "auth.required") caller.strangers();
  throw new Refused(
    problem ?? {
      type: "about:blank",
      code: "request.failed",
      title: "The server could not answer",
      status: response.status,
      detail: `The server answered ${response.status} and did not say why.`,
    },
  );
}
