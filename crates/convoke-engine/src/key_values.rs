//! Key-values: what functions keep, true together with the answer of the invocation that wrote it, or not at all.
//!
//! ```text
//! function ──set──▶ Transaction: remembered, and its key is taken       nobody else sees it
//!     │
//!     └─answer─▶ settle (a conversation's step, or a step of its own)   durable in the same append
//!                   └─▶ KeyValueBook: everybody sees it                 and the keys are free
//! ```
//!
//! Whoever wrote a key has it until its invocation is settled, so a settle is never refused for a key: a conflict is the
//! error of the one who writes second, while it can still react. A crash before the append forgets the writes with the
//! answer, and the function runs again; after it, both are there.

mod transaction;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use convoke_api::platform_error::PlatformError;
use convoke_domain::id::AccountId;
use convoke_domain::key_value::{Entry, FACT_PREFIX, KeyValues, Place, Rejection};
use convoke_store::{FactOp, Step, Store, StreamId};
use tokio::sync::{Notify, OnceCell, mpsc};

use crate::committer::{self, Pending};
use crate::error::EngineError;
use crate::handle::Handle;
use crate::limits;
use crate::ports::{Clock, Ports};
use crate::shard::Ticket;

pub use transaction::{Found, Transaction, Writing};

/// Why a function's key-values do not do what it asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyValueError {
    /// The rules refuse it.
    #[error("{0}")]
    Refused(#[from] Rejection),
    /// They cannot be read now.
    #[error("what is kept cannot be read now: {0}")]
    Unavailable(String),
}

impl KeyValueError {
    /// The stable code that functions can rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(rejection) => rejection.code(),
            Self::Unavailable(_) => PlatformError::KeyValuesUnavailable.code(),
        }
    }
}

/// The key-values of all accounts of this node.
pub(crate) struct KeyValueBook {
    accounts: Mutex<BTreeMap<AccountId, Arc<Table>>>,
    /// How many attempts began; each is known by its number.
    begun: AtomicU64,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    committer: mpsc::Sender<Pending<Ticket>>,
}

/// The key-values of one account.
#[derive(Default)]
pub(crate) struct Table {
    loaded: OnceCell<()>,
    state: Mutex<State>,
    /// Told whenever keys get free.
    freed: Notify,
}

/// What is true, and who writes what.
#[derive(Default)]
struct State {
    known: KeyValues,
    /// Keys that an invocation has written and not settled, by its number.
    taken: BTreeMap<Place, u64>,
    /// What those writes add at most. Bytes.
    reserved: usize,
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyValueBook {
    pub(crate) fn new(ports: &Ports, committer: mpsc::Sender<Pending<Ticket>>) -> Arc<Self> {
        Self::over(Arc::clone(&ports.store), Arc::clone(&ports.clock), committer)
    }

    fn over(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        committer: mpsc::Sender<Pending<Ticket>>,
    ) -> Arc<Self> {
        Arc::new(Self { accounts: Mutex::default(), begun: AtomicU64::default(), store, clock, committer })
    }

    /// What one attempt of an invocation reads and writes; `kept` says whether its writes can become true at all.
    pub(crate) fn begin(self: &Arc<Self>, account: &AccountId, kept: bool) -> Arc<Transaction> {
        let table = self.table(account);
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        Arc::new(Transaction::new(Arc::clone(self), account.clone(), table, number, kept))
    }

    fn table(&self, account: &AccountId) -> Arc<Table> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = accounts.get(account) {
            return Arc::clone(table);
        }
        Arc::clone(accounts.entry(account.clone()).or_default())
    }

    /// Reads what is kept in an account, once.
    async fn load(&self, account: &AccountId, table: &Table) -> Result<(), KeyValueError> {
        let load = || async {
            let known = self.stored(account).await?;
            table.lock().known = known;
            Ok::<(), KeyValueError>(())
        };
        table.loaded.get_or_try_init(load).await?;
        Ok(())
    }

    async fn stored(&self, account: &AccountId) -> Result<KeyValues, KeyValueError> {
        let mut known = KeyValues::default();
        let mut after: Option<String> = None;
        loop {
            let page = self.store.facts(account, FACT_PREFIX, after.as_deref(), limits::READ_RECORDS_MAX);
            let page = page.await.map_err(|error| KeyValueError::Unavailable(error.to_string()))?;
            let Some((last, _)) = page.last() else { return Ok(known) };
            after = Some(last.clone());
            for (fact, value) in &page {
                let unreadable = || KeyValueError::Unavailable(format!("{fact} is not readable"));
                let place = Place::of_fact(fact).ok_or_else(unreadable)?;
                let entry: Entry = serde_json::from_slice(value).map_err(|_| unreadable())?;
                known.put(place, Some(entry));
            }
        }
    }

    /// Makes the writes of an invocation durable that no conversation's step carries.
    async fn append(&self, account: &AccountId, facts: Vec<FactOp>) -> Result<(), EngineError> {
        let mut step = Step::new(StreamId::KeyValues(account.clone()), self.store.epoch(), None);
        step.facts = facts;
        committer::hand_in(&self.committer, step).await.map(drop)
    }
}

impl Handle {
    /// A look at what an account's functions keep. What is written through it is seen by nobody else, and never kept.
    pub fn key_values(&self, account: &AccountId) -> Arc<Transaction> {
        self.inner.invoker.key_values.begin(account, false)
    }
}
