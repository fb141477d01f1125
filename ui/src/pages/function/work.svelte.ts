// A function being worked on: what is saved, what was changed since, and what must not get lost of it.

import { Refused, ask } from "../../api/client";
import type { Draft, FunctionDetail, FunctionSettings, SourceProblem } from "../../api/schema";

/** Changes that were not saved, kept in this browser. */
interface Kept {
  revision: number;
  source: string;
  environment: Record<string, string>;
  at: string;
}

/** Somebody else saved since this draft was read. */
export class Overtaken extends Error {}

const keyOf = (id: string) => `convoke.unsaved.${id}`;

export class Work {
  detail = $state.raw<FunctionDetail>() as FunctionDetail;
  source = $state("");
  environment = $state<Record<string, string>>({});
  description = $state("");
  skills = $state<string[]>([]);
  settings = $state<FunctionSettings>({});
  problems = $state.raw<SourceProblem[]>([]);
  /** Changes from an earlier visit; taken already if nobody saved meanwhile. */
  kept = $state.raw<(Kept & { taken: boolean }) | null>(null);
  saving = $state(false);

  readonly changed = $derived(
    this.source !== this.detail.draft.source ||
      !same(this.environment, this.detail.draft.environment) ||
      !same(this.settings, this.detail.draft.settings) ||
      this.description !== this.detail.description ||
      !same(this.skills, this.detail.skills),
  );

  constructor(detail: FunctionDetail) {
    this.load(detail);
    const kept = remembered(detail.id);
    if (!kept) return;
    if (kept.source === detail.draft.source && same(kept.environment, detail.draft.environment)) {
      forget(detail.id);
      return;
    }
    this.kept = { ...kept, taken: kept.revision === detail.draft_revision };
    if (this.kept.taken) this.take();
  }

  /** Shows what the server has. */
  load(detail: FunctionDetail): void {
    this.detail = detail;
    const { source, environment, settings }: Draft = detail.draft;
    this.source = source;
    this.environment = { ...environment };
    this.settings = { ...settings };
    this.description = detail.description;
    this.skills = [...detail.skills];
    this.problems = detail.failure ? [detail.failure] : [];
  }

  /** Takes what was kept from an earlier visit. */
  take(): void {
    if (!this.kept) return;
    this.source = this.kept.source;
    this.environment = { ...this.kept.environment };
  }

  /** Gives up what was not saved. */
  discard(): void {
    forget(this.detail.id);
    this.kept = null;
    this.load(this.detail);
  }

  /** Keeps what is not saved in this browser, or forgets it when there is nothing. */
  keep(): void {
    if (this.source === this.detail.draft.source && same(this.environment, this.detail.draft.environment)) {
      if (!this.kept || this.kept.taken) forget(this.detail.id);
      return;
    }
    const kept: Kept = { revision: this.detail.draft_revision, source: this.source, environment: this.environment, at: new Date().toISOString() };
    localStorage.setItem(keyOf(this.detail.id), JSON.stringify(kept));
  }

  /** Saves. Throws `Overtaken` if somebody else did since, unless told to replace that. */
  async save(options: { replace?: boolean } = {}): Promise<void> {
    if (!this.changed) return;
    this.saving = true;
    try {
      const path = { function: this.detail.id };
      if (!options.replace) {
        const now = await ask("GET /accounts/{account}/functions/{function}", { path });
        if (now.draft_revision !== this.detail.draft_revision) throw new Overtaken();
      }
      const body = {
        source: this.source,
        environment: $state.snapshot(this.environment),
        settings: $state.snapshot(this.settings),
        description: this.description,
        skills: $state.snapshot(this.skills),
      };
      const saved = await ask("PUT /accounts/{account}/functions/{function}", { path, body });
      const typed = this.source;
      this.detail = saved;
      this.problems = saved.problems ?? [];
      // What was typed while the server worked is the next change.
      if (typed === body.source) this.source = saved.draft.source;
      this.settings = { ...saved.draft.settings };
      this.kept = null;
      forget(saved.id);
    } catch (error) {
      if (error instanceof Refused) this.problems = problemsOf(error) ?? this.problems;
      throw error;
    } finally {
      this.saving = false;
    }
  }

  /** Reads the function again; what was changed here stays. */
  async refresh(): Promise<void> {
    const { changed } = this;
    const now = await ask("GET /accounts/{account}/functions/{function}", { path: { function: this.detail.id } });
    if (changed) this.detail = { ...now, draft: this.detail.draft, draft_revision: this.detail.draft_revision };
    else this.load(now);
  }
}

function problemsOf(error: Refused): SourceProblem[] | null {
  const place = /line (\d+)(?:, column (\d+))?/.exec(error.message);
  return place ? [{ code: error.code, message: error.message, line: Number(place[1]), column: place[2] ? Number(place[2]) : null }] : null;
}

function remembered(id: string): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(keyOf(id)) ?? "null");
  } catch {
    return null;
  }
}

const forget = (id: string): void => localStorage.removeItem(keyOf(id));

const same = (one: unknown, two: unknown): boolean => JSON.stringify(sorted(one)) === JSON.stringify(sorted(two));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return [...value].sort();
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [two]) => one.localeCompare(two)));
}
