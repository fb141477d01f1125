//! Hold: for a short time after a trigger with a function fired, other writes of its conversation wait, so that a fast
//! function's answer comes before whatever people do next (DESIGN §4, Hold).
//!
//! The wait is in memory and on the monotonic clock: nothing that waits is durable or acknowledged, and after a restart
//! intake opens at once. The fence protects what a hold does not.

use std::cmp::Reverse;

use convoke_domain::controller::select;
use convoke_domain::conversation::{Action, CommandKey, InSurvey};
use convoke_domain::id::ConversationId;
use tokio::time::{Duration, Instant};

use super::message::Write;
use super::resident::{Held, Resident};
use super::{Shard, Slot};
use crate::directory::AccountView;
use crate::error::EngineError;
use crate::limits;

impl Resident {
    /// Whether `write` has to wait: there is a hold or an older waiter, and it is not the function's own.
    pub(super) fn holds(&self, write: &Write, now: Instant) -> bool {
        let held = self.hold_until.is_some_and(|until| until > now) || !self.waiting.is_empty();
        held && !self.is_own_write(write)
    }

    /// Lets `write` wait, and says until when at most; a retry with the same key joins the one that waits.
    pub(super) fn hold(&mut self, mut write: Write) -> Option<Instant> {
        let first = self.waiting.iter_mut().find(|held| is_retry(&held.write, &write));
        if let Some(first) = first {
            first.write.askers.append(&mut write.askers);
            return None;
        }
        if self.waiting.len() >= limits::HELD_MAX {
            write.refuse(&EngineError::Busy);
            return None;
        }
        let until = write.arrived + limits::HELD_TIME_MAX;
        self.waiting.push_back(Held { write, until });
        Some(until)
    }

    /// Begins, keeps or ends the hold by what is at the lane's head; says until when it lasts if that is news, so that
    /// the shard is woken once for each end of a hold and not once for each write in it.
    pub(super) fn refresh_hold(&mut self, view: &AccountView, now: Instant) -> Option<Instant> {
        let until = self.hold_of_head(view).filter(|until| *until > now);
        let before = std::mem::replace(&mut self.hold_until, until);
        until.filter(|_| until != before)
    }

    fn hold_of_head(&self, view: &AccountView) -> Option<Instant> {
        let entry = self.state.as_ref()?.lane.front()?;
        let binding = select(entry.event, &entry.skill, &view.account, &view.bindings).ok()?;
        let (_, fired) = self.fired.iter().find(|(trigger, _)| *trigger == entry.trigger)?;
        Some(*fired + Duration::from_millis(u64::from(binding.settings.hold_ms)))
    }
}

impl Shard {
    /// Lets in whoever waited, in the order of their arrival, until there is a hold again.
    pub(super) fn release(&mut self, conversation: ConversationId) {
        while self.in_flight < limits::IN_FLIGHT_MAX {
            let now = Instant::now();
            let Some(Slot::Here(resident)) = self.slots.get_mut(&conversation) else { return };
            if let Some(view) = self.shared.directory.account(&resident.account)
                && let Some(until) = resident.refresh_hold(&view, now)
            {
                self.wakes.push(Reverse((until, conversation)));
            }
            let held = resident.hold_until.is_some();
            let Some(first) = resident.waiting.front() else { return };
            if held && first.until > now {
                return;
            }
            let Some(Held { write, .. }) = resident.waiting.pop_front() else { return };
            self.decide(write);
        }
        // There is too much in flight: look again when some of it is durable.
        self.wakes.push(Reverse((Instant::now() + Duration::from_millis(1), conversation)));
    }

    /// Holds and waits whose time is over.
    pub(super) fn on_wake(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, conversation))) = self.wakes.peek().copied() {
            if at > now || self.in_flight >= limits::IN_FLIGHT_MAX {
                return;
            }
            self.wakes.pop();
            self.release(conversation);
        }
    }
}

fn is_retry(waiting: &Write, write: &Write) -> bool {
    waiting.command.by == write.command.by && key(waiting).is_some() && key(waiting) == key(write)
}

fn key(write: &Write) -> Option<&CommandKey> {
    if let Action::Publish(line) | Action::InSurvey(InSurvey::Publish(line)) = &write.command.action {
        line.key.as_ref()
    } else {
        None
    }
}
