//! App keys as the engine knows them: their secrets are sealed when they come in, and opened only to verify a login.

use std::fmt;
use std::sync::Arc;

use convoke_domain::account::{Actor, Command, Rejection};
use convoke_domain::id::{AccountId, AppKeyId, UserId};
use serde::{Deserialize, Serialize};

use crate::directory::AccountView;
use crate::error::EngineError;
use crate::handle::Handle;

/// The two secrets of an app key. Its `Debug` form shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppKeySecrets {
    /// The program's.
    pub secret: String,
    /// The user's.
    pub access_token_secret: String,
}

impl fmt::Debug for AppKeySecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKeySecrets(…)")
    }
}

impl Handle {
    /// Gives a user a key to log in with.
    ///
    /// # Errors
    /// The rule that refuses it, or the storage's failure.
    ///
    /// # Panics
    /// Never: two texts are always JSON.
    pub async fn issue_app_key(
        &self,
        account: &AccountId,
        by: &Actor,
        (id, name, user, access_token): (AppKeyId, String, UserId, String),
        secrets: &AppKeySecrets,
    ) -> Result<Arc<AccountView>, EngineError> {
        let plain = serde_json::to_vec(secrets).expect("two texts serialize into memory");
        let sealed = self.inner.master_key.seal_value(self.entropy(), &place(account, id), &plain);
        self.configure(account, by, Command::IssueAppKey { id, name, user, access_token, sealed }).await
    }

    /// The secrets of an app key. Whoever calls this sees to it that they get into no log, record or answer.
    ///
    /// # Errors
    /// If there is no such key, or the installation's key does not open it.
    pub fn app_key_secrets(&self, account: &AccountId, id: AppKeyId) -> Result<AppKeySecrets, EngineError> {
        let unknown = || EngineError::Account(Rejection::AppKeyUnknown(id));
        let view = self.account(account).ok_or_else(unknown)?;
        let key = view.account.app_keys.get(&id).ok_or_else(unknown)?;
        let broken = || EngineError::Unreadable(format!("the secrets of {id} of {account} do not open"));
        let plain = self.inner.master_key.open_value(&place(account, id), &key.sealed);
        serde_json::from_slice(&plain.map_err(|_| broken())?).map_err(|_| broken())
    }
}

/// Associated data: sealed secrets open only as those of this key.
fn place(account: &AccountId, id: AppKeyId) -> String {
    format!("app-key/{account}/{id}")
}
