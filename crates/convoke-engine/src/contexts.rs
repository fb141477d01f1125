//! What the functions of each account remember: one writer per account, read in place.
//!
//! An account's memory is loaded when it is first asked for. A change is decided, appended, and only then seen.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;

use convoke_domain::context::{Command, ContextMachine, Contexts, Event};
use convoke_domain::decider::Decider;
use convoke_domain::id::AccountId;
use convoke_domain::sequence::EventSeq;
use convoke_store::{FactOp, NewRecord, Step, Store, StreamId};
use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc};

use crate::committer::{self, Pending};
use crate::error::{EngineError, unreadable};
use crate::handle::Handle;
use crate::limits;
use crate::shard::Ticket;

/// The memories of all accounts of this node.
pub(crate) struct ContextBook {
    accounts: Mutex<BTreeMap<AccountId, Arc<Mutex<Memory>>>>,
    store: Arc<dyn Store>,
    committer: mpsc::Sender<Pending<Ticket>>,
}

#[derive(Default)]
struct Memory {
    loaded: bool,
    state: Contexts,
    head: Option<EventSeq>,
}

impl ContextBook {
    pub(crate) fn new(store: Arc<dyn Store>, committer: mpsc::Sender<Pending<Ticket>>) -> Self {
        Self { accounts: Mutex::default(), store, committer }
    }

    async fn memory(&self, account: &AccountId) -> Arc<Mutex<Memory>> {
        Arc::clone(self.accounts.lock().await.entry(account.clone()).or_default())
    }

    async fn load(&self, account: &AccountId, memory: &mut Memory) -> Result<(), EngineError> {
        let stream = StreamId::Context(account.clone());
        while !memory.loaded {
            let from = EventSeq::after(memory.head);
            let records = self.store.read(&stream, from, limits::READ_RECORDS_MAX).await?;
            memory.loaded = records.is_empty();
            for record in &records {
                let events: Vec<Event> = serde_json::from_slice(&record.body)
                    .map_err(|error| unreadable(&stream, record.first, &error))?;
                let state = std::mem::take(&mut memory.state);
                memory.state = events.iter().fold(state, ContextMachine::evolve);
                memory.head = Some(record.last());
            }
        }
        Ok(())
    }

    async fn append(
        &self,
        account: &AccountId,
        memory: &mut Memory,
        events: &[Event],
        at: Timestamp,
    ) -> Result<(), EngineError> {
        let count = u16::try_from(events.len()).ok().and_then(NonZeroU16::new);
        let Some(count) = count else { return Ok(()) };
        let body = serde_json::to_vec(events).map_err(EngineError::malformed)?;
        let mut step = Step::new(StreamId::Context(account.clone()), self.store.epoch(), memory.head);
        step.record = Some(NewRecord { events: count, at, body });
        self.commit(memory, step).await
    }

    /// Sets or removes small facts of an account, all or none; durable when this returns. They have no place of their own
    /// in the log, so they go with the memory's, whose one writer this is. At most [`STEP_ROWS_MAX`].
    ///
    /// [`STEP_ROWS_MAX`]: convoke_store::limits::STEP_ROWS_MAX
    pub(crate) async fn set_facts(&self, account: &AccountId, facts: Vec<FactOp>) -> Result<(), EngineError> {
        let memory = self.memory(account).await;
        let mut memory = memory.lock().await;
        self.load(account, &mut memory).await?;
        let mut step = Step::new(StreamId::Context(account.clone()), self.store.epoch(), memory.head);
        step.facts = facts;
        self.commit(&mut memory, step).await
    }

    async fn commit(&self, memory: &mut Memory, step: Step) -> Result<(), EngineError> {
        memory.head = committer::hand_in(&self.committer, step).await?.or(memory.head);
        Ok(())
    }
}

impl Handle {
    /// Changes what an account's functions remember; the change is durable.
    ///
    /// # Errors
    /// The rule that refuses it, or the storage's failure.
    pub async fn remember(&self, account: &AccountId, command: Command) -> Result<(), EngineError> {
        let book = &self.inner.contexts;
        let memory = book.memory(account).await;
        let mut memory = memory.lock().await;
        book.load(account, &mut memory).await?;
        let now = self.now();
        let events = ContextMachine::decide(&memory.state, command, &now).map_err(EngineError::Context)?;
        book.append(account, &mut memory, &events, now).await?;
        let state = std::mem::take(&mut memory.state);
        memory.state = events.iter().fold(state, ContextMachine::evolve);
        Ok(())
    }

    /// Looks at what an account's functions remember.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn remembered<T>(
        &self,
        account: &AccountId,
        look: impl FnOnce(&Contexts, Timestamp) -> T + Send,
    ) -> Result<T, EngineError> {
        let book = &self.inner.contexts;
        let memory = book.memory(account).await;
        let mut memory = memory.lock().await;
        book.load(account, &mut memory).await?;
        Ok(look(&memory.state, self.now()))
    }
}
