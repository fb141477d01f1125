//! The embedded engine: SQLite as an append-only log with group commit.
//!
//! ```text
//! commit ──> queue ──> writer: decide against heads in memory → BEGIN … log rows, side rows … COMMIT (synced) → answer
//!                        │  heads written back lazily            └> then memory, then callers
//!                        └── checkpoint: a second connection moves the write-ahead log into the database
//! load, read, list … ──> two readers: head from memory, rows from the log
//! ```
//!
//! One process owns a directory. Opening replays what the heads have not been written back for, checking every row.

mod apply;
mod backup;
mod checkpoint;
mod doctor;
mod forgetting;
mod heads;
mod lock;
mod log;
mod reader;
mod recovery;
mod retention;
mod schema;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::JoinHandle;

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::{mpsc, oneshot};
use tracing::info;

pub use backup::copy as backup;
pub use doctor::{Finding, Report, Severity, doctor};
pub(crate) use lock::{io as io_error, private_file as make_private_file};
pub(crate) use schema::check_library;

use crate::limits::{COMMIT_QUEUE_MAX, PAGE_ROWS_MAX, READERS};
use crate::query::day_of_date;
use crate::{
    BoxFuture, Dropped, DueTimer, Epoch, Fact, Health, ListFilter, ListPlace, ListRow, Loaded, Reject,
    Snapshot, Stats, Step, Store, StoreError, StoredRecord, StreamId, Verdict,
};
use heads::Heads;
use lock::{DirLock, database, io, private_dir, private_file, sync_dir};
use reader::{Reader, Readers};
use writer::{Job, Writer};

/// What the threads of a store share.
#[derive(Debug, Default)]
struct Shared {
    heads: RwLock<Heads>,
    /// Why nothing is written any more.
    failed: OnceLock<String>,
    commits: AtomicU64,
    steps: AtomicU64,
    /// Held by whoever moves the write-ahead log: SQLite refuses a second one at once, without waiting.
    checkpointing: Mutex<()>,
    /// Asks the writer to let the write-ahead log start over.
    restart_wal: AtomicBool,
}

/// A store in a directory.
///
/// Dropping it finishes what is queued, brings the heads up to date and gives the directory free; that blocks for as
/// long as it takes. Dying without it loses nothing that was acknowledged.
#[derive(Debug)]
pub struct SqliteStore {
    dir: PathBuf,
    epoch: Epoch,
    replayed: u64,
    shared: Arc<Shared>,
    jobs: Option<mpsc::Sender<Job>>,
    readers: Option<Readers>,
    stop_checkpoints: Option<std::sync::mpsc::SyncSender<()>>,
    threads: Vec<JoinHandle<()>>,
    // Last, so that it is given up last.
    _lock: DirLock,
}

