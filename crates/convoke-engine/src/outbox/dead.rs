//! Dead letters: what was tried for as long as it may. They wait for somebody to look, and to have them delivered again.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use convoke_domain::id::{AccountId, ConversationId, IdError, WebhookId};
use convoke_domain::sequence::EventSeq;
use convoke_store::{Fact, FactOp};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Letter, Outbox};
use crate::error::EngineError;
use crate::handle::Handle;
use crate::limits;

/// Names a dead letter: when it died, and the event that it would have told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeadLetterId {
    /// When it was given up, to the millisecond.
    pub died_at: Timestamp,
    /// The conversation.
    pub conversation: ConversationId,
    /// The event.
    pub event: EventSeq,
}

impl fmt::Display for DeadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Filled with zeros, so that the oldest is the first.
        let (at, event) = (self.died_at.as_millisecond(), self.event.number());
        write!(f, "{at:015}.{}.{event:020}", self.conversation)
    }
}

impl FromStr for DeadLetterId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut parts = text.split('.');
        let mut next = || parts.next().unwrap_or_default();
        let (at, conversation, event) = (next(), next(), next());
        let read = || {
            let id = Self {
                died_at: Timestamp::from_millisecond(at.parse().ok()?).ok()?,
                conversation: conversation.parse().ok()?,
                event: EventSeq::new(event.parse().ok()?)?,
            };
            (id.to_string() == text).then_some(id)
        };
        read().ok_or(IdError { expected: "the id of a dead letter, as the list of them shows it" })
    }
}

/// How a letter died.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// What the event was, as it is called where it is told.
    pub kind: String,
    /// When it happened, or was to be told again.
    pub since: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed: a stable name.
    pub reason: String,
    /// The status of the last answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// An event that a webhook was not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its name.
    pub id: DeadLetterId,
    /// How it came to that.
    pub death: Death,
}

/// How many dead letters each webhook has, counted when first asked for.
#[derive(Default)]
pub(super) struct Counts(Mutex<BTreeMap<(AccountId, WebhookId), usize>>);

impl Counts {
    fn known(&self, account: &AccountId, webhook: WebhookId) -> Option<usize> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&(account.clone(), webhook)).copied()
    }

    /// Keeps what was counted and gives what counts: where somebody counted before, changes have been added to that since.
    fn first(&self, account: &AccountId, webhook: WebhookId, count: usize) -> usize {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((account.clone(), webhook)).or_insert(count)
    }

    pub(super) fn forget(&self, account: &AccountId, webhook: WebhookId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(account.clone(), webhook));
    }

    fn change(&self, account: &AccountId, webhook: WebhookId, by: impl FnOnce(usize) -> usize) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&(account.clone(), webhook)) {
            *count = by(*count);
        }
    }
}

pub(super) fn prefix(webhook: WebhookId) -> String {
    format!("dead-letter/{webhook}/")
}

fn key(webhook: WebhookId, id: DeadLetterId) -> String {
    format!("{}{id}", prefix(webhook))
}

fn read((key, value): Fact) -> Result<DeadLetter, EngineError> {
    let unreadable = || EngineError::Unreadable(format!("the dead letter {key} cannot be read"));
    let id = key.rsplit('/').next().and_then(|id| id.parse().ok()).ok_or_else(unreadable)?;
    Ok(DeadLetter { id, death: serde_json::from_slice(&value).map_err(|_| unreadable())? })
}

impl Outbox {
    async fn count_dead(&self, account: &AccountId, webhook: WebhookId) -> Result<usize, EngineError> {
        if let Some(count) = self.dead.known(account, webhook) {
            return Ok(count);
        }
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.store.facts(account, &prefix(webhook), after.as_deref(), usize::MAX).await?;
            count += page.len();
            match page.into_iter().next_back() {
                Some((key, _)) => after = Some(key),
                None => break,
            }
        }
        Ok(self.dead.first(account, webhook, count))
    }
}

