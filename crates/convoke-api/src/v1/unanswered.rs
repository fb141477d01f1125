//! Changes to which no function ran, of a whole account.

use convoke_domain::function::EventBinding;
use convoke_domain::id::{ConversationId, SkillId};
use convoke_domain::state_change::CbotEventType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::v1::conversation::PlaceInList;
use crate::v1::explain::{ChangeStatus, ExplainedChange};

/// A change of a conversation on which no function ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnansweredChange {
    /// The conversation.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// The change's place in it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Which event it is.
    #[schema(value_type = String)]
    pub event: EventBinding,
    /// The event's title.
    pub title: String,
    /// Its code.
    #[schema(value_type = String)]
    pub code: CbotEventType,
    /// The skill that it happened for; absent if nothing was fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub skill: Option<SkillId>,
    /// `unfired` or `not_invoked`.
    pub status: ChangeStatus,
    /// Why nothing ran, in words.
    pub reason: String,
    /// What was sent instead, or why nothing, in words; absent if nothing was fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl UnansweredChange {
    /// The change of this conversation, if no function ran on it.
    pub fn of(conversation: ConversationId, change: ExplainedChange) -> Option<Self> {
        if !matches!(change.status, ChangeStatus::Unfired | ChangeStatus::NotInvoked) {
            return None;
        }
        let (reason, message) = match change.settled {
            Some(settled) => (settled.outcome.text, Some(settled.message.text)),
            None => (change.text, None),
        };
        let ExplainedChange { seq, at, event, title, code, skill, status, .. } = change;
        Some(Self { conversation, seq, at, event, title, code, skill, status, reason, message })
    }
}

/// Which changes without an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListUnanswered {
    /// Only changes of this event.
    #[param(value_type = Option<String>)]
    pub event: Option<EventBinding>,
    /// Only this conversation.
    #[param(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
    /// Those of the conversations after this place: the `next` of the page before.
    #[param(value_type = Option<String>)]
    pub after: Option<PlaceInList>,
}
