//! Key-values: what an account's functions keep under names of their own, with versions and, if they want, for a while only.
//!
//! The rules only: names, sizes, versions, times. When a write becomes true is the engine's matter: with the answer of the
//! invocation that made it, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits;

/// What comes before the names of key-values among the small rows of an account.
pub const FACT_PREFIX: &str = "kv/";

/// Where a value is: a namespace, and a key in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    namespace: String,
    key: String,
}

impl Place {
    /// The place with these names.
    ///
    /// # Errors
    /// A namespace that is not 1 to 40 letters, digits, `_` or `-`; a key that is empty, longer than 128 bytes, or has
    /// control characters.
    pub fn new(namespace: &str, key: &str) -> Result<Self, Rejection> {
        check_namespace(namespace)?;
        let fits = (1..=limits::KEY_VALUE_KEY_BYTES_MAX).contains(&key.len());
        if !fits || key.chars().any(char::is_control) {
            return Err(Rejection::KeyInvalid);
        }
        Ok(Self { namespace: namespace.to_owned(), key: key.to_owned() })
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The key in it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its name among the small rows of its account.
    pub fn fact(&self) -> String {
        format!("{FACT_PREFIX}{}/{}", self.namespace, self.key)
    }

    /// The place that a small row is for, if it is one of these.
    pub fn of_fact(fact: &str) -> Option<Self> {
        let (namespace, key) = fact.strip_prefix(FACT_PREFIX)?.split_once('/')?;
        Self::new(namespace, key).ok()
    }

    fn weight(&self) -> usize {
        self.namespace.len() + self.key.len()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.key)
    }
}

/// A namespace that can be one.
///
/// # Errors
/// See [`Place::new`].
pub fn check_namespace(namespace: &str) -> Result<(), Rejection> {
    let fits = (1..=limits::KEY_VALUE_NAMESPACE_BYTES_MAX).contains(&namespace.len());
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if fits && namespace.bytes().all(good) { Ok(()) } else { Err(Rejection::NamespaceInvalid) }
}

/// A value as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The value, as JSON text.
    pub json: String,
    /// Grows with every write of its key, also when the key was deleted meanwhile.
    pub version: u64,
    /// When it is there no more; `None`: until it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Entry {
    /// Whether it is there at `now`.
    pub fn there(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// What a write wants to be true of the key before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there.
    Anything,
    /// Nothing is there.
    Nothing,
    /// This version is there.
    Version(u64),
}

impl Expected {
    /// The condition that a version says; 0 is nothing.
    pub const fn of_version(version: Option<u64>) -> Self {
        match version {
            None => Self::Anything,
            Some(0) => Self::Nothing,
            Some(version) => Self::Version(version),
        }
    }

    /// Checks it.
    ///
    /// # Errors
    /// [`Rejection::VersionConflict`], with the version that is there.
    pub fn check(self, present: Option<&Entry>) -> Result<(), Rejection> {
        let version = present.map_or(0, |entry| entry.version);
        let holds = match self {
            Self::Anything => true,
            Self::Nothing => present.is_none(),
            Self::Version(expected) => version == expected,
        };
        if holds { Ok(()) } else { Err(Rejection::VersionConflict { version }) }
    }
}

/// An expected refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are what the message names")]
pub enum Rejection {
    /// A namespace that is none.
    #[error("a namespace has 1 to {max} letters, digits, \"_\" or \"-\"", max = limits::KEY_VALUE_NAMESPACE_BYTES_MAX)]
    NamespaceInvalid,
    /// A key that is none.
    #[error("a key has 1 to {max} bytes and no control characters", max = limits::KEY_VALUE_KEY_BYTES_MAX)]
    KeyInvalid,
    /// A value that is too long.
    #[error("the value has more than {max} bytes as JSON", max = limits::KEY_VALUE_BYTES_MAX)]
    ValueTooLong,
    /// A time to live of nothing, or of more than there is.
    #[error("a time to live is at least one second and at most ten years")]
    TimeToLiveInvalid,
    /// The key is not as it was expected.
    #[error("the key is at version {version} (0: there is nothing); read it again and decide anew")]
    VersionConflict { version: u64 },
    /// Another invocation has written the key, and has not answered yet.
    #[error("another invocation is writing this key; try again in a moment")]
    Busy,
    /// The invocation writes too much.
    #[error("an invocation writes at most {max} keys", max = limits::KEY_VALUE_WRITES_MAX)]
    TooManyWrites,
    /// The account has no room left.
    #[error("the account's functions keep {max} bytes already; delete what nobody needs", max = limits::KEY_VALUES_BYTES_MAX)]
    Full,
    /// The invocation has answered.
    #[error(
        "the function has answered already: what it keeps has to be written, and awaited, before its answer"
    )]
    Answered,
}

