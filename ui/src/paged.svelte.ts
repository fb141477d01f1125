// A list that is read page by page: its first page again and again, further ones when somebody asks for them. A row that
// moves from one page to another meanwhile is there once, as it was read last.

import { type Reading, reading } from "./reading.svelte";
import { complain } from "./toasts.svelte";

/** A page of a list, as the API gives it. */
export interface ListPage<Row> {
  items: Row[];
  /** Where the next page begins, if there is one. */
  next?: string | number | null;
}

export interface Paged<Row> {
  /** The first page, as `Loaded` shows what became of reading it. */
  readonly first: Reading<ListPage<Row>>;
  /** All rows that were read, each once. */
  readonly rows: Row[];
  /** Whether there are more. */
  readonly more: boolean;
  /** Whether further rows are being read. */
  readonly busy: boolean;
  /** Reads the next page; people are told what went wrong. */
  readFurther: () => Promise<void>;
  /** Forgets the further pages: rows are gone. */
  begin: () => void;
}

/**
 * Reads the first page like `reading`; `read` is given where a page begins, `idOf` tells rows apart, `of` reads what is asked for: another
 * choice begins anew, whoever made it. To be called by a component.
 */
export function paged<Row>(read: (after: string | undefined) => Promise<ListPage<Row>>, idOf: (row: Row) => string, everyMs: number, of: () => unknown = () => null): Paged<Row> {
  let further = $state.raw<{ rows: Row[]; next: string | null } | null>(null);
  let busy = $state(false);
  // Answers to what was asked before somebody began anew do not count.
  let begun = 0;

  const begin = () => {
    begun += 1;
    further = null;
  };
  // Before the first page is read of the other choice.
  $effect(() => {
    of();
    begin();
  });

  const joined = (newer: Row[], older: Row[]): Row[] => {
    const ids = new Set(newer.map(idOf));
    return [...newer, ...older.filter((row) => !ids.has(idOf(row)))];
  };
  const first = reading(async () => {
    const mine = begun;
    const page = await read(undefined);
    // What new rows push off the first page stays above the further ones.
    if (mine === begun && further !== null) further = { ...further, rows: joined(page.items, further.rows) };
    return page;
  }, everyMs);
  const rows = $derived(joined(first.value?.items ?? [], further?.rows ?? []));
  const next = $derived(further ? further.next : nextOf(first.value));

  async function readFurther(): Promise<void> {
    if (next === null || busy) return;
    const mine = begun;
    busy = true;
    try {
      const page = await read(next);
      if (mine === begun) further = { rows: joined(rows, page.items), next: nextOf(page) };
    } catch (error) {
      complain(error);
    } finally {
      busy = false;
    }
  }

  return {
    first,
    get rows() {
      return rows;
    },
    get more() {
      return next !== null;
    },
    get busy() {
      return busy;
    },
    readFurther,
    begin,
  };
}

const nextOf = (page: ListPage<unknown> | undefined): string | null => (page?.next == null ? null : String(page.next));
