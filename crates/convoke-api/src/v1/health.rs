//! Whether the server is well.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// The worst of the parts.
    pub status: HealthStatus,
    /// The server's version.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// The engine's clock.
    pub now: Timestamp,
    /// The parts.
    pub parts: Vec<HealthPart>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Well.
    Ok,
    /// It works, and somebody should look.
    Degraded,
    /// It does not take work.
    Unavailable,
}

/// One part of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthPart {
    /// Which.
    #[schema(example = "storage")]
    pub name: String,
    /// How it is.
    pub status: HealthStatus,
    /// What is wrong and what helps; absent if nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Health {
    /// The health of these parts.
    pub fn of(version: impl Into<String>, now: Timestamp, parts: Vec<HealthPart>) -> Self {
        let status = parts.iter().map(|part| part.status).max().unwrap_or(HealthStatus::Ok);
        Self { status, version: version.into(), now, parts }
    }
}
