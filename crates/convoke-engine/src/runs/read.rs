//! Reading the run log: pages of runs, opened.

use convoke_domain::id::{AccountId, FunctionId};
use convoke_store::runs::{Figure, NewRun, RunFilter, RunPlace, StoredRun};
use jiff::Timestamp;

use super::body::{self, RunBody};
use super::keys::Keys;
use crate::error::EngineError;
use crate::handle::Handle;

/// A run as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its place among the runs of its account; grows.
    pub number: u64,
    /// What is known of it; without its sealed part.
    pub run: NewRun,
    /// What it logged, called and said; `None` if the consumer whose key sealed it was erased.
    pub body: Option<RunBody>,
}

/// Some runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunPage {
    /// The runs, in the order that was asked for.
    pub runs: Vec<Run>,
    /// How many runs of the account in this time were too many to be kept.
    pub missing: u64,
}

impl Handle {
    /// Runs of an account's functions, everything that ended before this was asked included.
    ///
    /// # Errors
    /// If the run log cannot be read.
    pub async fn runs(
        &self,
        account: &AccountId,
        filter: &RunFilter,
        place: RunPlace,
        most: usize,
    ) -> Result<RunPage, EngineError> {
        self.inner.invoker.runs.flush().await;
        let runs = self.stored_runs(account, filter, place, most).await?;
        let (from, until) = (filter.from.unwrap_or(Timestamp::MIN), filter.until.unwrap_or(Timestamp::MAX));
        let missing = self.inner.invoker.runs.store.missing(account, from, until).await?;
        Ok(RunPage { runs, missing })
    }

    /// How an account's functions did in each five minutes from `from` until before `until`.
    ///
    /// # Errors
    /// If the run log cannot be read.
    pub async fn figures(
        &self,
        account: &AccountId,
        function: Option<FunctionId>,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Figure>, EngineError> {
        self.inner.invoker.runs.flush().await;
        Ok(self.inner.invoker.runs.store.figures(account, function, from, until).await?)
    }

    pub(super) async fn stored_runs(
        &self,
        account: &AccountId,
        filter: &RunFilter,
        place: RunPlace,
        most: usize,
    ) -> Result<Vec<Run>, EngineError> {
        let log = &self.inner.invoker.runs;
        let stored = log.store.runs(account, filter, place, most).await?;
        let mut keys = log.keys.lock().await;
        let mut runs = Vec::with_capacity(stored.len());
        for StoredRun { number, mut run } in stored {
            let sealed = std::mem::take(&mut run.sealed);
            let body = opened(&mut keys, &run, &sealed).await?;
            runs.push(Run { number, run, body });
        }
        Ok(runs)
    }
}

async fn opened(keys: &mut Keys, run: &NewRun, sealed: &[u8]) -> Result<Option<RunBody>, EngineError> {
    if sealed.is_empty() {
        return Ok(Some(RunBody::default()));
    }
    let Some(key) = keys.find(&run.account, body::owner(sealed)).await? else { return Ok(None) };
    // What does not open was sealed with a key that is destroyed: the consumer was erased and came back.
    let Some(plain) = body::open(sealed, &key, &body::place(run.invocation, run.attempt)) else {
        return Ok(None);
    };
    serde_json::from_slice(&plain).map(Some).map_err(EngineError::malformed)
}
