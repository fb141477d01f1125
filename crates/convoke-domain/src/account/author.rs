//! Who did something and when, as it is remembered with what they did.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, Principal};
use crate::id::{ClientId, ConsumerId, FunctionId, TokenId, UserId};

/// Who did something. Unlike an [`Actor`] it does not say what they were allowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Author {
    /// The platform itself.
    #[default]
    System,
    /// Whoever runs the installation.
    Operator,
    /// Someone who works for the brand.
    User(UserId),
    /// A customer of the brand.
    Consumer(ConsumerId),
    /// A program with an API key.
    Token(TokenId),
    /// A program with client credentials.
    Client(ClientId),
    /// A function of the account.
    Function(FunctionId),
}

impl From<&Actor> for Author {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::System => Self::System,
            Actor::Function { function } => Self::Function(*function),
            Actor::Principal { principal: Principal::User(user), .. } => Self::User(*user),
            Actor::Principal { principal: Principal::Consumer(consumer), .. } => Self::Consumer(*consumer),
            Actor::Principal { principal: Principal::Client(client), .. } => Self::Client(*client),
            Actor::Principal { principal: Principal::Application, token: Some(token), .. } => {
                Self::Token(*token)
            }
            // The operator's token is the installation's, not an account's.
            Actor::Principal { principal: Principal::Application, token: None, .. } => Self::Operator,
        }
    }
}

/// Who and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Author,
}

impl Stamp {
    /// The stamp of what `actor` does at `at`.
    pub fn new(at: Timestamp, actor: &Actor) -> Self {
        Self { at, by: actor.into() }
    }
}

/// The stamp of what was recorded before there were stamps.
impl Default for Stamp {
    fn default() -> Self {
        Self { at: Timestamp::UNIX_EPOCH, by: Author::System }
    }
}
