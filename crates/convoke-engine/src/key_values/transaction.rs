//! What one attempt of an invocation reads and writes of the key-values of its account.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use convoke_domain::id::AccountId;
use convoke_domain::key_value::{Entry, Expected, Place, Rejection, added, check_namespace, checked};
use convoke_domain::limits::{KEY_VALUE_LISTED_MAX, KEY_VALUE_WRITES_MAX, KEY_VALUES_BYTES_MAX};
use convoke_store::{FactOp, MemoryStore};
use tokio::time::Instant;

use super::{KeyValueBook, KeyValueError, State, Table};
use crate::limits;
use crate::ports::{Ending, Failure, SystemClock};

/// A value that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its key.
    pub key: String,
    /// The value as JSON text.
    pub json: String,
    /// Its version.
    pub version: u64,
}

/// A write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writing {
    /// The value as JSON text; `None` deletes the key.
    pub json: Option<String>,
    /// How long it is there.
    pub time_to_live: Option<Duration>,
    /// The version that has to be there; 0 for nothing, `None` for whatever.
    pub version: Option<u64>,
}

/// Reads and writes of one attempt. Its writes are seen by itself at once, and by others when it is settled.
pub struct Transaction {
    book: Arc<KeyValueBook>,
    account: AccountId,
    table: Arc<Table>,
    number: u64,
    /// Whether its writes can become true; those of a test cannot, and take no key from anybody.
    kept: bool,
    writes: Mutex<Writes>,
}

#[derive(Default)]
struct Writes {
    by_place: BTreeMap<Place, Option<Entry>>,
    reserved: usize,
    stage: Stage,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It may still write.
    #[default]
    Open,
    /// It has answered.
    Answered,
    /// Its writes are true, or will never be.
    Over,
}

impl Transaction {
    pub(super) fn new(
        book: Arc<KeyValueBook>,
        account: AccountId,
        table: Arc<Table>,
        number: u64,
        kept: bool,
    ) -> Self {
        Self { book, account, table, number, kept, writes: Mutex::default() }
    }

    /// One of no engine, for runs that are only measured or looked at: nothing is there, and nothing is kept.
    pub fn of_nobody(account: &AccountId) -> Arc<Self> {
        let (committer, _) = tokio::sync::mpsc::channel(1);
        let book = KeyValueBook::over(Arc::new(MemoryStore::default()), Arc::new(SystemClock), committer);
        book.begin(account, false)
    }

    fn lock(&self) -> MutexGuard<'_, Writes> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is at a place, as this attempt sees it.
    ///
    /// # Errors
    /// A name that is none, or a failure of the storage.
    pub async fn get(&self, namespace: &str, key: &str) -> Result<Option<Found>, KeyValueError> {
        let place = Place::new(namespace, key)?;
        self.book.load(&self.account, &self.table).await?;
        let found =
            |entry: &Entry| Found { key: key.to_owned(), json: entry.json.clone(), version: entry.version };
        if let Some(own) = self.lock().by_place.get(&place) {
            return Ok(own.as_ref().map(found));
        }
        let now = self.book.clock.now();
        Ok(self.table.lock().known.get(&place, now).map(found))
    }

    /// Keys of a namespace that begin with `prefix`, in their order, after `after`, at most `most`; with what this attempt
    /// has written.
    ///
    /// # Errors
    /// A namespace that is none, or a failure of the storage.
    pub async fn list(
        &self,
        namespace: &str,
        prefix: &str,
        after: &str,
        most: usize,
    ) -> Result<Vec<Found>, KeyValueError> {
        check_namespace(namespace)?;
        self.book.load(&self.account, &self.table).await?;
        let (now, most) = (self.book.clock.now(), most.clamp(1, KEY_VALUE_LISTED_MAX));
        let own: BTreeMap<String, Option<Entry>> = {
            let writes = self.lock();
            let within = writes.by_place.iter().filter(|(place, _)| {
                place.namespace() == namespace && place.key().starts_with(prefix) && place.key() > after
            });
            within.map(|(place, entry)| (place.key().to_owned(), entry.clone())).collect()
        };
        let mut found: BTreeMap<String, Found> = {
            let state = self.table.lock();
            let known = state.known.list(namespace, prefix, after, now);
            let others = known.filter(|(key, _)| !own.contains_key(*key)).take(most);
            others.map(|(key, entry)| (key.to_owned(), shown(key, entry))).collect()
        };
        let own = own.iter().filter_map(|(key, entry)| Some((key.clone(), shown(key, entry.as_ref()?))));
        found.extend(own);
        Ok(found.into_values().take(most).collect())
    }

    /// Writes a key; gives its new version. Others see it when this invocation is settled, and cannot write it until then.
    ///
    /// # Errors
    /// The rule that refuses it: among them a version that is not there, and another invocation that has written the key.
    pub async fn write(&self, namespace: &str, key: &str, writing: Writing) -> Result<u64, KeyValueError> {
        let place = Place::new(namespace, key)?;
        self.book.load(&self.account, &self.table).await?;
        let deadline = Instant::now() + limits::KEY_WAIT_MAX;
        loop {
            // Listening before looking, so that a key that gets free between the two is not missed.
            let freed = self.table.freed.notified();
            match self.try_write(&place, &writing) {
                Err(Rejection::Busy) => {}
                other => return other.map_err(KeyValueError::from),
            }
            if tokio::time::timeout_at(deadline, freed).await.is_err() {
                return Err(Rejection::Busy.into());
            }
        }
    }

