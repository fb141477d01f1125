// How the account's webhooks are doing: what waits, and what nobody took.

import { ask } from "./api/client";
import type { Deliveries, Webhook } from "./api/schema";

export interface WebhookState {
  webhook: Webhook;
  deliveries: Deliveries;
  /** Dead letters, as far as the first page counts them. */
  dead: number;
  /** Whether there are more than those. */
  more: boolean;
}

/** Every webhook with what waits and what is dead. There are at most twenty. */
export async function webhookStates(): Promise<WebhookState[]> {
  const { items } = await ask("GET /accounts/{account}/webhooks");
  return Promise.all(items.map(stateOf));
}

async function stateOf(webhook: Webhook): Promise<WebhookState> {
  const path = { webhook: webhook.id };
  const [deliveries, letters] = await Promise.all([
    ask("GET /accounts/{account}/webhooks/{webhook}/deliveries", { path }),
    ask("GET /accounts/{account}/webhooks/{webhook}/dead-letters", { path }),
  ]);
  return { webhook, deliveries, dead: letters.items.length, more: letters.next != null };
}
