//! Secrets of accounts: sealed when they come in, opened only for a function that reads one.
//!
//! A value is any JSON. It is sealed by the installation's key for its account, name and version, so that a sealed value
//! cannot be put in the place of another. What is opened never shows itself in a `Debug` form.

use std::fmt;
use std::sync::Arc;

use convoke_domain::account::{self, Actor, Command, Rejection};
use convoke_domain::id::{AccountId, FunctionId, SecretName};
use serde_json::Value;

use crate::error::EngineError;
use crate::handle::Handle;
use crate::keys::MasterKey;
use crate::limits::SECRET_ATTEMPTS_MAX;

/// The value of a secret, for a function that may read it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue {
    /// How often the secret had been set, from 1: what a recording keeps in the place of the value.
    pub version: u32,
    json: Arc<str>,
}

impl SecretValue {
    /// The value as JSON. Whoever calls this sees to it that it gets into no log, record or answer.
    pub fn expose(&self) -> &str {
        &self.json
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretValue").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Handle {
    /// The value of a secret as it is now.
    ///
    /// # Errors
    /// If there is no such secret, or the installation's key does not open it.
    pub fn read_secret(&self, account: &AccountId, name: &SecretName) -> Result<SecretValue, EngineError> {
        let unknown = || EngineError::Account(Rejection::SecretUnknown(name.clone()));
        let view = self.account(account).ok_or_else(unknown)?;
        let secret = view.account.secrets.get(name).ok_or_else(unknown)?;
        let json = open(&self.inner.master_key, account, name, secret)?;
        Ok(SecretValue { version: secret.version, json: json.into() })
    }

    /// Gives a secret a value, making it if there is none. Gives back the account's state with it.
    ///
    /// # Errors
    /// The rule that refuses it, or the storage's failure.
    pub async fn set_secret(
        &self,
        account: &AccountId,
        by: &Actor,
        name: &SecretName,
        value: &Value,
    ) -> Result<account::Secret, EngineError> {
        let json = value.to_string();
        let chars = value.as_str().map_or_else(|| json.chars().count(), |text| text.chars().count());
        let mut attempt = 1;
        loop {
            let view = self.account(account).ok_or(EngineError::Account(Rejection::AccountUnknown))?;
            let present = view.account.secrets.get(name).map_or(0, |secret| secret.version);
            let version = present.saturating_add(1);
            let place = place(account, name, version);
            let sealed = self.inner.master_key.seal_value(self.entropy(), &place, json.as_bytes());
            let command = Command::SetSecret { name: name.clone(), sealed, version, chars };
            match self.configure(account, by, command).await {
                Err(EngineError::Account(Rejection::SecretChanged(_))) if attempt < SECRET_ATTEMPTS_MAX => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
                Ok(view) => {
                    let unknown = || EngineError::Account(Rejection::SecretUnknown(name.clone()));
                    return view.account.secrets.get(name).cloned().ok_or_else(unknown);
                }
            }
        }
    }

    /// Gives a secret that is there a new value, as a function does.
    ///
    /// # Errors
    /// If there is no such secret, the value is too long, or the storage fails.
    pub async fn update_secret(
        &self,
        account: &AccountId,
        function: FunctionId,
        name: &SecretName,
        value: &Value,
    ) -> Result<u32, EngineError> {
        let by = Actor::Function { function };
        Ok(self.set_secret(account, &by, name, value).await?.version)
    }
}

/// The value of a secret as JSON.
pub(crate) fn open(
    master: &MasterKey,
    account: &AccountId,
    name: &SecretName,
    secret: &account::Secret,
) -> Result<String, EngineError> {
    let broken = || EngineError::Unreadable(format!("the secret {name} of {account} does not open"));
    let place = place(account, name, secret.version);
    let plain = master.open_value(&place, &secret.sealed).map_err(|_| broken())?;
    String::from_utf8(plain).map_err(|_| broken())
}

/// Associated data: a sealed value opens only as this version of this secret. None of the parts has a `/`.
fn place(account: &AccountId, name: &SecretName, version: u32) -> String {
    format!("secret/{account}/{name}/{version}")
}