    fn try_write(&self, place: &Place, writing: &Writing) -> Result<u64, Rejection> {
        let now = self.book.clock.now();
        let mut writes = self.lock();
        if writes.stage != Stage::Open {
            return Err(Rejection::Answered);
        }
        let mut state = self.table.lock();
        let own = writes.by_place.get(place);
        if self.kept && state.taken.get(place).is_some_and(|other| *other != self.number) {
            return Err(Rejection::Busy);
        }
        let present = match own {
            Some(own) => own.clone(),
            None => state.known.get(place, now).cloned(),
        };
        Expected::of_version(writing.version).check(present.as_ref())?;
        if own.is_none() && writes.by_place.len() >= KEY_VALUE_WRITES_MAX {
            return Err(Rejection::TooManyWrites);
        }
        let json = writing.json.as_deref().unwrap_or_default();
        let expires_at = checked(json, writing.time_to_live, now)?;
        let more = if writing.json.is_some() { added(place, json) } else { 0 };
        if state.known.bytes() + state.reserved + more > KEY_VALUES_BYTES_MAX {
            return Err(Rejection::Full);
        }
        let version = state.known.next_version(now);
        if self.kept {
            state.taken.insert(place.clone(), self.number);
            state.reserved += more;
            writes.reserved += more;
        }
        let entry = writing.json.clone().map(|json| Entry { json, version, expires_at });
        writes.by_place.insert(place.clone(), entry);
        Ok(version)
    }

    /// It has answered or failed: from now on it writes nothing more.
    pub(crate) fn answered(&self) {
        let mut writes = self.lock();
        if writes.stage == Stage::Open {
            writes.stage = Stage::Answered;
        }
    }

    /// Whether it has written something that can become true.
    pub(crate) fn has_writes(&self) -> bool {
        self.kept && !self.lock().by_place.is_empty()
    }

    /// Its writes as small rows of the account, for the step that settles its invocation. What is over is removed with them:
    /// its key is taken for that, so that nobody writes it whose step could come first.
    pub(crate) fn facts(&self) -> Vec<FactOp> {
        let mut writes = self.lock();
        if !self.kept || writes.by_place.is_empty() {
            return Vec::new();
        }
        self.remove_expired(&mut writes);
        let rows = writes.by_place.iter().map(|(place, entry)| FactOp {
            key: place.fact(),
            value: entry.as_ref().map(|entry| {
                serde_json::to_vec(entry).expect("texts, numbers and times serialize into memory")
            }),
        });
        rows.collect()
    }

    fn remove_expired(&self, writes: &mut Writes) {
        // A step that was refused asks again, so the sum is bounded.
        let most = KEY_VALUE_WRITES_MAX + limits::EXPIRED_KEYS_AT_ONCE;
        let room = most.saturating_sub(writes.by_place.len()).min(limits::EXPIRED_KEYS_AT_ONCE);
        let now = self.book.clock.now();
        let mut state = self.table.lock();
        let State { known, taken, .. } = &mut *state;
        let free = known.expired(now).filter(|place| !taken.contains_key(*place));
        let over: Vec<Place> = free.take(room).cloned().collect();
        for place in over {
            taken.insert(place.clone(), self.number);
            writes.by_place.insert(place, None);
        }
    }

    /// Its writes are durable, or will never be: the keys are free again. The first word counts.
    pub(crate) fn finish(&self, durable: bool) {
        let mut writes = self.lock();
        if writes.stage == Stage::Over {
            return;
        }
        writes.stage = Stage::Over;
        if !self.kept || writes.by_place.is_empty() {
            return;
        }
        let mut state = self.table.lock();
        state.reserved = state.reserved.saturating_sub(writes.reserved);
        for (place, entry) in std::mem::take(&mut writes.by_place) {
            state.taken.remove(&place);
            if durable {
                state.known.put(place, entry);
            }
        }
        drop(state);
        self.table.freed.notify_waiters();
    }

    /// Makes the writes of an invocation true that answered outside of any conversation, before anybody is told; an answer
    /// whose writes cannot be kept is none.
    pub(crate) async fn settle(&self, ending: Ending) -> Ending {
        if matches!(ending, Ending::Failed(_)) || !self.has_writes() {
            self.finish(false);
            return ending;
        }
        match self.book.append(&self.account, self.facts()).await {
            Ok(()) => {
                self.finish(true);
                ending
            }
            Err(error) => {
                self.finish(false);
                Ending::Failed(Failure::not_kept(&error.to_string()))
            }
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.finish(false);
    }
}

impl fmt::Debug for Transaction {
    // What is written is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("account", &self.account).finish_non_exhaustive()
    }
}

fn shown(key: &str, entry: &Entry) -> Found {
    Found { key: key.to_owned(), json: entry.json.clone(), version: entry.version }
}
