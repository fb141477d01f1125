//! Letters that were taken, or that nobody wants any more.

use std::collections::BTreeSet;

use convoke_domain::id::{AccountId, WebhookId};
use convoke_domain::sequence::EventSeq;
use convoke_store::{FactOp, Step, StreamId};

use super::{LETTERS, Letter, Outbox, dead, prefix};
use crate::committer;
use crate::error::EngineError;
use crate::handle::Handle;
use crate::limits;

impl Outbox {
    /// Writes rows of the outbox, all or none.
    pub(crate) async fn write(&self, account: &AccountId, rows: Vec<FactOp>) -> Result<(), EngineError> {
        let mut step = Step::new(StreamId::Outbox(account.clone()), self.store.epoch(), None);
        step.facts = rows;
        committer::hand_in(&self.committer, step).await.map(drop)
    }

    /// Removes all rows that begin so.
    async fn clear(&self, account: &AccountId, prefix: &str) -> Result<(), EngineError> {
        loop {
            let page = self.store.facts(account, prefix, None, limits::LETTERS_DROPPED_AT_ONCE).await?;
            if page.is_empty() {
                return Ok(());
            }
            let rows = page.into_iter().map(|(key, _)| FactOp { key, value: None });
            self.write(account, rows.collect()).await?;
        }
    }
}

impl Handle {
    /// Everything of a letter before `next` is told: what is left of it stays.
    ///
    /// # Errors
    /// If the storage fails; then it is told again.
    pub async fn letter_told(
        &self,
        account: &AccountId,
        webhook: WebhookId,
        letter: &Letter,
        next: EventSeq,
    ) -> Result<(), EngineError> {
        if next <= letter.first {
            return Ok(());
        }
        let mut rows = vec![letter.removed(webhook)];
        rows.extend(letter.from(next).map(|rest| rest.row(webhook)));
        self.inner.outbox.write(account, rows).await
    }

    /// Forgets all letters of a webhook, the dead ones too.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn forget_letters(&self, account: &AccountId, webhook: WebhookId) -> Result<(), EngineError> {
        let outbox = &self.inner.outbox;
        outbox.clear(account, &prefix(webhook)).await?;
        outbox.clear(account, &dead::prefix(webhook)).await?;
        outbox.dead.forget(account, webhook);
        Ok(())
    }

    /// The webhooks that letters wait for, whether they are still there or not.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn letter_boxes(&self, account: &AccountId) -> Result<BTreeSet<WebhookId>, EngineError> {
        let mut found = BTreeSet::new();
        let mut after: Option<String> = None;
        loop {
            // One row of each is enough: the next look begins behind all of its rows.
            let row = self.inner.store.facts(account, LETTERS, after.as_deref(), 1).await?;
            let Some((key, _)) = row.into_iter().next() else { return Ok(found) };
            let name = key[LETTERS.len()..].split('/').next().unwrap_or_default();
            found.extend(name.parse::<WebhookId>());
            after = Some(format!("{LETTERS}{name}/~"));
        }
    }
}
