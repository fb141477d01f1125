//! The loop that keeps runs: takes what ended, waits a moment for more, seals it and writes it in one batch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_store::runs::{Gap, KeptAnswer, NewRun, RunBatch, RunSource, RunStore};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::body::{self, RunBody};
use super::keys::Keys;
use super::known_secrets::KnownSecrets;
use super::{AnswerToKeep, Missed, answers};
use crate::directory::{AccountView, Directory};
use crate::error::EngineError;
use crate::invoke::AttemptRecord;
use crate::limits;
use crate::ports::{Clock, Entropy};
use crate::recordings::{self, Recording};

/// What is handed to the loop.
pub(super) enum ToBatcher {
    /// An attempt ended.
    Ended(Box<AttemptRecord>),
    /// A named call has an answer.
    Answered(Box<AnswerToKeep>),
    /// Tell when everything before this is written.
    Flush(oneshot::Sender<()>),
    /// A consumer's key was erased.
    Forget(AccountId, ConsumerId),
}

/// The loop's own state.
pub(super) struct Batcher {
    pub(super) store: Arc<dyn RunStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) directory: Arc<Directory>,
    pub(super) keys: Keys,
    pub(super) secrets: KnownSecrets,
    pub(super) missed: Arc<Missed>,
    pub(super) recordings_waiting: Arc<AtomicUsize>,
    pub(super) written: watch::Sender<u64>,
}

/// A batch as it grows.
#[derive(Default)]
struct Growing {
    batch: RunBatch,
    flushes: Vec<oneshot::Sender<()>>,
}

