//! Subscriptions to conversations: what they are about, and what there is when they begin.

use std::collections::BTreeSet;
use std::sync::Arc;

use convoke_api::lp::messaging::{Changed, Filter, Refused, change};
use convoke_domain::conversation::{Conversation, Rejection};
use convoke_domain::id::{ConsumerId, ConversationId};
use convoke_engine::{CardView, EngineError, ListFilter};
use serde_json::{Value, json};

use super::Asked;
use crate::limits;
use crate::lp::messaging::session::{Session, Side};

impl Session {
    /// What a subscription is about; a consumer's are about their own conversations.
    pub(super) fn filter(&self, body: &serde_json::Map<String, Value>) -> Result<Filter, Refused> {
        let mut filter = Filter::read(body, &self.tenant.view.account)?;
        if let Side::Consumer { consumer, .. } = self.side {
            filter.consumer = Some(consumer);
            filter.agents = None;
        }
        Ok(filter)
    }

    /// Answers a subscription and tells of what there is, also if that is nothing.
    pub(super) async fn begin_subscription(&mut self, id: &str, subscription: &str) -> Result<(), Asked> {
        // Listens first: what changes from here on is told again.
        self.look_at_interest();
        self.respond(id, 200, self.names().conversations, &json!({"subscriptionId": subscription}));
        let Some(filter) = self.subscriptions.filter(subscription).cloned() else { return Ok(()) };
        let mut cards = Vec::new();
        if filter.stage.open {
            let agents = filter.agents.clone().filter(|_| filter.consumer.is_none()).unwrap_or_default();
            let consumers: BTreeSet<ConsumerId> = filter.consumer.into_iter().collect();
            // An agent who is not known has no conversations; nobody named means all.
            let nobody = filter.agents.as_ref().is_some_and(BTreeSet::is_empty);
            if !nobody {
                let matches = |state: &Conversation| filter.matches(state);
                cards =
                    self.follower.present_conversations(&agents, &consumers, limits::SNAPSHOT_MAX, matches);
            }
        }
        if filter.wants_ended() {
            let most = limits::SNAPSHOT_MAX - cards.len();
            cards.extend(self.closed_conversations(&filter, most).await?);
        }
        let account = Arc::clone(&self.tenant.view);
        let told = cards.iter().map(|card| {
            change(self.dialect, Changed::Matches, &card.state, self.last_line(card), &account.account)
        });
        let told: Vec<Value> = told.collect();
        for card in &cards {
            self.subscriptions.knows(subscription, &card.state);
        }
        self.notify_of_changes(subscription, &told);
        Ok(())
    }

    /// Conversations that are over and match, latest first: of the agents who were there at the end, and of the latest thousand of
    /// the account or the consumer.
    async fn closed_conversations(&mut self, filter: &Filter, most: usize) -> Result<Vec<CardView>, Asked> {
        let (handle, account) = (&self.server.handle, self.tenant.id());
        let mut ids: Vec<ConversationId> = Vec::new();
        for agent in filter.agents.iter().flatten().take(limits::SNAPSHOT_AGENTS_MAX) {
            ids.extend(handle.closed_of_user(account, *agent, limits::SNAPSHOT_MAX).await?);
        }
        let list = ListFilter { open: Some(false), consumer: filter.consumer, ..ListFilter::default() };
        let rows = handle.conversations(account, &list, None, limits::SNAPSHOT_MAX).await?;
        ids.extend(rows.iter().map(|row| row.conversation));
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for id in ids {
            if found.len() >= most {
                break;
            }
            if !seen.insert(id) {
                continue;
            }
            match handle.conversation(account, id).await {
                Ok(state) if state.is_over() && filter.matches(&state) => found.push(CardView::of(state)),
                // Rows of agents outlive what retention took.
                Ok(_) | Err(EngineError::Conversation(Rejection::NotFound)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found)
    }
}
