//! Recordings: what a run of a function can be repeated from.

use convoke_domain::id::InvocationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A recording that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordingSummary {
    /// The invocation.
    #[schema(value_type = String)]
    pub invocation: InvocationId,
    /// Which attempt, from 1.
    pub attempt: u8,
    /// When the attempt began.
    pub began_at: Timestamp,
    /// How much is kept, sealed. Bytes.
    pub bytes: u64,
}

/// What an attempt ran on: its input, its time, its seed, and what every operation answered. Secrets are named with their
/// version, credentials in header fields by the field; neither is ever here by value.
///
/// What it logged is at `/invocations/{invocation}`, under the same attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Recording {
    /// The invocation.
    #[schema(value_type = String)]
    pub invocation: InvocationId,
    /// Which attempt, from 1.
    pub attempt: u8,
    /// The form that it is kept in; grows.
    pub format: u16,
    /// The engine that ran, as the hash of its image.
    pub image: String,
    /// The clock when the function was called.
    pub started_at: Timestamp,
    /// What decided its random numbers: 32 hexadecimal digits.
    #[schema(example = "0123456789abcdef0123456789abcdef")]
    pub seed: String,
    /// The whole input.
    pub input: Value,
    /// The answers of its operations, in the order in which they were given.
    pub answers: Vec<RecordedAnswer>,
    /// Whether all of them are here; false if they were too many to be kept.
    pub complete: bool,
}

/// The answer of one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordedAnswer {
    /// The clock when it was given.
    pub at: Timestamp,
    /// Which operation, as the run counts them.
    pub operation: i32,
    /// What it was.
    #[schema(example = "fetch")]
    pub name: String,
    /// Whether its promise was fulfilled; else it was rejected.
    pub fulfilled: bool,
    /// The answer; `null` for a timer.
    #[serde(default)]
    pub answer: Value,
}
