//! The accounts and their functions: loaded at start, changed by one writer, read by everybody without waiting.
//!
//! A change is decided, appended, and only then published; whoever reads afterwards sees it, within the same process at
//! once. Both machines of an account have a stream of their own in the log.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;

use arc_swap::ArcSwap;
use convoke_domain::account::{self, Account, AccountMachine, Actor};
use convoke_domain::conversation::timers::moved_by;
use convoke_domain::decider::Decider;
use convoke_domain::function::{self, Bindings, FunctionMachine, Functions};
use convoke_domain::id::AccountId;
use convoke_domain::sequence::EventSeq;
use convoke_store::{FactOp, NewRecord, Step, Store, StoreError, StreamId};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, mpsc, watch};

use crate::activity::Base;
use crate::committer::{self, Pending};
use crate::error::EngineError;
use crate::limits;
use crate::ports::Clock;
use crate::rearm::{self, Rearming};
use crate::shard::Ticket;

/// One account as it is now.
#[derive(Debug, Clone)]
pub struct AccountView {
    /// Its settings.
    pub account: Account,
    /// Its functions.
    pub functions: Functions,
    /// Which of them answer what.
    pub bindings: Bindings,
}

/// An entry of the activity stream: who changed what, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity<E> {
    /// Its place in the stream.
    pub seq: EventSeq,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What.
    pub event: E,
}

/// All accounts of this node.
pub(crate) struct Directory {
    accounts: ArcSwap<BTreeMap<AccountId, Arc<AccountView>>>,
    changed: watch::Sender<()>,
    heads: Mutex<BTreeMap<StreamId, EventSeq>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    committer: mpsc::Sender<Pending<Ticket>>,
    /// Accounts whose conversations' timers have to be looked at again.
    pub(crate) rearming: Rearming,
}

impl Directory {
    /// Reads all accounts from the log.
    pub(crate) async fn load(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        committer: mpsc::Sender<Pending<Ticket>>,
    ) -> Result<Self, StoreError> {
        let mut accounts = BTreeMap::new();
        let mut heads = BTreeMap::new();
        let rearming = Rearming::default();
        for id in store.accounts().await? {
            if store.fact(&id, rearm::MARK).await?.is_some() {
                rearming.add(id.clone());
            }
            let settings = StreamId::Account(id.clone());
            let code = StreamId::Functions(id.clone());
            let account = replay::<AccountMachine>(&*store, &settings, &mut heads).await?;
            let functions = replay::<FunctionMachine>(&*store, &code, &mut heads).await?;
            if let Some(account) = account {
                let bindings = Bindings::of(&functions);
                accounts.insert(id, Arc::new(AccountView { account, functions, bindings }));
            }
        }
        Ok(Self {
            accounts: ArcSwap::from_pointee(accounts),
            changed: watch::Sender::new(()),
            heads: Mutex::new(heads),
            store,
            clock,
            committer,
            rearming,
        })
    }

    /// The account as it is now.
    pub(crate) fn account(&self, id: &AccountId) -> Option<Arc<AccountView>> {
        self.accounts.load().get(id).cloned()
    }

    /// All accounts, in the order of their ids.
    pub(crate) fn all(&self) -> Vec<Arc<AccountView>> {
        self.accounts.load().values().cloned().collect()
    }

    /// Tells whenever an account has changed.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Changes an account's settings.
    pub(crate) async fn change_account(
        &self,
        id: &AccountId,
        by: &Actor,
        command: account::Command,
    ) -> Result<Arc<AccountView>, EngineError> {
        let mut heads = self.heads.lock().await;
        let view = self.account(id);
        let now = self.clock.now();
        let state = view.as_ref().map(|view| view.account.clone());
        let context = account::Context { now, actor: by };
        let events = AccountMachine::decide(&state, command, &context).map_err(EngineError::Account)?;
        let account = events.iter().fold(state.clone(), AccountMachine::evolve);
        let account = account.ok_or(EngineError::Account(account::Rejection::AccountUnknown))?;
        let stream = StreamId::Account(id.clone());
        let moves_timers = state.is_some_and(|before| moved_by(&before, &account));
        let facts = if moves_timers { vec![rearm::fact(heads.get(&stream).copied())] } else { Vec::new() };
        self.append(stream, &mut heads, by, now, &events, facts).await?;
        let functions = view.map_or_else(Functions::default, |view| view.functions.clone());
        let view = self.publish(id, account, functions);
        if moves_timers {
            self.rearming.add(id.clone());
        }
        Ok(view)
    }

