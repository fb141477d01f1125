//! Places in a conversation's log: the one total order that every client sees.

use std::fmt;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// Place of an event in its stream: the first is 1, the next is one more, there are no gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventSeq(NonZeroU64);

impl EventSeq {
    /// The first place of a stream.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// The place with this number; `None` for 0, which is the place before the first.
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Its number, from 1.
    pub const fn number(self) -> u64 {
        self.0.get()
    }

    /// The next place.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The place after `head`, where `None` is the head of an empty stream.
    pub const fn after(head: Option<Self>) -> Self {
        match head {
            None => Self::FIRST,
            Some(head) => head.next(),
        }
    }
}

impl fmt::Display for EventSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One command of one answer: unique in its conversation, and ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommandId {
    /// The trigger that was answered.
    pub trigger: EventSeq,
    /// Place in the answer, from 0.
    pub index: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_begins_at_one_and_has_no_gaps() {
        assert_eq!(EventSeq::after(None), EventSeq::FIRST);
        assert_eq!(EventSeq::FIRST.number(), 1);
        assert_eq!(EventSeq::FIRST.next().number(), 2);
        assert_eq!(EventSeq::new(0), None);
    }
}
