//! The consumer window: what a page of the brand asks in the name of somebody whom nobody knows.

use std::fmt;

use convoke_domain::id::{ConsumerId, SkillId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Opens the window.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OpenWindow {
    /// The token of an earlier visit: who shows it stays who they are. One that does not count any more makes a new consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The skill that conversations of this page wait for; without it the account's default skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "123456")]
    pub skill: Option<SkillId>,
    /// What `POST …/consumers` gave the brand's own server for somebody whom it knows (`id_token`). Who shows it is known to the
    /// brand; once it is over, only together with the token of a visit that began with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl fmt::Debug for OpenWindow {
    // The token stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenWindow").field("skill", &self.skill).finish_non_exhaustive()
    }
}

/// Who one is in the window, and whether somebody is at work.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WindowSession {
    /// Who.
    #[schema(value_type = String)]
    pub consumer: ConsumerId,
    /// What the live connection is opened with. It counts only on pages that may have the window.
    pub token: String,
    /// Whether the brand knows who it is.
    #[serde(default)]
    pub known: bool,
    /// When it ends, unless it is renewed before.
    pub expires_at: Timestamp,
    /// Whether nobody is at work for the skill now.
    pub off_hours: bool,
    /// When somebody is at work again, if nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_at: Option<Timestamp>,
}

impl fmt::Debug for WindowSession {
    // The token stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowSession").field("consumer", &self.consumer).finish_non_exhaustive()
    }
}