impl SqliteStore {
    /// Opens the store in `dir`, which is made if it does not exist, and begins its next epoch.
    ///
    /// This blocks while it reads the heads and replays the log's end.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] if another process has it open, [`StoreError::LibraryTooOld`],
    /// [`StoreError::FormatTooNew`], [`StoreError::Corrupt`] and [`StoreError::CorruptRecord`] if the data contradicts
    /// itself, [`StoreError::Io`] and [`StoreError::Database`] if the system refuses.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        schema::check_library()?;
        private_dir(dir)?;
        let lock = DirLock::take(dir)?;
        let path = database(dir);
        private_file(&path)?;
        let connection = schema::open_writer(&path)?;
        let found = recovery::recover(&connection)?;
        sync_dir(dir)?;
        let (epoch, replayed) = (found.ledger.epoch, found.replayed);
        let (streams, pending, _) = found.heads.counts();
        let shared = Arc::new(Shared { heads: RwLock::new(found.heads), ..Shared::default() });
        let mut threads = Vec::new();
        let mut spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new().name(format!("store-{name}")).spawn(work);
            thread.map(|thread| threads.push(thread)).map_err(io("start a thread for", dir))
        };

        let (jobs, receiver) = mpsc::channel(COMMIT_QUEUE_MAX);
        let (ledger, behind) = (found.ledger, found.behind);
        let writer = Writer { connection, shared: Arc::clone(&shared), ledger, behind };
        spawn("writer", Box::new(move || writer.run(receiver)))?;

        let (readers, reads) = Readers::new();
        for _ in 0..READERS {
            let reader = Reader { connection: schema::open_reader(&path)?, shared: Arc::clone(&shared) };
            let reads = Arc::clone(&reads);
            spawn("reader", Box::new(move || reader.run(&reads)))?;
        }

        let (stop_checkpoints, stop) = std::sync::mpsc::sync_channel(1);
        let (connection, checkpointed) = (schema::open_read_write(&path)?, Arc::clone(&shared));
        spawn("checkpoint", Box::new(move || checkpoint::run(&connection, &checkpointed, &stop)))?;

        info!(%epoch, streams, pending, replayed, sqlite = rusqlite::version(), "storage opened");
        Ok(Self {
            dir: dir.to_owned(),
            epoch,
            replayed,
            shared,
            jobs: Some(jobs),
            readers: Some(readers),
            stop_checkpoints: Some(stop_checkpoints),
            threads,
            _lock: lock,
        })
    }

    /// Log rows that opening had to replay.
    pub fn replayed(&self) -> u64 {
        self.replayed
    }

    /// Copies the store as it is now into the new or empty directory `to`, while it goes on; gives the bytes copied.
    /// Opening that directory is restoring it. A copy keeps the keys of consumers who are erased later.
    ///
    /// The future resolves to [`StoreError::BackupExists`] if there is a database in `to`, [`StoreError::Io`] and
    /// [`StoreError::Database`] if the system refuses.
    pub fn backup(&self, to: &Path) -> BoxFuture<'_, Result<u64, StoreError>> {
        let (from, to) = (self.dir.clone(), to.to_owned());
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            // A thread of its own: a large copy must not keep reads waiting.
            let copying = std::thread::Builder::new().name("store-backup".to_owned());
            let to_copy = from.clone();
            let started = copying.spawn(move || {
                let _gone = reply.send(backup::copy(&to_copy, &to));
            });
            started.map_err(io("start a thread for", &from))?;
            answer.await.map_err(|_| StoreError::Failed { reason: "the copying thread died".to_owned() })?
        })
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let sent = match &self.jobs {
            Some(jobs) => jobs.send(job(reply)).await.is_ok(),
            None => false,
        };
        match answer.await {
            Ok(answer) if sent => answer,
            Ok(_) | Err(_) => Err(StoreError::Failed { reason: self.reason() }),
        }
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        Box::pin(async move {
            match &self.readers {
                Some(readers) => readers.run(read).await,
                None => Err(StoreError::Failed { reason: self.reason() }),
            }
        })
    }

    fn reason(&self) -> String {
        self.shared.failure().unwrap_or_else(|| "the writer is gone".to_owned())
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Without their senders the threads finish what is queued and end.
        self.jobs = None;
        self.readers = None;
        self.stop_checkpoints = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; nothing more can be done for it here.
            let _panicked = thread.join();
        }
    }
}

fn page(max_rows: usize) -> usize {
    max_rows.min(PAGE_ROWS_MAX)
}

