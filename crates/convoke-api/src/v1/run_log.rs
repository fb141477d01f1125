//! The run log: attempts of functions, what they logged and called, and how to search them.

use convoke_domain::id::{ConversationId, FunctionId, InvocationId};
use convoke_domain::state_change::CbotEventType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::run::{LogEntry, OutboundCall, RunError, Usage};

/// Why a function ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunSource {
    /// A conversation changed.
    Change,
    /// A client called it.
    Call,
    /// Another function called it.
    Function,
    /// A schedule was due.
    Schedule,
    /// Somebody tried it.
    Test,
}

/// How an attempt came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It answered.
    Succeeded,
    /// Its code failed it.
    CodingFailure,
    /// The platform failed it.
    PlatformFailure,
    /// It took too long.
    TimedOut,
    /// It never said how it ended.
    Unknown,
}

/// A level of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// For its author while at work.
    Debug,
    /// What happens.
    Info,
    /// What should be looked at.
    Warn,
    /// What went wrong.
    Error,
}

impl LogLevel {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// The function of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunFunction {
    /// Its id.
    #[schema(value_type = String)]
    pub id: FunctionId,
    /// Its name, while it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version that ran; absent for a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// One attempt of a function. Each counts for itself: a function that failed and was tried again has two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// Its place in the account's run log; grows.
    pub place: u64,
    /// The invocation.
    #[schema(value_type = String)]
    pub invocation: InvocationId,
    /// Which attempt, from 1.
    pub attempt: u8,
    /// The function.
    pub function: RunFunction,
    /// Why it ran.
    pub source: RunSource,
    /// The conversation that it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
    /// What had happened there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub code: Option<CbotEventType>,
    /// When it began.
    pub began_at: Timestamp,
    /// How it came out.
    pub state: RunState,
    /// How it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// From its begin to its answer.
    pub answered_after_ms: f64,
    /// What it logged, in order.
    pub logs: Vec<LogEntry>,
    /// Whether more was logged than is kept.
    pub logs_truncated: bool,
    /// The calls it made to other hosts.
    pub calls: Vec<OutboundCall>,
    /// What it used.
    pub usage: Usage,
    /// Whether its words are gone, because the consumer was erased.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

/// One log line of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LoggedLine {
    /// When, by the clock that the function saw.
    pub at: Timestamp,
    /// How grave it is.
    pub level: LogLevel,
    /// The first argument, as text.
    pub message: String,
    /// The other arguments, as data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<Value>,
    /// The function.
    pub function: RunFunction,
    /// The invocation.
    #[schema(value_type = String)]
    pub invocation: InvocationId,
    /// Which attempt, from 1.
    pub attempt: u8,
    /// The conversation that it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
}

/// A page of the run log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunLogPage<T> {
    /// The items, the newest run first; lines of one run in their order.
    pub items: Vec<T>,
    /// What to send as `before` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// Runs of the account in the time asked for that are missing, because there were too many at once.
    pub missing: u64,
}

/// Which runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunQuery {
    /// Of this function, by id or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// In this conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
    /// Of this invocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub invocation: Option<InvocationId>,
    /// With log lines of this level or a graver one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub level: Option<LogLevel>,
    /// That came out so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub state: Option<RunState>,
    /// That began then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = "date-time")]
    pub from: Option<Timestamp>,
    /// That began before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = "date-time")]
    pub until: Option<Timestamp>,
    /// The next page: the `next` of the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// How many runs at most, 1 to 500; 50 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u16>,
}
