//! The activity stream of an account: who changed which setting, and when.

use std::collections::BTreeSet;

use convoke_domain::account::{Actor as DomainActor, Event};
use convoke_domain::id::{FunctionId, TokenId};
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::token::Principal;
use super::user::UserRole;

/// One change of an account's settings.
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
    /// What it was changed to; a token's hash is not shown.
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
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

impl Activity {
    /// The recorded change as readers may see it.
    pub fn of(seq: EventSeq, at: Timestamp, by: &DomainActor, event: &Event) -> Self {
        // The recorded form of every event is an object with a type.
        let mut details = match serde_json::to_value(event) {
            Ok(Value::Object(details)) => details,
            Ok(_) | Err(_) => Map::new(),
        };
        let change = match details.remove("type") {
            Some(Value::String(change)) => change,
            Some(_) | None => String::new(),
        };
        hide_credentials(&mut details);
        Self { seq: seq.number(), at, by: by.into(), change, details }
    }
}

/// Takes out what a token, a password or a client's secret hash to, and sealed values.
fn hide_credentials(details: &mut Map<String, Value>) {
    for (part, field) in [("token", "sha256"), ("client", "secret_sha256"), ("secret", "sealed")] {
        if let Some(Value::Object(part)) = details.get_mut(part) {
            part.remove(field);
        }
    }
    if let Some(hash) = details.remove("hash") {
        details.insert("has_password".to_owned(), Value::Bool(!hash.is_null()));
    }
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::{AccessToken, Principal as DomainPrincipal};

    use super::*;

    #[test]
    fn an_issued_token_is_shown_without_its_hash() {
        let token = AccessToken {
            name: "ci".to_owned(),
            sha256: "ab".repeat(32),
            principal: DomainPrincipal::Application,
            roles: BTreeSet::new(),
            expires_at: Timestamp::UNIX_EPOCH,
            kind: convoke_domain::account::TokenKind::Key,
        };
        let event = Event::TokenIssued { id: TokenId::from_bits(1), token };
        let shown = Activity::of(EventSeq::FIRST, Timestamp::UNIX_EPOCH, &DomainActor::System, &event);
        assert_eq!((shown.change.as_str(), &shown.details["token"]["name"]), ("token_issued", &"ci".into()));
        assert!(!serde_json::to_string(&shown).unwrap().contains("abab"));
    }
}
