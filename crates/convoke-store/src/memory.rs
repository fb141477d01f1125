//! The model: what the promises mean, in the plainest code, and the engine of `convoke dev --ephemeral`.
//!
//! A commit is decided and stored in one poll, without any other thread, so tests can run it under a paused clock.
//! Death is played by [`MemoryStore::restart`], a change of hands by [`MemoryStore::take_over`], and failures by
//! [`MemoryStore::fail_next_commit`]. It shares no code with the SQLite engine but [`Step::check`], so that each can be
//! the judge of the other. Nothing here outlives the process.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::ready;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::watch;

use crate::limits::PAGE_ROWS_MAX;
use crate::query::{day, day_of_date, micros, time};
use crate::{
    BoxFuture, Dropped, DueTimer, Epoch, Fact, Health, ListFilter, ListPlace, ListRow, Loaded, Reject,
    Snapshot, Stats, Step, Store, StoreError, StoredRecord, StreamId, Summary, TimerName, TimerOp, Verdict,
};

/// A failure that a test asks for. After each of them the store has failed, as promise 12 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing of the batch is stored.
    NothingStored,
    /// The whole batch is stored, but the caller does not learn it.
    AllStored,
    /// The first steps (this many) are stored, the others are not; the caller learns nothing.
    FirstStored(usize),
}

/// Holds all commits back until it is dropped.
#[derive(Debug)]
pub struct CommitHold {
    held: Arc<watch::Sender<u32>>,
}

impl Drop for CommitHold {
    fn drop(&mut self) {
        self.held.send_modify(|held| *held -= 1);
    }
}

/// The engine that keeps everything in memory.
#[derive(Debug)]
pub struct MemoryStore {
    epoch: Epoch,
    durable: Arc<Mutex<Durable>>,
    process: Mutex<Process>,
    held: Arc<watch::Sender<u32>>,
}

/// What a restart forgets.
#[derive(Debug, Default)]
struct Process {
    faults: VecDeque<Fault>,
    failed: Option<String>,
    commits: u64,
    steps_accepted: u64,
}

/// What a restart keeps.
#[derive(Debug, Clone, Default)]
struct Durable {
    epoch: u64,
    accounts: BTreeSet<AccountId>,
    streams: BTreeMap<StreamId, Stream>,
    facts: BTreeMap<(AccountId, String), Vec<u8>>,
    keys: BTreeMap<(AccountId, ConsumerId), Vec<u8>>,
}

#[derive(Debug, Clone)]
struct Stream {
    records: Vec<StoredRecord>,
    last_day: i64,
    head: EventSeq,
    cursor: Option<EventSeq>,
    pending: bool,
    timers: BTreeMap<TimerName, Timestamp>,
    summary: Option<Summary>,
    snapshot: Option<Snapshot>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store in its first epoch.
    pub fn new() -> Self {
        Self::open(Arc::new(Mutex::new(Durable::default())))
    }

    /// The store after a crash and a restart: what was durable, in the next epoch. This one goes on by itself.
    #[must_use]
    pub fn restart(&self) -> Self {
        Self::open(Arc::new(Mutex::new(self.durable().clone())))
    }

    /// A second owner of the same data, in the next epoch: from now on this one's steps are fenced.
    #[must_use]
    pub fn take_over(&self) -> Self {
        Self::open(Arc::clone(&self.durable))
    }

    /// Makes the next commit fail; several faults wait for several stores' commits in turn.
    pub fn fail_next_commit(&self, fault: Fault) {
        self.process().faults.push_back(fault);
    }

    /// Makes every commit wait until the hold is dropped; nothing that waits is stored yet.
    #[must_use]
    pub fn hold_commits(&self) -> CommitHold {
        self.held.send_modify(|held| *held += 1);
        CommitHold { held: Arc::clone(&self.held) }
    }

    fn open(durable: Arc<Mutex<Durable>>) -> Self {
        let epoch = {
            let mut durable = durable.lock().unwrap_or_else(PoisonError::into_inner);
            durable.epoch += 1;
            Epoch::new(durable.epoch)
        };
        let held = Arc::new(watch::Sender::new(0));
        Self { epoch, durable, process: Mutex::default(), held }
    }

    fn durable(&self) -> MutexGuard<'_, Durable> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit_now(&self, batch: Vec<Step>) -> Vec<Verdict> {
        let mut process = self.process();
        let unavailable = |reason: &String| vec![Err(Reject::Unavailable(reason.clone())); batch.len()];
        if let Some(reason) = &process.failed {
            return unavailable(reason);
        }
        let fault = process.faults.pop_front();
        let stored = match fault {
            None | Some(Fault::AllStored) => batch.len(),
            Some(Fault::NothingStored) => 0,
            Some(Fault::FirstStored(count)) => count,
        };
        if fault.is_some() {
            let reason = process.failed.insert("a test asked for this failure".to_owned());
            let verdicts = unavailable(reason);
            let mut durable = self.durable();
            for step in batch.into_iter().take(stored) {
                let _unknown_to_the_caller = durable.apply(step);
            }
            return verdicts;
        }
        let mut durable = self.durable();
        let verdicts: Vec<Verdict> = batch.into_iter().map(|step| durable.apply(step)).collect();
        process.commits += 1;
        process.steps_accepted += verdicts.iter().filter(|verdict| verdict.is_ok()).count() as u64;
        verdicts
    }
}

