//! Schedules (functions contract §3.3, §4.2).

use serde::{Deserialize, Serialize};

use super::invocation::InvokeBody;

/// A new schedule. Both generations' names for the function are read: the tools mix them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSchedule {
    /// The function.
    #[serde(alias = "lambdaUUID", alias = "lambdaUuid", alias = "functionUUID")]
    pub function_uuid: String,
    /// Five fields: minute, hour, day of month, month, day of week.
    pub cron_expression: String,
    /// Whether it fires.
    #[serde(default = "active")]
    pub is_active: bool,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The time zone that the fields are meant in.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// What the function receives.
    #[serde(default)]
    pub invocation_body: InvokeBody,
}

const fn active() -> bool {
    true
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Its id.
    pub id: String,
    /// The same under the name of the first generation.
    pub uuid: String,
    /// The function.
    pub function_uuid: String,
    /// The same under the name of the first generation.
    #[serde(rename = "lambdaUUID")]
    pub lambda_uuid: String,
    /// Five fields.
    pub cron_expression: String,
    /// Whether it fires.
    pub is_active: bool,
    /// What it is for.
    pub description: String,
    /// The time zone that the fields are meant in.
    pub time_zone: String,
    /// When it fires next.
    pub next_execution: Option<String>,
    /// When it fired last.
    pub last_execution: Option<String>,
    /// Whether the function failed then.
    pub did_last_execution_fail: bool,
    /// What the function receives.
    pub invocation_body: InvokeBody,
}
