//! Due times of all conversations, in memory; the store holds the same durably.
//!
//! A timer that comes due is handed to its conversation's shard as a command. It stays armed there until the step that
//! handles it is durable, so a crash in between only makes it fire again, to be found handled or not due.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use convoke_domain::conversation::Timer;
use convoke_domain::id::{AccountId, ConversationId};
use convoke_store::TimerName;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::limits;
use crate::ports::Clock;

/// The stored name of a timer.
pub(crate) fn name(timer: Timer) -> TimerName {
    let text = match timer {
        Timer::AwaitingInQueue => "idle.queue",
        Timer::AgentNonResponsive => "idle.agent",
        Timer::ConsumerNonResponsive => "idle.consumer",
        Timer::AutoClose => "auto_close",
        Timer::SurveyExpiry => "survey",
    };
    text.parse().expect("the names above are printable and short")
}

/// The timer of a stored name; `None` for one that this version does not know.
pub(crate) fn by_name(text: &TimerName) -> Option<Timer> {
    Timer::ALL.into_iter().find(|timer| name(*timer) == *text)
}

/// A timer that came due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    at: Timestamp,
    pub(crate) account: AccountId,
    pub(crate) conversation: ConversationId,
    pub(crate) timer: Timer,
}

/// All armed timers of this node.
#[derive(Default)]
pub(crate) struct TimerIndex {
    timers: Mutex<Timers>,
    earlier: Notify,
}

#[derive(Default)]
struct Timers {
    by_due: BTreeSet<Due>,
    by_conversation: HashMap<ConversationId, BTreeMap<Timer, Timestamp>>,
}

impl TimerIndex {
    /// The armed timers of a conversation.
    pub(crate) fn of(&self, conversation: ConversationId) -> BTreeMap<Timer, Timestamp> {
        self.lock().by_conversation.get(&conversation).cloned().unwrap_or_default()
    }

    /// Arms a timer, or moves it.
    pub(crate) fn set(&self, account: &AccountId, conversation: ConversationId, timer: Timer, at: Timestamp) {
        let mut timers = self.lock();
        timers.remove(account, conversation, timer);
        timers.by_conversation.entry(conversation).or_default().insert(timer, at);
        let due = Due { at, account: account.clone(), conversation, timer };
        let is_first = timers.by_due.first().is_none_or(|first| due < *first);
        timers.by_due.insert(due);
        drop(timers);
        if is_first {
            self.earlier.notify_one();
        }
    }

    /// Disarms a timer.
    pub(crate) fn cancel(&self, account: &AccountId, conversation: ConversationId, timer: Timer) {
        self.lock().remove(account, conversation, timer);
    }

    /// Waits until timers are due and takes them, at most [`limits::TIMERS_AT_ONCE`]. They stay armed for [`Self::of`].
    pub(crate) async fn due(&self, clock: &Arc<dyn Clock>) -> Vec<Due> {
        loop {
            let earlier = self.earlier.notified();
            let due = self.lock().take_due(clock.now());
            if !due.is_empty() {
                return due;
            }
            let next = self.lock().by_due.first().map_or(Timestamp::MAX, |first| first.at);
            tokio::select! {
                () = clock.wait_until(next) => {}
                () = earlier => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Timers> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Timers {
    fn remove(&mut self, account: &AccountId, conversation: ConversationId, timer: Timer) {
        let Some(of) = self.by_conversation.get_mut(&conversation) else { return };
        if let Some(at) = of.remove(&timer) {
            self.by_due.remove(&Due { at, account: account.clone(), conversation, timer });
        }
        if of.is_empty() {
            self.by_conversation.remove(&conversation);
        }
    }

    fn take_due(&mut self, now: Timestamp) -> Vec<Due> {
        let mut due = Vec::new();
        while due.len() < limits::TIMERS_AT_ONCE && self.by_due.first().is_some_and(|first| first.at <= now) {
            due.extend(self.by_due.pop_first());
        }
        due
    }
}
