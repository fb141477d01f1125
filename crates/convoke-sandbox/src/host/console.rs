//! The log of one run: bounded in entries and bytes, with a visible mark where it was cut.

use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};

use super::hidden::Hidden;
use crate::execution::{Level, LogEntry};
use crate::limits::{LOG_BYTES_MAX, LOG_ENTRIES_MAX};

/// Entries so far.
#[derive(Debug, Default)]
pub(crate) struct LogBook {
    entries: Vec<LogEntry>,
    bytes: usize,
    truncated: bool,
}

impl LogBook {
    /// Adds an entry from the prelude's JSON: `[message, ...extras]`.
    pub(crate) fn write(&mut self, level: Level, json: &[u8], timestamp: Timestamp) {
        if self.truncated {
            return;
        }
        if self.entries.len() >= LOG_ENTRIES_MAX || self.bytes + json.len() > LOG_BYTES_MAX {
            self.truncated = true;
            let message = format!(
                "Log truncated: an invocation keeps {LOG_ENTRIES_MAX} entries and {LOG_BYTES_MAX} bytes."
            );
            self.entries.push(LogEntry { level: Level::Error, message, extras: Vec::new(), timestamp });
            return;
        }
        self.bytes += json.len();
        // Data stays the text that it is: nobody looks into it before it is stored.
        let mut values = serde_json::from_slice::<Vec<Box<RawValue>>>(json).unwrap_or_default().into_iter();
        let message = match values.next() {
            Some(first) => serde_json::from_str(first.get()).unwrap_or_else(|_| first.get().to_owned()),
            // Not the prelude's doing: keep what it wrote.
            None => String::from_utf8_lossy(json).into_owned(),
        };
        self.entries.push(LogEntry { level, message, extras: values.collect(), timestamp });
    }

    /// The entries without what is hidden, and whether some were dropped.
    pub(crate) fn finish(mut self, hidden: &Hidden) -> (Vec<LogEntry>, bool) {
        if !hidden.is_empty() {
            for entry in &mut self.entries {
                hidden.clean(&mut entry.message);
                entry.extras.iter_mut().for_each(|extra| clean(extra, hidden));
            }
        }
        (self.entries, self.truncated)
    }
}

/// Takes out of data what is hidden. As text it may be escaped, so it is read for this.
fn clean(data: &mut Box<RawValue>, hidden: &Hidden) {
    let mut value = serde_json::from_str(data.get()).unwrap_or_default();
    hidden.clean_value(&mut value);
    *data = to_raw_value(&value).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_a_text_and_the_rest_is_data() {
        let mut book = LogBook::default();
        book.write(Level::Info, br#"["hello",{"a":1},2]"#, Timestamp::UNIX_EPOCH);
        let (entries, truncated) = book.finish(&Hidden::default());
        assert_eq!((entries[0].message.as_str(), entries[0].extras.len(), truncated), ("hello", 2, false));
    }

    #[test]
    fn a_flood_is_cut_with_a_mark() {
        let mut book = LogBook::default();
        for _ in 0..LOG_ENTRIES_MAX * 2 {
            book.write(Level::Info, br#"["x"]"#, Timestamp::UNIX_EPOCH);
        }
        let (entries, truncated) = book.finish(&Hidden::default());
        assert!(truncated && entries.len() == LOG_ENTRIES_MAX + 1);
        assert!(entries[LOG_ENTRIES_MAX].message.starts_with("Log truncated"));
    }
}
