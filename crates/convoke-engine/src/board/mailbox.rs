//! What waits for one follower: which conversations changed, which offers there are, who is there, who is typing.
//!
//! Nothing in it grows with what happens, only with what there is.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use convoke_domain::conversation::{ParticipantId, Role};
use convoke_domain::id::{ConversationId, UserId};
use tokio::sync::Notify;

use crate::limits;
use crate::routing::Offer;

/// What a follower did not look at yet.
#[derive(Debug, Default)]
pub struct News {
    /// Conversations that are not as they were.
    pub conversations: BTreeSet<ConversationId>,
    /// Offers that are not as they were, in the order of their changes; each once, as it is by now.
    pub offers: Vec<Offer>,
    /// Agents whose presence is not as it was.
    pub presences: BTreeSet<UserId>,
    /// What people do besides writing, oldest first.
    pub chat: VecDeque<ChatState>,
}

impl News {
    fn is_empty(&self) -> bool {
        self.conversations.is_empty()
            && self.offers.is_empty()
            && self.presences.is_empty()
            && self.chat.is_empty()
    }
}

/// What somebody in a conversation does besides writing. Nobody keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatState {
    /// Where.
    pub conversation: ConversationId,
    /// Who.
    pub who: ParticipantId,
    /// In which role.
    pub role: Role,
    /// What: the wire's own word.
    pub state: &'static str,
}

/// Where news wait for one follower.
#[derive(Default)]
pub(super) struct Mailbox {
    news: Mutex<News>,
    some: Notify,
}

impl Mailbox {
    fn put(&self, put: impl FnOnce(&mut News)) {
        put(&mut self.lock());
        self.some.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn changed(&self, conversation: ConversationId) {
        self.put(|news| {
            news.conversations.insert(conversation);
        });
    }

    pub(super) fn offered(&self, offer: &Offer) {
        self.put(|news| {
            news.offers.retain(|known| known.id != offer.id);
            news.offers.push(offer.clone());
            if news.offers.len() > limits::OFFERS_WAITING_MAX {
                let oldest = news.offers.iter().position(|known| !known.is_open()).unwrap_or_default();
                news.offers.remove(oldest);
            }
        });
    }

    pub(super) fn presence(&self, agent: UserId) {
        self.put(|news| {
            news.presences.insert(agent);
        });
    }

    pub(super) fn chat(&self, state: &ChatState) {
        self.put(|news| {
            if news.chat.len() >= limits::CHAT_STATES_MAX {
                news.chat.pop_front();
            }
            news.chat.push_back(state.clone());
        });
    }

    /// All news; waits until there are some.
    pub(super) async fn take(&self) -> News {
        loop {
            let some = self.some.notified();
            {
                let mut news = self.lock();
                if !news.is_empty() {
                    return std::mem::take(&mut *news);
                }
            }
            some.await;
        }
    }
}
