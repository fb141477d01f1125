//! What comes through the consumer window, counted: anybody can come in, so nobody may come in too often.
//!
//! Without an identity there is only the address to count by, and one address can be an office or a telephone network:
//! the bounds are those of many people, not of one. What somebody does who is in is counted by consumer.

use std::net::IpAddr;

use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_domain::id::ConsumerId;

use super::attempts::{Buckets, network};
use crate::limits;
use crate::problem::Answer;

/// What the window has seen lately.
#[derive(Debug)]
pub(crate) struct Visits {
    newcomers: Buckets<IpAddr>,
    openings: Buckets<IpAddr>,
    acts: Buckets<ConsumerId>,
}

impl Default for Visits {
    fn default() -> Self {
        Self {
            newcomers: Buckets::new(limits::WINDOW_NEWCOMERS_MAX, limits::WINDOW_NEWCOMER_REFILL),
            openings: Buckets::new(limits::WINDOW_OPENINGS_MAX, limits::WINDOW_OPENING_REFILL),
            acts: Buckets::new(limits::WINDOW_ACTS_MAX, limits::WINDOW_ACT_REFILL),
        }
    }
}

impl Visits {
    /// Somebody of this address gets a new identity.
    pub(crate) fn newcomer(&self, address: Option<IpAddr>) -> Answer<()> {
        take(&self.newcomers, address.map(network))
    }

    /// Somebody of this address opens a conversation.
    pub(crate) fn opening(&self, address: Option<IpAddr>) -> Answer<()> {
        take(&self.openings, address.map(network))
    }

    /// A consumer writes, or does something else that is recorded.
    pub(crate) fn act(&self, consumer: ConsumerId) -> Answer<()> {
        take(&self.acts, Some(consumer))
    }
}

/// Takes one out of the bucket, if there is a key to count by.
fn take<K: Ord + Clone>(buckets: &Buckets<K>, key: Option<K>) -> Answer<()> {
    let Some(key) = key else { return Ok(()) };
    if !buckets.may_try(&key) {
        let detail = "too much came through the window at once; wait a moment";
        return Err(Problem::new(PlatformError::TooManyRequests, detail).into());
    }
    buckets.refused(key);
    Ok(())
}
