// What functions were really given: the inputs of runs that are recorded, to be tried again.

import { account } from "../../account.svelte";
import { Refused, ask } from "../../api/client";
import type { Attempt, FunctionInput } from "../../api/schema";
import { moment } from "../../format";
import { codeWords, runText } from "../../runs";

/** A run whose input can be chosen. */
export interface Recorded {
  invocation: string;
  label: string;
}

/** How many are offered: those that somebody still remembers. */
const OFFERED_MAX = 20;
/** How many runs are looked through for those of the event. */
const LOOKED_THROUGH = 200;

/** The last runs of this function, and of others that answered the same event. The newest first. */
export async function recordedRuns(id: string, event: string | null): Promise<Recorded[]> {
  const codes = new Set(account.events.find((one) => one.id === event)?.codes ?? []);
  const [own, all] = await Promise.all([
    ask("GET /accounts/{account}/invocations", { query: { function: id, limit: OFFERED_MAX } }),
    codes.size > 0 ? ask("GET /accounts/{account}/invocations", { query: { limit: LOOKED_THROUGH } }) : null,
  ]);
  const same = (all?.items ?? []).filter((attempt) => attempt.code != null && codes.has(attempt.code));
  const runs = new Map<string, Attempt>();
  for (const attempt of [...own.items, ...same]) {
    // Tests run on what was chosen here before.
    if (attempt.source !== "test" && !runs.has(attempt.invocation)) runs.set(attempt.invocation, attempt);
  }
  return [...runs.values()]
    .sort((one, other) => other.place - one.place)
    .slice(0, OFFERED_MAX)
    .map((attempt) => ({ invocation: attempt.invocation, label: label(attempt) }));
}

/** What a run was given; null if that is not kept any more. */
export async function recordedInput(invocation: string): Promise<FunctionInput | null> {
  try {
    const { items } = await ask("GET /accounts/{account}/invocations/{invocation}/recordings", { path: { invocation } });
    const last = items.at(-1);
    if (!last) return null;
    const recording = await ask("GET /accounts/{account}/invocations/{invocation}/recordings/{attempt}", { path: { invocation, attempt: last.attempt } });
    return recording.input as FunctionInput;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

function label({ began_at, code, function: ran, state }: Attempt): string {
  const what = code ? codeWords(code) : (ran.name ?? ran.id);
  return `${moment(began_at)}, ${what}, ${runText(state)}`;
}
