//! The sealed part of a run: what it logged, whom it called, how it said that it failed.
//!
//! ```text
//! 16 bytes  the consumer whose key seals it; zeros: the account's key
//!    …      the body as JSON, sealed, bound to its invocation and attempt
//! ```
//!
//! A consumer whose key was erased takes the body along; that the function ran, and how long, stays.

use std::time::Duration;

use convoke_domain::id::{ConsumerId, InvocationId};
use convoke_store::runs::{Levels, LogLevel};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keys::DataKey;
use crate::ports::{Entropy, Failure, LogLine, OutboundCall, RunReport};

const OWNER_BYTES: usize = 16;

/// What a run logged, called and said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunBody {
    /// Its log lines, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<RunLine>,
    /// Whether it logged more than is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// Its calls to other hosts, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<RunCall>,
    /// What it said about its failure: name, message and the stack in its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A log line of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLine {
    #[serde(with = "level")]
    /// How grave it is.
    pub level: LogLevel,
    /// The message.
    pub message: String,
    /// Further arguments, each as JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<String>,
    /// When, by the clock that the function saw.
    pub at: Timestamp,
}

/// A call of a run to another host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCall {
    /// Method and target, without query.
    pub target: String,
    /// HTTP status, if there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What went wrong, if something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl RunCall {
    /// How long it took.
    pub const fn duration(&self) -> Duration {
        Duration::from_micros(self.duration_us)
    }
}

/// The level with this word; what is no known word is taken for information.
pub(super) fn level_of(word: &str) -> LogLevel {
    match word {
        "debug" => LogLevel::Debug,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => LogLevel::Info,
    }
}

mod level {
    use convoke_store::runs::LogLevel;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "it is what serde passes")]
    pub(super) fn serialize<S: Serializer>(level: &LogLevel, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*level as u8)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LogLevel, D::Error> {
        let number = usize::from(u8::deserialize(deserializer)?);
        let level = LogLevel::ALL.get(number).copied();
        level.ok_or_else(|| serde::de::Error::custom("no such level"))
    }
}

impl RunBody {
    /// What is kept of a report; lines for debugging only if the account wants them.
    pub(super) fn of(report: &RunReport, failure: Option<&Failure>, keep_debug: bool) -> Self {
        let kept = report.logs.iter().filter(|line| keep_debug || level_of(line.level) != LogLevel::Debug);
        Self {
            lines: kept.map(line).collect(),
            truncated: report.logs_truncated,
            calls: report.calls.iter().map(call).collect(),
            detail: failure.map(|failure| failure.detail.clone()).filter(|detail| !detail.is_empty()),
        }
    }

    /// Whether there is nothing to keep.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn levels(&self) -> Levels {
        self.lines.iter().map(|line| line.level).collect()
    }
}

fn line(line: &LogLine) -> RunLine {
    let LogLine { level, message, extras, at } = line;
    RunLine { level: level_of(level), message: message.clone(), extras: extras.clone(), at: *at }
}

fn call(call: &OutboundCall) -> RunCall {
    let OutboundCall { target, status, duration, error } = call;
    let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    RunCall { target: target.clone(), status: *status, duration_us, error: error.clone() }
}

/// Where something sealed belongs: it opens nowhere else.
pub(super) fn place(invocation: InvocationId, attempt: u8) -> String {
    format!("run/{invocation}/{attempt}")
}

/// Seals `plain` with a consumer's key, or with the account's if `owner` is `None`.
pub(super) fn seal(
    owner: Option<ConsumerId>,
    key: &DataKey,
    entropy: &dyn Entropy,
    place: &str,
    plain: &[u8],
) -> Vec<u8> {
    let owner = owner.map_or([0; OWNER_BYTES], |owner| owner.bits().to_be_bytes());
    [&owner[..], &key.seal(entropy, place.as_bytes(), plain)].concat()
}

/// Whose key opens it: a consumer's, or the account's.
pub(super) fn owner(sealed: &[u8]) -> Option<ConsumerId> {
    let bits = u128::from_be_bytes(*sealed.first_chunk::<OWNER_BYTES>()?);
    (bits != 0).then(|| ConsumerId::from_bits(bits))
}

/// Opens what was sealed for `place`; `None` if it does not open.
pub(super) fn open(sealed: &[u8], key: &DataKey, place: &str) -> Option<Vec<u8>> {
    key.open(place.as_bytes(), sealed.get(OWNER_BYTES..)?).ok()
}
