//! The subscriptions of one connection to conversations: which it was told of, and what it is told next.

use std::collections::{BTreeMap, BTreeSet};

use convoke_api::lp::messaging::{Changed, Filter, Refused};
use convoke_domain::conversation::Conversation;
use convoke_domain::id::{ConsumerId, ConversationId, UserId};

use crate::limits;

/// All subscriptions of a connection.
#[derive(Default)]
pub(super) struct Subscriptions {
    by_id: BTreeMap<String, Subscription>,
    begun: u64,
}

/// One subscription.
pub(super) struct Subscription {
    pub(super) filter: Filter,
    /// Conversations that it was told of and that are not over.
    known: BTreeSet<ConversationId>,
}

/// What subscriptions are about, together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Interest {
    pub(super) everything: bool,
    pub(super) agents: BTreeSet<UserId>,
    pub(super) consumers: BTreeSet<ConsumerId>,
}

impl Subscriptions {
    /// A new one.
    pub(super) fn begin(&mut self, filter: Filter) -> Result<String, Refused> {
        if self.by_id.len() >= limits::SUBSCRIPTIONS_MAX {
            let most = limits::SUBSCRIPTIONS_MAX;
            return Err(Refused::too_many(format!("a connection has at most {most} subscriptions")));
        }
        self.begun += 1;
        let id = format!("conversations-{}", self.begun);
        self.by_id.insert(id.clone(), Subscription { filter, known: BTreeSet::new() });
        Ok(id)
    }

    /// One that is about others from now on; its first notification comes anew.
    pub(super) fn update(&mut self, id: &str, filter: Filter) -> Result<(), Refused> {
        let subscription = self.by_id.get_mut(id).ok_or_else(unknown)?;
        *subscription = Subscription { filter, known: BTreeSet::new() };
        Ok(())
    }

    /// One less.
    pub(super) fn end(&mut self, id: &str) -> Result<(), Refused> {
        self.by_id.remove(id).map(drop).ok_or_else(unknown)
    }

    pub(super) fn filter(&self, id: &str) -> Option<&Filter> {
        self.by_id.get(id).map(|subscription| &subscription.filter)
    }

    /// A subscription is told of this conversation.
    pub(super) fn knows(&mut self, id: &str, state: &Conversation) {
        if let Some(subscription) = self.by_id.get_mut(id)
            && !state.is_over()
        {
            subscription.known.insert(state.id);
        }
    }

    /// Which subscriptions have to be told of a conversation that changed, and what.
    pub(super) fn changed(&mut self, state: &Conversation) -> Vec<(String, Changed)> {
        let mut told = Vec::new();
        for (id, subscription) in &mut self.by_id {
            if subscription.filter.matches(state) {
                if state.is_over() {
                    subscription.known.remove(&state.id);
                } else {
                    subscription.known.insert(state.id);
                }
                told.push((id.clone(), Changed::Matches));
            } else if subscription.known.remove(&state.id) {
                told.push((id.clone(), Changed::Gone));
            }
        }
        told
    }

    /// What all of them are about.
    pub(super) fn interest(&self) -> Interest {
        let mut interest = Interest::default();
        for Subscription { filter, .. } in self.by_id.values() {
            match (&filter.agents, filter.consumer) {
                (_, Some(consumer)) => drop(interest.consumers.insert(consumer)),
                (Some(agents), None) => interest.agents.extend(agents),
                (None, None) => interest.everything = true,
            }
        }
        interest
    }
}

fn unknown() -> Refused {
    Refused::not_found("subscription.unknown", "this connection has no such subscription")
}
