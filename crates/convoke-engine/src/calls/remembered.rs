//! What named calls came to, so that a call that is sent again is not run again.
//!
//! A client whose connection broke cannot know whether its function ran. It sends the same request with the same id, and
//! gets the first answer: from here while it runs and after, for a day.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use convoke_domain::id::{AccountId, FunctionId, IdError};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::run::Progress;
use crate::limits;

/// A client's name for one call: 1 to 128 printable ASCII characters without blanks, usually a random UUID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (1..=limits::REQUEST_ID_BYTES_MAX).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.into()))
        } else {
            Err(IdError { expected: "a request id of 1 to 128 printable ASCII characters" })
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A call that its client can send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub(crate) id: RequestId,
    /// SHA-256 of what was sent.
    pub(crate) content: [u8; 32],
}

impl Request {
    /// The call that is named `id` and says `sent`, byte for byte as it came.
    pub fn new(id: RequestId, sent: &[u8]) -> Self {
        Self { id, content: Sha256::digest(sent).into() }
    }
}

/// What there is of a named call.
pub(super) enum Known {
    /// It is new: whoever asked runs it, and tells here how it goes.
    New(watch::Sender<Progress>),
    /// It was made before.
    Before(watch::Receiver<Progress>),
    /// The name was used for something else.
    Other,
}

/// All named calls of this node.
#[derive(Default)]
pub(crate) struct Remembered {
    accounts: Mutex<HashMap<AccountId, Calls>>,
}

#[derive(Default)]
struct Calls {
    by_name: HashMap<Name, Entry>,
    /// The oldest first.
    order: VecDeque<Name>,
    bytes: usize,
}

type Name = (FunctionId, RequestId);

struct Entry {
    content: [u8; 32],
    at: Timestamp,
    bytes: usize,
    progress: watch::Receiver<Progress>,
}

impl Remembered {
    /// What is known of a call, which is remembered from now on.
    pub(super) fn enter(
        &self,
        account: &AccountId,
        function: FunctionId,
        request: &Request,
        now: Timestamp,
    ) -> Known {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = accounts.entry(account.clone()).or_default();
        calls.forget_old(now);
        let name = (function, request.id.clone());
        match calls.by_name.get(&name) {
            Some(entry) if entry.content != request.content => Known::Other,
            Some(entry) if !entry.died() => Known::Before(entry.progress.clone()),
            Some(_) | None => {
                let (sender, progress) = watch::channel(Progress::Running);
                let entry = Entry { content: request.content, at: now, bytes: 0, progress };
                calls.by_name.insert(name.clone(), entry);
                calls.order.push_back(name);
                Known::New(sender)
            }
        }
    }

    /// Notes how large the answer of a call is, and forgets the oldest if there are too many.
    pub(super) fn weigh(&self, account: &AccountId, function: FunctionId, id: &RequestId, bytes: usize) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(calls) = accounts.get_mut(account) else { return };
        if let Some(entry) = calls.by_name.get_mut(&(function, id.clone())) {
            calls.bytes = calls.bytes - entry.bytes + bytes;
            entry.bytes = bytes;
        }
        calls.forget_beyond_bounds();
    }

    /// Forgets a call that did not run: sent again, it may.
    pub(super) fn forget(&self, account: &AccountId, function: FunctionId, id: &RequestId) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(calls) = accounts.get_mut(account) {
            // Its place in the order stays until it is the oldest: looking for it would cost more.
            calls.remove(&(function, id.clone()));
        }
    }
}

impl Entry {
    /// Whether its run ended without an answer, which only a mistake of ours can cause.
    fn died(&self) -> bool {
        matches!(*self.progress.borrow(), Progress::Running) && self.progress.has_changed().is_err()
    }
}

impl Calls {
    fn remove(&mut self, name: &Name) {
        if let Some(entry) = self.by_name.remove(name) {
            self.bytes -= entry.bytes;
        }
    }

    fn forget_old(&mut self, now: Timestamp) {
        while let Some(oldest) = self.order.front()
            && self
                .by_name
                .get(oldest)
                .is_none_or(|entry| now.duration_since(entry.at) > limits::REMEMBERED_FOR)
        {
            self.forget_oldest();
        }
    }

    fn forget_beyond_bounds(&mut self) {
        while self.order.len() > limits::REMEMBERED_CALLS_MAX || self.bytes > limits::REMEMBERED_BYTES_MAX {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(name) = self.order.pop_front() {
            self.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_short_and_printable() {
        assert!("5f0c7a9e-1d1b-4a57-8f0a-0a4c".parse::<RequestId>().is_ok());
        for wrong in ["", "with blanks", "ümlaut", &"x".repeat(129)] {
            assert!(wrong.parse::<RequestId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_oldest_calls_are_forgotten_by_age_and_by_weight() {
        let remembered = Remembered::default();
        let account: AccountId = "acme".parse().unwrap();
        let function = FunctionId::from_bits(1);
        let start: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        let request = |name: &str| Request::new(name.parse().unwrap(), b"{}");
        let mut running = Vec::new();
        let mut is_new = |name: &str, now| match remembered.enter(&account, function, &request(name), now) {
            Known::New(sender) => {
                running.push(sender);
                true
            }
            Known::Before(_) | Known::Other => false,
        };
        assert!(is_new("a", start) && !is_new("a", start));
        assert!(is_new("b", start));
        remembered.weigh(&account, function, &"a".parse().unwrap(), limits::REMEMBERED_BYTES_MAX);
        assert!(!is_new("a", start));
        remembered.weigh(&account, function, &"b".parse().unwrap(), 1);
        assert!(is_new("a", start), "the oldest made room");
        assert!(!is_new("b", start));
        let later = start + limits::REMEMBERED_FOR + jiff::SignedDuration::from_secs(1);
        assert!(is_new("b", later), "a day is over");
    }
}