impl Batcher {
    /// Works until nobody can hand in anything any more.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<ToBatcher>) {
        let mut taken = Vec::with_capacity(limits::RUN_BATCH_MAX);
        while queue.recv_many(&mut taken, limits::RUN_BATCH_MAX).await > 0 {
            linger(&mut taken, &mut queue).await;
            let mut growing = Growing::default();
            for item in taken.drain(..) {
                self.add(&mut growing, item).await;
            }
            self.write(growing).await;
        }
    }

    async fn add(&mut self, growing: &mut Growing, item: ToBatcher) {
        match item {
            ToBatcher::Flush(flush) => growing.flushes.push(flush),
            ToBatcher::Forget(account, consumer) => self.keys.forget(&account, consumer),
            ToBatcher::Ended(record) => {
                let weight = record.recording.as_ref().map_or(0, Recording::weight);
                self.recordings_waiting.fetch_sub(weight, Ordering::Relaxed);
                if let Err(error) = self.add_attempt(growing, *record).await {
                    tracing::warn!(%error, "a run is not kept");
                }
            }
            ToBatcher::Answered(answer) => match self.sealed_answer(&answer).await {
                Ok(answer) => growing.batch.answers.push(answer),
                Err(error) => tracing::warn!(%error, "the answer of a call is not kept"),
            },
        }
    }

    /// Adds a run with its recording, as far as the account keeps them.
    async fn add_attempt(
        &mut self,
        growing: &mut Growing,
        mut record: AttemptRecord,
    ) -> Result<(), EngineError> {
        let Some(view) = self.directory.account(&record.account) else { return Ok(()) };
        let settings = view.account.run_log;
        if record.source == RunSource::Test && !settings.keep_tests {
            return Ok(());
        }
        let run = self.sealed(&record, &view).await?;
        if let Some(recording) = record.recording.as_mut().filter(|_| settings.recording_days > 0) {
            self.secrets.take_out_of_recording(&view, recording);
        } else {
            record.recording = None;
        }
        if let Some(recording) = self.sealed_recording(&record).await? {
            growing.batch.recordings.insert(growing.batch.runs.len(), recording);
        }
        growing.batch.runs.push(run);
        Ok(())
    }

    /// A run as it is stored.
    async fn sealed(
        &mut self,
        record: &AttemptRecord,
        view: &Arc<AccountView>,
    ) -> Result<NewRun, EngineError> {
        let failure = record.ended.as_ref().and_then(|ended| ended.failure.as_ref());
        let mut body = RunBody::of(&record.report, failure, view.account.run_log.keep_debug);
        self.secrets.take_out_of_body(view, &mut body);
        let sealed = self.seal_body(record, &body).await?;
        let state = record.state();
        Ok(NewRun {
            account: record.account.clone(),
            invocation: record.invocation,
            attempt: record.attempt,
            function: record.function,
            version: record.version.map(|version| version.version),
            source: record.source,
            code: record.code,
            began_at: record.began_at,
            state,
            failure: failure.map(|failure| failure.code.to_owned()),
            answered_after: record.ended.as_ref().map_or(record.report.wall, |ended| ended.after),
            wall: record.report.wall,
            cpu: record.report.cpu,
            memory_bytes_max: record.report.memory_bytes_max,
            levels: body.levels(),
            sealed,
        })
    }

    async fn seal_body(&mut self, record: &AttemptRecord, body: &RunBody) -> Result<Vec<u8>, EngineError> {
        if body.is_empty() {
            return Ok(Vec::new());
        }
        let plain = serde_json::to_vec(body).map_err(EngineError::malformed)?;
        let place = body::place(record.invocation, record.attempt);
        Ok(self.seal(record, &place, &plain).await?.unwrap_or_default())
    }

    async fn sealed_recording(&mut self, record: &AttemptRecord) -> Result<Option<Vec<u8>>, EngineError> {
        let Some(recording) = &record.recording else { return Ok(None) };
        let place = recordings::place(record.invocation, record.attempt);
        self.seal(record, &place, &recordings::pack(recording)?).await
    }

    /// Seals something for its place. A consumer without a key was erased meanwhile: what was said in their conversation is
    /// not kept.
    async fn seal(
        &mut self,
        record: &AttemptRecord,
        place: &str,
        plain: &[u8],
    ) -> Result<Option<Vec<u8>>, EngineError> {
        let key = match record.consumer {
            Some(consumer) => self.keys.find(&record.account, Some(consumer)).await?,
            None => Some(self.keys.of_account(&record.account).await?),
        };
        let Some(key) = key else { return Ok(None) };
        Ok(Some(body::seal(record.consumer, &key, &*self.entropy, place, plain)))
    }

    async fn sealed_answer(&mut self, kept: &AnswerToKeep) -> Result<KeptAnswer, EngineError> {
        let AnswerToKeep { account, request, content, answer } = kept;
        let key = self.keys.of_account(account).await?;
        let plain = answers::encode(answer)?;
        let function = answer.function.function;
        let place = answers::place(function, request);
        Ok(KeptAnswer {
            account: account.clone(),
            function,
            request: request.to_string(),
            content: *content,
            called_at: answer.called_at,
            sealed: body::seal(None, &key, &*self.entropy, &place, &plain),
        })
    }

    async fn write(&mut self, growing: Growing) {
        let Growing { mut batch, flushes } = growing;
        let now = self.clock.now();
        batch.keys = self.keys.take_made();
        let missed = self.missed.take().into_iter();
        batch.gaps = missed.map(|(account, runs)| Gap { account, at: now, runs }).collect();
        if !batch.is_empty() {
            let missed = count(&batch);
            match self.store.keep(batch, now).await {
                Ok(last) => {
                    self.written.send_replace(last);
                }
                Err(error) => {
                    tracing::warn!(%error, "runs are not kept");
                    for (account, runs) in &missed {
                        self.missed.add(account, *runs);
                    }
                    // A key that was made for this batch is not stored.
                    self.keys.forget_all();
                }
            }
        }
        for flush in flushes {
            // Whoever asked may have gone.
            let _ = flush.send(());
        }
    }
}

/// Waits a moment for more: a batch of many costs little more than one of few. A flush is not kept waiting.
async fn linger(taken: &mut Vec<ToBatcher>, queue: &mut mpsc::Receiver<ToBatcher>) {
    let deadline = Instant::now() + limits::RUN_LINGER;
    while taken.len() < limits::RUN_BATCH_MAX && !taken.iter().any(|item| matches!(item, ToBatcher::Flush(_)))
    {
        let room = limits::RUN_BATCH_MAX - taken.len();
        match tokio::time::timeout_at(deadline, queue.recv_many(taken, room)).await {
            Ok(received) if received > 0 => {}
            Ok(_) | Err(_) => return,
        }
    }
}

/// How many runs of each account are missing if this batch is not stored.
fn count(batch: &RunBatch) -> BTreeMap<AccountId, u64> {
    let mut missed = BTreeMap::new();
    for run in &batch.runs {
        *missed.entry(run.account.clone()).or_default() += 1;
    }
    for gap in &batch.gaps {
        *missed.entry(gap.account.clone()).or_default() += gap.runs;
    }
    missed
}
