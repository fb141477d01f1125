//! Access tokens.

use std::collections::BTreeSet;
use std::fmt;

use convoke_domain::account::{AccessToken, Command, Principal as DomainPrincipal, TokenKind};
use convoke_domain::id::{ClientId, ConsumerId, TokenId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user::UserRole;

/// In whose name a token speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Principal {
    /// Someone who works for the brand.
    User {
        /// Who.
        #[schema(value_type = String, example = "4711")]
        id: UserId,
    },
    /// A customer of the brand.
    Consumer {
        /// Who.
        #[schema(value_type = String)]
        id: ConsumerId,
    },
    /// A program with client credentials.
    Client {
        /// Which.
        #[schema(value_type = String)]
        id: ClientId,
    },
    /// A program, named by its token.
    Application,
}

impl From<DomainPrincipal> for Principal {
    fn from(principal: DomainPrincipal) -> Self {
        match principal {
            DomainPrincipal::User(id) => Self::User { id },
            DomainPrincipal::Consumer(id) => Self::Consumer { id },
            DomainPrincipal::Client(id) => Self::Client { id },
            DomainPrincipal::Application => Self::Application,
        }
    }
}

impl From<Principal> for DomainPrincipal {
    fn from(principal: Principal) -> Self {
        match principal {
            Principal::User { id } => Self::User(id),
            Principal::Consumer { id } => Self::Consumer(id),
            Principal::Client { id } => Self::Client(id),
            Principal::Application => Self::Application,
        }
    }
}

/// A new token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueToken {
    /// What it is for.
    #[schema(example = "continuous integration")]
    pub name: String,
    /// In whose name it speaks.
    pub principal: Principal,
    /// What it allows, at most what its principal may.
    #[serde(default)]
    pub roles: BTreeSet<UserRole>,
    /// When it ends, at most 366 days from now.
    pub expires_at: Timestamp,
}

impl IssueToken {
    /// The command that records it as made `at` this time; `sha256` is the hash of its secret.
    pub fn into_command(self, id: TokenId, sha256: String, at: Timestamp) -> Command {
        let token = AccessToken {
            name: self.name,
            sha256,
            principal: self.principal.into(),
            roles: self.roles.into_iter().map(Into::into).collect(),
            expires_at: self.expires_at,
            kind: TokenKind::Key,
        };
        Command::IssueToken { id, token, at }
    }
}

/// A token that was issued. Its secret is not kept, and its hash is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// In whose name it speaks.
    pub principal: Principal,
    /// What it allows.
    pub roles: BTreeSet<UserRole>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it comes from a login; else somebody asked for it as an API key.
    #[serde(default)]
    pub session: bool,
}

impl Token {
    /// The token `id` of an account.
    pub fn of(id: TokenId, token: &AccessToken) -> Self {
        Self {
            id,
            name: token.name.clone(),
            principal: token.principal.into(),
            roles: token.roles.iter().copied().map(Into::into).collect(),
            expires_at: token.expires_at,
            session: token.kind == TokenKind::Session,
        }
    }
}

/// A token with its secret, which is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedToken {
    /// The token.
    #[serde(flatten)]
    pub token: Token,
    /// What to send as `Authorization: Bearer …`.
    pub secret: String,
}

impl fmt::Debug for IssuedToken {
    // The secret stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("token", &self.token).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_hash_nor_secret_reaches_a_view_or_a_log() {
        let token = AccessToken {
            name: "ci".to_owned(),
            sha256: "ab".repeat(32),
            principal: DomainPrincipal::Application,
            roles: BTreeSet::new(),
            expires_at: Timestamp::UNIX_EPOCH,
            kind: TokenKind::Key,
        };
        let token = Token::of(TokenId::from_bits(1), &token);
        assert!(!serde_json::to_string(&token).unwrap().contains("abab"));
        let issued = IssuedToken { token, secret: "s3cret".to_owned() };
        assert!(!format!("{issued:?}").contains("s3cret"));
    }

    #[test]
    fn a_principal_is_a_kind_and_an_id() {
        let user = Principal::User { id: UserId::new(4711).unwrap() };
        assert_eq!(serde_json::to_string(&user).unwrap(), r#"{"kind":"user","id":"4711"}"#);
    }
}
