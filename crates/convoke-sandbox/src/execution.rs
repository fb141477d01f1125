//! What a run came to: every way it can end, what it logged, whom it called, what it used.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::recording::Recording;

/// A finished run.
#[derive(Debug)]
pub struct Execution {
    /// How it ended; decided once, by whatever came first.
    pub ending: Ending,
    /// What it logged, in order.
    pub logs: Vec<LogEntry>,
    /// Whether log entries were dropped; then the last entry says so.
    pub logs_truncated: bool,
    /// Outbound calls in the order of their completion.
    pub calls: Vec<OutboundCall>,
    /// What it used.
    pub usage: Usage,
    /// What a replay needs.
    pub recording: Recording,
    /// Where it was, if its source was inspected and it answered.
    pub inspection: Option<Inspection>,
}

/// Where an inspected run was.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Inspection {
    /// Statements that were reached.
    pub statements: u64,
    /// File and line of the newest of them, oldest first.
    pub trace: Vec<(String, u32)>,
    /// File and line at which it threw.
    pub at: Option<(String, u32)>,
    /// What could be seen there: names and values as data.
    pub locals: BTreeMap<String, serde_json::Value>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Ending {
    /// It answered; `json` is `None` for `undefined`.
    Returned {
        /// The result as JSON text.
        json: Option<String>,
    },
    /// It threw, rejected, or called back with an error.
    Threw(Thrown),
    /// Its wall time passed.
    TimedOut,
    /// Its processor time was used up.
    CpuExhausted,
    /// It asked for more memory than it may have and did not recover.
    OutOfMemory,
    /// It recursed too deeply and did not recover.
    StackExhausted,
    /// No answer, and nothing outstanding that could bring one.
    NeverCompletes,
    /// The result has more bytes of JSON than allowed.
    ResultTooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// The result cannot be written as JSON.
    ResultInvalid {
        /// What is wrong with it.
        why: String,
    },
    /// The source's top level, evaluated for this run, failed.
    DoesNotLoad {
        /// How.
        why: String,
    },
    /// The engine inside the sandbox failed; the instance is gone, nothing else is affected.
    Crashed {
        /// What it failed with.
        why: String,
    },
    /// The host could not run it now; the function did nothing.
    HostUnavailable {
        /// Why.
        why: String,
    },
}

impl Ending {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Returned { .. } => "returned",
            Self::Threw(_) => "threw",
            Self::TimedOut => "timed_out",
            Self::CpuExhausted => "cpu_exhausted",
            Self::OutOfMemory => "out_of_memory",
            Self::StackExhausted => "stack_exhausted",
            Self::NeverCompletes => "never_completes",
            Self::ResultTooLarge { .. } => "result_too_large",
            Self::ResultInvalid { .. } => "result_invalid",
            Self::DoesNotLoad { .. } => "does_not_load",
            Self::Crashed { .. } => "crashed",
            Self::HostUnavailable { .. } => "host_unavailable",
        }
    }
}

/// An error as the function's author sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Thrown {
    /// `TypeError`, …; `Error` for thrown values that are no errors.
    pub name: String,
    /// Its message, or the thrown value as text.
    pub message: String,
    /// Frames in the author's file, one per line; empty if there are none.
    pub stack: String,
}

/// How much a log entry matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `console.debug`
    Debug,
    /// `console.info`, `console.log`
    Info,
    /// `console.warn`
    Warn,
    /// `console.error`
    Error,
}

/// One call of the console.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogEntry {
    /// Which method.
    pub level: Level,
    /// The first argument, as text.
    pub message: String,
    /// The other arguments, each as JSON.
    pub extras: Vec<Box<RawValue>>,
    /// The clock of the entry in which it was written.
    pub timestamp: Timestamp,
}

/// One request that left (or was refused to leave) the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundCall {
    /// The host that was asked for, without userinfo, path or query: those can carry secrets.
    pub host: String,
    /// The method.
    pub method: String,
    /// The status of the answer; `None` if there was none.
    pub status: Option<u16>,
    /// From request to the last byte of the answer.
    pub duration: Duration,
    /// Why there is no answer, as a stable code.
    pub error: Option<String>,
}

/// What a run used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Processor time of all entries.
    pub cpu: Duration,
    /// From admission to quiescence.
    pub wall: Duration,
    /// Linear memory at its largest, in bytes.
    pub memory_peak_bytes: usize,
    /// Operations started.
    pub operations: u32,
}
