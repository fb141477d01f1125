// In which order conversations stand in the inbox.

import type { Card } from "../../api/schema";
import type { Board } from "./board.svelte";

export type GroupName = "mine" | "waiting" | "others";
export interface Group {
  name: GroupName;
  cards: Card[];
}

/** What one serves, what waits, what others serve; in each what is due first comes first. */
export function grouped(board: Board, skill: string): Group[] {
  const cards = [...board.cards.values()].filter((card) => skill === "" || card.conversation.skill === skill);
  cards.sort((one, other) => Date.parse(one.due) - Date.parse(other.due) || one.conversation.id.localeCompare(other.conversation.id));
  const of = (card: Card): GroupName => {
    if (board.isMine(card.conversation.id)) return "mine";
    return card.conversation.assigned_agent == null ? "waiting" : "others";
  };
  const names: GroupName[] = ["mine", "waiting", "others"];
  return names.map((name) => ({ name, cards: cards.filter((card) => of(card) === name) })).filter((group) => group.cards.length > 0);
}
