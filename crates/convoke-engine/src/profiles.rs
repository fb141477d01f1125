//! Profiles of consumers: one small sealed row each, which goes with the consumer's key.

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_store::{FactOp, Reject, Step, StreamId, WrappedKey};

use crate::error::EngineError;
use crate::handle::Handle;
use crate::limits::PROFILE_ATTEMPTS_MAX;
use crate::shard::key_owner;

impl Handle {
    /// Keeps what a consumer's profile says, in the place of what it said.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn set_profile(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
        profile: &str,
    ) -> Result<(), EngineError> {
        let owner = key_owner(account, consumer);
        for _ in 0..PROFILE_ATTEMPTS_MAX {
            let mut step = Step::new(StreamId::KeyValues(account.clone()), self.inner.store.epoch(), None);
            let key = if let Some(key) = self.data_key(account, consumer).await? {
                key
            } else {
                let (key, wrapped) = self.inner.master_key.new_data_key(self.entropy(), owner.as_bytes());
                step.key = Some(WrappedKey { consumer, wrapped });
                key
            };
            let sealed = key.seal(self.entropy(), place(account, consumer).as_bytes(), profile.as_bytes());
            step.facts = vec![FactOp { key: fact(consumer), value: Some(sealed) }];
            match self.inner.store.commit(vec![step]).await.pop() {
                Some(Ok(_)) => return Ok(()),
                // Their first line came in between, with a key.
                Some(Err(Reject::KeyExists)) => {}
                Some(Err(reject)) => return Err(EngineError::Storage(reject.to_string())),
                None => return Err(EngineError::Storage("the storage gave no verdict".to_owned())),
            }
        }
        Err(EngineError::Busy)
    }

    /// What a consumer's profile says; `None` if it never said anything, or the consumer was erased since.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn profile(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> Result<Option<String>, EngineError> {
        let Some(sealed) = self.inner.store.fact(account, &fact(consumer)).await? else { return Ok(None) };
        let Some(key) = self.data_key(account, consumer).await? else { return Ok(None) };
        // What does not open was sealed with a key that is destroyed: the consumer was erased and came back.
        let plain = key.open(place(account, consumer).as_bytes(), &sealed).ok();
        Ok(plain.and_then(|plain| String::from_utf8(plain).ok()))
    }
}

/// The fact that holds a profile.
fn fact(consumer: ConsumerId) -> String {
    format!("profile/{consumer}")
}

/// Associated data: a sealed profile opens only as that of this consumer.
fn place(account: &AccountId, consumer: ConsumerId) -> String {
    format!("profile/{account}/{consumer}")
}
