//! For how long it is kept who changed what: older entries are forgotten, and the state that they made stands in their place.
//!
//! ```text
//!   entries:  1 … 40 (forgotten)    41 … 97 (kept)
//!   base:     the state after 40 ──▶ evolves through what is kept
//! ```
//!
//! An account is what its entries made of it, so they cannot just go. The base is durable before anything is forgotten, and
//! whoever reads begins with it: a process that ends in between leaves entries that nobody reads, until the next look takes
//! them away. Entries keep their numbers. It promises that after a look, an hour at most after their time, nothing of the
//! store says what they said, but for backups made before.

use std::sync::Arc;

use convoke_domain::account::{Account, AccountMachine};
use convoke_domain::decider::Decider;
use convoke_domain::function::FunctionMachine;
use convoke_domain::sequence::EventSeq;
use convoke_store::limits::SNAPSHOT_BYTES_MAX;
use convoke_store::{Store, StoreError, StoredRecord, StreamId};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::directory::{Activity, Directory};
use crate::error::{EngineError, unreadable};
use crate::limits;
use crate::packed::{pack, unpack};
use crate::ports::Clock;

/// The state of a stream before the entries that are kept of it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Base<S> {
    /// The last entry that made it.
    through: EventSeq,
    /// What they made.
    state: S,
}

impl<S> Base<S> {
    /// Where the state is, and the first entry after it; `None` of a stream of which everything is kept.
    pub(crate) async fn read(store: &dyn Store, stream: &StreamId) -> Result<Option<Self>, StoreError>
    where
        S: DeserializeOwned,
    {
        let Some((at, packed)) = store.snapshot(stream).await? else { return Ok(None) };
        let base = unpack(&packed, limits::ACTIVITY_BASE_UNPACKED_BYTES_MAX);
        base.map(Some).map_err(|error| unreadable(stream, at, &error))
    }

    /// The state, and the place of the first entry after it; those of an empty stream where there is no base.
    pub(crate) fn begin(base: Option<Self>, initial: impl FnOnce() -> S) -> (S, EventSeq) {
        base.map_or_else(|| (initial(), EventSeq::FIRST), |base| (base.state, base.through.next()))
    }
}

/// Keeps the activity of all accounts within their days, until the engine stops.
pub(crate) async fn keep_within(
    directory: Arc<Directory>,
    clock: Arc<dyn Clock>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let now = clock.now();
        for view in directory.all() {
            if let Err(error) = forget_old(&directory, &view.account, now, &stopping).await {
                tracing::warn!(account = %view.account.id, %error, "old activity is not forgotten");
            }
        }
        let next = now.checked_add(limits::ACTIVITY_PRUNE_EVERY).unwrap_or(Timestamp::MAX);
        tokio::select! {
            () = clock.wait_until(next) => {}
            _ = stopping.changed() => return,
        }
    }
}

async fn forget_old(
    directory: &Directory,
    account: &Account,
    now: Timestamp,
    stopping: &watch::Receiver<bool>,
) -> Result<(), EngineError> {
    let days = SignedDuration::from_hours(24 * i64::from(account.activity_days));
    let Ok(since) = now.checked_sub(days) else { return Ok(()) };
    let settings = StreamId::Account(account.id.clone());
    // What is left when the engine stops is forgotten after the next start.
    let goes_on = || !*stopping.borrow();
    while goes_on() && forget_before::<AccountMachine>(directory, &settings, since).await? {}
    let code = StreamId::Functions(account.id.clone());
    while goes_on() && forget_before::<FunctionMachine>(directory, &code, since).await? {}
    Ok(())
}

/// Forgets entries of a stream that are older than `since`, some at a time; whether there are more.
async fn forget_before<M>(
    directory: &Directory,
    stream: &StreamId,
    since: Timestamp,
) -> Result<bool, EngineError>
where
    M: Decider<State: Serialize + DeserializeOwned, Event: DeserializeOwned>,
{
    let store = directory.store();
    let base = Base::<M::State>::read(store, stream).await?;
    if let Some(base) = &base {
        // What a process left that ended in between.
        store.forget(stream, base.through).await?;
    }
    let (mut state, first) = Base::begin(base, M::initial);
    let old = old_records(store, stream, first, since).await?;
    let Some(through) = old.last().map(StoredRecord::last) else { return Ok(false) };
    for record in &old {
        let entries: Vec<Activity<M::Event>> =
            serde_json::from_slice(&record.body).map_err(|error| unreadable(stream, record.first, &error))?;
        state = entries.iter().fold(state, |state, entry| M::evolve(state, &entry.event));
    }
    let base = pack(&Base { through, state }).map_err(EngineError::malformed)?;
    if base.len() > SNAPSHOT_BYTES_MAX {
        tracing::warn!(%stream, "its state is too large to stand for old activity, which is kept");
        return Ok(false);
    }
    directory.set_base(stream, base).await?;
    store.forget(stream, through).await?;
    Ok(old.len() >= limits::ACTIVITY_FORGOTTEN_AT_ONCE)
}

/// The oldest records of a stream from `first`, as long as they are older than `since`, and not too many.
async fn old_records(
    store: &dyn Store,
    stream: &StreamId,
    first: EventSeq,
    since: Timestamp,
) -> Result<Vec<StoredRecord>, EngineError> {
    /// All entries of a record are of one moment.
    #[derive(Deserialize)]
    struct When {
        at: Timestamp,
    }
    let (mut old, mut next): (Vec<StoredRecord>, _) = (Vec::new(), first);
    while old.len() < limits::ACTIVITY_FORGOTTEN_AT_ONCE {
        // Mostly nothing is old: then one record says so.
        let most = if old.is_empty() { 1 } else { limits::ACTIVITY_FORGOTTEN_AT_ONCE - old.len() };
        let records = store.read(stream, next, most.min(limits::READ_RECORDS_MAX)).await?;
        if records.is_empty() {
            break;
        }
        for record in records {
            let entries: Vec<When> = serde_json::from_slice(&record.body)
                .map_err(|error| unreadable(stream, record.first, &error))?;
            if entries.iter().any(|entry| entry.at >= since) {
                return Ok(old);
            }
            next = record.last().next();
            old.push(record);
        }
    }
    Ok(old)
}
