//! The board of an account as those at it see it: conversations, offers, who takes conversations.

use std::collections::BTreeSet;

use convoke_domain::id::{ConsumerId, ConversationId, SkillId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::conversation::Conversation;
use super::event::ConversationEvent;

/// What is asked of the board.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeeBoard {
    /// All open conversations of the account, not only what concerns the caller; for managers and administrators.
    pub all: bool,
}

/// What is going on in an account, as far as it concerns whoever asks. Agents see the conversations in which they take
/// part and those that wait for a skill of theirs; consumers see their own; whoever oversees sees all if they want.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Board {
    /// The time by the engine's clock: what deadlines go by.
    pub now: Timestamp,
    /// Open conversations, what is due first comes first; at most 500.
    pub conversations: Vec<Card>,
    /// Whether there are more than those.
    pub more: bool,
    /// The open offers to the caller, who is an agent.
    pub offers: Vec<Offer>,
    /// Everybody who can be given conversations; not shown to consumers.
    pub agents: Vec<AgentPresence>,
}

/// A conversation on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Card {
    /// How it is.
    pub conversation: Conversation,
    /// When it is due: its deadline, or an hour after it began to wait. Queues go by it.
    pub due: Timestamp,
    /// The last line that people wrote to each other, if it is known: not the Controller Bot's, and none for one side only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_line: Option<Box<ConversationEvent>>,
}

/// A waiting conversation that is put before one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Offer {
    /// Its name.
    pub id: String,
    /// Which conversation.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// Whose.
    #[schema(value_type = String)]
    pub consumer: ConsumerId,
    /// The skill it waits for.
    #[schema(value_type = String)]
    pub skill: SkillId,
    /// What became of it.
    pub state: OfferState,
    /// Since when.
    pub offered_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// What became of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferState {
    /// The agent did not say anything yet.
    Waiting,
    /// The agent serves the conversation.
    Accepted,
    /// The agent does not want it.
    Rejected,
    /// The agent said nothing in time.
    Expired,
    /// Somebody else serves it, it is closed, or it waits for another skill.
    Cancelled,
}

/// Whether an agent takes conversations. Only `online` gets offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// They do.
    Online,
    /// They have enough to do.
    Occupied,
    /// They are away.
    Away,
    /// They are back soon.
    BackSoon,
    /// They are not there.
    Offline,
}

/// Somebody who can be given conversations, and how they are present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentPresence {
    /// Who.
    #[schema(value_type = String)]
    pub agent: UserId,
    /// Their nickname.
    pub name: String,
    /// The skills that they serve.
    #[schema(value_type = Vec<String>)]
    pub skills: BTreeSet<SkillId>,
    /// Whether they take conversations.
    pub availability: Availability,
    /// How many they serve.
    pub load: usize,
}

/// Says whether an agent takes conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAvailability {
    /// Whether they do.
    pub availability: Availability,
}

/// Names an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameOffer {
    /// Its name.
    pub offer: String,
}

/// Says whether somebody is writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    /// Whether they are.
    pub typing: bool,
}
