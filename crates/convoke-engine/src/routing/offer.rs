//! A waiting conversation that is put before one agent.

use std::fmt;
use std::sync::Arc;

use convoke_domain::id::{AccountId, ConsumerId, ConversationId, SkillId, UserId};
use jiff::Timestamp;

/// The name of an offer (messaging contract §1.7: conversation, account, time). Ours ends with a number, since one
/// conversation can be offered twice within a millisecond.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferId(Arc<str>);

impl OfferId {
    pub(super) fn new(conversation: ConversationId, account: &AccountId, at: Timestamp, number: u64) -> Self {
        Self(format!("{conversation}_{account}_{}{:03}", at.as_millisecond(), number % 1_000).into())
    }

    /// The offer that a client names.
    pub fn named(text: &str) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an offer could have this name.
    pub(super) fn is_well_formed(&self) -> bool {
        let parts = self.0.rsplit_once('_').and_then(|(rest, number)| {
            let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            rest.get(..37).filter(|_| digits)
        });
        parts.is_some_and(|conversation| conversation.parse::<ConversationId>().is_ok())
    }
}

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A waiting conversation that is put before one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub id: OfferId,
    /// Before whom.
    pub agent: UserId,
    /// Which conversation.
    pub conversation: ConversationId,
    /// Whose.
    pub consumer: ConsumerId,
    /// The skill it waits for.
    pub skill: SkillId,
    /// What became of it.
    pub state: OfferState,
    /// Since when.
    pub offered_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// When the conversation is due: what made it come before others.
    pub due: Timestamp,
    /// Who serves the conversation now, if that ended the offer.
    pub assigned: Option<UserId>,
    /// The agent is accepting it.
    pub(super) accepting: bool,
}

impl Offer {
    /// Whether it can still be accepted.
    pub fn is_open(&self) -> bool {
        self.state == OfferState::Waiting
    }
}

/// What became of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Why an offer cannot be accepted or rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefused {
    /// No offer has such a name.
    #[error("there is no such offer")]
    Unknown,
    /// It is over, or was never this agent's.
    #[error("this offer is over, or it is not yours")]
    Over,
}
