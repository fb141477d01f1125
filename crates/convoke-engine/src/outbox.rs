//! The outbox: what webhooks still have to be told, as rows that become durable in the step they tell of.
//!
//! ```text
//!   letter/<webhook>/<conversation>/<first event>            waits to be delivered
//!   dead-letter/<webhook>/<when>.<conversation>.<event>      was tried for as long as it may
//! ```
//!
//! A letter names events and holds none: what it says is read from the log when it is sent, so that erased texts are gone
//! from it, too. Each row is written by one step and removed when its events were taken: what a crash leaves is delivered
//! again, nothing is lost. Who delivers is not here; see [`crate::Handle::letters`].

mod dead;
mod news;
mod write;

use std::sync::Arc;

use convoke_domain::conversation::Recorded;
use convoke_domain::id::{AccountId, ConversationId, WebhookId};
use convoke_domain::sequence::EventSeq;
use convoke_store::{Fact, FactOp, Step, Store};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

pub use self::dead::{DeadLetter, DeadLetterId, Death};
pub use self::news::LetterNews;
use self::news::News;
use crate::committer::Pending;
use crate::directory::AccountView;
use crate::error::EngineError;
use crate::handle::Handle;
use crate::shard::Ticket;
use crate::surveys::Surveys;

/// What is shared by those who write letters and those who deliver them.
pub(crate) struct Outbox {
    store: Arc<dyn Store>,
    committer: mpsc::Sender<Pending<Ticket>>,
    news: News,
    dead: dead::Counts,
    /// Which accounts' functions have to be told of surveys; their rows are here, too.
    pub(crate) surveys: Surveys,
}

/// Events of one conversation that one webhook has to be told, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    /// The conversation.
    pub conversation: ConversationId,
    /// The first event that is to be told.
    pub first: EventSeq,
    /// The last one. Those between that the webhook does not want are passed over.
    pub last: EventSeq,
    /// When they happened, or were to be told again: how long they are tried counts from here.
    pub since: Timestamp,
}

/// A letter as it is stored, besides its key.
#[derive(Serialize, Deserialize)]
struct StoredLetter {
    last: EventSeq,
    since: Timestamp,
}

impl Outbox {
    pub(crate) fn new(store: Arc<dyn Store>, committer: mpsc::Sender<Pending<Ticket>>) -> Self {
        Self {
            store,
            committer,
            news: News::default(),
            dead: dead::Counts::default(),
            surveys: Surveys::default(),
        }
    }

    /// A step is durable that leaves letters to these webhooks.
    pub(crate) fn note(&self, account: &AccountId, conversation: ConversationId, webhooks: &[WebhookId]) {
        self.news.add(account, conversation, webhooks);
    }
}

/// The webhooks that a step leaves letters to.
pub(crate) fn addressed(step: &Step) -> Vec<WebhookId> {
    let letters = step.facts.iter().filter_map(|fact| fact.key.strip_prefix(LETTERS));
    letters.filter_map(|key| key.split('/').next()?.parse().ok()).collect()
}

/// The rows by which a step leaves its events to the webhooks that want them, one for each.
pub(crate) fn letters(view: &AccountView, conversation: ConversationId, events: &[Recorded]) -> Vec<FactOp> {
    let letter = |webhook: &convoke_domain::account::Webhook| {
        let mut wanted = events.iter().filter(|recorded| webhook.wants(&recorded.event));
        let first = wanted.next()?;
        let last = wanted.next_back().unwrap_or(first);
        Some(Letter { conversation, first: first.seq, last: last.seq, since: first.at })
    };
    let webhooks = view.account.webhooks.iter();
    webhooks.filter_map(|(id, webhook)| Some(letter(webhook)?.row(*id))).collect()
}

impl Letter {
    fn row(&self, webhook: WebhookId) -> FactOp {
        let stored = StoredLetter { last: self.last, since: self.since };
        let value = serde_json::to_vec(&stored).expect("a letter serializes into memory");
        FactOp { key: self.key(webhook), value: Some(value) }
    }

