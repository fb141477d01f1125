//! What a replay needs: when each entry happened, the seed, and the answer of every operation.
//!
//! Storing it, sealing it and keeping secrets out of it is the caller's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::RECORDING_BYTES_MAX;

/// A run in step units: the invocation, then one entry per operation answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The image that ran: engine and prelude, as a hash.
    pub image: String,
    /// The clock during the invocation's first entry.
    pub started: Timestamp,
    /// The run's seed, as 32 hexadecimal digits.
    pub seed: String,
    /// The entries after the first, in order.
    pub entries: Vec<RecordedEntry>,
    /// Whether every entry is here; false if they outgrew [`RECORDING_BYTES_MAX`].
    pub complete: bool,
    #[serde(skip)]
    bytes: usize,
}

/// One operation's answer and when it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEntry {
    /// The clock during this entry.
    pub at: Timestamp,
    /// The operation, counted in the guest.
    pub operation: i32,
    /// Its name.
    pub name: String,
    /// Whether its promise was fulfilled.
    pub fulfilled: bool,
    /// The answer as it was handed in.
    pub answer: String,
}

impl Recording {
    pub(crate) fn new(image: &str, started: Timestamp, seed: u128) -> Self {
        Self {
            image: image.to_owned(),
            started,
            seed: format!("{seed:032x}"),
            entries: Vec::new(),
            complete: true,
            bytes: 0,
        }
    }

    pub(crate) fn push(&mut self, entry: RecordedEntry) {
        self.bytes = self.bytes.saturating_add(entry.answer.len());
        if self.bytes > RECORDING_BYTES_MAX {
            self.complete = false;
        }
        if self.complete {
            self.entries.push(entry);
        }
    }
}