impl Durable {
    fn apply(&mut self, step: Step) -> Verdict {
        if step.epoch.number() != self.epoch {
            return Err(Reject::Fenced);
        }
        step.check()?;
        let stream = self.streams.get(&step.stream);
        let actual = stream.map(|stream| stream.head);
        if actual != step.expect {
            return Err(Reject::Conflict { actual });
        }
        if step.cursor.is_some_and(|cursor| cursor.from != stream.and_then(|stream| stream.cursor)) {
            return Err(Reject::CursorMoved);
        }
        let account = step.stream.account().clone();
        if let Some(key) = step.key {
            let name = (account.clone(), key.consumer);
            if self.keys.contains_key(&name) {
                return Err(Reject::KeyExists);
            }
            self.keys.insert(name, key.wrapped);
        }
        for fact in step.facts {
            let name = (account.clone(), fact.key);
            match fact.value {
                Some(value) => self.facts.insert(name, value),
                None => self.facts.remove(&name),
            };
        }
        self.accounts.insert(account);
        let Some(head) = Step { facts: Vec::new(), key: None, ..step }.apply_to(&mut self.streams) else {
            return Ok(None);
        };
        Ok(Some(head))
    }
}

impl Step {
    fn apply_to(self, streams: &mut BTreeMap<StreamId, Stream>) -> Option<EventSeq> {
        let head = self.head_after()?;
        let stream = streams.entry(self.stream).or_insert_with(|| Stream {
            records: Vec::new(),
            last_day: i64::MIN,
            head,
            cursor: None,
            pending: false,
            timers: BTreeMap::new(),
            summary: None,
            snapshot: None,
        });
        if let Some(record) = self.record {
            stream.last_day = stream.last_day.max(day(record.at));
            let first = EventSeq::after(self.expect);
            stream.records.push(StoredRecord { first, events: record.events.get(), body: record.body });
        }
        stream.head = head;
        stream.cursor = self.cursor.map_or(stream.cursor, |cursor| Some(cursor.to));
        stream.pending = self.pending;
        for timer in self.timers {
            match timer {
                TimerOp::Set { name, due } => stream.timers.insert(name, cut(due)),
                TimerOp::Cancel { name } => stream.timers.remove(&name),
            };
        }
        if let Some(summary) = self.summary {
            let (opened_at, changed_at) = (cut(summary.opened_at), cut(summary.changed_at));
            stream.summary = Some(Summary { opened_at, changed_at, ..summary });
        }
        if let Some(snapshot) = self.snapshot {
            stream.snapshot = Some((head, snapshot));
        }
        Some(head)
    }
}

fn cut(at: Timestamp) -> Timestamp {
    time(micros(at))
}

fn page(max_rows: usize) -> usize {
    max_rows.min(PAGE_ROWS_MAX)
}

