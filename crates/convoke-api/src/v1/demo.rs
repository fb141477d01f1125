//! What a newcomer's page needs to begin: tokens of the demo account. Only `convoke dev` gives them, and only to this
//! machine.

use std::fmt;

use convoke_domain::id::{AccountId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::consumer_access::ConsumerAccess;

/// A session of the demo account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DemoSession {
    /// The account.
    #[schema(value_type = String, example = "demo")]
    pub account: AccountId,
    /// A new consumer.
    pub consumer: ConsumerAccess,
    /// The agent whom one can play.
    #[schema(value_type = String, example = "4711")]
    pub agent: UserId,
    /// The agent's token.
    pub agent_token: String,
    /// An administrator's token.
    pub admin_token: String,
    /// Whether the demo's page may move the clock: only with `convoke dev --test-clock`.
    pub movable_clock: bool,
}

impl fmt::Debug for DemoSession {
    // The tokens stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoSession").field("account", &self.account).finish_non_exhaustive()
    }
}
