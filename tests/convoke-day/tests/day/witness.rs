//! A store that writes down what it was given, step by step, before it keeps it: the log of a run.
//!
//! Two runs with the same seed must give it the same bytes in the same order. Sealed bodies are in it as a checksum.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use convoke_domain::sequence::EventSeq;
use convoke_store::{MemoryStore, Step, Watched, Watcher};

/// A store in memory, and everything that was written to it.
pub(crate) type Witnessed = Watched<MemoryStore, Witness>;

/// Everything that was written.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    log: Mutex<String>,
}

impl Witness {
    /// The log so far; what is written next begins a new one.
    pub(crate) fn take_log(&self) -> String {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write_down(&self, step: &Step) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let head = step.expect.map_or(0, EventSeq::number);
        let _ = write!(log, "{:?} {head}", step.stream);
        if let Some(record) = &step.record {
            let _ = write!(log, "+{} {} {:016x}", record.events, record.at, checksum(&record.body));
        }
        if let Some(cursor) = &step.cursor {
            let _ = write!(log, " cursor {}", cursor.to.number());
        }
        for timer in &step.timers {
            let _ = write!(log, " {timer:?}");
        }
        for fact in &step.facts {
            let _ = write!(log, " {} {:016x}", fact.key, checksum(fact.value.as_deref().unwrap_or_default()));
        }
        if let Some(key) = &step.key {
            let _ = write!(log, " key {:016x}", checksum(&key.wrapped));
        }
        log.push('\n');
    }
}

/// FNV-1a: nobody forges here, and one changed bit is another number.
fn checksum(bytes: &[u8]) -> u64 {
    let mix = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, mix)
}

impl Watcher for Witness {
    type Seen = ();

    fn before(&self, batch: &[Step]) {
        for step in batch {
            self.write_down(step);
        }
    }
}