    /// The timers of an account's conversations are as its settings want them, up to the change that left `mark`.
    pub(crate) async fn rearmed(&self, id: &AccountId, mark: &[u8]) -> Result<(), EngineError> {
        // Under the lock that changes take: a later change leaves a mark of its own.
        let mut heads = self.heads.lock().await;
        if self.store.fact(id, rearm::MARK).await?.as_deref() != Some(mark) {
            return Ok(());
        }
        let stream = StreamId::Account(id.clone());
        let mut step = Step::new(stream.clone(), self.store.epoch(), heads.get(&stream).copied());
        step.facts = vec![FactOp { key: rearm::MARK.to_owned(), value: None }];
        self.commit(step, &mut heads).await
    }

    /// Changes an account's functions.
    pub(crate) async fn change_functions(
        &self,
        id: &AccountId,
        by: &Actor,
        command: function::Command,
    ) -> Result<Arc<AccountView>, EngineError> {
        let mut heads = self.heads.lock().await;
        let view = self.account(id).ok_or(EngineError::Account(account::Rejection::AccountUnknown))?;
        let now = self.clock.now();
        let context = function::Context { now, actor: by, account: &view.account };
        let events =
            FunctionMachine::decide(&view.functions, command, &context).map_err(EngineError::Function)?;
        let stream = StreamId::Functions(id.clone());
        self.append(stream, &mut heads, by, now, &events, Vec::new()).await?;
        let functions = events.iter().fold(view.functions.clone(), FunctionMachine::evolve);
        Ok(self.publish(id, view.account.clone(), functions))
    }

    /// What `tell` says of the entries of an activity stream that are kept, oldest first, from `from`; at most `most`. It is
    /// shown the states before and after each, which the log does not keep: they are made anew from where it begins.
    pub(crate) async fn history<M, T>(
        &self,
        stream: &StreamId,
        from: EventSeq,
        most: usize,
        mut tell: impl FnMut(&M::State, &M::State, &Activity<M::Event>) -> Option<T>,
    ) -> Result<Vec<T>, EngineError>
    where
        M: Decider<State: Clone + DeserializeOwned, Event: DeserializeOwned>,
    {
        for _ in 0..limits::ACTIVITY_READS_MAX {
            if let Some(told) = self.told::<M, T>(stream, from, most, &mut tell).await? {
                return Ok(told);
            }
        }
        Err(EngineError::Storage(format!("{stream} was forgotten faster than it could be read")))
    }

    /// The same; `None` if something was forgotten on the way.
    async fn told<M, T>(
        &self,
        stream: &StreamId,
        from: EventSeq,
        most: usize,
        tell: &mut impl FnMut(&M::State, &M::State, &Activity<M::Event>) -> Option<T>,
    ) -> Result<Option<Vec<T>>, EngineError>
    where
        M: Decider<State: Clone + DeserializeOwned, Event: DeserializeOwned>,
    {
        let base = Base::read(&*self.store, stream).await?;
        let ((mut state, mut next), mut told) = (Base::begin(base, M::initial), Vec::new());
        loop {
            let records = self.store.read(stream, next, limits::READ_RECORDS_MAX).await?;
            let Some(last) = records.last() else { return Ok(Some(told)) };
            next = last.last().next();
            for record in &records {
                if record.body.is_empty() {
                    return Ok(None);
                }
                let entries: Vec<Activity<M::Event>> =
                    serde_json::from_slice(&record.body).map_err(EngineError::malformed)?;
                for entry in entries {
                    if entry.seq < from {
                        state = M::evolve(state, &entry.event);
                        continue;
                    }
                    let before = state.clone();
                    state = M::evolve(state, &entry.event);
                    told.extend(tell(&before, &state, &entry));
                    if told.len() >= most {
                        return Ok(Some(told));
                    }
                }
            }
        }
    }