impl Rejection {
    /// The stable code that functions can rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NamespaceInvalid => "key_value.namespace_invalid",
            Self::KeyInvalid => "key_value.key_invalid",
            Self::ValueTooLong => "key_value.value_too_long",
            Self::TimeToLiveInvalid => "key_value.ttl_invalid",
            Self::VersionConflict { .. } => "key_value.version_conflict",
            Self::Busy => "key_value.busy",
            Self::TooManyWrites => "key_value.too_many_writes",
            Self::Full => "key_value.full",
            Self::Answered => "key_value.answered",
        }
    }
}

/// Everything that is kept in one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyValues {
    entries: BTreeMap<Place, Entry>,
    /// When entries end that do, the first one first.
    ends: BTreeSet<(Timestamp, Place)>,
    bytes: usize,
    newest: u64,
}

impl KeyValues {
    /// What is at a place at `now`.
    pub fn get(&self, place: &Place, now: Timestamp) -> Option<&Entry> {
        self.entries.get(place).filter(|entry| entry.there(now))
    }

    /// Keys of a namespace that begin with `prefix`, in their order, after `after`, with what is there at `now`.
    pub fn list<'a>(
        &'a self,
        namespace: &'a str,
        prefix: &'a str,
        after: &str,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'a str, &'a Entry)> {
        let from = Place { namespace: namespace.to_owned(), key: prefix.max(after).to_owned() };
        let bound =
            if after >= prefix && !after.is_empty() { Bound::Excluded(from) } else { Bound::Included(from) };
        let within = self.entries.range((bound, Bound::Unbounded));
        within
            .take_while(move |(place, _)| place.namespace == namespace && place.key.starts_with(prefix))
            .filter(move |(_, entry)| entry.there(now))
            .map(|(place, entry)| (place.key(), entry))
    }

    /// What all of it takes up: names and values. Bytes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// A version for a write at `now`, later than any before; it grows also over a restart that forgot deleted ones.
    pub fn next_version(&mut self, now: Timestamp) -> u64 {
        let at = u64::try_from(now.as_millisecond()).unwrap_or(0);
        self.newest = self.newest.saturating_add(1).max(at);
        self.newest
    }

    /// Puts a value at a place, or removes what is there.
    pub fn put(&mut self, place: Place, entry: Option<Entry>) {
        let weight = place.weight();
        if let Some(ends) = self.entries.get(&place).and_then(|before| before.expires_at) {
            self.ends.remove(&(ends, place.clone()));
        }
        let before = match entry {
            Some(entry) => {
                if let Some(ends) = entry.expires_at {
                    self.ends.insert((ends, place.clone()));
                }
                self.newest = self.newest.max(entry.version);
                self.bytes += weight + entry.json.len();
                self.entries.insert(place, entry)
            }
            None => self.entries.remove(&place),
        };
        if let Some(before) = before {
            self.bytes = self.bytes.saturating_sub(weight + before.json.len());
        }
    }

    /// Where something is over at `now` and was not removed yet, longest ago first.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = &Place> {
        self.ends.iter().take_while(move |(ends, _)| *ends <= now).map(|(_, place)| place)
    }
}

