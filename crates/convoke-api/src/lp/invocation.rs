//! Invoking functions (functions contract §2.3, §3.3).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::v1::run::{FunctionInput, Header};

/// What a function is to receive. What clients send besides is not read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvokeBody {
    /// Headers of the invocation.
    #[serde(deserialize_with = "or_nothing")]
    pub headers: Vec<Header>,
    /// Any JSON.
    pub payload: Value,
    /// When it was asked for, in milliseconds since 1970. The tools send 0 for now.
    #[serde(skip_serializing)]
    pub timestamp: Option<i64>,
}

fn or_nothing<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Header>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl From<InvokeBody> for FunctionInput {
    fn from(body: InvokeBody) -> Self {
        let timestamp = body.timestamp.filter(|&timestamp| timestamp > 0);
        Self { headers: body.headers, payload: body.payload, timestamp }
    }
}

/// What one of the functions of an event answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventResult {
    /// The function.
    pub uuid: String,
    /// When, in milliseconds since 1970.
    pub timestamp: i64,
    /// Its answer.
    pub result: Value,
}

/// What a developer's invocation came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestResult {
    /// The answer.
    pub result: Value,
    /// What was logged.
    pub logs: Vec<Log>,
}

/// One call of the console.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Log {
    /// `Debug`, `Info`, `Warn` or `Error`.
    pub level: &'static str,
    /// The first argument, as text.
    pub message: String,
    /// The other arguments.
    pub extras: Vec<Value>,
    /// When, in milliseconds since 1970.
    pub timestamp: i64,
}

/// A level of our own as both generations write it.
pub fn level(level: &str) -> &'static str {
    match level {
        "debug" => "Debug",
        "warn" => "Warn",
        "error" => "Error",
        _ => "Info",
    }
}

/// Whether a function is deployed for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Implemented {
    /// Whether one is.
    pub implemented: bool,
}
