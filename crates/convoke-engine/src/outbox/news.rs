//! Which letters were just written, for whoever delivers: bounded, and never the only place that knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use convoke_domain::id::{AccountId, ConversationId, WebhookId};
use tokio::sync::Notify;

use crate::limits;

/// Letters that were written since the last look.
#[derive(Debug, Default)]
pub struct LetterNews {
    /// By webhook: conversations with something to tell.
    pub written: BTreeMap<(AccountId, WebhookId), BTreeSet<ConversationId>>,
    /// Whether there were more than are remembered: the others are found by reading the store.
    pub lost: bool,
}

/// News that wait.
#[derive(Default)]
pub(super) struct News {
    waiting: Mutex<(LetterNews, usize)>,
    more: Notify,
}

impl News {
    pub(super) fn add(&self, account: &AccountId, conversation: ConversationId, webhooks: &[WebhookId]) {
        if webhooks.is_empty() {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (news, count) = &mut *waiting;
        for webhook in webhooks {
            if *count >= limits::LETTER_NEWS_MAX {
                news.lost = true;
            } else if news.written.entry((account.clone(), *webhook)).or_default().insert(conversation) {
                *count += 1;
            }
        }
        drop(waiting);
        self.more.notify_one();
    }

    pub(super) async fn next(&self) -> LetterNews {
        loop {
            let news = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner)).0;
            if news.lost || !news.written.is_empty() {
                return news;
            }
            self.more.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn more_than_can_be_remembered_is_said_to_be_lost_and_not_kept() {
        let (news, account) = (News::default(), "demo".parse().unwrap());
        for bits in 0..=limits::LETTER_NEWS_MAX {
            news.add(&account, ConversationId::from_bits(bits as u128), &[WebhookId::from_bits(1)]);
        }
        let told = news.next().await;
        assert!(told.lost);
        assert_eq!(told.written.values().map(BTreeSet::len).sum::<usize>(), limits::LETTER_NEWS_MAX);
        news.add(&account, ConversationId::from_bits(1), &[WebhookId::from_bits(2)]);
        assert!(!news.next().await.lost, "from then on they are remembered again");
    }
}
