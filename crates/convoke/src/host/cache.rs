//! A map that forgets what was used longest ago when it has too many entries, or when they weigh too much together.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// See the module.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// Keys by when they were used last.
    order: BTreeMap<u64, K>,
    uses: u64,
    weight: usize,
    entries_max: usize,
    weight_max: usize,
}

#[derive(Debug)]
struct Entry<V> {
    used: u64,
    weight: usize,
    value: V,
}

impl<K: Clone + Eq + Hash, V: Clone> Cache<K, V> {
    /// An empty one with these bounds.
    pub(crate) fn new(entries_max: usize, weight_max: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: BTreeMap::new(),
            uses: 0,
            weight: 0,
            entries_max: entries_max.max(1),
            weight_max,
        }
    }

    /// The value of `key`, which counts as a use.
    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.get_mut(key)?;
        self.uses += 1;
        self.order.remove(&entry.used);
        entry.used = self.uses;
        self.order.insert(self.uses, key.clone());
        Some(entry.value.clone())
    }

    /// Puts `value` in, replacing what `key` had, and forgets others if that is too much.
    pub(crate) fn insert(&mut self, key: K, value: V, weight: usize) {
        self.remove(&key);
        self.uses += 1;
        self.weight += weight;
        self.order.insert(self.uses, key.clone());
        self.entries.insert(key, Entry { used: self.uses, weight, value });
        self.shrink();
    }

    /// Says what an entry weighs, once that is known. Without effect if it was forgotten meanwhile.
    pub(crate) fn weigh(&mut self, key: &K, weight: usize) {
        if let Some(entry) = self.entries.get_mut(key) {
            self.weight = self.weight - entry.weight + weight;
            entry.weight = weight;
            self.shrink();
        }
    }

    fn remove(&mut self, key: &K) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.used);
            self.weight -= entry.weight;
        }
    }

    /// Forgets the oldest until the bounds hold; the newest always stays.
    fn shrink(&mut self) {
        while self.entries.len() > self.entries_max
            || (self.weight > self.weight_max && self.entries.len() > 1)
        {
            let Some(oldest) = self.order.values().next().cloned() else { return };
            self.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_longest_ago_is_forgotten_first() {
        let mut cache = Cache::new(2, 100);
        cache.insert("a", 1, 0);
        cache.insert("b", 2, 0);
        assert_eq!(cache.get(&"a"), Some(1));
        cache.insert("c", 3, 0);
        assert_eq!((cache.get(&"a"), cache.get(&"b"), cache.get(&"c")), (Some(1), None, Some(3)));
    }

    #[test]
    fn heavy_entries_push_others_out_but_never_themselves() {
        let mut cache = Cache::new(10, 100);
        cache.insert("a", 1, 60);
        cache.insert("b", 2, 0);
        cache.weigh(&"b", 60);
        assert_eq!((cache.get(&"a"), cache.get(&"b")), (None, Some(2)));
        cache.insert("huge", 3, 1_000);
        assert_eq!((cache.get(&"b"), cache.get(&"huge")), (None, Some(3)));
    }

    #[test]
    fn replacing_an_entry_gives_its_weight_back() {
        let mut cache = Cache::new(10, 100);
        cache.insert("a", 1, 90);
        cache.insert("a", 2, 10);
        cache.insert("b", 3, 80);
        assert_eq!((cache.get(&"a"), cache.get(&"b")), (Some(2), Some(3)));
    }
}
