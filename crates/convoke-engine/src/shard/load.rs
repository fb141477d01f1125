//! Bringing a conversation into memory, and letting quiet ones go.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use convoke_domain::conversation::{
    Action, Closer, ConsumerHistory, Conversation, Event, Recorded, Rejection, replay,
};
use convoke_domain::id::{AccountId, ConsumerId, ConversationId};
use convoke_store::StreamId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::message::{Subscriber, ToShard};
use super::resident::{ConsumerRecord, Resident};
use super::{Shard, Shared, Slot};
use crate::error::EngineError;
use crate::keys::DataKey;
use crate::{limits, stored};

/// A conversation as it was read, or why it was not.
pub(crate) struct LoadedConversation {
    account: AccountId,
    result: Result<Read, EngineError>,
}

struct Read {
    consumer: ConsumerId,
    state: Option<Conversation>,
    key: Option<DataKey>,
    history: ConsumerHistory,
}

/// A consumer's history as it is stored: `consumer/<id>`.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct StoredHistory {
    opened: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auto_closed_at: Option<Timestamp>,
}

impl From<ConsumerHistory> for StoredHistory {
    fn from(history: ConsumerHistory) -> Self {
        Self { opened: history.opened, auto_closed_at: history.auto_closed_at }
    }
}

/// The fact that holds a consumer's history.
pub(crate) fn history_fact(consumer: ConsumerId) -> String {
    format!("consumer/{consumer}")
}

impl Shard {
    /// Reads a conversation, and lets `message` wait for it.
    pub(super) fn load(&mut self, account: &AccountId, conversation: ConversationId, message: ToShard) {
        let opening = opening(&message);
        if let Some((consumer, true)) = opening {
            // Nothing can be known of a new consumer's new conversation.
            let resident = Resident::new(conversation, account.clone(), consumer);
            self.slots.insert(conversation, Slot::Here(Box::new(resident)));
            self.with_resident(conversation, message);
            return;
        }
        let Some(mailbox) = self.own_mailbox.upgrade() else { return };
        self.slots.insert(conversation, Slot::Loading(vec![message]));
        let (shared, account) = (Arc::clone(&self.shared), account.clone());
        self.shared.tasks.spawn(async move {
            let result = match opening {
                Some((consumer, _)) => read_consumer(&shared, &account, consumer, None).await,
                None => read(&shared, &account, conversation).await,
            };
            let loaded = Box::new(LoadedConversation { account, result });
            // If the shard is gone, so is everybody who waits for the answer.
            let _ = mailbox.send(ToShard::Loaded { conversation, loaded }).await;
        });
    }

    pub(super) fn on_loaded(&mut self, conversation: ConversationId, loaded: LoadedConversation) {
        let Some(Slot::Loading(waiting)) = self.slots.remove(&conversation) else { return };
        let read = match loaded.result {
            Ok(read) => read,
            Err(error) => return waiting.into_iter().for_each(|message| message.refuse(error.clone())),
        };
        let mut resident = Resident::new(conversation, loaded.account.clone(), read.consumer);
        resident.durable = read.state.as_ref().map(|state| state.head);
        resident.armed = self.shared.timers.of(conversation);
        resident.state = read.state;
        let consumer = (loaded.account, read.consumer);
        // What this shard knows of the consumer is newer than what was read.
        let known = self.consumers.entry(consumer);
        known.or_insert(ConsumerRecord { history: read.history, key: read.key });
        self.slots.insert(conversation, Slot::Here(Box::new(resident)));
        for message in waiting {
            self.on_addressed(message);
        }
        self.dispatch(conversation);
    }

    /// Tells a subscriber of what becomes durable from now on, unless there are too many.
    pub(super) fn subscribe(&mut self, conversation: ConversationId, subscriber: Subscriber) -> bool {
        let subscribers = self.subscribers.entry(conversation).or_default();
        subscribers.retain(|subscriber| !subscriber.is_closed());
        let room = subscribers.len() < limits::SUBSCRIBERS_MAX;
        if room {
            subscribers.push(subscriber);
        }
        room
    }

    /// Hands durable events to whoever follows. One who is too slow is dropped, and reads from the log where it was.
    pub(super) fn publish(&mut self, conversation: ConversationId, events: &Arc<[Recorded]>) {
        if events.is_empty() {
            return;
        }
        let Some(subscribers) = self.subscribers.get_mut(&conversation) else { return };
        subscribers.retain(|subscriber| subscriber.try_send(Arc::clone(events)).is_ok());
        if subscribers.is_empty() {
            self.subscribers.remove(&conversation);
        }
    }

