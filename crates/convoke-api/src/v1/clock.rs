//! The engine's clock, and moving it where that is possible.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The time that hours, deadlines and timers go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Clock {
    /// What time it is.
    pub now: Timestamp,
    /// Whether it can be moved: only with `convoke dev --test-clock`.
    pub movable: bool,
}

/// Moves the clock forward. Tokens, TLS, budgets and the hold do not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvanceClock {
    /// By how much.
    #[schema(example = 600)]
    pub seconds: u32,
}
