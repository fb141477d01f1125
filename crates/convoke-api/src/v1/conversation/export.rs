//! Conversations taken along: whole, as JSON, or their lines as a table.

use convoke_domain::id::SkillId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::requests::PlaceInList;
use super::views::Conversation;
use crate::limits;
use crate::v1::consumer::ConsumerRef;
use crate::v1::event::ConversationEvent;

/// How conversations are exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Conversations with all their events.
    #[default]
    Json,
    /// Lines, one in a row.
    Csv,
}

/// Which conversations are exported: those of [`super::ListConversations`], the latest change first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportConversations {
    /// `json`, if left out, or `csv`.
    #[param(value_type = Option<ExportFormat>)]
    pub format: ExportFormat,
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// Only those routed to this skill.
    #[param(value_type = Option<String>)]
    pub skill: Option<SkillId>,
    /// Only those of this consumer.
    #[param(value_type = Option<String>)]
    pub consumer: Option<ConsumerRef>,
    /// Only those that changed then or later.
    pub changed_from: Option<Timestamp>,
    /// Where the export before ended: its header `convoke-next`.
    #[param(value_type = Option<String>)]
    pub after: Option<PlaceInList>,
    /// How many, at most 200; 50 if left out. It ends earlier where their events are too many.
    pub limit: Option<u16>,
}

impl ExportConversations {
    /// How many to export.
    pub fn limit(&self) -> usize {
        usize::from(self.limit.unwrap_or(limits::PAGE_ITEMS_USUAL).clamp(1, limits::PAGE_ITEMS_MAX))
    }
}

/// A conversation with what happened in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportedConversation {
    /// As it is now.
    pub conversation: Conversation,
    /// What happened, oldest first.
    pub events: Vec<ConversationEvent>,
    /// Whether there are more events than one export holds; `GET …/events` has the others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub events_truncated: bool,
}
