//! Seats: how many of something each key has under way, so that one account or consumer does not take what is for all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many seats each key has taken. There is an entry while there is one.
#[derive(Debug)]
pub(crate) struct Seats<K: Ord>(Arc<Mutex<BTreeMap<K, usize>>>);

/// Counts as one until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat<K: Ord> {
    of: Seats<K>,
    key: K,
}

impl<K: Ord> Default for Seats<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Ord> Clone for Seats<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Ord> Seats<K> {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord + Clone> Seats<K> {
    /// One more seat, if `may` says so of how many the key has taken. Nobody else takes or gives back one meanwhile.
    pub(crate) fn take_if(&self, key: &K, may: impl FnOnce(usize) -> bool) -> Option<Seat<K>> {
        let mut all = self.lock();
        let taken = all.get(key).copied().unwrap_or(0);
        if !may(taken) {
            return None;
        }
        all.insert(key.clone(), taken + 1);
        Some(Seat { of: self.clone(), key: key.clone() })
    }

    /// One more seat, if the key has fewer than `most`.
    pub(crate) fn take(&self, key: &K, most: usize) -> Option<Seat<K>> {
        self.take_if(key, |taken| taken < most)
    }
}

impl<K: Ord> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut all = self.of.lock();
        if let Some(count) = all.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_seats_and_gets_them_back() {
        let seats = Seats::default();
        let taken = [seats.take(&"a", 2), seats.take(&"a", 2)];
        assert!(taken.iter().all(Option::is_some));
        assert!(seats.take(&"a", 2).is_none());
        assert!(seats.take(&"b", 2).is_some());
        drop(taken);
        assert!(seats.take(&"a", 2).is_some());
    }

    #[test]
    fn nothing_is_kept_of_who_has_none() {
        let seats = Seats::default();
        drop(seats.take(&"a", 1));
        assert!(seats.take_if(&"b", |_| false).is_none());
        assert!(seats.lock().is_empty());
    }
}
