//! Counts refused tokens per address, so that trying many is slow and cannot flood the log.
//!
//! A bucket per address: each refused token takes one out, time puts them back. While it is empty, tokens of the address
//! are not even looked at. An IPv6 network of 64 bits counts as one address, because one customer has all of it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::limits::{REFUSED_ADDRESSES_MAX, REFUSED_TOKEN_REFILL, REFUSED_TOKENS_MAX};

/// The buckets of all addresses.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    buckets: Mutex<BTreeMap<IpAddr, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: u32,
    refilled: Instant,
}

impl Attempts {
    /// Whether a token of this address is looked at.
    pub(crate) fn may_try(&self, address: IpAddr) -> bool {
        let now = Instant::now();
        self.lock().get_mut(&network(address)).is_none_or(|bucket| {
            bucket.refill(now);
            bucket.left > 0
        })
    }

    /// Notes that a token of this address was refused.
    pub(crate) fn refused(&self, address: IpAddr) {
        let now = Instant::now();
        let mut buckets = self.lock();
        if buckets.len() >= REFUSED_ADDRESSES_MAX && !buckets.contains_key(&network(address)) {
            let quietest = buckets.iter().min_by_key(|(_, bucket)| bucket.refilled).map(|(known, _)| *known);
            quietest.map(|known| buckets.remove(&known));
        }
        let full = Bucket { left: REFUSED_TOKENS_MAX, refilled: now };
        let bucket = buckets.entry(network(address)).or_insert(full);
        bucket.refill(now);
        bucket.left = bucket.left.saturating_sub(1);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn refill(&mut self, now: Instant) {
        let periods = now.duration_since(self.refilled).as_secs() / REFUSED_TOKEN_REFILL.as_secs();
        if periods > 0 {
            let back = u32::try_from(periods).unwrap_or(u32::MAX);
            self.left = self.left.saturating_add(back).min(REFUSED_TOKENS_MAX);
            self.refilled = now;
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_that_shows_too_many_wrong_tokens_waits() {
        let attempts = Attempts::default();
        let [bad, good]: [IpAddr; 2] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        for _ in 0..REFUSED_TOKENS_MAX {
            assert!(attempts.may_try(bad));
            attempts.refused(bad);
        }
        assert!(!attempts.may_try(bad));
        assert!(attempts.may_try(good));
        tokio::time::advance(REFUSED_TOKEN_REFILL).await;
        assert!(attempts.may_try(bad));
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_cannot_change_its_address_to_try_on() {
        let attempts = Attempts::default();
        for host in 0..REFUSED_TOKENS_MAX {
            attempts.refused(format!("2001:db8::{host:x}").parse().unwrap());
        }
        assert!(!attempts.may_try("2001:db8::ffff".parse().unwrap()));
        assert!(attempts.may_try("2001:db8:0:1::1".parse().unwrap()));
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_do_not_fill_the_memory() {
        let attempts = Attempts::default();
        for host in 0..=u32::try_from(REFUSED_ADDRESSES_MAX).unwrap() {
            attempts.refused(IpAddr::from(host.to_be_bytes()));
        }
        assert_eq!(attempts.lock().len(), REFUSED_ADDRESSES_MAX);
    }
}
