//! The three idle timers' settings: of an account, and of a skill where it differs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::hours::seconds;
use crate::limits;
use crate::state_change::CbotEventType;

/// One idle timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleTimer {
    /// Whether it fires at all.
    pub enabled: bool,
    /// The idle time, whole seconds: the n-th firing is n times this after the base.
    #[serde(with = "seconds")]
    pub time: Duration,
    /// How often it fires for one base, from 1 to [`limits::IDLE_REPEAT_MAX`].
    pub repeat: u8,
}

impl IdleTimer {
    /// Whether time and repeat are within their bounds.
    pub fn is_valid(&self) -> bool {
        (limits::IDLE_TIME_MIN..=limits::IDLE_TIME_MAX).contains(&self.time)
            && self.time.subsec_nanos() == 0
            && (1..=limits::IDLE_REPEAT_MAX).contains(&self.repeat)
    }
}

/// The three idle timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleTimers {
    /// Nobody took it from the queue (`CONV_AWAITING_IN_QUEUE`).
    pub awaiting_in_queue: IdleTimer,
    /// The assigned agent did not answer (`AGENT_NON_RESPONSIVE`).
    pub agent_non_responsive: IdleTimer,
    /// The consumer did not answer (`CONSUMER_NON_RESPONSIVE`).
    pub consumer_non_responsive: IdleTimer,
}

impl IdleTimers {
    /// The timer whose message has this code; `None` if no timer's has.
    pub fn of_code(&self, code: CbotEventType) -> Option<IdleTimer> {
        if code == CbotEventType::ConvAwaitingInQueue {
            Some(self.awaiting_in_queue)
        } else if code == CbotEventType::AgentNonResponsive {
            Some(self.agent_non_responsive)
        } else if code == CbotEventType::ConsumerNonResponsive {
            Some(self.consumer_non_responsive)
        } else {
            None
        }
    }

    /// Sets the timer whose message has this code.
    pub(crate) fn set(&mut self, code: CbotEventType, timer: IdleTimer) {
        if code == CbotEventType::ConvAwaitingInQueue {
            self.awaiting_in_queue = timer;
        } else if code == CbotEventType::AgentNonResponsive {
            self.agent_non_responsive = timer;
        } else if code == CbotEventType::ConsumerNonResponsive {
            self.consumer_non_responsive = timer;
        }
    }
}

impl Default for IdleTimers {
    /// Our own choice, as the platform publishes none: 5 minutes in the queue and for agents, 10 for consumers.
    fn default() -> Self {
        let timer = |minutes: u64| IdleTimer { enabled: true, time: Duration::from_mins(minutes), repeat: 1 };
        Self {
            awaiting_in_queue: timer(5),
            agent_non_responsive: timer(5),
            consumer_non_responsive: timer(10),
        }
    }
}

/// The timers that a skill sets instead of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IdleOverrides {
    /// Instead of the account's.
    pub awaiting_in_queue: Option<IdleTimer>,
    /// Instead of the account's.
    pub agent_non_responsive: Option<IdleTimer>,
    /// Instead of the account's.
    pub consumer_non_responsive: Option<IdleTimer>,
}

impl IdleOverrides {
    /// Sets the timer whose message has this code instead of the account's.
    pub(crate) fn set(&mut self, code: CbotEventType, timer: IdleTimer) {
        if code == CbotEventType::ConvAwaitingInQueue {
            self.awaiting_in_queue = Some(timer);
        } else if code == CbotEventType::AgentNonResponsive {
            self.agent_non_responsive = Some(timer);
        } else if code == CbotEventType::ConsumerNonResponsive {
            self.consumer_non_responsive = Some(timer);
        }
    }

    /// The effective timers over those of the account.
    pub fn over(&self, account: &IdleTimers) -> IdleTimers {
        IdleTimers {
            awaiting_in_queue: self.awaiting_in_queue.unwrap_or(account.awaiting_in_queue),
            agent_non_responsive: self.agent_non_responsive.unwrap_or(account.agent_non_responsive),
            consumer_non_responsive: self.consumer_non_responsive.unwrap_or(account.consumer_non_responsive),
        }
    }
}
