//! Who did something, and when.

use convoke_domain::account::{Author as DomainAuthor, Stamp as DomainStamp};
use convoke_domain::id::{ClientId, ConsumerId, FunctionId, TokenId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Author {
    /// The platform itself.
    System,
    /// Whoever runs the installation.
    Operator,
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
    /// A program with an API key.
    Token {
        /// Which.
        #[schema(value_type = String)]
        id: TokenId,
    },
    /// A program with client credentials.
    Client {
        /// Which.
        #[schema(value_type = String)]
        id: ClientId,
    },
    /// A function of the account, while it ran.
    Function {
        /// Which.
        #[schema(value_type = String)]
        id: FunctionId,
    },
}

impl From<DomainAuthor> for Author {
    fn from(author: DomainAuthor) -> Self {
        match author {
            DomainAuthor::System => Self::System,
            DomainAuthor::Operator => Self::Operator,
            DomainAuthor::User(id) => Self::User { id },
            DomainAuthor::Consumer(id) => Self::Consumer { id },
            DomainAuthor::Token(id) => Self::Token { id },
            DomainAuthor::Client(id) => Self::Client { id },
            DomainAuthor::Function(id) => Self::Function { id },
        }
    }
}

/// Who did something, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stamp {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Author,
}

impl From<DomainStamp> for Stamp {
    fn from(stamp: DomainStamp) -> Self {
        Self { at: stamp.at, by: stamp.by.into() }
    }
}
