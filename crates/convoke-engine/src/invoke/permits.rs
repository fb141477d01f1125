//! How many invocations may be under way: so many per account, so that no account takes all there is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use convoke_domain::id::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits;

/// The accounts' permits.
#[derive(Debug, Default)]
pub(crate) struct Permits {
    accounts: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
}

impl Permits {
    /// Waits until `account` may run one more, in the order of asking.
    pub(crate) async fn acquire(&self, account: &AccountId) -> OwnedSemaphorePermit {
        let permits = {
            let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            let permits = accounts.entry(account.clone());
            Arc::clone(permits.or_insert_with(|| Arc::new(Semaphore::new(limits::ACCOUNT_INVOCATIONS_MAX))))
        };
        permits.acquire_owned().await.expect("these semaphores are never closed")
    }
}
