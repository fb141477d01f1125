//! Schedules: functions that run by the clock.
//!
//! ```text
//!            pause                     undeploy of its function
//!   active ◀───────▶ paused     active ─────────────────────────▶ ended ──resume──▶ active
//!     │ due
//!     └──▶ fired, once per due time ──▶ finished
//! ```
//!
//! A firing is recorded before the function runs, so no due time fires twice. What was missed, because the node was down
//! or died while the function ran, follows the schedule's policy.

mod cron;
pub(super) mod decide;
pub(super) mod evolve;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use cron::{Cron, CronError};

use crate::hours::Zone;
use crate::id::{FunctionId, InvocationId};
use crate::limits;

/// A function that runs by the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// What it runs, when, and with what.
    pub plan: SchedulePlan,
    /// Whether it fires.
    pub state: ScheduleState,
    /// Due times after this count: when it was made, resumed or changed, and then the last due time.
    pub since: Timestamp,
    /// Its last firing.
    pub last: Option<Firing>,
}

/// What someone wants of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulePlan {
    /// The function.
    pub function: FunctionId,
    /// When.
    pub cron: Cron,
    /// By whose clocks.
    pub zone: Zone,
    /// What it is for.
    pub description: String,
    /// Headers and payload of the function's input, as JSON.
    pub input: String,
    /// What happens to due times that were missed.
    pub missed: MissedRuns,
}

/// Whether a schedule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleState {
    /// It does.
    Active,
    /// Somebody paused it.
    Paused,
    /// Its function was undeployed.
    Ended,
}

/// What happens to due times that were missed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedRuns {
    /// Nothing: it goes on with the next one.
    Skip,
    /// It runs once, however many were missed.
    #[default]
    RunOnce,
}

/// One firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// When it was due.
    pub due: Timestamp,
    /// When it fired.
    pub at: Timestamp,
    /// The invocation.
    pub invocation: InvocationId,
    /// How it ended; `None` while it runs, or if the node died meanwhile.
    pub result: Option<FiringResult>,
}

/// How a firing ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum FiringResult {
    /// The function answered.
    Answered,
    /// It did not.
    Failed {
        /// The stable code.
        code: String,
    },
}

/// What is to be done for a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It is time: fire for this due time.
    Fire(Timestamp),
    /// Due times up to this one were missed, and are not made up for.
    Skip(Timestamp),
    /// The function has to run again for the firing that was interrupted.
    Again(InvocationId),
    /// Nothing before this.
    Wait(Timestamp),
    /// Nothing any more.
    Never,
}

impl Schedule {
    /// When it is due next; `None` if it does not fire.
    pub fn next_due(&self) -> Option<Timestamp> {
        let active = self.state == ScheduleState::Active;
        active.then(|| self.plan.cron.next_after(self.since, &self.plan.zone)).flatten()
    }

    /// What is to be done at `now`, if nothing is under way for it. After a start of the node, firings that have not
    /// ended were interrupted.
    pub fn due(&self, now: Timestamp, interrupted: bool) -> Due {
        if let Some(Firing { invocation, result: None, .. }) = self.last
            && interrupted
            && self.state == ScheduleState::Active
            && self.plan.missed == MissedRuns::RunOnce
        {
            return Due::Again(invocation);
        }
        match self.next_due() {
            None => Due::Never,
            Some(next) if next > now => Due::Wait(next),
            Some(next) => self.overdue(next, now),
        }
    }

    /// `next` is past: it is either just due, or was missed.
    fn overdue(&self, next: Timestamp, now: Timestamp) -> Due {
        let grace = jiff::SignedDuration::try_from(limits::SCHEDULE_GRACE).unwrap_or_default();
        let fresh = now.checked_sub(grace).unwrap_or(Timestamp::MIN);
        if next >= fresh {
            return Due::Fire(next);
        }
        // Of the missed ones only the last still matters.
        let last = self.plan.cron.last_until(now, &self.plan.zone).unwrap_or(next);
        if last >= fresh || self.plan.missed == MissedRuns::RunOnce {
            Due::Fire(last)
        } else {
            Due::Skip(last)
        }
    }
}

#[cfg(test)]
mod tests;
