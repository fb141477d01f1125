//! Logging in, and whose token a request carries.

use std::collections::BTreeSet;
use std::fmt;

use convoke_domain::id::{AccountId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::token::Principal;
use super::user::UserRole;

/// A login name and its password. Its `Debug` form does not show the password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The account; an unknown one is answered as a wrong password.
    #[schema(example = "demo")]
    pub account: String,
    /// The login name.
    #[schema(example = "grace")]
    pub login_name: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for LogIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogIn")
            .field("account", &self.account)
            .field("login_name", &self.login_name)
            .finish_non_exhaustive()
    }
}

/// A session: what a login gives. The secret is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenedSession {
    /// What to send as `Authorization: Bearer …`.
    pub secret: String,
    /// Who logged in.
    #[schema(value_type = String, example = "4711")]
    pub user: UserId,
    /// Whose it is, and what it allows.
    #[serde(flatten)]
    pub session: Session,
}

impl fmt::Debug for OpenedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedSession").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Whose token a request carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The account that it works in; absent for the operator, who works in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "demo")]
    pub account: Option<AccountId>,
    /// In whose name it speaks.
    pub principal: Principal,
    /// What it allows.
    pub roles: BTreeSet<UserRole>,
    /// When it ends; absent if it does not by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_stays_out_of_logs() {
        let log_in = LogIn { account: "a".into(), login_name: "grace".into(), password: "s3cret".into() };
        assert!(!format!("{log_in:?}").contains("s3cret"));
    }
}
