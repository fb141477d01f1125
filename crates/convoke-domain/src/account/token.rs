//! Access tokens: whose they are and what they allow. Their secrets never come here, only what they hash to.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::UserRole;
use crate::id::{ConsumerId, UserId};

/// In whose name a token speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Principal {
    /// Someone who works for the brand.
    User(UserId),
    /// A customer of the brand.
    Consumer(ConsumerId),
    /// A program, named by its token.
    Application,
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
}

impl fmt::Debug for AccessToken {
    // The hash stays out of logs: who has it can look for the secret at leisure.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("name", &self.name)
            .field("principal", &self.principal)
            .field("roles", &self.roles)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
