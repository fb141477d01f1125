//! Figures of functions: how often they ran, how that came out, how long it took.

use convoke_domain::id::FunctionId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How attempts came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunCounts {
    /// They answered.
    pub succeeded: u64,
    /// Their code failed them.
    pub coding_failure: u64,
    /// The platform failed them.
    pub platform_failure: u64,
    /// They took too long.
    pub timed_out: u64,
    /// They never said how they ended.
    pub unknown: u64,
}

impl RunCounts {
    /// All together.
    pub const fn total(&self) -> u64 {
        self.succeeded + self.coding_failure + self.platform_failure + self.timed_out + self.unknown
    }
}

/// How long answers took: what so many in a hundred did not exceed, exact to a tenth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnswerTimes {
    /// Fifty in a hundred.
    pub p50_ms: f64,
    /// Ninety-five in a hundred.
    pub p95_ms: f64,
    /// Ninety-nine in a hundred.
    pub p99_ms: f64,
}

/// The figures of one function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunctionMetrics {
    /// The function.
    #[schema(value_type = String)]
    pub function: FunctionId,
    /// Its name, while it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Attempts, but for tests, by how they came out.
    pub counts: RunCounts,
    /// How long answers took; absent if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_times: Option<AnswerTimes>,
    /// CPU time of all together.
    pub cpu_ms: f64,
    /// Whether it is often slower than a second: of at least twenty answers, more than one in twenty was.
    pub often_slow: bool,
}

/// The figures of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountMetrics {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// All functions together.
    pub counts: RunCounts,
    /// Each function that ran, in the order of their names.
    pub functions: Vec<FunctionMetrics>,
    /// All functions together, in equal parts, the first one first; every part is there.
    #[serde(default)]
    pub buckets: Vec<MetricsBucket>,
}

/// The figures of one function over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunctionHistory {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// All of it.
    pub metrics: FunctionMetrics,
    /// In equal parts, the first one first; every part is there.
    pub buckets: Vec<MetricsBucket>,
}

/// A part of the time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricsBucket {
    /// Its begin.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// Attempts by how they came out.
    pub counts: RunCounts,
    /// How long answers took; absent if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_times: Option<AnswerTimes>,
}

/// Which time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MetricsQuery {
    /// Since when; a day before `until` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = "date-time")]
    pub from: Option<Timestamp>,
    /// Until when; now if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = "date-time")]
    pub until: Option<Timestamp>,
    /// How long each part is: 300, 3,600 or 86,400 seconds; 3,600 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket_seconds: Option<u32>,
}
