//! A store whose commits somebody watches: tests look at steps with it, or stop the process around them.

use std::sync::Arc;

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::{
    BoxFuture, Dropped, DueTimer, Epoch, Fact, Health, ListFilter, ListPlace, ListRow, Loaded, Snapshot,
    Stats, Step, Store, StoreError, StoredRecord, StreamId, Verdict,
};

/// Sees every batch of steps.
pub trait Watcher: Send + Sync + 'static {
    /// What it remembers of a batch until that is stored.
    type Seen: Send;

    /// A batch is about to be stored.
    fn before(&self, batch: &[Step]) -> Self::Seen;

    /// It is stored, and whoever asked for it does not know yet.
    fn after(&self, _seen: Self::Seen) {}
}

impl<W: Watcher> Watcher for Arc<W> {
    type Seen = W::Seen;

    fn before(&self, batch: &[Step]) -> Self::Seen {
        W::before(self, batch)
    }

    fn after(&self, seen: Self::Seen) {
        W::after(self, seen);
    }
}

/// A store and who watches it.
#[derive(Debug, Default)]
pub struct Watched<S, W> {
    /// The store.
    pub store: S,
    /// Who watches.
    pub watcher: W,
}

impl<S: Store, W: Watcher> Store for Watched<S, W> {
    fn epoch(&self) -> Epoch {
        self.store.epoch()
    }

    fn commit(&self, batch: Vec<Step>) -> BoxFuture<'_, Vec<Verdict>> {
        Box::pin(async move {
            let seen = self.watcher.before(&batch);
            let verdicts = self.store.commit(batch).await;
            self.watcher.after(seen);
            verdicts
        })
    }

    fn load(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Loaded>, StoreError>> {
        self.store.load(stream)
    }

    fn read(
        &self,
        stream: &StreamId,
        from: EventSeq,
        max_records: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredRecord>, StoreError>> {
        self.store.read(stream, from, max_records)
    }

    fn recover(
        &self,
        after: Option<&StreamId>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<StreamId>, StoreError>> {
        self.store.recover(after, max_rows)
    }

    fn timers_due(
        &self,
        until: Timestamp,
        after: Option<&DueTimer>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<DueTimer>, StoreError>> {
        self.store.timers_due(until, after, max_rows)
    }

    fn fact(&self, account: &AccountId, key: &str) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        self.store.fact(account, key)
    }

    fn facts(
        &self,
        account: &AccountId,
        prefix: &str,
        after: Option<&str>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<Fact>, StoreError>> {
        self.store.facts(account, prefix, after, max_rows)
    }

    fn key(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        self.store.key(account, consumer)
    }

    fn erase_key(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.store.erase_key(account, consumer)
    }

    fn list(
        &self,
        account: &AccountId,
        filter: &ListFilter,
        before: Option<ListPlace>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<ListRow>, StoreError>> {
        self.store.list(account, filter, before, max_rows)
    }

    fn accounts(&self) -> BoxFuture<'_, Result<Vec<AccountId>, StoreError>> {
        self.store.accounts()
    }

    fn snapshot(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>> {
        self.store.snapshot(stream)
    }

    fn forget(&self, stream: &StreamId, through: EventSeq) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.store.forget(stream, through)
    }

    fn drop_before(&self, day: Date) -> BoxFuture<'_, Result<Dropped, StoreError>> {
        self.store.drop_before(day)
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>> {
        self.store.stats()
    }

    fn health(&self) -> Health {
        self.store.health()
    }
}
