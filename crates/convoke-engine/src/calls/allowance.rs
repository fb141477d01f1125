//! How often an account may be called from outside: so many per second, and some at once.
//!
//! The generic cell rate algorithm: one instant per account says until when its allowance is used up. It counts on the
//! monotonic clock, like every budget.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use convoke_domain::id::AccountId;
use tokio::time::Instant;

use crate::limits;

/// What is left of an account's allowance; the headers `RateLimit-*` tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Calls that may come at once.
    pub limit: u32,
    /// Of these, how many may come now.
    pub remaining: u32,
    /// When all of them may again.
    pub reset_after: Duration,
    /// `None` if this call may go on; else when the next one may.
    pub retry_after: Option<Duration>,
}

/// The allowances of all accounts.
#[derive(Debug)]
pub(crate) struct Allowances {
    per_call: Duration,
    at_once: u32,
    used_until: Mutex<HashMap<AccountId, Instant>>,
}

impl Allowances {
    /// So many calls per second, and those of some seconds at once.
    pub(crate) fn new(per_second: NonZeroU32) -> Self {
        Self {
            per_call: Duration::from_secs(1) / per_second.get(),
            at_once: per_second.get().saturating_mul(limits::CALL_BURST_SECONDS),
            used_until: Mutex::default(),
        }
    }

    /// Takes one call, if there is one left.
    pub(crate) fn take(&self, account: &AccountId) -> Allowance {
        let now = Instant::now();
        let mut all = self.used_until.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= limits::ALLOWANCES_MAX && !all.contains_key(account) {
            // Whoever's allowance is whole again has nothing to remember.
            all.retain(|_, until| *until > now);
        }
        let until = all.get(account).copied().unwrap_or(now).max(now);
        let window = self.per_call * self.at_once;
        let after = until + self.per_call;
        if after > now + window {
            let retry_after = Some(after - (now + window));
            return Allowance { limit: self.at_once, remaining: 0, reset_after: until - now, retry_after };
        }
        all.insert(account.clone(), after);
        let left = window.saturating_sub(after - now).as_nanos() / self.per_call.as_nanos().max(1);
        let remaining = u32::try_from(left).unwrap_or(u32::MAX);
        Allowance { limit: self.at_once, remaining, reset_after: after - now, retry_after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> AccountId {
        name.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_allowance_is_used_up_and_comes_back_with_time() {
        let allowances = Allowances::new(NonZeroU32::new(10).unwrap());
        let acme = account("acme");
        let limit = 10 * limits::CALL_BURST_SECONDS;
        for left in (0..limit).rev() {
            let taken = allowances.take(&acme);
            assert_eq!((taken.remaining, taken.retry_after, taken.limit), (left, None, limit));
        }
        let refused = allowances.take(&acme);
        assert_eq!(refused.retry_after, Some(Duration::from_millis(100)));
        assert_eq!(allowances.take(&account("other")).remaining, limit - 1, "accounts are apart");

        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(allowances.take(&acme).retry_after, None);
        assert!(allowances.take(&acme).retry_after.is_some());
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(allowances.take(&acme).remaining, limit - 1);
    }
}
