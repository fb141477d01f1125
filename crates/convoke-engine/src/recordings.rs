//! Recordings: what a replay of an attempt needs, kept beside the run log.
//!
//! ```text
//! start, seed, input          given once
//! an answer per operation     in the order in which they were handed in, with the clock of that moment
//! ```
//!
//! A run is a function of these: the clock stands still inside an entry, and nothing else comes in. Sealed like the run log's
//! bodies: with the key of the consumer in whose conversation the function ran, so that erasing the consumer erases it, or
//! with the account's. What it logged and what came of it is in the run log, under the same invocation and attempt.

mod packed;

use std::fmt;
use std::sync::Arc;

use convoke_domain::id::{AccountId, InvocationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::EngineError;
use crate::handle::Handle;

pub(crate) use packed::pack;

/// The form in which recordings are written now. A later one reads all before it.
pub const RECORDING_FORMAT: u16 = 1;

/// What a replay of an attempt needs. Holds no secret and no credential of a header field: they are named.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The form it is written in.
    pub format: u16,
    /// The engine that ran, as the hash of its image.
    pub image: String,
    /// The clock when the function was called.
    pub started: Timestamp,
    /// What decided its random numbers: 32 hexadecimal digits.
    pub seed: String,
    /// The whole input as JSON text.
    #[serde(with = "packed::input")]
    pub input: Arc<str>,
    /// The operations' answers, in the order in which they were given.
    pub answers: Vec<RecordedAnswer>,
    /// Whether all answers are here; false if they were too many to be kept.
    pub complete: bool,
}

/// The answer of one operation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedAnswer {
    /// The clock when it was given.
    pub at: Timestamp,
    /// Which operation, as the function's run counts them.
    pub operation: i32,
    /// What it was: `timer`, `fetch`, `secret.read`, …
    pub name: String,
    /// Whether its promise was fulfilled; else it was rejected.
    pub fulfilled: bool,
    /// The answer as text, mostly JSON; empty for a timer.
    pub answer: String,
}

impl fmt::Debug for Recording {
    // What people wrote is in the input and in answers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("seed", &self.seed).finish_non_exhaustive()
    }
}

impl fmt::Debug for RecordedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedAnswer").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Recording {
    /// What it takes up, roughly. Bytes.
    pub(crate) fn weight(&self) -> usize {
        self.input.len() + self.answers.iter().map(|answer| answer.answer.len() + 64).sum::<usize>()
    }
}

/// A recording that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Of which attempt, from 1.
    pub attempt: u8,
    /// When the attempt began.
    pub began_at: Timestamp,
    /// How large it is, sealed. Bytes.
    pub bytes: u64,
}

/// Where a recording belongs: sealed, it opens nowhere else.
pub(crate) fn place(invocation: InvocationId, attempt: u8) -> String {
    format!("recording/{invocation}/{attempt}")
}

impl Handle {
    /// The recordings of an invocation's attempts, in their order.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn recordings(
        &self,
        account: &AccountId,
        invocation: InvocationId,
    ) -> Result<Vec<Recorded>, EngineError> {
        let log = &self.inner.invoker.runs;
        log.flush().await;
        let stored = log.store.recordings(account, invocation).await?.into_iter();
        Ok(stored.map(|(attempt, began_at, bytes)| Recorded { attempt, began_at, bytes }).collect())
    }

    /// The recording of one attempt, or of the last one. `None` if there is none (any more), or the consumer whose key
    /// sealed it was erased.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn recording(
        &self,
        account: &AccountId,
        invocation: InvocationId,
        attempt: Option<u8>,
    ) -> Result<Option<(u8, Recording)>, EngineError> {
        let log = &self.inner.invoker.runs;
        let attempt = match attempt {
            Some(attempt) => attempt,
            None => match self.recordings(account, invocation).await?.last() {
                Some(last) => last.attempt,
                None => return Ok(None),
            },
        };
        log.flush().await;
        let Some(sealed) = log.store.recording(account, invocation, attempt).await? else { return Ok(None) };
        let plain = log.unsealed(account, &sealed, &place(invocation, attempt)).await?;
        let Some(plain) = plain else { return Ok(None) };
        Ok(Some((attempt, packed::unpack(&plain)?)))
    }
}