impl Handle {
    /// Gives up an event of a letter, and all before it as told; gives what is left of the letter, which stays. The oldest dead letter makes room if there are too
    /// many.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn bury(
        &self,
        account: &AccountId,
        webhook: WebhookId,
        letter: &Letter,
        event: EventSeq,
        death: &Death,
    ) -> Result<Option<Letter>, EngineError> {
        let outbox = &self.inner.outbox;
        let id = DeadLetterId { died_at: self.now(), conversation: letter.conversation, event };
        let value = serde_json::to_vec(death).map_err(EngineError::malformed)?;
        let mut rows = vec![letter.removed(webhook), FactOp { key: key(webhook, id), value: Some(value) }];
        let rest = letter.from(event.next());
        rows.extend(rest.map(|rest| rest.row(webhook)));
        if outbox.count_dead(account, webhook).await? >= limits::DEAD_LETTERS_MAX {
            let oldest = outbox.store.facts(account, &prefix(webhook), None, 1).await?;
            rows.extend(oldest.into_iter().map(|(key, _)| FactOp { key, value: None }));
        } else {
            outbox.dead.change(account, webhook, |count| count + 1);
        }
        outbox.write(account, rows).await?;
        Ok(rest)
    }

    /// How many dead letters a webhook has; at most 10,000.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn dead_letters_of(
        &self,
        account: &AccountId,
        webhook: WebhookId,
    ) -> Result<usize, EngineError> {
        self.inner.outbox.count_dead(account, webhook).await
    }

    /// Dead letters of a webhook, oldest first, after one of them.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn dead_letters(
        &self,
        account: &AccountId,
        webhook: WebhookId,
        after: Option<DeadLetterId>,
        most: usize,
    ) -> Result<Vec<DeadLetter>, EngineError> {
        let after = after.map(|id| key(webhook, id));
        let rows = self.inner.store.facts(account, &prefix(webhook), after.as_deref(), most).await?;
        rows.into_iter().map(read).collect()
    }

    /// One dead letter, if there is one with this name.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn dead_letter(
        &self,
        account: &AccountId,
        webhook: WebhookId,
        id: DeadLetterId,
    ) -> Result<Option<DeadLetter>, EngineError> {
        let key = key(webhook, id);
        let value = self.inner.store.fact(account, &key).await?;
        value.map(|value| read((key, value))).transpose()
    }

    /// Lets dead letters be delivered again, each as if its event had happened now; at most some hundred at once.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn redeliver(
        &self,
        account: &AccountId,
        webhook: WebhookId,
        dead: &[DeadLetterId],
    ) -> Result<(), EngineError> {
        let outbox = &self.inner.outbox;
        // Counted before any of them goes, so that nobody counts half of that.
        outbox.count_dead(account, webhook).await?;
        for some in dead.chunks(limits::LETTERS_DROPPED_AT_ONCE / 2) {
            let mut rows = Vec::with_capacity(some.len() * 2);
            for id in some {
                let DeadLetterId { conversation, event, .. } = *id;
                let letter = Letter { conversation, first: event, last: event, since: self.now() };
                rows.extend([FactOp { key: key(webhook, *id), value: None }, letter.row(webhook)]);
            }
            outbox.write(account, rows).await?;
            outbox.dead.change(account, webhook, |count| count.saturating_sub(some.len()));
            for id in some {
                outbox.note(account, id.conversation, &[webhook]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letters_name_is_read_back_and_nothing_else_is() {
        let id = DeadLetterId {
            died_at: Timestamp::from_millisecond(1_700_000_000_123).unwrap(),
            conversation: ConversationId::from_bits(7),
            event: EventSeq::new(12).unwrap(),
        };
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "1.2.3", "1700000000123.conv_x.1", &format!("{id}.1"), &format!("0{id}")] {
            assert!(wrong.parse::<DeadLetterId>().is_err(), "{wrong}");
        }
    }
}
