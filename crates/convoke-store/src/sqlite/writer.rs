//! The one thread that writes: it drains all waiting commits into one transaction, and answers once that is durable.
//!
//! After the first error it writes nothing more: an `fsync` that failed once may have lost what was written, and a
//! second one would not say so.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_domain::sequence::EventSeq;
use rusqlite::{Connection, params};
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::Shared;
use super::apply::{Changes, Group, Ledger};
use super::heads::StreamKey;
use super::{forgetting, retention};
use crate::limits::{
    BUSY_TIMEOUT, ERASE_PATIENCE, GROUP_BYTES_MAX, GROUP_STEPS_MAX, RESTART_PATIENCE, WRITE_BACK_MIN,
    WRITE_BACK_PARTS,
};
use crate::{Dropped, Reject, Step, StoreError, StreamId, Verdict};

/// What the writer is asked for.
pub(super) enum Job {
    /// Steps to store.
    Commit { steps: Vec<Step>, reply: oneshot::Sender<Vec<Verdict>> },
    /// A key to destroy.
    Erase { account: AccountId, consumer: ConsumerId, reply: oneshot::Sender<Result<bool, StoreError>> },
    /// Records to forget, all that end here or before.
    Forget { stream: StreamId, through: EventSeq, reply: oneshot::Sender<Result<u64, StoreError>> },
    /// Days to drop, all before this one.
    DropBefore { day: i64, reply: oneshot::Sender<Result<Dropped, StoreError>> },
}

type Commit = (Vec<Step>, oneshot::Sender<Vec<Verdict>>);

/// The writer's own state.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) ledger: Ledger,
    /// Streams whose row is behind, and since which log number; the oldest first.
    pub(super) behind: VecDeque<(StreamKey, i64)>,
}

