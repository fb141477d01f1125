//! Those who act and take part, as payloads name them.

use convoke_domain::conversation::payload::Listed;
use convoke_domain::conversation::{Actor, ParticipantId, Role};
use convoke_domain::id::{AccountId, ConsumerId, UserId};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

/// The wire's word for a role.
pub const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Consumer => "CONSUMER",
        Role::AssignedAgent => "ASSIGNED_AGENT",
        Role::Agent => "AGENT",
        Role::Manager => "MANAGER",
        Role::Reader => "READER",
        Role::Controller => "CONTROLLER",
        Role::BrandBot => "BRAND_BOT",
    }
}

pub(super) fn originator_number(originator: Actor) -> u64 {
    match originator {
        Actor::Consumer(consumer) => consumer.number(),
        Actor::User(user) => user.number(),
        Actor::ControllerBot | Actor::System => 0,
    }
}

pub(super) fn originator_pid(
    account: &AccountId,
    originator: Actor,
    users: impl Fn(UserId) -> Option<Uuid>,
) -> OriginatorPid<'_> {
    match originator {
        Actor::User(user) => match users(user) {
            Some(pid) => OriginatorPid::Pid(pid),
            None => OriginatorPid::Participant(WireId::User(account, user)),
        },
        Actor::Consumer(consumer) => OriginatorPid::Participant(WireId::Consumer(consumer)),
        Actor::ControllerBot => OriginatorPid::Participant(WireId::ControllerBot(account)),
        Actor::System => OriginatorPid::Nobody,
    }
}

/// Whoever caused the change; the Controller Bot where it was the platform. Whoever acted without taking part is known
/// by what they are.
pub(super) fn originator(account: &AccountId, originator: Actor, role: Option<Role>) -> WireParticipant<'_> {
    let (id, usual) = match originator {
        Actor::Consumer(consumer) => (WireId::Consumer(consumer), Role::Consumer),
        Actor::User(user) => (WireId::User(account, user), Role::Agent),
        Actor::ControllerBot | Actor::System => (WireId::ControllerBot(account), Role::Controller),
    };
    WireParticipant { id, role: role_word(role.unwrap_or(usual)) }
}

/// The id of a participant as the wire writes it: a consumer's own id, `account.userId`, `account.controller`.
#[derive(Debug, Clone, Copy)]
pub(super) enum WireId<'a> {
    Consumer(ConsumerId),
    User(&'a AccountId, UserId),
    ControllerBot(&'a AccountId),
}

impl Serialize for WireId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Consumer(consumer) => serializer.collect_str(consumer),
            Self::User(account, user) => serializer.collect_str(&format_args!("{account}.{user}")),
            Self::ControllerBot(account) => serializer.collect_str(&format_args!("{account}.controller")),
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub(super) enum OriginatorPid<'a> {
    Pid(Uuid),
    Participant(WireId<'a>),
    #[serde(serialize_with = "nobody")]
    Nobody,
}

fn nobody<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("")
}

/// Somebody who takes part.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Participant)]
#[serde(deny_unknown_fields)]
pub(super) struct WireParticipant<'a> {
    /// Their id as text, opaque to functions.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    id: WireId<'a>,
    /// What they are in the conversation.
    #[schema(value_type = super::words::ParticipantRole)]
    role: &'static str,
}

/// A list of participants, written without copying it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Participants<'a> {
    pub(super) account: &'a AccountId,
    pub(super) listed: &'a [Listed],
}

impl Serialize for Participants<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.listed.iter().map(|listed| {
            let id = match listed.id {
                ParticipantId::Consumer(consumer) => WireId::Consumer(consumer),
                ParticipantId::User(user) => WireId::User(self.account, user),
                ParticipantId::ControllerBot => WireId::ControllerBot(self.account),
            };
            WireParticipant { id, role: role_word(listed.role) }
        }))
    }
}
