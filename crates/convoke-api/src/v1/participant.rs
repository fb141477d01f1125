//! Those who take part in a conversation, and those who act on one.

use std::fmt;
use std::str::FromStr;

use convoke_domain::conversation::{Actor, Cause as DomainCause, ParticipantId};
use convoke_domain::id::{IdError, InvocationId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::explain::Names;

mirror! {
    /// What a participant is in a conversation.
    Role = convoke_domain::conversation::Role {
        /// The customer who opened it, or one who joined.
        Consumer,
        /// The agent who serves it.
        AssignedAgent,
        /// Another agent who helps.
        Agent,
        /// A manager who joined.
        Manager,
        /// Someone who reads silently.
        Reader,
        /// The Controller Bot.
        Controller,
        /// A bot of the brand.
        BrandBot,
    }
}

/// A participant as requests and paths name one: a consumer's id, a user's number, or `controller_bot`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParticipantRef(pub ParticipantId);

impl FromStr for ParticipantRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        const EXPECTED: &str = "a participant: a consumer id (\"cons_\" and 32 hexadecimal digits), a user id, or \"controller_bot\"";
        let error = |_| IdError { expected: EXPECTED };
        let participant = match text {
            "controller_bot" => ParticipantId::ControllerBot,
            _ if text.starts_with("cons_") => ParticipantId::Consumer(text.parse().map_err(error)?),
            _ => ParticipantId::User(text.parse().map_err(error)?),
        };
        Ok(Self(participant))
    }
}

impl fmt::Display for ParticipantRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ParticipantId::Consumer(consumer) => consumer.fmt(f),
            ParticipantId::User(user) => user.fmt(f),
            ParticipantId::ControllerBot => f.write_str("controller_bot"),
        }
    }
}

impl Serialize for ParticipantRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ParticipantRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What kind of party someone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// A customer.
    Consumer,
    /// Someone who works for the brand, or a bot of it.
    User,
    /// The system participant that speaks for functions.
    ControllerBot,
    /// A timer or an operator.
    System,
}

/// Someone in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Party {
    /// What kind of party.
    pub kind: PartyKind,
    /// A consumer's id or a user's number; consumers do not see the latter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The nickname of a user, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Party {
    /// `actor` as `viewer` sees them.
    pub fn of(actor: Actor, viewer: Viewer, names: &dyn Names) -> Self {
        let (kind, id, name) = match actor {
            Actor::Consumer(consumer) => (PartyKind::Consumer, Some(consumer.to_string()), None),
            Actor::User(user) => {
                let id = (viewer == Viewer::Staff).then(|| user.to_string());
                (PartyKind::User, id, names.user(user))
            }
            Actor::ControllerBot => (PartyKind::ControllerBot, None, None),
            Actor::System => (PartyKind::System, None, None),
        };
        Self { kind, id, name }
    }
}

/// For whom something is shown. A surface of consumers never asks for another one than its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A customer: what was said and what is true of the conversation; no triggers, no provenance, no staff data.
    Consumer,
    /// Agents, managers, developers: everything.
    Staff,
}

/// The invocation that caused a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cause {
    /// The invocation.
    #[schema(value_type = String)]
    pub invocation: InvocationId,
    /// Place of the command in its answer, from 0; absent for the automatic message and for the function's own calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u16>,
    /// How long the chain of causes is, from 1.
    pub depth: u8,
}

impl From<DomainCause> for Cause {
    fn from(cause: DomainCause) -> Self {
        Self { invocation: cause.invocation, command: cause.command, depth: cause.depth }
    }
}

#[cfg(test)]
mod tests {
    use convoke_domain::id::{ConsumerId, UserId};

    use super::*;

    #[test]
    fn a_participant_reads_back_from_its_text() {
        let participants = [
            ParticipantId::Consumer(ConsumerId::from_bits(3)),
            ParticipantId::User(UserId::new(4711).unwrap()),
            ParticipantId::ControllerBot,
        ];
        for participant in participants.map(ParticipantRef) {
            assert_eq!(participant.to_string().parse(), Ok(participant));
        }
        assert!("grace".parse::<ParticipantRef>().is_err());
    }
}
