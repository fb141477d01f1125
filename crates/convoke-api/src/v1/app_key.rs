//! App keys: what a bot's user logs in with at `agentVep` in the place of a password (messaging contract §1.2).

use std::fmt;

use convoke_domain::account::AppKey as Domain;
use convoke_domain::id::{AppKeyId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new app key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueAppKey {
    /// What it is for.
    #[schema(example = "echo bot")]
    pub name: String,
    /// The number of the user who logs in with it.
    #[schema(value_type = String, example = "4711")]
    pub user: UserId,
}

/// An app key. Its secrets are not shown again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppKey {
    /// Its id, which clients send as `appKey`, and sign with as `oauth_consumer_key`.
    #[schema(value_type = String)]
    pub id: AppKeyId,
    /// What it is for.
    pub name: String,
    /// The number of the user who logs in with it.
    #[schema(value_type = String)]
    pub user: UserId,
    /// When it was made.
    pub created_at: Timestamp,
}

impl AppKey {
    /// The key `id` of an account.
    pub fn of(id: AppKeyId, key: &Domain) -> Self {
        Self { id, name: key.name.clone(), user: key.user, created_at: key.created.at }
    }
}

/// An app key with what clients are configured with. It is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedAppKey {
    /// The key.
    #[serde(flatten)]
    pub key: AppKey,
    /// The login name of its user, which clients send as `username`.
    pub username: String,
    /// What clients send as `secret`, or sign with as the consumer's secret.
    pub secret: String,
    /// What clients send as `accessToken`, or sign with as `oauth_token`.
    pub access_token: String,
    /// What clients send as `accessTokenSecret`, or sign with as the token's secret.
    pub access_token_secret: String,
}

impl fmt::Debug for IssuedAppKey {
    // The secrets stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedAppKey").field("key", &self.key).finish_non_exhaustive()
    }
}
