//! The run log: every attempt of every function, with what it logged and called.
//!
//! An attempt that ended is handed to a queue, which costs its caller next to nothing; a loop seals and writes it soon
//! after. If the queue is full, the attempt is not kept, and readers are told that one is missing. What an answer *did*
//! is in the conversation's log and never missing; a crash may only take the last moments of this one.

mod answers;
mod batcher;
mod body;
mod follow;
mod keys;
mod known_secrets;
mod read;
mod retention;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use convoke_domain::id::{AccountId, ConsumerId, FunctionId};
use convoke_store::runs::{KeptAnswer, RunBatch, RunStore};
use convoke_store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;

use crate::calls::{CallAnswer, Request, RequestId};
use crate::directory::Directory;
use crate::error::EngineError;
use crate::invoke::AttemptRecord;
use crate::keys::MasterKey;
use crate::limits;
use crate::ports::{Clock, Entropy};
use crate::recordings::Recording;

pub use body::{RunBody, RunCall, RunLine};
pub use follow::RunFollower;
pub use read::{Run, RunPage};
pub(crate) use retention::keep_within;

use batcher::{Batcher, ToBatcher};
use keys::Keys;
use known_secrets::KnownSecrets;

/// An answer that is to be remembered.
pub(crate) struct AnswerToKeep {
    pub(crate) account: AccountId,
    pub(crate) request: RequestId,
    pub(crate) content: [u8; 32],
    pub(crate) answer: Arc<CallAnswer>,
}

/// The way to the run log.
pub(crate) struct RunLog {
    queue: mpsc::Sender<ToBatcher>,
    missed: Arc<Missed>,
    recordings_waiting: Arc<AtomicUsize>,
    written: watch::Receiver<u64>,
    pub(crate) store: Arc<dyn RunStore>,
    /// The readers' keys; the loop has its own.
    keys: tokio::sync::Mutex<Keys>,
}

/// How many runs of each account were not kept, until that is written.
#[derive(Default)]
struct Missed(Mutex<BTreeMap<AccountId, u64>>);

/// What the log is made of.
pub(crate) struct Parts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) runs: Arc<dyn RunStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) master_key: MasterKey,
    pub(crate) directory: Arc<Directory>,
}

impl RunLog {
    /// Starts the loop.
    pub(crate) async fn start(parts: Parts, tasks: &TaskTracker) -> Result<Arc<Self>, StoreError> {
        let Parts { store, runs, clock, entropy, master_key, directory } = parts;
        let keys = || {
            let (store, runs) = (Arc::clone(&store), Arc::clone(&runs));
            Keys::new(store, runs, master_key.clone(), Arc::clone(&entropy))
        };
        let (queue, receiver) = mpsc::channel(limits::RUN_QUEUE_MAX);
        let last = runs.keep(RunBatch::default(), clock.now()).await?;
        let (written, seen) = watch::channel(last);
        let missed = Arc::<Missed>::default();
        let recordings_waiting = Arc::<AtomicUsize>::default();
        let batcher = Batcher {
            store: Arc::clone(&runs),
            clock,
            entropy: Arc::clone(&entropy),
            directory,
            keys: keys(),
            secrets: KnownSecrets::new(master_key.clone()),
            missed: Arc::clone(&missed),
            recordings_waiting: Arc::clone(&recordings_waiting),
            written,
        };
        tasks.spawn(batcher.run(receiver));
        let keys = tokio::sync::Mutex::new(keys());
        Ok(Arc::new(Self { queue, missed, recordings_waiting, written: seen, store: runs, keys }))
    }

    /// Keeps an attempt that ended.
    pub(crate) fn record(&self, mut record: AttemptRecord) {
        let bytes = record.recording.as_ref().map_or(0, Recording::weight);
        let waiting = self.recordings_waiting.fetch_add(bytes, Ordering::Relaxed);
        if waiting.saturating_add(bytes) > limits::RECORDINGS_WAITING_BYTES_MAX {
            // The run itself is worth more than that it could be replayed.
            self.recordings_waiting.fetch_sub(bytes, Ordering::Relaxed);
            record.recording = None;
        }
        if let Err(error) = self.queue.try_send(ToBatcher::Ended(Box::new(record)))
            && let ToBatcher::Ended(record) = error.into_inner()
        {
            let bytes = record.recording.as_ref().map_or(0, Recording::weight);
            self.recordings_waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.missed.add(&record.account, 1);
        }
    }

    /// Opens what was sealed for a place; `None` if the key is gone.
    pub(crate) async fn unsealed(
        &self,
        account: &AccountId,
        sealed: &[u8],
        place: &str,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        let key = self.keys.lock().await.find(account, body::owner(sealed)).await?;
        Ok(key.and_then(|key| body::open(sealed, &key, place)))
    }

    /// How many more attempts and answers may wait.
    pub(crate) fn room(&self) -> usize {
        self.queue.capacity()
    }

    /// Keeps the answer of a named call. If there is no room, the memory of this process has to do.
    pub(crate) fn keep_answer(&self, answer: AnswerToKeep) {
        if self.queue.try_send(ToBatcher::Answered(Box::new(answer))).is_err() {
            tracing::debug!("the answer of a call is remembered until the restart only");
        }
    }

    /// The answer of a named call, if it was kept and the key still opens it.
    pub(crate) async fn kept_answer(
        &self,
        account: &AccountId,
        function: FunctionId,
        request: &Request,
    ) -> Result<Option<(KeptAnswer, CallAnswer)>, EngineError> {
        let Some(kept) = self.store.answer(account, function, request.id.as_str()).await? else {
            return Ok(None);
        };
        let Some(key) = self.keys.lock().await.find(account, None).await? else { return Ok(None) };
        let place = answers::place(function, &request.id);
        let Some(plain) = body::open(&kept.sealed, &key, &place) else { return Ok(None) };
        let answer = answers::decode(&plain)?;
        Ok(Some((kept, answer)))
    }

    /// Completes when everything that was recorded before is written.
    pub(crate) async fn flush(&self) {
        let (told, written) = oneshot::channel();
        if self.queue.send(ToBatcher::Flush(told)).await.is_ok() {
            // If the loop ended, there is nothing left to wait for.
            let _ = written.await;
        }
    }

    /// Forgets a consumer's key.
    pub(crate) async fn forget(&self, account: &AccountId, consumer: ConsumerId) {
        self.keys.lock().await.forget(account, consumer);
        // If the loop ended, it seals nothing any more.
        let _ = self.queue.send(ToBatcher::Forget(account.clone(), consumer)).await;
    }
}

impl Missed {
    fn add(&self, account: &AccountId, runs: u64) {
        let mut missed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *missed.entry(account.clone()).or_default() += runs;
    }

    fn take(&self) -> BTreeMap<AccountId, u64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
