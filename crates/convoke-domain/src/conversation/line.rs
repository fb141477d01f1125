//! What a line can be besides a text that everybody sees, and what others did with it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What sets a line apart from a plain text for everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineExtra {
    /// What its text is.
    pub form: LineForm,
    /// Who sees it.
    pub audience: Audience,
    /// What the sender's program says about it: a JSON array, ours to carry. Never what a person wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Arc<str>>,
}

/// What the text of a line is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineForm {
    /// What a person reads.
    #[default]
    Text,
    /// The same with markup.
    Html,
    /// The wire's event as it was sent, as JSON: a card, a file, a form, a text with quick replies.
    Object,
}

/// Who sees a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody in the conversation.
    #[default]
    All,
    /// Agents and managers. It is nobody's answer, and takes nobody's turn.
    BrandSide,
}

/// What somebody did with lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// They arrived.
    Accept,
    /// They were read.
    Read,
    /// Something in them was opened.
    Access,
    /// They could not be shown.
    Nack,
    /// Something in them was used.
    Action,
    /// They were shown with what they link to.
    Enrich,
    /// They were on the screen.
    Viewed,
}

impl Receipt {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Accept, Self::Read, Self::Access, Self::Nack, Self::Action, Self::Enrich, Self::Viewed];

    /// The name on the wire (messaging contract §1.8).
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Read => "READ",
            Self::Access => "ACCESS",
            Self::Nack => "NACK",
            Self::Action => "ACTION",
            Self::Enrich => "ENRICH",
            Self::Viewed => "VIEWED",
        }
    }

    /// The one with this name on the wire.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|receipt| receipt.wire_name() == name)
    }
}
