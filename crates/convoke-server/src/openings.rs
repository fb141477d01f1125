//! How many conversations a consumer has open, and those that are being opened.

use std::collections::BTreeSet;

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_engine::Follower;

use crate::limits::PRESENT_OF_CONSUMER_MAX;
use crate::seats::Seat;

/// A conversation that is being opened, of a consumer: those count, too, so that several connections of one consumer get no
/// more than one.
pub(crate) type OpeningSeat = Seat<(AccountId, ConsumerId)>;

/// How many conversations of a consumer count as open, up to `most`: surveys that wait do not, until there are too many.
pub(crate) fn open_of(board: &Follower, consumer: ConsumerId, most: usize) -> usize {
    let (nobody, own) = (BTreeSet::new(), BTreeSet::from([consumer]));
    let present = board.present_conversations(&nobody, &own, PRESENT_OF_CONSUMER_MAX, |_| true);
    if present.len() >= PRESENT_OF_CONSUMER_MAX {
        return most;
    }
    present.iter().filter(|card| card.state.is_open()).count().min(most)
}
