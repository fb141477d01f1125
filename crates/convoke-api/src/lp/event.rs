//! The events that functions can be made for, as both generations list them.

use serde::Serialize;

use crate::v1::event_kind::EventKind;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its id.
    pub event_id: String,
    /// Its name.
    pub event_name: String,
    /// When it fires.
    pub description: String,
    /// How many functions can be made for it.
    pub lambda_limit: usize,
}

impl From<&EventKind> for Event {
    fn from(kind: &EventKind) -> Self {
        let description = match kind.functions_max {
            Some(most) => format!("{}: up to {most} functions.", kind.title),
            None => format!("{}: one function, or several with skills of their own.", kind.title),
        };
        Self {
            event_id: kind.id.event_id().to_owned(),
            event_name: kind.title.clone(),
            description,
            lambda_limit: kind.functions_max.unwrap_or(1),
        }
    }
}
