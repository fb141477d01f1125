//! Programs that ask for tokens with a secret of their own (OAuth client credentials). The secret never comes here, only
//! what it hashes to.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Stamp, UserRole};

/// A program of the brand.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// What it is for, for people.
    pub name: String,
    /// SHA-256 of its secret, 64 lower-case hexadecimal digits. A secret is random and long, so that a fast hash is
    /// enough.
    pub secret_sha256: String,
    /// What its tokens allow.
    pub roles: BTreeSet<UserRole>,
    /// When its secret was made, and by whom.
    pub created: Stamp,
}

impl fmt::Debug for Client {
    // The hash stays out of logs: who has it can look for the secret at leisure.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.name)
            .field("roles", &self.roles)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}
