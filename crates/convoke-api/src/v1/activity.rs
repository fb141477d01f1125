//! The activity streams of an account: who changed which setting or function, when, and what was different before.

mod functions;
mod settings;

use std::collections::BTreeSet;

use convoke_domain::account::Actor as DomainActor;
use convoke_domain::id::{FunctionId, TokenId};
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::diff::{FieldChange, SourceDiff};
use super::token::Principal;
use super::user::UserRole;

/// One change of an account's settings or functions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// Its place in the stream, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: ActivityActor,
    /// The kind of change.
    #[schema(example = "skill_defined")]
    pub change: String,
    /// What it is about: ids, names, numbers. No hash of a credential, and nothing of a secret's value.
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
    /// The fields that are different since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// How the function's source is different since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceDiff>,
}

/// Who changed a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ActivityActor {
    /// The platform itself.
    System,
    /// The holder of a token.
    Token {
        /// In whose name.
        principal: Principal,
        /// Which token; absent for the operator's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        token: Option<TokenId>,
        /// What it allowed.
        roles: BTreeSet<UserRole>,
    },
    /// A function of the account, while it ran.
    Function {
        /// Which.
        #[schema(value_type = String)]
        id: FunctionId,
    },
}

impl From<&DomainActor> for ActivityActor {
    fn from(actor: &DomainActor) -> Self {
        match actor {
            DomainActor::System => Self::System,
            DomainActor::Function { function } => Self::Function { id: *function },
            DomainActor::Principal { principal, token, roles } => Self::Token {
                principal: (*principal).into(),
                token: *token,
                roles: roles.iter().copied().map(Into::into).collect(),
            },
        }
    }
}

/// A recorded change with its place, as the engine tells it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a, E> {
    /// Its place in the stream.
    pub seq: EventSeq,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: &'a DomainActor,
    /// What.
    pub event: &'a E,
}

/// The recorded form of an event, which is an object with a type, apart.
fn recorded(event: &impl Serialize) -> (String, Map<String, Value>) {
    let mut details = match serde_json::to_value(event) {
        Ok(Value::Object(details)) => details,
        Ok(_) | Err(_) => Map::new(),
    };
    match details.remove("type") {
        Some(Value::String(change)) => (change, details),
        Some(_) | None => (String::new(), details),
    }
}
