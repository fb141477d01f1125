//! How many conversations a consumer has open, and those that are being opened.

use std::collections::BTreeSet;

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_engine::Follower;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::limits::PRESENT_OF_CONSUMER_MAX;
use crate::seats::{Seat, Seats};

/// Conversations that are being opened, by consumer.
pub(crate) type Openings = Seats<(AccountId, ConsumerId)>;

/// One of them.
pub(crate) struct Opening(Seat<(AccountId, ConsumerId)>);

impl Opening {
    /// Room for one more open conversation of a consumer, of `most`. Those that are being opened count too, over whichever
    /// connection: who does not wait for answers gets no more than who does.
    pub(crate) fn of(
        openings: &Openings,
        board: &Follower,
        account: &AccountId,
        consumer: ConsumerId,
        most: usize,
    ) -> Option<Self> {
        let key = (account.clone(), consumer);
        // Asked while nobody else can begin or end: what was just opened is counted as one of both.
        let seat = openings.take_if(&key, |opening| open_of(board, consumer, most) + opening < most);
        seat.map(Self)
    }

    /// Opens it. That goes on if nobody waits for the answer any more: until it is decided it counts.
    pub(crate) fn decided_by<F>(self, opened: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        TaskTracker::new().spawn(async move {
            let _seat = self.0;
            opened.await
        })
    }
}

/// How many conversations of a consumer count as open, up to `most`: surveys that wait do not, until there are too many.
fn open_of(board: &Follower, consumer: ConsumerId, most: usize) -> usize {
    let (nobody, own) = (BTreeSet::new(), BTreeSet::from([consumer]));
    let present = board.present_conversations(&nobody, &own, PRESENT_OF_CONSUMER_MAX, |_| true);
    if present.len() >= PRESENT_OF_CONSUMER_MAX {
        return most;
    }
    present.iter().filter(|card| card.state.is_open()).count().min(most)
}