impl Store for SqliteStore {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn commit(&self, steps: Vec<Step>) -> BoxFuture<'_, Vec<Verdict>> {
        Box::pin(async move {
            let count = steps.len();
            let (reply, answer) = oneshot::channel();
            if let Some(jobs) = &self.jobs
                && jobs.send(Job::Commit { steps, reply }).await.is_ok()
                && let Ok(verdicts) = answer.await
            {
                return verdicts;
            }
            vec![Err(Reject::Unavailable(self.reason())); count]
        })
    }

    fn load(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Loaded>, StoreError>> {
        let stream = stream.clone();
        SqliteStore::read(self, move |reader| reader.load(&stream))
    }

    fn read(
        &self,
        stream: &StreamId,
        from: EventSeq,
        max_records: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredRecord>, StoreError>> {
        let stream = stream.clone();
        SqliteStore::read(self, move |reader| reader.read(&stream, from, page(max_records)))
    }

    fn recover(
        &self,
        after: Option<&StreamId>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<StreamId>, StoreError>> {
        let heads = self.shared.heads.read().unwrap_or_else(PoisonError::into_inner);
        let after = after.and_then(|stream| heads.key(stream));
        let found = heads.pending_after(after, page(max_rows));
        Box::pin(std::future::ready(Ok(found)))
    }

    fn timers_due(
        &self,
        until: Timestamp,
        after: Option<&DueTimer>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<DueTimer>, StoreError>> {
        let after = after.cloned();
        SqliteStore::read(self, move |reader| reader.timers_due(until, after.as_ref(), page(max_rows)))
    }

    fn fact(&self, account: &AccountId, key: &str) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        let (account, key) = (account.clone(), key.to_owned());
        SqliteStore::read(self, move |reader| reader.fact(&account, &key))
    }

    fn facts(
        &self,
        account: &AccountId,
        prefix: &str,
        after: Option<&str>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<Fact>, StoreError>> {
        let (account, prefix, after) = (account.clone(), prefix.to_owned(), after.map(str::to_owned));
        SqliteStore::read(self, move |reader| {
            reader.facts(&account, &prefix, after.as_deref(), page(max_rows))
        })
    }

    fn key(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        let account = account.clone();
        SqliteStore::read(self, move |reader| reader.key(&account, consumer))
    }

    fn erase_key(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        let account = account.clone();
        Box::pin(self.ask(move |reply| Job::Erase { account, consumer, reply }))
    }

    fn list(
        &self,
        account: &AccountId,
        filter: &ListFilter,
        before: Option<ListPlace>,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<ListRow>, StoreError>> {
        let (account, filter) = (account.clone(), filter.clone());
        SqliteStore::read(self, move |reader| reader.list(&account, &filter, before, page(max_rows)))
    }

    fn accounts(&self) -> BoxFuture<'_, Result<Vec<AccountId>, StoreError>> {
        let heads = self.shared.heads.read().unwrap_or_else(PoisonError::into_inner);
        let mut accounts = heads.accounts().names().to_vec();
        accounts.sort_unstable();
        Box::pin(std::future::ready(Ok(accounts)))
    }

    fn snapshot(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>> {
        let stream = stream.clone();
        SqliteStore::read(self, move |reader| reader.latest_snapshot(&stream))
    }

    fn forget(&self, stream: &StreamId, through: EventSeq) -> BoxFuture<'_, Result<u64, StoreError>> {
        let stream = stream.clone();
        Box::pin(self.ask(move |reply| Job::Forget { stream, through, reply }))
    }

    fn drop_before(&self, day: Date) -> BoxFuture<'_, Result<Dropped, StoreError>> {
        let day = day_of_date(day);
        Box::pin(self.ask(move |reply| Job::DropBefore { day, reply }))
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>> {
        let (streams, pending, open) =
            self.shared.heads.read().unwrap_or_else(PoisonError::into_inner).counts();
        let files = [database(&self.dir), checkpoint::wal(&self.dir)];
        let disk_bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
        let steps_accepted = self.shared.steps.load(Ordering::Relaxed);
        let commits = self.shared.commits.load(Ordering::Relaxed);
        SqliteStore::read(self, move |reader| {
            let timers = reader.timers()?;
            Ok(Stats { streams, pending, open, timers, steps_accepted, commits, disk_bytes })
        })
    }

    fn health(&self) -> Health {
        match self.shared.failure() {
            None => Health::Ready,
            Some(reason) => Health::Failed { reason },
        }
    }
}
