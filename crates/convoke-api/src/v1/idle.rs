//! Idle timers.

use std::time::Duration;

use convoke_domain::account;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One idle timer: the n-th firing is n times its time after the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdleTimer {
    /// Whether it fires at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The idle time, from 15 seconds to 90 days.
    #[schema(example = 300)]
    pub time_seconds: u64,
    /// How often it fires for one base, from 1 to 10.
    #[serde(default = "once")]
    #[schema(example = 1)]
    pub repeat: u8,
}

const fn yes() -> bool {
    true
}

const fn once() -> u8 {
    1
}

impl From<account::IdleTimer> for IdleTimer {
    fn from(timer: account::IdleTimer) -> Self {
        Self { enabled: timer.enabled, time_seconds: timer.time.as_secs(), repeat: timer.repeat }
    }
}

impl From<IdleTimer> for account::IdleTimer {
    fn from(timer: IdleTimer) -> Self {
        Self { enabled: timer.enabled, time: Duration::from_secs(timer.time_seconds), repeat: timer.repeat }
    }
}

/// The three idle timers of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdleTimers {
    /// Nobody took it from the queue (`CONV_AWAITING_IN_QUEUE`); staffed time.
    pub awaiting_in_queue: IdleTimer,
    /// The assigned agent did not answer (`AGENT_NON_RESPONSIVE`); staffed time.
    pub agent_non_responsive: IdleTimer,
    /// The consumer did not answer (`CONSUMER_NON_RESPONSIVE`); all time.
    pub consumer_non_responsive: IdleTimer,
}

impl From<account::IdleTimers> for IdleTimers {
    fn from(timers: account::IdleTimers) -> Self {
        Self {
            awaiting_in_queue: timers.awaiting_in_queue.into(),
            agent_non_responsive: timers.agent_non_responsive.into(),
            consumer_non_responsive: timers.consumer_non_responsive.into(),
        }
    }
}

impl From<IdleTimers> for account::IdleTimers {
    fn from(timers: IdleTimers) -> Self {
        Self {
            awaiting_in_queue: timers.awaiting_in_queue.into(),
            agent_non_responsive: timers.agent_non_responsive.into(),
            consumer_non_responsive: timers.consumer_non_responsive.into(),
        }
    }
}

/// The idle timers that a skill sets instead of the account; those left out are the account's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IdleOverrides {
    /// Instead of the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaiting_in_queue: Option<IdleTimer>,
    /// Instead of the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_non_responsive: Option<IdleTimer>,
    /// Instead of the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer_non_responsive: Option<IdleTimer>,
}

impl From<account::IdleOverrides> for IdleOverrides {
    fn from(timers: account::IdleOverrides) -> Self {
        Self {
            awaiting_in_queue: timers.awaiting_in_queue.map(Into::into),
            agent_non_responsive: timers.agent_non_responsive.map(Into::into),
            consumer_non_responsive: timers.consumer_non_responsive.map(Into::into),
        }
    }
}

impl From<IdleOverrides> for account::IdleOverrides {
    fn from(timers: IdleOverrides) -> Self {
        Self {
            awaiting_in_queue: timers.awaiting_in_queue.map(Into::into),
            agent_non_responsive: timers.agent_non_responsive.map(Into::into),
            consumer_non_responsive: timers.consumer_non_responsive.map(Into::into),
        }
    }
}
