//! Access tokens: whose they are and what they allow. Their secrets never come here, only what they hash to.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::UserRole;
use crate::id::{ClientId, ConsumerId, UserId};

/// In whose name a token speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Principal {
    /// Someone who works for the brand.
    User(UserId),
    /// A customer of the brand.
    Consumer(ConsumerId),
    /// A program with client credentials.
    Client(ClientId),
    /// A program, named by its token.
    Application,
}

/// How a token came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Someone asked for it, and keeps it: an API key.
    #[default]
    Key,
    /// A user logged in. It ends with a logout, a new password, or by itself.
    Session,
}

/// A token that was issued. It is valid until it expires or is revoked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// What it is for, for people.
    pub name: String,
    /// SHA-256 of its secret, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// In whose name it speaks.
    pub principal: Principal,
    /// What it allows, at most what its principal may.
    pub roles: BTreeSet<UserRole>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How it came to be.
    #[serde(default)]
    pub kind: TokenKind,
}

impl fmt::Debug for AccessToken {
    // The hash stays out of logs: who has it can look for the secret at leisure.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("name", &self.name)
            .field("principal", &self.principal)
            .field("roles", &self.roles)
            .field("expires_at", &self.expires_at)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
