//! Times to respond.

use std::time::Duration;

use convoke_domain::ttr;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How soon an answer can be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ttr {
    /// Marked as urgent.
    Urgent,
    /// As usual.
    Normal,
    /// The brand gives it precedence.
    Prioritized,
    /// A time of its own.
    Custom {
        /// Staffed time, from 1 second to 30 days.
        #[schema(example = 900)]
        seconds: u64,
    },
}

impl From<ttr::Ttr> for Ttr {
    fn from(ttr: ttr::Ttr) -> Self {
        match ttr {
            ttr::Ttr::Urgent => Self::Urgent,
            ttr::Ttr::Normal => Self::Normal,
            ttr::Ttr::Prioritized => Self::Prioritized,
            ttr::Ttr::Custom(time) => Self::Custom { seconds: time.as_secs() },
        }
    }
}

impl TryFrom<Ttr> for ttr::Ttr {
    type Error = ttr::TtrError;

    fn try_from(ttr: Ttr) -> Result<Self, ttr::TtrError> {
        match ttr {
            Ttr::Urgent => Ok(Self::Urgent),
            Ttr::Normal => Ok(Self::Normal),
            Ttr::Prioritized => Ok(Self::Prioritized),
            Ttr::Custom { seconds } => Self::from_wire("CUSTOM", Some(seconds)),
        }
    }
}

/// How long each time to respond is, in seconds of staffed time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TtrSettings {
    /// For urgent conversations.
    #[schema(example = 300)]
    pub urgent_seconds: u64,
    /// For normal conversations.
    #[schema(example = 1200)]
    pub normal_seconds: u64,
    /// For prioritized conversations.
    #[schema(example = 600)]
    pub prioritized_seconds: u64,
}

impl From<ttr::TtrSettings> for TtrSettings {
    fn from(settings: ttr::TtrSettings) -> Self {
        Self {
            urgent_seconds: settings.urgent.as_secs(),
            normal_seconds: settings.normal.as_secs(),
            prioritized_seconds: settings.prioritized.as_secs(),
        }
    }
}

impl From<TtrSettings> for ttr::TtrSettings {
    fn from(settings: TtrSettings) -> Self {
        Self {
            urgent: Duration::from_secs(settings.urgent_seconds),
            normal: Duration::from_secs(settings.normal_seconds),
            prioritized: Duration::from_secs(settings.prioritized_seconds),
        }
    }
}
