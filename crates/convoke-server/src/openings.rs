//! Conversations that are being opened, so that several connections of one consumer get no more than one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_engine::Follower;

use crate::limits::{OPEN_OF_CONSUMER_MAX, PRESENT_OF_CONSUMER_MAX};

type Consumers = Mutex<BTreeMap<(AccountId, ConsumerId), usize>>;

/// How many each consumer is opening. There is an entry while there is one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Openings(Arc<Consumers>);

/// How many conversations of a consumer count as open, up to `most`: surveys that wait do not, until there are too many.
pub(crate) fn open_of(board: &Follower, consumer: ConsumerId, most: usize) -> usize {
    let (nobody, own) = (BTreeSet::new(), BTreeSet::from([consumer]));
    let present = board.present_conversations(&nobody, &own, PRESENT_OF_CONSUMER_MAX, |_| true);
    if present.len() >= PRESENT_OF_CONSUMER_MAX {
        return most;
    }
    present.iter().filter(|card| card.state.is_open()).count().min(most)
}

/// Counts as one until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    of: Openings,
    consumer: (AccountId, ConsumerId),
}

impl Openings {
    /// Room for one more, if those that are `open` and those that are being opened leave any.
    pub(crate) fn seat(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
        open: impl FnOnce() -> usize,
    ) -> Option<Seat> {
        let consumer = (account.clone(), consumer);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked while nobody else can begin or end: what was just opened is counted as one of both.
        let being_opened = all.get(&consumer).copied().unwrap_or(0);
        if open() + being_opened >= OPEN_OF_CONSUMER_MAX {
            return None;
        }
        *all.entry(consumer.clone()).or_default() += 1;
        Some(Seat { of: self.clone(), consumer })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut all = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.consumer) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.consumer);
            }
        }
    }
}