impl Writer {
    /// Works until all senders are gone, then brings the last heads up to date.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut next = jobs.blocking_recv();
        while let Some(job) = next.take() {
            match job {
                Job::Commit { steps, reply } => {
                    let mut group = vec![(steps, reply)];
                    next = gather(&mut group, &mut jobs);
                    self.commit(group);
                    self.checkpoint_if_asked();
                }
                Job::Erase { account, consumer, reply } => {
                    let erased = self.attempt(|writer| writer.erase(&account, consumer));
                    let _gone = reply.send(erased);
                }
                Job::Forget { stream, through, reply } => {
                    let forgotten = self.forget(&stream, through);
                    let _gone = reply.send(forgotten);
                }
                Job::DropBefore { day, reply } => {
                    let dropped = self.attempt(|writer| writer.drop_before(day));
                    let _gone = reply.send(dropped);
                }
            }
            if next.is_none() {
                next = jobs.blocking_recv();
            }
        }
        // The log has it all; this only saves the next opening some replay.
        let _replayed_instead = self.attempt(|writer| writer.transact(|_| Ok(()), usize::MAX));
    }

    /// Does something that must not fail half-way; if it fails, the store has failed.
    fn attempt<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if let Some(reason) = self.shared.failure() {
            return Err(StoreError::Failed { reason });
        }
        work(self).map_err(|error| {
            // Busy is only not finished; nothing went wrong.
            if error == StoreError::Busy { error } else { self.shared.fail(&error) }
        })
    }

    fn commit(&mut self, group: Vec<Commit>) {
        let (batches, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
        let stored = self.attempt(|writer| {
            let parts = writer.behind.len() / WRITE_BACK_PARTS + WRITE_BACK_MIN;
            writer.transact(
                |group| {
                    batches.into_iter().flatten().map(|step| group.apply(step)).collect::<Result<Vec<_>, _>>()
                },
                parts,
            )
        });
        let mut verdicts = match stored {
            Ok(verdicts) => verdicts.into_iter(),
            Err(error) => {
                let refused = Err(Reject::Unavailable(error.to_string()));
                vec![refused; sizes.iter().sum()].into_iter()
            }
        };
        for (reply, size) in replies.into_iter().zip(sizes) {
            // A caller that stopped waiting has chosen not to know.
            let _gone = reply.send(verdicts.by_ref().take(size).collect());
        }
    }

    /// One durable transaction: the work, some heads written back, and then what memory learns of it.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Group<'_>) -> Result<T, StoreError>,
        write_back: usize,
    ) -> Result<T, StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut group = Group::new(&self.connection, &self.shared.heads, &mut self.ledger);
        let done = work(&mut group)?;
        let flush = write_back.min(self.behind.len());
        let keys: Vec<StreamKey> = self.behind.drain(..flush).map(|(key, _)| key).collect();
        group.write_back(keys.into_iter())?;
        let changes = group.finish();
        if changes.accepted == 0 && flush == 0 {
            self.connection.execute_batch("ROLLBACK")?;
            return Ok(done);
        }
        self.behind.extend(&changes.behind);
        let flushed = self.behind.front().map_or(self.ledger.number, |(_, since)| since - 1);
        Group::new(&self.connection, &self.shared.heads, &mut self.ledger).note_flushed(flushed)?;
        self.connection.execute_batch("COMMIT")?;
        self.publish(changes);
        Ok(done)
    }

    fn publish(&mut self, changes: Changes) {
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        self.shared.steps.fetch_add(changes.accepted, Ordering::Relaxed);
        changes.publish(&self.shared.heads, &self.ledger.days);
    }

    /// Overwrites a key in its place, and makes sure that no older copy is left in the write-ahead log.
    fn erase(&mut self, account: &AccountId, consumer: ConsumerId) -> Result<bool, StoreError> {
        let Some(account) = self.ledger.accounts.number(account) else { return Ok(false) };
        // The row stays, as long as it was, so that it is overwritten where it lies and its neighbours never move.
        let erased = self.connection.execute(
            "UPDATE key SET erased = 1, wrapped = zeroblob(length(wrapped)) \
             WHERE account = ? AND consumer = ? AND erased = 0",
            params![account, consumer.bits().to_be_bytes()],
        )?;
        self.truncate_wal()?;
        Ok(erased > 0)
    }

    fn truncate_wal(&self) -> Result<(), StoreError> {
        if self.checkpoint("TRUNCATE", ERASE_PATIENCE)? { Ok(()) } else { Err(StoreError::Busy) }
    }

    /// Waits for readers of the old log, but not for long: commits wait behind it, and a backup reads for minutes.
    fn checkpoint(&self, kind: &str, patience: Duration) -> Result<bool, StoreError> {
        let _only_one = self.shared.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        self.connection.busy_timeout(patience)?;
        let sql = format!("PRAGMA wal_checkpoint({kind})");
        let busy: i64 = self.connection.query_row(&sql, [], |row| row.get(0))?;
        self.connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(busy == 0)
    }

    /// Takes the bodies of old records away, also from the write-ahead log, unless somebody reads it for long: then they
    /// leave it when it begins anew. One that cannot be read is no failure of writing.
    fn forget(&mut self, stream: &StreamId, through: EventSeq) -> Result<u64, StoreError> {
        let rows = {
            let heads = self.shared.heads.read().unwrap_or_else(PoisonError::into_inner);
            forgetting::find(&self.connection, &heads, stream, through)?
        };
        if rows.is_empty() {
            return Ok(0);
        }
        self.attempt(|writer| {
            // ON: pages that a long body leaves free are overwritten, too.
            writer.connection.execute_batch("PRAGMA secure_delete = ON; BEGIN IMMEDIATE")?;
            forgetting::blank(&writer.connection, stream, &rows)?;
            writer.connection.execute_batch("COMMIT; PRAGMA secure_delete = FAST")?;
            writer.checkpoint("TRUNCATE", ERASE_PATIENCE).map(drop)
        })?;
        Ok(rows.len() as u64)
    }

    fn drop_before(&mut self, day: i64) -> Result<Dropped, StoreError> {
        self.transact(|_| Ok(()), usize::MAX)?;
        let removed = {
            let heads = self.shared.heads.read().unwrap_or_else(PoisonError::into_inner);
            retention::remove_before(&self.connection, day, &mut self.ledger.days, &heads)?
        };
        // Readers who took a head before this and miss its rows after it see that `drops` grew, and look again.
        let mut heads = self.shared.heads.write().unwrap_or_else(PoisonError::into_inner);
        self.connection.execute_batch("COMMIT")?;
        heads.days.clone_from(&self.ledger.days);
        heads.drops += 1;
        for key in removed.streams {
            heads.remove(key);
        }
        Ok(removed.counts)
    }

    fn checkpoint_if_asked(&mut self) {
        if self.shared.restart_wal.swap(false, Ordering::Relaxed) {
            let _failed_for_good = self.attempt(|writer| {
                // A reader that holds it up is no failure; the log just grows until the next time.
                let _again_later = writer.checkpoint("RESTART", RESTART_PATIENCE)?;
                Ok(())
            });
        }
    }
}

/// Adds the commits that wait already, up to the bounds of a group; gives the job that must come after them.
fn gather(group: &mut Vec<Commit>, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
    let (mut steps, mut bytes) = measure(&group[0].0);
    while steps < GROUP_STEPS_MAX && bytes < GROUP_BYTES_MAX {
        match jobs.try_recv() {
            Ok(Job::Commit { steps: batch, reply }) => {
                let (more_steps, more_bytes) = measure(&batch);
                steps += more_steps;
                bytes += more_bytes;
                group.push((batch, reply));
            }
            Ok(other) => return Some(other),
            Err(_) => return None,
        }
    }
    None
}

fn measure(steps: &[Step]) -> (usize, usize) {
    (steps.len(), steps.iter().map(Step::weight).sum())
}

impl Shared {
    /// Remembers the first failure; gives the error that callers see from now on.
    pub(super) fn fail(&self, error: &StoreError) -> StoreError {
        let reason = self.failed.get_or_init(|| {
            error!(%error, "the storage failed and acknowledges nothing until the restart");
            error.to_string()
        });
        StoreError::Failed { reason: reason.clone() }
    }

    /// What failed first, if anything did.
    pub(super) fn failure(&self) -> Option<String> {
        self.failed.get().cloned()
    }
}
