//! What we need of storage, and the engines everyone has: memory and SQLite.
//!
//! Everything Convoke promises rests on one write, the [`Step`]: the events of one decision about one stream, and with
//! them the cursor, timers, facts, key, list row and snapshot that must be true together. Steps of many streams share a
//! durable write, and each gets its own verdict.
//!
//! # The promises each engine owes
//!
//! The suite in [`conformance`] checks them on every engine.
//!
//! 1. **Durable.** [`Store::commit`] answers `Ok` only when the step survives the death of the process and of the
//!    machine. A caller that stops waiting learns nothing: the step may be stored.
//! 2. **Whole.** A step is stored with all its rows, or nothing of it is, whatever happens when.
//! 3. **A verdict per step.** A refused step leaves its neighbours alone. Several steps of one stream in one batch are
//!    decided in their order, each on what the accepted ones before it made.
//! 4. **Refusals in this order**, the first that holds: the storage has failed (`Unavailable`), the epoch is not the
//!    present one (`Fenced`), the step is malformed (`Invalid`), the head is another (`Conflict`), the cursor is another
//!    (`CursorMoved`), the consumer has a key already (`KeyExists`).
//! 5. **No gaps.** A stream's records follow each other: the first begins at 1, each next one at the head plus one.
//! 6. **Reads follow writes.** A read that begins after an acknowledgement sees what was acknowledged, and sees each
//!    step whole. What comes back is byte for byte what was given, or an error; times come back cut to the microsecond.
//! 7. **Nothing pending is forgotten.** [`Store::recover`] names every stream whose last step left triggers unsettled.
//! 8. **Timers stay until cancelled**, and pages of them are ordered by when they are due.
//! 9. **Accounts are apart.** No read of one account returns a row of another.
//! 10. **Erased is gone.** After [`Store::erase_key`] no file of the store holds the key. Backups made before do.
//! 11. **Retention takes whole conversations**: closed ones without unsettled triggers whose last record is older than
//!     the given day, with all their rows. Account streams and facts stay.
//! 12. **A failed write is the last one.** After the first failure every commit answers `Unavailable`, and
//!     [`Store::health`] says why, until the process is restarted. Whether the failed steps are stored is then known.
//! 13. **One owner.** Each opening has a new, higher [`Epoch`]; steps of an earlier one are `Fenced`.
//!
//! 14. **Forgotten records stay in their places.** After [`Store::forget`] a record says nothing any more, durably: its body
//!     is empty. Everything else of it, and of its stream, is as before.
//!
//! What this crate leaves out: what events mean and how they are encoded or sealed (the engine does), and the master
//! key that wraps the consumers' keys.

pub mod conformance;
mod error;
pub mod files;
pub mod limits;
pub mod memory;
mod query;
pub mod record;
pub mod runs;
pub mod sqlite;
mod step;
mod stream;
mod watched;

use std::pin::Pin;

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;
use jiff::civil::Date;

pub use error::StoreError;
pub use memory::MemoryStore;
pub use query::{Dropped, DueTimer, Health, ListFilter, ListPlace, ListRow, Loaded, Stats};
pub use record::StoredRecord;
pub use sqlite::SqliteStore;
pub use step::{CursorMove, FactOp, NewRecord, Reject, Step, Summary, TimerName, TimerOp, WrappedKey};
pub use stream::{Epoch, StreamId};
pub use watched::{Watched, Watcher};

/// A boxed future, so that `Arc<dyn Store>` can be passed around.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A fact's key and value.
pub type Fact = (String, Vec<u8>);

/// A state that a step left, and the head that it was taken at.
pub type Snapshot = (EventSeq, Vec<u8>);

/// The new head of the step's stream, or why the step was refused.
pub type Verdict = Result<Option<EventSeq>, Reject>;

/// An engine. See the promises above; pages hold at most [`limits::PAGE_ROWS_MAX`] rows, whatever is asked for.
pub trait Store: Send + Sync + 'static {
    /// The term of ownership of this opening; steps carry it.
    fn epoch(&self) -> Epoch;

    /// Stores steps durably; the verdicts are in the order of the batch. Nothing happens before the first poll.
    fn commit(&self, batch: Vec<Step>) -> BoxFuture<'_, Vec<Verdict>>;

    /// Everything needed to bring a stream's state back; `None` if it has no record.
    fn load(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Loaded>, StoreError>>;

    /// Records of a stream in order, beginning with the one that holds `from`; empty past the head.
    fn read(
        &self,
        stream: &StreamId,
        from: EventSeq,
        max_records: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredRecord>, StoreError>>;

    /// Streams with unsettled triggers, in an order that stays the same, beginning after `after`.
    fn recover(
        &self,
        after: Option<&StreamId>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<StreamId>, StoreError>>;

    /// Timers that are due at `until` or before, ordered by when, beginning after `after`. With [`Timestamp::MAX`]
    /// all timers.
    fn timers_due(
        &self,
        until: Timestamp,
        after: Option<&DueTimer>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<DueTimer>, StoreError>>;

    /// One fact of an account.
    fn fact(&self, account: &AccountId, key: &str) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>>;

    /// Facts of an account whose key begins with `prefix`, ordered by key (as bytes), beginning after `after`.
    fn facts(
        &self,
        account: &AccountId,
        prefix: &str,
        after: Option<&str>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<Fact>, StoreError>>;

    /// A consumer's wrapped key; `None` if there was never one, or it is erased.
    fn key(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>>;

    /// Destroys a consumer's key, durably; whether there was one. A later step may give the consumer a new key. After
    /// [`StoreError::Busy`] it is no longer returned, but not gone from all files until asking again succeeds.
    fn erase_key(&self, account: &AccountId, consumer: ConsumerId)
    -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Conversations of an account that `filter` shows, latest change first, beginning after `before`.
    fn list(
        &self,
        account: &AccountId,
        filter: &ListFilter,
        before: Option<ListPlace>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<ListRow>, StoreError>>;

    /// Every account that a step was ever stored for, in the order of their texts.
    fn accounts(&self) -> BoxFuture<'_, Result<Vec<AccountId>, StoreError>>;

    /// The latest snapshot of a stream, and the head that it was taken at.
    fn snapshot(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>>;

    /// Forgets what those records of an account's own stream say that end at `through` or before; how many said something
    /// until now. Conversations are not forgotten in part, so none of theirs. See promise 14.
    fn forget(&self, stream: &StreamId, through: EventSeq) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// Removes what is older than `day` (UTC); see promise 11.
    fn drop_before(&self, day: Date) -> BoxFuture<'_, Result<Dropped, StoreError>>;

    /// How much is stored.
    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>>;

    /// Whether the storage can acknowledge.
    fn health(&self) -> Health;
}
