//! The log of one run: bounded in entries and bytes, with a visible mark where it was cut.

use jiff::Timestamp;
use serde_json::Value;
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
        let mut values = texts(json).into_iter();
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

/// The elements of a list, each the text that it is: nobody looks into it before it is stored. None if it is no list, or if
/// half a character is in it, which JavaScript writes and other readers refuse.
fn texts(json: &[u8]) -> Vec<Box<RawValue>> {
    let halves = json.windows(HALF.len()).any(|written| written.eq_ignore_ascii_case(HALF));
    if halves && serde_json::from_slice::<Vec<Value>>(json).is_err() {
        return Vec::new();
    }
    serde_json::from_slice(json).unwrap_or_default()
}

/// How halves of characters begin that are written by their number.
const HALF: &[u8] = br"\ud";

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
    fn half_a_character_makes_everything_the_message() {
        let mut book = LogBook::default();
        book.write(Level::Info, br#"["a","\ud83d"]"#, Timestamp::UNIX_EPOCH);
        book.write(Level::Info, br#"["a","\ud83d\ude00"]"#, Timestamp::UNIX_EPOCH);
        let (entries, _) = book.finish(&Hidden::default());
        assert_eq!((entries[0].message.as_str(), entries[0].extras.len()), (r#"["a","\ud83d"]"#, 0));
        assert_eq!((entries[1].message.as_str(), entries[1].extras.len()), ("a", 1));
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
