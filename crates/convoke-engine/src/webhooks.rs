//! Webhooks as the engine knows them: secrets that are sealed when they come in, and the way out to the network.

use std::sync::Arc;

use convoke_domain::account::{Actor, Command, Egress, Rejection, WebhookPlan};
use convoke_domain::id::{AccountId, WebhookId};

use crate::directory::AccountView;
use crate::error::EngineError;
use crate::handle::Handle;
use crate::ports::{Post, PostError};

impl Handle {
    /// Creates or changes a webhook, with a new secret or the one that it has.
    ///
    /// # Errors
    /// The rule that refuses it, or the storage's failure.
    pub async fn define_webhook(
        &self,
        account: &AccountId,
        by: &Actor,
        id: WebhookId,
        plan: WebhookPlan,
        secret: Option<&str>,
    ) -> Result<Arc<AccountView>, EngineError> {
        let sealed = secret.map(|secret| {
            self.inner.master_key.seal_value(self.entropy(), &place(account, id), secret.as_bytes())
        });
        self.configure(account, by, Command::DefineWebhook { id, plan, sealed }).await
    }

    /// The secret with which a webhook's letters are signed. Whoever calls this sees to it that it gets into no log,
    /// record or answer.
    ///
    /// # Errors
    /// If there is no such webhook, or the installation's key does not open it.
    pub fn webhook_secret(&self, account: &AccountId, id: WebhookId) -> Result<String, EngineError> {
        let unknown = || EngineError::Account(Rejection::WebhookUnknown(id));
        let view = self.account(account).ok_or_else(unknown)?;
        let webhook = view.account.webhooks.get(&id).ok_or_else(unknown)?;
        let broken = || EngineError::Unreadable(format!("the secret of {id} of {account} does not open"));
        let plain = self.inner.master_key.open_value(&place(account, id), &webhook.sealed);
        String::from_utf8(plain.map_err(|_| broken())?).map_err(|_| broken())
    }

    /// Posts something within an account's allow-list; the status of the answer.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn post(&self, egress: &Egress, post: Post) -> Result<u16, PostError> {
        self.inner.invoker.host.post(egress, post).await
    }

    /// Completes when it is `at` by the engine's clock, or later.
    pub async fn wait_until(&self, at: jiff::Timestamp) {
        self.inner.clock.wait_until(at).await;
    }

    /// Tells whenever the settings or functions of an account have changed.
    pub fn settings_changes(&self) -> tokio::sync::watch::Receiver<()> {
        self.inner.directory.changes()
    }
}

/// Associated data: a sealed secret opens only as that of this webhook.
fn place(account: &AccountId, id: WebhookId) -> String {
    format!("webhook/{account}/{id}")
}