    /// Forgets a consumer whose key was erased: what is in memory of their words goes too.
    pub(super) fn forget(&mut self, account: AccountId, consumer: ConsumerId) {
        self.slots.retain(|_, slot| match slot {
            Slot::Here(resident) => {
                resident.account != account || resident.consumer != consumer || !resident.is_quiet()
            }
            Slot::Loading(_) => true,
        });
        let gone = (account, consumer);
        let is_busy = |slot: &Slot| match slot {
            Slot::Here(resident) => resident.account == gone.0 && resident.consumer == gone.1,
            Slot::Loading(_) => true,
        };
        if self.slots.values().any(is_busy) {
            if let Some(known) = self.consumers.get_mut(&gone) {
                known.key = None;
            }
        } else {
            // They may get another key by something else than a line: it is looked up again.
            self.consumers.remove(&gone);
        }
    }

    /// Lets the longest untouched quiet conversations go when there are too many.
    pub(super) fn evict_if_crowded(&mut self) {
        if self.slots.len() > limits::RESIDENTS_MAX {
            let mut oldest: BinaryHeap<(Instant, ConversationId)> = BinaryHeap::new();
            for (conversation, slot) in &self.slots {
                if let Slot::Here(resident) = slot
                    && resident.is_quiet()
                {
                    oldest.push((resident.touched, *conversation));
                    if oldest.len() > limits::EVICTION_BATCH {
                        oldest.pop();
                    }
                }
            }
            for (_, conversation) in oldest {
                self.slots.remove(&conversation);
            }
        }
        if self.consumers.len() > limits::CONSUMERS_REMEMBERED_MAX.max(limits::RESIDENTS_MAX * 2) {
            let here: std::collections::HashSet<_> = self
                .slots
                .values()
                .filter_map(|slot| match slot {
                    Slot::Here(resident) => Some((resident.account.clone(), resident.consumer)),
                    Slot::Loading(_) => None,
                })
                .collect();
            self.consumers.retain(|consumer, _| here.contains(consumer));
        }
        // Wakes of conversations that are gone do no harm, but are many after a flood.
        if self.wakes.len() > limits::RESIDENTS_MAX * 2 {
            let slots = &self.slots;
            self.wakes.retain(|Reverse((_, conversation))| slots.contains_key(conversation));
        }
    }
}

/// Whose conversation a message opens, and whether that consumer is new.
fn opening(message: &ToShard) -> Option<(ConsumerId, bool)> {
    let ToShard::Write(write) = message else { return None };
    let Action::Open(open) = &write.command.action else { return None };
    Some((open.consumer, write.new_consumer))
}

async fn read(shared: &Shared, account: &AccountId, id: ConversationId) -> Result<Read, EngineError> {
    let stream = StreamId::Conversation { account: account.clone(), conversation: id };
    let loaded = shared.store.load(&stream).await?.ok_or(Rejection::NotFound)?;
    let first = loaded.records_after.first().ok_or(Rejection::NotFound)?;
    let consumer = stored::consumer(&first.body).ok_or(Rejection::NotFound)?;
    let mut read = read_consumer(shared, account, consumer, None).await?;
    for record in &loaded.records_after {
        let events = stored::decode(id, record.first, &record.body, read.key.as_ref())?;
        read.state = replay(id, read.state, &events);
    }
    Ok(read)
}

async fn read_consumer(
    shared: &Shared,
    account: &AccountId,
    consumer: ConsumerId,
    state: Option<Conversation>,
) -> Result<Read, EngineError> {
    let history = shared.store.fact(account, &history_fact(consumer)).await?;
    let history: StoredHistory = match history {
        Some(bytes) => serde_json::from_slice(&bytes).map_err(EngineError::malformed)?,
        None => StoredHistory::default(),
    };
    let wrapped = shared.store.key(account, consumer).await?;
    let key = wrapped.map(|wrapped| unwrap(shared, account, consumer, &wrapped)).transpose()?;
    let history = ConsumerHistory { opened: history.opened, auto_closed_at: history.auto_closed_at };
    Ok(Read { consumer, state, key, history })
}

fn unwrap(
    shared: &Shared,
    account: &AccountId,
    consumer: ConsumerId,
    wrapped: &[u8],
) -> Result<DataKey, EngineError> {
    let owner = key_owner(account, consumer);
    shared.master_key.unwrap(owner.as_bytes(), wrapped).map_err(|error| {
        EngineError::Unreadable(format!(
            "the key of a consumer of {account}: {error}; is it the right master key?"
        ))
    })
}

/// What a wrapped key is bound to.
pub(crate) fn key_owner(account: &AccountId, consumer: ConsumerId) -> String {
    format!("{account}/{consumer}")
}

/// How `events` change what is known of the consumer who opened the conversation.
pub(crate) fn history_after(history: ConsumerHistory, events: &[Recorded]) -> ConsumerHistory {
    events.iter().fold(history, |history, recorded| {
        if let Event::Opened { .. } = recorded.event {
            ConsumerHistory { opened: history.opened + 1, auto_closed_at: None }
        } else if let Event::Closed { by } = recorded.event {
            let auto_closed_at = (by == Closer::AutoClose).then_some(recorded.at);
            ConsumerHistory { auto_closed_at, ..history }
        } else {
            history
        }
    })
}