    fn removed(&self, webhook: WebhookId) -> FactOp {
        FactOp { key: self.key(webhook), value: None }
    }

    fn key(&self, webhook: WebhookId) -> String {
        // Filled with zeros, so that keys sort as events do.
        format!("{}{:020}", lane_prefix(webhook, self.conversation), self.first.number())
    }

    /// What is left of it once everything before `next` is told.
    fn from(&self, next: EventSeq) -> Option<Self> {
        (next <= self.last).then_some(Self { first: next, ..*self })
    }

    fn read((key, value): Fact) -> Result<Self, EngineError> {
        let unreadable = || EngineError::Unreadable(format!("the letter {key} cannot be read"));
        let mut parts = key.rsplit('/');
        let first = parts.next().and_then(|first| EventSeq::new(first.parse().ok()?));
        let conversation = parts.next().and_then(|conversation| conversation.parse().ok());
        let stored: StoredLetter = serde_json::from_slice(&value).map_err(|_| unreadable())?;
        match (first, conversation) {
            (Some(first), Some(conversation)) => {
                Ok(Self { conversation, first, last: stored.last, since: stored.since })
            }
            _ => Err(unreadable()),
        }
    }
}

const LETTERS: &str = "letter/";

fn prefix(webhook: WebhookId) -> String {
    format!("{LETTERS}{webhook}/")
}

fn lane_prefix(webhook: WebhookId, conversation: ConversationId) -> String {
    format!("{LETTERS}{webhook}/{conversation}/")
}

impl Handle {
    /// Letters of a webhook that wait, by conversation and in their order, after a letter; at most some hundred at once.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn letters(
        &self,
        account: &AccountId,
        webhook: WebhookId,
        after: Option<&Letter>,
        most: usize,
    ) -> Result<Vec<Letter>, EngineError> {
        let after = after.map(|letter| letter.key(webhook));
        let rows = self.inner.store.facts(account, &prefix(webhook), after.as_deref(), most).await?;
        rows.into_iter().map(Letter::read).collect()
    }

    /// The next letters of a webhook about one conversation.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn letters_about(
        &self,
        account: &AccountId,
        webhook: WebhookId,
        conversation: ConversationId,
        most: usize,
    ) -> Result<Vec<Letter>, EngineError> {
        let prefix = lane_prefix(webhook, conversation);
        let rows = self.inner.store.facts(account, &prefix, None, most).await?;
        rows.into_iter().map(Letter::read).collect()
    }

    /// Waits until letters were written, and gives which.
    pub async fn letters_written(&self) -> LetterNews {
        self.inner.outbox.news.next().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(number: u64) -> EventSeq {
        EventSeq::new(number).unwrap()
    }

    #[test]
    fn a_letter_is_read_back_and_sorts_as_its_events_do() {
        let webhook = WebhookId::from_bits(1);
        let at = |first| Letter {
            conversation: ConversationId::from_bits(2),
            first: seq(first),
            last: seq(first + 3),
            since: Timestamp::UNIX_EPOCH,
        };
        let row = at(9).row(webhook);
        assert_eq!(Letter::read((row.key.clone(), row.value.unwrap())).unwrap(), at(9));
        assert!(row.key < at(10).row(webhook).key && at(99).row(webhook).key < at(1000).row(webhook).key);
        assert!(row.key.len() <= convoke_store::limits::FACT_KEY_BYTES_MAX);
    }

    #[test]
    fn what_is_told_is_no_part_of_a_letter_any_more() {
        let letter = Letter {
            conversation: ConversationId::from_bits(2),
            first: seq(4),
            last: seq(6),
            since: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(letter.from(seq(6)), Some(Letter { first: seq(6), ..letter }));
        assert_eq!(letter.from(seq(7)), None);
    }
}
