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
    /// For a consumer whom the brand has a name for: what a page exchanges at the identity plane of the messaging protocol
    /// for a token of somebody whom the brand knows. It counts for ten minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl fmt::Debug for ConsumerAccess {
    // The token stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsumerAccess").field("consumer", &self.consumer).finish_non_exhaustive()
    }
}
