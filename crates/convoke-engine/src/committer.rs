//! The group commit: whatever the shards decided since the last durable write becomes one.
//!
//! While one batch is being made durable the next one gathers, so a busy node pays for one sync per some hundred steps
//! and an idle one commits at once. The verdicts go back to the shard that decided, in the order of its steps.

use std::sync::Arc;

use convoke_domain::sequence::EventSeq;
use convoke_store::{Reject, Step, Store, Verdict};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::error::EngineError;
use crate::limits;
use crate::meters::Meters;

/// A step on its way to durability, with what its shard wants to know again when it is.
pub(crate) struct Pending<T> {
    pub(crate) step: Step,
    pub(crate) from: From<T>,
}

/// Who decided a step.
pub(crate) enum From<T> {
    /// A shard, with its own ticket.
    Shard { index: usize, ticket: T },
    /// Somebody who waits for the verdict alone.
    Waiter(oneshot::Sender<Verdict>),
}

/// A ticket with its verdict.
pub(crate) struct Verdicted<T> {
    pub(crate) ticket: T,
    pub(crate) verdict: Verdict,
}

/// Hands in a step that no shard waits for; where its stream ends then. It is durable when this returns.
///
/// # Errors
/// If the node is stopping, or the storage refuses it.
pub(crate) async fn hand_in<T>(
    committer: &mpsc::Sender<Pending<T>>,
    step: Step,
) -> Result<Option<EventSeq>, EngineError> {
    let (verdict, decided) = oneshot::channel();
    let pending = Pending { step, from: From::Waiter(verdict) };
    committer.send(pending).await.map_err(|_| EngineError::Stopping)?;
    let decided = decided.await.map_err(|_| EngineError::Stopping)?;
    decided.map_err(|reject| EngineError::Storage(reject.to_string()))
}

/// Commits until all senders are gone. `shards[i]` must hold as many messages as shard `i` may have steps in flight, so
/// that this loop never waits for a shard.
pub(crate) async fn run<T: Send>(
    store: Arc<dyn Store>,
    meters: Arc<Meters>,
    mut pending: mpsc::Receiver<Pending<T>>,
    shards: Vec<mpsc::Sender<Vec<Verdicted<T>>>>,
) {
    let mut batch = Vec::with_capacity(limits::BATCH_MAX);
    while pending.recv_many(&mut batch, limits::BATCH_MAX).await > 0 {
        let (steps, from): (Vec<Step>, Vec<From<T>>) =
            batch.drain(..).map(|pending| (pending.step, pending.from)).unzip();
        let began = Instant::now();
        let verdicts = store.commit(steps).await;
        meters.commit(verdicts.iter().map(|verdict| verdict.as_ref().err()), began.elapsed());
        for (index, verdicts) in sort_out(from, verdicts, shards.len()).into_iter().enumerate() {
            if !verdicts.is_empty() && shards[index].send(verdicts).await.is_err() {
                // The shard is gone, so the node is shutting down: the step is durable, nobody waits for it.
                tracing::debug!(shard = index, "verdicts for a shard that has stopped");
            }
        }
    }
}

fn sort_out<T>(from: Vec<From<T>>, verdicts: Vec<Verdict>, shards: usize) -> Vec<Vec<Verdicted<T>>> {
    let mut sorted: Vec<Vec<Verdicted<T>>> = std::iter::repeat_with(Vec::new).take(shards).collect();
    let missing = || Err(Reject::Unavailable("the storage gave no verdict".to_owned()));
    let verdicts = verdicts.into_iter().chain(std::iter::repeat_with(missing));
    for (from, verdict) in from.into_iter().zip(verdicts) {
        match from {
            From::Shard { index, ticket } => sorted[index].push(Verdicted { ticket, verdict }),
            From::Waiter(waiter) => {
                // Whoever stopped waiting learns nothing: that is what stopping means.
                let _ = waiter.send(verdict);
            }
        }
    }
    sorted
}