impl Store for MemoryStore {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn commit(&self, batch: Vec<Step>) -> BoxFuture<'_, Vec<Verdict>> {
        Box::pin(async move {
            let mut held = self.held.subscribe();
            held.wait_for(|held| *held == 0).await.expect("the sender lives as long as the store");
            self.commit_now(batch)
        })
    }

    fn load(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Loaded>, StoreError>> {
        let loaded = self.durable().streams.get(stream).map(|stream| {
            let from = EventSeq::after(stream.snapshot.as_ref().map(|(at, _)| *at));
            Loaded {
                head: stream.head,
                cursor: stream.cursor,
                pending: stream.pending,
                snapshot: stream.snapshot.clone(),
                records_after: stream.records.iter().filter(|record| record.first >= from).cloned().collect(),
            }
        });
        Box::pin(ready(Ok(loaded)))
    }

    fn read(
        &self,
        stream: &StreamId,
        from: EventSeq,
        max_records: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredRecord>, StoreError>> {
        let durable = self.durable();
        let records = durable.streams.get(stream).map_or(&[][..], |stream| &stream.records);
        let begin = records.partition_point(|record| record.last() < from);
        let found = records[begin..].iter().take(page(max_records)).cloned().collect();
        Box::pin(ready(Ok(found)))
    }

    fn recover(
        &self,
        after: Option<&StreamId>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<StreamId>, StoreError>> {
        let durable = self.durable();
        let from = after.map_or(Unbounded, Excluded);
        let pending =
            durable.streams.range::<StreamId, _>((from, Unbounded)).filter(|(_, stream)| stream.pending);
        let found = pending.map(|(id, _)| id.clone()).take(page(max_rows)).collect();
        Box::pin(ready(Ok(found)))
    }

    fn timers_due(
        &self,
        until: Timestamp,
        after: Option<&DueTimer>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<DueTimer>, StoreError>> {
        let durable = self.durable();
        let timers = durable.streams.iter().flat_map(|(id, stream)| {
            let timers = stream.timers.iter();
            timers.map(|(name, due)| DueTimer { due: *due, stream: id.clone(), name: name.clone() })
        });
        let mut due: Vec<DueTimer> =
            timers.filter(|timer| timer.due <= until && after.is_none_or(|after| timer > after)).collect();
        due.sort_unstable();
        due.truncate(page(max_rows));
        Box::pin(ready(Ok(due)))
    }

    fn fact(&self, account: &AccountId, key: &str) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        let fact = self.durable().facts.get(&(account.clone(), key.to_owned())).cloned();
        Box::pin(ready(Ok(fact)))
    }

    fn facts(
        &self,
        account: &AccountId,
        prefix: &str,
        after: Option<&str>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<Fact>, StoreError>> {
        let durable = self.durable();
        let facts = durable.facts.range((account.clone(), prefix.to_owned())..);
        let facts = facts.take_while(|((owner, key), _)| owner == account && key.starts_with(prefix));
        let facts = facts.filter(|((_, key), _)| after.is_none_or(|after| key.as_str() > after));
        let found =
            facts.map(|((_, key), value)| (key.clone(), value.clone())).take(page(max_rows)).collect();
        Box::pin(ready(Ok(found)))
    }

    fn key(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        let key = self.durable().keys.get(&(account.clone(), consumer)).cloned();
        Box::pin(ready(Ok(key)))
    }

    fn erase_key(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        if let Some(reason) = &self.process().failed {
            return Box::pin(ready(Err(StoreError::Failed { reason: reason.clone() })));
        }
        let erased = self.durable().keys.remove(&(account.clone(), consumer)).is_some();
        Box::pin(ready(Ok(erased)))
    }

    fn list(
        &self,
        account: &AccountId,
        filter: &ListFilter,
        before: Option<ListPlace>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<ListRow>, StoreError>> {
        let durable = self.durable();
        let rows = durable.streams.iter().filter(|(id, _)| id.account() == account);
        let rows = rows.filter_map(|(id, stream)| {
            Some(ListRow { conversation: id.conversation()?, summary: stream.summary.clone()? })
        });
        let mut rows: Vec<ListRow> = rows
            .filter(|row| filter.shows(&row.summary) && before.is_none_or(|before| row.place() < before))
            .collect();
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.place()));
        rows.truncate(page(max_rows));
        Box::pin(ready(Ok(rows)))
    }

    fn accounts(&self) -> BoxFuture<'_, Result<Vec<AccountId>, StoreError>> {
        let accounts = self.durable().accounts.iter().cloned().collect();
        Box::pin(ready(Ok(accounts)))
    }

    fn snapshot(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>> {
        let snapshot = self.durable().streams.get(stream).and_then(|stream| stream.snapshot.clone());
        Box::pin(ready(Ok(snapshot)))
    }

    fn forget(&self, stream: &StreamId, through: EventSeq) -> BoxFuture<'_, Result<u64, StoreError>> {
        if let Some(reason) = &self.process().failed {
            return Box::pin(ready(Err(StoreError::Failed { reason: reason.clone() })));
        }
        let mut durable = self.durable();
        let stream = durable.streams.get_mut(stream).filter(|_| stream.conversation().is_none());
        let mut forgotten = 0;
        let records = stream.map(|stream| stream.records.iter_mut()).into_iter().flatten();
        for record in records.filter(|record| record.last() <= through && !record.body.is_empty()) {
            record.body = Vec::new();
            forgotten += 1;
        }
        Box::pin(ready(Ok(forgotten)))
    }

    fn drop_before(&self, day: Date) -> BoxFuture<'_, Result<Dropped, StoreError>> {
        if let Some(reason) = &self.process().failed {
            return Box::pin(ready(Err(StoreError::Failed { reason: reason.clone() })));
        }
        let day = day_of_date(day);
        let mut dropped = Dropped::default();
        self.durable().streams.retain(|id, stream| {
            let open = stream.summary.as_ref().is_none_or(|summary| summary.open);
            let keep = id.conversation().is_none() || open || stream.pending || stream.last_day >= day;
            if !keep {
                dropped.conversations += 1;
                dropped.records += stream.records.len() as u64;
            }
            keep
        });
        Box::pin(ready(Ok(dropped)))
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>> {
        let (process, durable) = (self.process(), self.durable());
        let count = |wanted: &dyn Fn(&Stream) -> bool| {
            durable.streams.values().filter(|stream| wanted(stream)).count() as u64
        };
        let stats = Stats {
            streams: durable.streams.len() as u64,
            pending: count(&|stream| stream.pending),
            open: count(&|stream| stream.summary.as_ref().is_some_and(|summary| summary.open)),
            timers: durable.streams.values().map(|stream| stream.timers.len() as u64).sum(),
            steps_accepted: process.steps_accepted,
            commits: process.commits,
            disk_bytes: 0,
        };
        Box::pin(ready(Ok(stats)))
    }

    fn health(&self) -> Health {
        match &self.process().failed {
            None => Health::Ready,
            Some(reason) => Health::Failed { reason: reason.clone() },
        }
    }
}
