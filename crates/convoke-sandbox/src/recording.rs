//! What a replay needs: the input, when each entry happened, the seed, and the answer of every operation.
//!
//! Promises: secrets are in it by name and version, credentials in header fields by name, never by value. Leaves out: storing
//! and sealing it, which are the caller's.

mod credentials;

use std::sync::Arc;

use jiff::Timestamp;

use crate::guest::state::Operation;
use crate::host::hidden::Hidden;
use crate::limits::RECORDING_BYTES_MAX;

/// A run in step units: the invocation, then one entry per operation answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The image that ran: engine and prelude, as a hash.
    pub image: String,
    /// The clock during the invocation's first entry.
    pub started: Timestamp,
    /// The run's seed, as 32 hexadecimal digits.
    pub seed: String,
    /// The input as JSON text.
    pub input: Arc<str>,
    /// The entries after the first, in order.
    pub entries: Vec<RecordedEntry>,
    /// Whether every entry is here; false if they outgrew [`RECORDING_BYTES_MAX`].
    pub complete: bool,
    bytes: usize,
}

/// One operation's answer and when it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub(crate) fn new(image: &str, started: Timestamp, seed: u128, input: Arc<str>) -> Self {
        Self {
            image: image.to_owned(),
            started,
            seed: format!("{seed:032x}"),
            input,
            entries: Vec::new(),
            complete: true,
            bytes: 0,
        }
    }

    /// Adds the answer of an operation.
    pub(crate) fn push(&mut self, operation: Operation, mut entry: RecordedEntry) {
        let asks_others = matches!(operation, Operation::Fetch | Operation::Mtls | Operation::Platform);
        if asks_others && let Some(without) = credentials::named_in_answer(&entry.answer) {
            entry.answer = without;
        }
        self.bytes = self.bytes.saturating_add(entry.answer.len());
        if self.bytes > RECORDING_BYTES_MAX {
            self.complete = false;
        }
        if self.complete {
            self.entries.push(entry);
        }
    }

    /// The recording when nothing can be added any more. A secret that the run came to know late was perhaps in an earlier
    /// answer, or in the input.
    pub(crate) fn finished(mut self, hidden: &Hidden) -> Self {
        if let Some(without) = credentials::named_in_input(&self.input) {
            self.input = without.into();
        }
        if !hidden.is_empty() {
            let mut input = self.input.to_string();
            hidden.refer(&mut input);
            self.input = input.into();
            self.entries.iter_mut().for_each(|entry| hidden.refer(&mut entry.answer));
        }
        self
    }
}
