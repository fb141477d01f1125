//! Clients: programs that ask for tokens with an id and a secret (OAuth client credentials).

use std::collections::BTreeSet;
use std::fmt;

use convoke_domain::account::{Client as Domain, Command};
use convoke_domain::id::ClientId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user::UserRole;

/// A new client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateClient {
    /// What it is for.
    #[schema(example = "order system")]
    pub name: String,
    /// What its tokens allow; left out, invoking functions, which is the scope `faas.lambda.invoke`.
    #[serde(default = "invoking")]
    pub roles: BTreeSet<UserRole>,
}

fn invoking() -> BTreeSet<UserRole> {
    BTreeSet::from([UserRole::FaasInvocation])
}

impl CreateClient {
    /// The command that makes the client `id`; `secret_sha256` is the hash of its secret.
    pub fn into_command(self, id: ClientId, secret_sha256: String) -> Command {
        let roles = self.roles.into_iter().map(Into::into).collect();
        Command::DefineClient { id, name: self.name, roles, secret_sha256 }
    }
}

/// A client. Its secret is not kept, and its hash is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Client {
    /// Its id, which it sends with its secret.
    #[schema(value_type = String)]
    pub id: ClientId,
    /// What it is for.
    pub name: String,
    /// What its tokens allow.
    pub roles: BTreeSet<UserRole>,
    /// When its secret was made.
    pub created_at: Timestamp,
}

impl Client {
    /// The client `id` of an account.
    pub fn of(id: ClientId, client: &Domain) -> Self {
        Self {
            id,
            name: client.name.clone(),
            roles: client.roles.iter().copied().map(Into::into).collect(),
            created_at: client.created.at,
        }
    }
}

/// A client with its secret, which is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedClient {
    /// The client.
    #[serde(flatten)]
    pub client: Client,
    /// What it sends as `client_secret`.
    pub secret: String,
}

impl fmt::Debug for IssuedClient {
    // The secret stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedClient").field("client", &self.client).finish_non_exhaustive()
    }
}
