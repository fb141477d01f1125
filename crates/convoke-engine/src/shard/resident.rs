//! A conversation in memory: its state as decided so far, what of it is durable, and who waits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use convoke_domain::controller::select;
use convoke_domain::conversation::{
    Action, ConsumerHistory, Conversation, Event, LaneEntry, Recorded, Reply, Settlement, Settling, Timer,
};
use convoke_domain::function::Binding;
use convoke_domain::id::{AccountId, ConsumerId, ConversationId, InvocationId};
use convoke_domain::sequence::EventSeq;
use tokio::time::Instant;

use super::message::{Write, Written};
use crate::directory::AccountView;
use crate::error::EngineError;
use crate::keys::DataKey;

/// What a shard remembers of a consumer.
#[derive(Default)]
pub(crate) struct ConsumerRecord {
    /// Their earlier conversations.
    pub(crate) history: ConsumerHistory,
    /// The key that seals what they write; `None` until the first step needs one.
    pub(crate) key: Option<DataKey>,
}

/// A write that waits for the hold.
pub(crate) struct Held {
    pub(crate) write: Write,
    /// When it is decided, hold or not.
    pub(crate) until: Instant,
}

/// A conversation in memory.
pub(crate) struct Resident {
    pub(crate) id: ConversationId,
    pub(crate) account: AccountId,
    pub(crate) consumer: ConsumerId,
    /// As decided; ahead of `durable` while steps are in flight.
    pub(crate) state: Option<Conversation>,
    pub(crate) durable: Option<EventSeq>,
    pub(crate) in_flight: usize,
    pub(crate) armed: BTreeMap<Timer, jiff::Timestamp>,
    /// The trigger that is being worked on.
    pub(crate) running: Option<EventSeq>,
    /// When each unsettled trigger was committed, for its hold.
    pub(super) fired: VecDeque<(EventSeq, Instant)>,
    pub(super) hold_until: Option<Instant>,
    pub(super) waiting: VecDeque<Held>,
    when_durable: Vec<(Write, Written)>,
    pub(crate) touched: Instant,
}

/// What has to be done for the lane's head.
pub(crate) enum Work {
    /// Run its function.
    Invoke(Box<TriggerWork>),
    /// Nothing can run for it any more: settle it so.
    Settle(Settlement),
}

/// A trigger with the function version that is to answer it.
pub(crate) struct TriggerWork {
    pub(crate) account: AccountId,
    pub(crate) conversation: ConversationId,
    pub(crate) consumer: ConsumerId,
    pub(crate) entry: LaneEntry,
    pub(crate) binding: Binding,
}

impl Work {
    pub(crate) fn trigger(&self) -> EventSeq {
        match self {
            Self::Invoke(work) => work.entry.trigger,
            Self::Settle(settlement) => settlement.trigger,
        }
    }
}

impl Resident {
    pub(crate) fn new(id: ConversationId, account: AccountId, consumer: ConsumerId) -> Self {
        Self {
            id,
            account,
            consumer,
            state: None,
            durable: None,
            in_flight: 0,
            armed: BTreeMap::new(),
            running: None,
            fired: VecDeque::new(),
            hold_until: None,
            waiting: VecDeque::new(),
            when_durable: Vec::new(),
            touched: Instant::now(),
        }
    }

    /// Whether it was made for an opening that did not happen.
    pub(crate) fn never_opened(&self) -> bool {
        self.state.is_none() && self.in_flight == 0
    }

    /// Whether nothing is going on, so that it may be dropped from memory.
    pub(crate) fn is_quiet(&self) -> bool {
        self.in_flight == 0
            && self.waiting.is_empty()
            && self.when_durable.is_empty()
            && self.state.as_ref().is_none_or(|state| state.lane.is_empty())
    }

    /// Remembers when triggers were fired; said again when they are durable, since holds count from the commit.
    pub(crate) fn note_triggers(&mut self, events: &[Recorded], now: Instant) {
        for recorded in events {
            if let Event::Triggered(_) = recorded.event {
                match self.fired.iter_mut().find(|(trigger, _)| *trigger == recorded.seq) {
                    Some((_, fired)) => *fired = now,
                    None => self.fired.push_back((recorded.seq, now)),
                }
            }
        }
        let lane = self.state.as_ref().map(|state| &state.lane);
        self.fired.retain(|(trigger, _)| {
            lane.is_some_and(|lane| lane.iter().any(|entry| entry.trigger == *trigger))
        });
    }

    /// What has to be done for the lane's head: it is durable, and nobody works on it.
    pub(crate) fn next_work(&self, view: &AccountView) -> Option<Work> {
        let entry = self.state.as_ref()?.lane.front()?;
        if self.running == Some(entry.trigger) || Some(entry.trigger) > self.durable {
            return None;
        }
        Some(match select(entry.event, &entry.skill, &view.account, &view.bindings) {
            Ok(binding) => Work::Invoke(Box::new(TriggerWork {
                account: self.account.clone(),
                conversation: self.id,
                consumer: self.consumer,
                entry: entry.clone(),
                binding: binding.clone(),
            })),
            Err(_) => Work::Settle(Settlement { trigger: entry.trigger, result: Settling::NothingToRun }),
        })
    }

    /// Whether `write` comes from the invocation that is answering this conversation now.
    pub(super) fn is_own_write(&self, write: &Write) -> bool {
        let running = self.running.map(|trigger| InvocationId::Triggered { conversation: self.id, trigger });
        write.command.cause.is_some_and(|cause| Some(cause.invocation) == running)
            || matches!(write.command.action, Action::Settle(_))
    }

    /// Answers `write`, which caused nothing, as soon as all that was decided before it is durable.
    pub(crate) fn reply_when_durable(&mut self, write: Write, reply: Reply) {
        let head = self.state.as_ref().map(|state| state.head);
        let written = Written { reply, head };
        if head <= self.durable {
            write.answer(written);
        } else {
            self.when_durable.push((write, written));
        }
    }

    pub(crate) fn take_replies_up_to_durable(&mut self) -> Vec<(Write, Written)> {
        let durable = self.durable;
        let (ready, waiting) = std::mem::take(&mut self.when_durable)
            .into_iter()
            .partition(|(_, written)| written.head <= durable);
        self.when_durable = waiting;
        ready
    }

    /// Tells everybody who waits that the storage did not take what they wait for.
    pub(crate) fn refuse_all(self, why: &str) {
        let error = EngineError::Storage(why.to_owned());
        let waiting = self.waiting.into_iter().map(|held| held.write);
        waiting
            .chain(self.when_durable.into_iter().map(|(write, _)| write))
            .for_each(|write| write.refuse(&error));
    }

    /// The state for readers.
    pub(crate) fn snapshot(&self) -> Option<Arc<Conversation>> {
        self.state.clone().map(Arc::new)
    }
}
