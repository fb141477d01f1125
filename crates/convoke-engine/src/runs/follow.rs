//! Following the run log: what ends from now on, as it is written.

use std::collections::VecDeque;

use convoke_domain::id::AccountId;
use convoke_store::runs::{RunFilter, RunPlace};
use tokio::sync::watch;

use super::read::Run;
use crate::error::EngineError;
use crate::handle::Handle;
use crate::limits;

/// Runs of an account, as they end. It holds no place in any queue: a slow reader only reads later.
pub struct RunFollower {
    handle: Handle,
    account: AccountId,
    filter: RunFilter,
    after: u64,
    written: watch::Receiver<u64>,
    ready: VecDeque<Run>,
}

impl Handle {
    /// Follows an account's runs from after a number; without one, from now on.
    pub async fn follow_runs(
        &self,
        account: &AccountId,
        filter: RunFilter,
        after: Option<u64>,
    ) -> RunFollower {
        let log = &self.inner.invoker.runs;
        log.flush().await;
        let written = log.written.clone();
        let after = after.unwrap_or(*written.borrow());
        let (handle, account) = (self.clone(), account.clone());
        RunFollower { handle, account, filter, after, written, ready: VecDeque::new() }
    }
}

impl RunFollower {
    /// The next run; waits for it as long as it takes.
    ///
    /// # Errors
    /// If the run log cannot be read, or the engine stops.
    pub async fn next(&mut self) -> Result<Run, EngineError> {
        loop {
            if let Some(run) = self.ready.pop_front() {
                return Ok(run);
            }
            let written = *self.written.borrow_and_update();
            let place = RunPlace::After(self.after);
            let page =
                self.handle.stored_runs(&self.account, &self.filter, place, limits::RUNS_FOLLOWED_AT_ONCE);
            self.ready.extend(page.await?);
            if let Some(last) = self.ready.back() {
                self.after = last.number;
            } else {
                // Everything up to here was looked at, and nothing of it was wanted.
                self.after = self.after.max(written);
                self.written.changed().await.map_err(|_| EngineError::Stopping)?;
            }
        }
    }
}
