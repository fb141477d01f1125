// The function that is being put together, step by step, and what stands in its way.

import { account } from "../../account.svelte";
import type { Function as Existing, Template } from "../../api/schema";

export const NAME_PATTERN = /^[A-Za-z0-9_]{1,50}$/;

export interface Beginning {
  /** Chosen at all: an event, or none on purpose. */
  chosen: boolean;
  event: string | null;
  template: Template | null;
  skills: string[];
  name: string;
  description: string;
}

/** Who answers which skills of an event already. */
export interface Taken {
  /** The function that answers for every skill, if there is one: then nothing is left. */
  everything: Existing | null;
  bySkill: Map<string, Existing>;
}

export function taken(event: string | null, functions: Existing[]): Taken {
  const kind = account.events.find((one) => one.id === event);
  const others = kind?.disjoint_skills ? functions.filter((one) => one.event === event) : [];
  return {
    everything: others.find((one) => one.skills.length === 0) ?? null,
    bySkill: new Map(others.flatMap((one) => one.skills.map((skill): [string, Existing] => [skill, one]))),
  };
}

/** Whether the choice of skills can be kept. */
export function fits(skills: string[], { everything, bySkill }: Taken): boolean {
  if (everything) return false;
  return skills.length === 0 ? bySkill.size === 0 : skills.every((skill) => !bySkill.has(skill));
}

/** A name that is free and says what it is for. */
export function suggestName(template: Template | null, functions: Existing[]): string {
  const base = (template?.id ?? "function").replaceAll("-", "_");
  const names = new Set(functions.map((one) => one.name));
  if (!names.has(base)) return base;
  let count = 2;
  while (names.has(`${base}_${count}`)) count += 1;
  return `${base}_${count}`;
}
