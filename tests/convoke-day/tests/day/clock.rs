//! A clock that goes from one instant at which something is awaited to the next, and stands still in between.
//!
//! The engine says until when it waits, the clock remembers it, and whoever drives the day asks for the earliest. So time
//! never passes an instant at which something should happen, and what happens is recorded with exactly that time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use convoke_engine::ports::{BoxFuture, Clock};
use jiff::Timestamp;
use tokio::sync::watch;

/// The clock of a simulated day.
#[derive(Debug)]
pub(crate) struct SteppingClock {
    now: watch::Sender<Timestamp>,
    awaited: Mutex<BTreeMap<Timestamp, usize>>,
}

impl SteppingClock {
    /// A clock that stands at `at`.
    pub(crate) fn standing(at: Timestamp) -> Self {
        Self { now: watch::Sender::new(at), awaited: Mutex::default() }
    }

    /// Goes to `at`; never back.
    pub(crate) fn go_to(&self, at: Timestamp) {
        self.now.send_modify(|now| *now = at.max(*now));
    }

    /// The earliest instant that somebody waits for.
    pub(crate) fn next_awaited(&self) -> Option<Timestamp> {
        self.awaited().keys().next().copied()
    }

    fn awaited(&self) -> MutexGuard<'_, BTreeMap<Timestamp, usize>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SteppingClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn wait_until(&self, at: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut time = self.now.subscribe();
            let _waiting = Waiting::new(self, at);
            // The sender is this clock's own and lives as long.
            let _ = time.wait_for(|now| *now >= at).await;
        })
    }
}

/// Somebody who waits, until they have waited or do not want to any more.
struct Waiting<'c> {
    clock: &'c SteppingClock,
    at: Timestamp,
}

impl<'c> Waiting<'c> {
    fn new(clock: &'c SteppingClock, at: Timestamp) -> Self {
        *clock.awaited().entry(at).or_default() += 1;
        Self { clock, at }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut awaited = self.clock.awaited();
        if let Some(count) = awaited.get_mut(&self.at) {
            *count -= 1;
            if *count == 0 {
                awaited.remove(&self.at);
            }
        }
    }
}
