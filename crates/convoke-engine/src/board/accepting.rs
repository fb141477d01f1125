//! An agent accepts an offer: the offer waits for what comes of it, and for nothing longer than whoever accepts waits.

use std::sync::Arc;

use convoke_domain::id::{ConversationId, UserId};

use super::Board;
use crate::routing::OfferId;

/// An offer that its agent is accepting. Dropped, it is taken back and others are asked, whatever became of the connection
/// that accepted it; unless it was said to be [`Self::taken`].
#[must_use = "dropped, the offer is taken back"]
pub struct Accepting {
    board: Arc<Board>,
    offer: OfferId,
    agent: UserId,
    conversation: ConversationId,
    taken: bool,
}

impl Accepting {
    pub(super) fn new(
        board: &Arc<Board>,
        offer: &OfferId,
        agent: UserId,
        conversation: ConversationId,
    ) -> Self {
        Self { board: Arc::clone(board), offer: offer.clone(), agent, conversation, taken: false }
    }

    /// What the offer is about.
    pub fn conversation(&self) -> ConversationId {
        self.conversation
    }

    /// Who accepts.
    pub fn agent(&self) -> UserId {
        self.agent
    }

    /// The conversation has this agent: its own change ends the offer.
    pub fn taken(mut self) {
        self.taken = true;
    }
}

impl Drop for Accepting {
    fn drop(&mut self) {
        let now = self.board.clock.now();
        let mut inner = self.board.lock();
        inner.routing.end_accept(&self.offer, self.taken, now);
        inner.tell_of_routing();
        drop(inner);
        self.board.wake.notify_one();
    }
}
