//! Templates: starting points for functions.

use convoke_domain::function::EventBinding;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A starting point for a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Template {
    /// Its id.
    #[schema(example = "new-conversation")]
    pub id: String,
    /// The name that people know it by.
    #[schema(example = "Messaging New Conversation")]
    pub title: String,
    /// The event it is for; absent for functions that are only called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "controllerbot_messaging_new_conversation")]
    pub event: Option<EventBinding>,
    /// `v1`: the callback decides; `v2`: the returned value does.
    #[schema(example = "v1")]
    pub generation: String,
    /// What it does.
    pub description: String,
    /// The code.
    pub source: String,
    /// The input that tests run on: what the event delivers.
    pub payload: serde_json::Value,
}
