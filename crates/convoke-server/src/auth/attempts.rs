//! Counts what was refused, so that trying many is slow and cannot flood the log.
//!
//! A bucket per key: each refusal takes one out, time puts them back. While it is empty, nothing of the key is even looked
//! at. An IPv6 network of 64 bits counts as one address, because one customer has all of it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits::{REFUSED_ADDRESSES_MAX, REFUSED_TOKEN_REFILL, REFUSED_TOKENS_MAX};

/// Refused tokens, by the address that showed them.
#[derive(Debug)]
pub(crate) struct Attempts(Buckets<IpAddr>);

impl Default for Attempts {
    fn default() -> Self {
        Self(Buckets::new(REFUSED_TOKENS_MAX, REFUSED_TOKEN_REFILL))
    }
}

impl Attempts {
    /// Whether a token of this address is looked at.
    pub(crate) fn may_try(&self, address: IpAddr) -> bool {
        self.0.may_try(&network(address))
    }

    /// Notes that a token of this address was refused.
    pub(crate) fn refused(&self, address: IpAddr) {
        self.0.refused(network(address));
    }
}

/// Buckets of any kind of key. There are at most [`REFUSED_ADDRESSES_MAX`]; the one that was quiet for longest goes first.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    most: u32,
    refill: Duration,
    kept: Mutex<BTreeMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: u32,
    refilled: Instant,
}

impl<K: Ord + Clone> Buckets<K> {
    /// Buckets that hold `most`, and get one back after each `refill`.
    pub(super) fn new(most: u32, refill: Duration) -> Self {
        Self { most, refill, kept: Mutex::new(BTreeMap::new()) }
    }

    /// Whether something of this key is looked at.
    pub(super) fn may_try(&self, key: &K) -> bool {
        let now = Instant::now();
        self.lock().get_mut(key).is_none_or(|bucket| {
            self.fill(bucket, now);
            bucket.left > 0
        })
    }

    /// Takes one out of the bucket of this key.
    pub(super) fn refused(&self, key: K) {
        let now = Instant::now();
        let mut buckets = self.lock();
        if buckets.len() >= REFUSED_ADDRESSES_MAX && !buckets.contains_key(&key) {
            let quietest = buckets.iter().min_by_key(|(_, bucket)| bucket.refilled);
            let quietest = quietest.map(|(known, _)| known.clone());
            quietest.map(|known| buckets.remove(&known));
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: self.most, refilled: now });
        self.fill(bucket, now);
        bucket.left = bucket.left.saturating_sub(1);
    }

    fn fill(&self, bucket: &mut Bucket, now: Instant) {
        let periods = now.duration_since(bucket.refilled).as_millis() / self.refill.as_millis();
        if periods > 0 {
            let back = u32::try_from(periods).unwrap_or(u32::MAX);
            bucket.left = bucket.left.saturating_add(back).min(self.most);
            bucket.refilled = now;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, Bucket>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The network that an address belongs to: what one customer has.
pub(super) fn network(address: IpAddr) -> IpAddr {
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
        assert_eq!(attempts.0.lock().len(), REFUSED_ADDRESSES_MAX);
    }
}
