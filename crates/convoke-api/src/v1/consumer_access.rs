//! A consumer together with the token that speaks for them.

use std::fmt;

use convoke_domain::id::ConsumerId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A consumer and a token that acts only on that consumer's own conversations.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsumerAccess {
    /// Who.
    #[schema(value_type = String)]
    pub consumer: ConsumerId,
    /// What to send as `Authorization: Bearer …`.
    pub token: String,
    /// When it ends; ask for another one then.
    pub expires_at: Timestamp,
}

impl fmt::Debug for ConsumerAccess {
    // The token stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsumerAccess").field("consumer", &self.consumer).finish_non_exhaustive()
    }
}
