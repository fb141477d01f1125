//! Closed conversations by who was there for the brand when they ended: a small row for each of them, the latest first.
//!
//! Rows stay when retention takes the conversation; whoever reads them passes over what is gone. Conversations that ended
//! before there were such rows have none.

use convoke_domain::conversation::{Conversation, Event, ParticipantId, Recorded};
use convoke_domain::id::{AccountId, ConversationId, UserId};
use convoke_store::FactOp;
use jiff::Timestamp;

use crate::error::EngineError;
use crate::handle::Handle;
use crate::limits;

/// The rows of a step that closes a conversation; none of any other.
pub(crate) fn facts(after: Option<&Conversation>, events: &[Recorded]) -> Vec<FactOp> {
    let closed = events.iter().find(|recorded| matches!(recorded.event, Event::Closed { .. }));
    let (Some(state), Some(closed)) = (after, closed) else { return Vec::new() };
    let users = state.participants.keys().filter_map(|participant| match participant {
        ParticipantId::User(user) => Some(*user),
        ParticipantId::Consumer(_) | ParticipantId::ControllerBot => None,
    });
    let rows = users.take(limits::CLOSED_ROWS_OF_STEP_MAX);
    rows.map(|user| FactOp { key: key(user, closed.at, state.id), value: Some(Vec::new()) }).collect()
}

impl Handle {
    /// The latest closed conversations at whose end this user was there, `most` of them at most.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn closed_of_user(
        &self,
        account: &AccountId,
        user: UserId,
        most: usize,
    ) -> Result<Vec<ConversationId>, EngineError> {
        let rows = self.inner.store.facts(account, &prefix(user), None, most).await?;
        let ids = rows.iter().filter_map(|(key, _)| key.rsplit('/').next()?.parse().ok());
        Ok(ids.collect())
    }
}

fn prefix(user: UserId) -> String {
    format!("closed/{:015}/", user.number())
}

/// Rows are read in the order of their keys, so the time counts backwards.
fn key(user: UserId, at: Timestamp, conversation: ConversationId) -> String {
    let left = Timestamp::MAX.as_millisecond().saturating_sub(at.as_millisecond());
    format!("{}{left:016}/{conversation}", prefix(user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_last_comes_first() {
        let user = UserId::new(7).unwrap();
        let at = |seconds| key(user, Timestamp::from_second(seconds).unwrap(), ConversationId::from_bits(1));
        assert!(at(2) < at(1) && at(1_800_000_000) < at(2));
        assert!(at(1).starts_with(&prefix(user)) && !at(1).starts_with(&prefix(UserId::new(70).unwrap())));
    }
}