    /// The log.
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// From now on a stream is read from this base.
    pub(crate) async fn set_base(&self, stream: &StreamId, base: Vec<u8>) -> Result<(), EngineError> {
        let mut heads = self.heads.lock().await;
        let mut step = Step::new(stream.clone(), self.store.epoch(), heads.get(stream).copied());
        step.snapshot = Some(base);
        self.commit(step, &mut heads).await
    }

    /// The place of the last entry of a stream; `None` if there is none.
    pub(crate) async fn head(&self, stream: &StreamId) -> Option<EventSeq> {
        self.heads.lock().await.get(stream).copied()
    }

    fn publish(&self, id: &AccountId, account: Account, functions: Functions) -> Arc<AccountView> {
        let bindings = Bindings::of(&functions);
        let view = Arc::new(AccountView { account, functions, bindings });
        let mut accounts = BTreeMap::clone(&self.accounts.load());
        accounts.insert(id.clone(), Arc::clone(&view));
        self.accounts.store(Arc::new(accounts));
        self.changed.send_replace(());
        view
    }

    async fn append<E: Serialize>(
        &self,
        stream: StreamId,
        heads: &mut BTreeMap<StreamId, EventSeq>,
        by: &Actor,
        now: Timestamp,
        events: &[E],
        facts: Vec<FactOp>,
    ) -> Result<(), EngineError> {
        let Some(count) = u16::try_from(events.len()).ok().and_then(NonZeroU16::new) else { return Ok(()) };
        let expect = heads.get(&stream).copied();
        let mut seq = EventSeq::after(expect);
        let mut entries = Vec::with_capacity(events.len());
        for event in events {
            entries.push(Activity { seq, at: now, by: by.clone(), event });
            seq = seq.next();
        }
        let body = serde_json::to_vec(&entries).map_err(EngineError::malformed)?;
        let mut step = Step::new(stream.clone(), self.store.epoch(), expect);
        step.record = Some(NewRecord { events: count, at: now, body });
        step.facts = facts;
        self.commit(step, heads).await
    }

    async fn commit(&self, step: Step, heads: &mut BTreeMap<StreamId, EventSeq>) -> Result<(), EngineError> {
        let stream = step.stream.clone();
        if let Some(head) = committer::hand_in(&self.committer, step).await? {
            heads.insert(stream, head);
        }
        Ok(())
    }
}

async fn replay<M>(
    store: &dyn Store,
    stream: &StreamId,
    heads: &mut BTreeMap<StreamId, EventSeq>,
) -> Result<M::State, StoreError>
where
    M: Decider<State: DeserializeOwned, Event: DeserializeOwned>,
{
    let base = Base::read(store, stream).await?;
    let (mut state, mut from) = Base::begin(base, M::initial);
    if let Some(through) = EventSeq::new(from.number() - 1) {
        heads.insert(stream.clone(), through);
    }
    loop {
        let records = store.read(stream, from, limits::READ_RECORDS_MAX).await?;
        let Some(last) = records.last() else { return Ok(state) };
        heads.insert(stream.clone(), last.last());
        from = last.last().next();
        for record in &records {
            let entries: Vec<Activity<M::Event>> = serde_json::from_slice(&record.body)
                .map_err(|error| crate::error::unreadable(stream, record.first, &error))?;
            state = entries.iter().fold(state, |state, entry| M::evolve(state, &entry.event));
        }
    }
}
