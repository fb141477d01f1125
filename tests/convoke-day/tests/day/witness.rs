//! A store that writes down what it was given, step by step, before it keeps it: the log of a run.
//!
//! Two runs with the same seed must give it the same bytes in the same order. Sealed bodies are in it as a checksum.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_domain::sequence::EventSeq;
use convoke_store::{
    BoxFuture, Dropped, DueTimer, Epoch, Fact, Health, ListFilter, ListPlace, ListRow, Loaded, MemoryStore,
    Stats, Step, Store, StoreError, StoredRecord, StreamId, Verdict,
};
use jiff::Timestamp;
use jiff::civil::Date;

/// A store in memory and everything that was written to it.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    store: MemoryStore,
    log: Mutex<String>,
}

impl Witness {
    /// The log so far; what is written next begins a new one.
    pub(crate) fn take_log(&self) -> String {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write_down(&self, step: &Step) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let head = step.expect.map_or(0, EventSeq::number);
        let _ = write!(log, "{:?} {head}", step.stream);
        if let Some(record) = &step.record {
            let _ = write!(log, "+{} {} {:016x}", record.events, record.at, checksum(&record.body));
        }
        if let Some(cursor) = &step.cursor {
            let _ = write!(log, " cursor {}", cursor.to.number());
        }
        for timer in &step.timers {
            let _ = write!(log, " {timer:?}");
        }
        for fact in &step.facts {
            let _ = write!(log, " {} {:016x}", fact.key, checksum(fact.value.as_deref().unwrap_or_default()));
        }
        if let Some(key) = &step.key {
            let _ = write!(log, " key {:016x}", checksum(&key.wrapped));
        }
        log.push('\n');
    }
}

/// FNV-1a: nobody forges here, and one changed bit is another number.
fn checksum(bytes: &[u8]) -> u64 {
    let mix = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, mix)
}

impl Store for Witness {
    fn epoch(&self) -> Epoch {
        self.store.epoch()
    }

    fn commit(&self, batch: Vec<Step>) -> BoxFuture<'_, Vec<Verdict>> {
        for step in &batch {
            self.write_down(step);
        }
        self.store.commit(batch)
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
