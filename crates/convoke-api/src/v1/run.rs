//! Running a function by hand: tests of drafts, and calls of deployed functions.

use std::collections::BTreeMap;

use convoke_domain::id::InvocationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::bot::BotPlan;
use super::event::FunctionVersion;
use crate::error_code::ErrorCode;

/// Runs a function once on an input, without acting on any conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TestFunction {
    /// The whole input; left out, the sample of the template for the function's event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<FunctionInput>,
    /// The invocation whose recorded input to run on, in the place of `input`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub recorded: Option<InvocationId>,
    /// Which code runs.
    pub code: Which,
    /// Whether to tell which statements it reached, and what could be seen where it threw. It computes slower.
    pub inspect: bool,
    /// Whether it may call other hosts and change what the platform keeps, as deployed functions may; else each such call is
    /// refused, and listed: so one sees what it would call before it does.
    pub network: bool,
}

impl Default for TestFunction {
    /// The draft on the sample of its event, as it would run.
    fn default() -> Self {
        Self { input: None, recorded: None, code: Which::default(), inspect: false, network: true }
    }
}

/// Which code of a function runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// What is being edited.
    #[default]
    Draft,
    /// What answers now.
    Deployed,
}

/// What a function receives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FunctionInput {
    /// Headers of the invocation.
    pub headers: Vec<Header>,
    /// Any JSON.
    pub payload: Value,
    /// When the invocation was asked for, in milliseconds since 1970; left out, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
}

impl FunctionInput {
    /// The JSON that the function receives, asked for at `at` unless the input says otherwise.
    ///
    /// # Panics
    /// Never: it was read from JSON.
    pub fn json(&self, at: Timestamp) -> String {
        let timestamp = Some(self.timestamp.unwrap_or_else(|| at.as_millisecond()));
        let input = Self { timestamp, ..self.clone() };
        serde_json::to_string(&input).expect("what was read from JSON can be written as JSON")
    }
}

/// A header of an invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunctionRun {
    /// The invocation.
    #[schema(value_type = String)]
    pub invocation: InvocationId,
    /// The version that ran; absent for a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionVersion>,
    /// Whether it answered.
    pub answered: bool,
    /// Its answer; `null` also for `undefined`.
    #[serde(default)]
    pub result: Value,
    /// How it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// What the Controller Bot would do with the answer, for a function on a messaging event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotPlan>,
    /// What it logged, in order.
    pub logs: Vec<LogEntry>,
    /// Whether more was logged than is kept.
    pub logs_truncated: bool,
    /// The calls it made to other hosts.
    pub calls: Vec<OutboundCall>,
    /// What it used.
    pub usage: Usage,
    /// Whether this is the answer of an earlier call with the same request id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// Where it was, if that was asked for and it answered or threw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection: Option<Inspection>,
}

/// Where a run was that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Inspection {
    /// Statements that were reached.
    pub statements: u64,
    /// The newest of them, the oldest first.
    pub trace: Vec<Statement>,
    /// Where it threw, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Statement>,
    /// What could be seen there: names, and values as data.
    pub locals: BTreeMap<String, Value>,
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Statement {
    /// The file; `lambda.js` for a source of one text.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
}

impl Default for FunctionRun {
    /// A run of which nothing is known yet.
    fn default() -> Self {
        Self {
            invocation: InvocationId::Direct(uuid::Uuid::nil()),
            function: None,
            answered: false,
            result: Value::Null,
            error: None,
            bot: None,
            logs: Vec::new(),
            logs_truncated: false,
            calls: Vec::new(),
            usage: Usage::default(),
            repeated: false,
            inspection: None,
        }
    }
}

/// How a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunError {
    /// Stable code.
    #[schema(example = "function.threw")]
    pub code: String,
    /// A few words, the same for every case of this code.
    pub title: String,
    /// What the function said: name, message and the stack in its file.
    pub detail: String,
}

impl RunError {
    /// The failure with the title of its code.
    pub fn of(code: &str, detail: impl Into<String>) -> Self {
        let title = ErrorCode::find(code).map_or("The function failed", ErrorCode::title);
        Self { code: code.to_owned(), title: title.to_owned(), detail: detail.into() }
    }
}

/// One call of the console.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogEntry {
    /// `debug`, `info`, `warn` or `error`.
    #[schema(example = "info")]
    pub level: String,
    /// The first argument, as text.
    pub message: String,
    /// The other arguments, as data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<Value>,
    /// When, by the clock that the function sees.
    pub at: Timestamp,
}

/// One call to another host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutboundCall {
    /// The method.
    pub method: String,
    /// The host; path and query can carry secrets and are not kept.
    pub host: String,
    /// Status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// From request to the last byte of the answer.
    pub duration_ms: u64,
    /// Why there is no answer, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a run used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// From begin to end.
    pub wall_ms: f64,
    /// CPU time.
    pub cpu_ms: f64,
    /// Most memory at once.
    pub memory_bytes_max: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_completed_with_the_time_of_the_call() {
        let input: FunctionInput = serde_json::from_str(r#"{"payload":{"name":"Ada"}}"#).unwrap();
        let json = input.json(Timestamp::from_millisecond(1_772_532_000_000).unwrap());
        assert_eq!(json, r#"{"headers":[],"payload":{"name":"Ada"},"timestamp":1772532000000}"#);
    }
}
