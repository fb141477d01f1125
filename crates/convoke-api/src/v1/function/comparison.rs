//! What differs between a function's draft and its versions.

use std::fmt;
use std::str::FromStr;

use convoke_domain::function::{Draft as DomainDraft, Function, Version as DomainVersion, VersionNumber};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Draft;
use crate::v1::diff::{FieldChange, SourceDiff, changes};

/// One side of a comparison: a version, what is deployed, or the draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What is being edited.
    Draft,
    /// What answers now.
    Deployed,
    /// A kept version.
    Version(VersionNumber),
}

/// A text that names no side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected \"draft\", \"deployed\" or the number of a version")]
pub struct UnknownSide;

impl FromStr for Side {
    type Err = UnknownSide;

    fn from_str(text: &str) -> Result<Self, UnknownSide> {
        match text {
            "draft" => Ok(Self::Draft),
            "deployed" => Ok(Self::Deployed),
            number => {
                let number = number.parse().ok().and_then(VersionNumber::new);
                number.map(Self::Version).ok_or(UnknownSide)
            }
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draft => f.write_str("draft"),
            Self::Deployed => f.write_str("deployed"),
            Self::Version(number) => write!(f, "version {number}"),
        }
    }
}

impl Side {
    /// The code of this side; `None` if the function has none such.
    pub fn of(self, function: &Function) -> Option<Draft> {
        match self {
            Self::Draft => Some((&function.draft).into()),
            Self::Deployed => function.deployed_version().map(|(_, version)| frozen(version)),
            Self::Version(number) => function.versions.get(&number).map(frozen),
        }
    }
}

fn frozen(version: &DomainVersion) -> Draft {
    let DomainVersion { source, environment, settings, .. } = version.clone();
    (&DomainDraft { source, environment, settings }).into()
}

/// What differs between two sides of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunctionDiff {
    /// The older side, as it was named.
    #[schema(example = "version 3")]
    pub from: String,
    /// The newer side, as it was named.
    #[schema(example = "draft")]
    pub to: String,
    /// How the sources differ.
    pub source: SourceDiff,
    /// Environment variables and settings that differ.
    pub changes: Vec<FieldChange>,
}

impl FunctionDiff {
    /// What differs between two named drafts or versions.
    pub fn between((from, before): (&str, &Draft), (to, after): (&str, &Draft)) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            source: SourceDiff::between((from, &before.source), (to, &after.source)),
            changes: changes(&without_source(before), &without_source(after)),
        }
    }

    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        self.source.unified.is_empty() && self.changes.is_empty()
    }
}

/// Environment and settings, which are compared field by field.
pub(crate) fn without_source(draft: &Draft) -> Value {
    let mut value = serde_json::to_value(draft).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        fields.remove("source");
    }
    value
}