/// A value that fits, and when it ends.
///
/// # Errors
/// A value that is too long, or a time to live of nothing.
pub fn checked(
    json: &str,
    time_to_live: Option<Duration>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Rejection> {
    if json.len() > limits::KEY_VALUE_BYTES_MAX {
        return Err(Rejection::ValueTooLong);
    }
    let Some(time) = time_to_live else { return Ok(None) };
    if time.as_secs() == 0 || time > limits::KEY_VALUE_TTL_MAX {
        return Err(Rejection::TimeToLiveInvalid);
    }
    now.checked_add(time).map(Some).map_err(|_| Rejection::TimeToLiveInvalid)
}

/// Bytes that a write of a value adds at most.
pub fn added(place: &Place, json: &str) -> usize {
    place.weight() + json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn place(key: &str) -> Place {
        Place::new("orders", key).unwrap()
    }

    fn entry(json: &str, version: u64, expires_at: Option<Timestamp>) -> Entry {
        Entry { json: json.to_owned(), version, expires_at }
    }

    #[test]
    fn names_are_checked_at_their_edges_and_come_back_from_their_rows() {
        let long = "k".repeat(limits::KEY_VALUE_KEY_BYTES_MAX);
        assert_eq!(Place::of_fact(&place(&long).fact()), Some(place(&long)));
        assert_eq!(Place::of_fact(&place("a/b").fact()), Some(place("a/b")), "a key may have slashes");
        assert_eq!(Place::new("orders", &format!("{long}k")), Err(Rejection::KeyInvalid));
        assert_eq!(Place::new("orders", ""), Err(Rejection::KeyInvalid));
        assert_eq!(Place::new("orders", "a\nb"), Err(Rejection::KeyInvalid));
        let namespace = "n".repeat(limits::KEY_VALUE_NAMESPACE_BYTES_MAX);
        assert!(Place::new(&namespace, "k").is_ok());
        for wrong in ["", "a/b", "ä", &format!("{namespace}n")] {
            assert_eq!(Place::new(wrong, "k"), Err(Rejection::NamespaceInvalid), "{wrong}");
        }
    }

    #[test]
    fn what_is_over_is_not_there_and_is_found_to_be_removed() {
        let mut all = KeyValues::default();
        all.put(place("a"), Some(entry("1", 1, Some(at(10)))));
        all.put(place("b"), Some(entry("2", 2, None)));
        assert!(all.get(&place("a"), at(9)).is_some() && all.get(&place("a"), at(10)).is_none());
        assert_eq!(all.expired(at(9)).count(), 0);
        assert_eq!(all.expired(at(10)).collect::<Vec<_>>(), [&place("a")]);
        all.put(place("a"), Some(entry("3", 3, Some(at(20)))));
        assert_eq!(all.expired(at(19)).count(), 0, "it was written anew");
        all.put(place("a"), None);
        assert_eq!((all.expired(at(99)).count(), all.bytes()), (0, "ordersb2".len()));
    }

    #[test]
    fn keys_are_listed_in_their_order_from_where_one_was() {
        let mut all = KeyValues::default();
        for key in ["a/1", "a/2", "a/3", "b/1"] {
            all.put(place(key), Some(entry("0", 1, None)));
        }
        all.put(Place::new("other", "a/9").unwrap(), Some(entry("0", 1, None)));
        let list = |prefix, after| {
            all.list("orders", prefix, after, at(0)).map(|(key, _)| key.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(list("a/", ""), ["a/1", "a/2", "a/3"]);
        assert_eq!(list("a/", "a/1"), ["a/2", "a/3"]);
        assert_eq!(list("", "a/3"), ["b/1"]);
        assert_eq!(list("c", ""), Vec::<String>::new());
    }

    #[test]
    fn a_condition_holds_or_names_what_is_there() {
        let there = entry("1", 7, None);
        assert_eq!(Expected::of_version(None).check(Some(&there)), Ok(()));
        assert_eq!(Expected::of_version(Some(0)).check(None), Ok(()));
        assert_eq!(
            Expected::of_version(Some(0)).check(Some(&there)),
            Err(Rejection::VersionConflict { version: 7 })
        );
        assert_eq!(Expected::of_version(Some(7)).check(Some(&there)), Ok(()));
        assert_eq!(Expected::of_version(Some(7)).check(None), Err(Rejection::VersionConflict { version: 0 }));
    }

    #[test]
    fn versions_grow_also_after_a_deletion_that_nobody_remembers() {
        let mut all = KeyValues::default();
        let first = all.next_version(at(5));
        assert!(all.next_version(at(5)) > first, "at the same instant");
        assert!(KeyValues::default().next_version(at(6)) > first, "after a restart");
    }

    #[test]
    fn values_and_times_are_checked_at_their_edges() {
        let long = "1".repeat(limits::KEY_VALUE_BYTES_MAX);
        assert_eq!(checked(&long, None, at(0)), Ok(None));
        assert_eq!(checked(&format!("{long}1"), None, at(0)), Err(Rejection::ValueTooLong));
        assert_eq!(checked("1", Some(Duration::from_secs(1)), at(0)), Ok(Some(at(1))));
        assert!(checked("1", Some(limits::KEY_VALUE_TTL_MAX), at(0)).is_ok());
        for wrong in [Duration::ZERO, limits::KEY_VALUE_TTL_MAX + Duration::from_secs(1)] {
            assert_eq!(checked("1", Some(wrong), at(0)), Err(Rejection::TimeToLiveInvalid));
        }
    }
}
