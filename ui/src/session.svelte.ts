// Who works here: a login kept in a cookie that scripts cannot read, or the demo account of `convoke dev`.

import { Refused, ask, caller } from "./api/client";
import type { DemoSession, Session, UserRole } from "./api/schema";

type Phase = "starting" | "out" | "in" | "unreachable";

/** The session of this page. */
export const session = $state({
  phase: "starting" as Phase,
  account: "",
  /** Who they are. A page belongs to who opened it. */
  who: "",
  /** The user's id, if it is a user. */
  user: null as string | null,
  roles: [] as UserRole[],
  /** The demo account's tokens, if this is `convoke dev` on this machine. */
  demo: null as DemoSession | null,
  /** Why one has to log in again. */
  ended: false,
});

/** Finds out who we are: a cookie first, then the demo account. */
export async function start(): Promise<void> {
  caller.strangers = () => {
    if (session.phase === "in") session.ended = true;
    if (session.phase === "in") session.phase = "out";
  };
  try {
    if (await resumeToken()) return;
    if (localStorage.getItem(LOGGED_IN) && (await resume(null))) return;
    if (!leftDemo() && (await enterDemo())) return;
    session.phase = "out";
  } catch {
    session.phase = "unreachable";
    setTimeout(start, 1500);
  }
}

/** Logs in with a password; what is wrong is thrown. */
export async function logIn(account: string, loginName: string, password: string): Promise<void> {
  caller.token = null;
  enter(await ask("POST /session/cookie", { body: { account, login_name: loginName, password } }));
  localStorage.setItem(LOGGED_IN, "yes");
}

/** Logs in with a token, for this tab; what is wrong is thrown. The operator names the account, others have one. */
export async function logInWithToken(account: string, token: string): Promise<void> {
  caller.token = token;
  try {
    enter(await ask("GET /session"), account);
  } catch (error) {
    caller.token = null;
    throw error;
  }
  sessionStorage.setItem(TOKEN, JSON.stringify({ account, token }));
}

/** Enters the demo account; false where there is none. */
export async function enterDemo(): Promise<boolean> {
  try {
    const demo = await ask("POST /demo/session");
    sessionStorage.removeItem(LEFT_DEMO);
    session.demo = demo;
    return await resume(demo.admin_token);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return false;
    throw error;
  }
}

/** Ends the session. The demo's tokens are everybody's on this machine: those are only put away. */
export async function logOut(): Promise<void> {
  if (session.demo) sessionStorage.setItem(LEFT_DEMO, "yes");
  // A token is not ours to end: it is only forgotten.
  else if (sessionStorage.getItem(TOKEN) === null) await ask("DELETE /session");
  sessionStorage.removeItem(TOKEN);
  localStorage.removeItem(LOGGED_IN);
  caller.token = null;
  session.demo = null;
  session.ended = false;
  session.phase = "out";
}

/** Whether the user has one of these roles. What is shown follows from it; the server decides. */
export function may(...roles: UserRole[]): boolean {
  return roles.some((role) => session.roles.includes(role) || session.roles.includes("operator"));
}

// Scripts cannot see the cookie. This says whether asking for its session makes sense.
const LOGGED_IN = "convoke.logged-in";
const LEFT_DEMO = "convoke.left-demo";
/** A token that somebody logged in with; gone with the tab. */
const TOKEN = "convoke.token";
const leftDemo = () => sessionStorage.getItem(LEFT_DEMO) !== null;

async function resumeToken(): Promise<boolean> {
  const kept = sessionStorage.getItem(TOKEN);
  if (kept === null) return false;
  const { account, token } = JSON.parse(kept) as { account: string; token: string };
  if (await resume(token, account)) return true;
  sessionStorage.removeItem(TOKEN);
  return false;
}

async function resume(token: string | null, account = ""): Promise<boolean> {
  caller.token = token;
  try {
    enter(await ask("GET /session"), account);
    return true;
  } catch (error) {
    caller.token = null;
    if (error instanceof Refused) return false;
    throw error;
  }
}

/** `chosen` is the account of somebody who may in all of them. */
function enter(found: Session, chosen = ""): void {
  const account = found.account ?? chosen;
  caller.account = account;
  caller.who = JSON.stringify(found.principal);
  session.account = account;
  session.who = caller.who;
  session.user = found.principal.kind === "user" ? found.principal.id : null;
  session.roles = found.roles;
  session.ended = false;
  session.phase = "in";
  for (const goOn of caller.back) goOn();
  caller.back.clear();
}
