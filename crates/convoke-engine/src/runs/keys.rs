//! Keys for the sealed parts of runs: the consumers' from the conversations' log, and one per account, made when the
//! account first needs it.

use std::collections::HashMap;
use std::sync::Arc;

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_store::Store;
use convoke_store::runs::RunStore;

use crate::error::EngineError;
use crate::keys::{DataKey, MasterKey};
use crate::limits;
use crate::ports::Entropy;
use crate::shard::key_owner;

/// Finds keys, and remembers those it found.
pub(super) struct Keys {
    store: Arc<dyn Store>,
    runs: Arc<dyn RunStore>,
    master: MasterKey,
    entropy: Arc<dyn Entropy>,
    known: HashMap<(AccountId, Option<ConsumerId>), DataKey>,
    /// Keys of accounts that were made here and have to be kept with what they seal.
    made: Vec<(AccountId, Vec<u8>)>,
}

impl Keys {
    pub(super) fn new(
        store: Arc<dyn Store>,
        runs: Arc<dyn RunStore>,
        master: MasterKey,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { store, runs, master, entropy, known: HashMap::new(), made: Vec::new() }
    }

    /// A consumer's key, or the account's if `owner` is `None`; `None` if it is erased or was never made.
    pub(super) async fn find(
        &mut self,
        account: &AccountId,
        owner: Option<ConsumerId>,
    ) -> Result<Option<DataKey>, EngineError> {
        let name = (account.clone(), owner);
        if let Some(key) = self.known.get(&name) {
            return Ok(Some(key.clone()));
        }
        let wrapped = match owner {
            Some(consumer) => self.store.key(account, consumer).await?,
            None => self.runs.account_key(account).await?,
        };
        // That there is none is not remembered: whoever was erased may come back, with another one.
        let Some(wrapped) = wrapped else { return Ok(None) };
        let key = self.unwrap(account, owner, &wrapped)?;
        self.remember(name, key.clone());
        Ok(Some(key))
    }

    /// The account's key; made if there is none yet.
    pub(super) async fn of_account(&mut self, account: &AccountId) -> Result<DataKey, EngineError> {
        if let Some(key) = self.find(account, None).await? {
            return Ok(key);
        }
        let (key, wrapped) = self.master.new_data_key(&*self.entropy, account_owner(account).as_bytes());
        self.made.push((account.clone(), wrapped));
        self.remember((account.clone(), None), key.clone());
        Ok(key)
    }

    /// The keys made since this was last asked.
    pub(super) fn take_made(&mut self) -> Vec<(AccountId, Vec<u8>)> {
        std::mem::take(&mut self.made)
    }

    /// Forgets a consumer's key, because it was erased.
    pub(super) fn forget(&mut self, account: &AccountId, consumer: ConsumerId) {
        self.known.remove(&(account.clone(), Some(consumer)));
    }

    /// Forgets everything, so that it is looked up anew.
    pub(super) fn forget_all(&mut self) {
        self.known.clear();
    }

    fn remember(&mut self, name: (AccountId, Option<ConsumerId>), key: DataKey) {
        if self.known.len() >= limits::RUN_KEYS_MAX {
            self.known.clear();
        }
        self.known.insert(name, key);
    }

    fn unwrap(
        &self,
        account: &AccountId,
        owner: Option<ConsumerId>,
        wrapped: &[u8],
    ) -> Result<DataKey, EngineError> {
        let place = owner.map_or_else(|| account_owner(account), |consumer| key_owner(account, consumer));
        self.master.unwrap(place.as_bytes(), wrapped).map_err(|error| {
            EngineError::Unreadable(format!("a key of {account}: {error}; is it the right master key?"))
        })
    }
}

/// What an account's key is bound to.
fn account_owner(account: &AccountId) -> String {
    format!("{account}/runs")
}
