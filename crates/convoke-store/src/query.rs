//! What reads ask for and what they return.

use convoke_domain::id::{ConsumerId, ConversationId, SkillId};
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;

use crate::record::StoredRecord;
use crate::step::{Summary, TimerName};
use crate::stream::StreamId;

/// Everything needed to bring a stream's state back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Its last event.
    pub head: EventSeq,
    /// Its last settled trigger.
    pub cursor: Option<EventSeq>,
    /// Whether unsettled triggers remain.
    pub pending: bool,
    /// The latest snapshot and the event that it stands after.
    pub snapshot: Option<(EventSeq, Vec<u8>)>,
    /// All records after the snapshot, oldest first, up to `head`. Taking snapshots is what bounds it.
    pub records_after: Vec<StoredRecord>,
}

/// A timer that is set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueTimer {
    /// When it is due.
    pub due: Timestamp,
    /// Whose it is.
    pub stream: StreamId,
    /// Which one.
    pub name: TimerName,
}

/// Which conversations a list shows. The default shows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// Only those routed to this skill.
    pub skill: Option<SkillId>,
    /// Only those of this consumer.
    pub consumer: Option<ConsumerId>,
}

impl ListFilter {
    /// Whether a conversation with this summary is shown.
    pub fn shows(&self, summary: &Summary) -> bool {
        self.open.is_none_or(|open| open == summary.open)
            && (self.skill.is_none() || self.skill == summary.skill)
            && (self.consumer.is_none() || self.consumer == summary.consumer)
    }
}

/// The last row of a page; the next page begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListPlace {
    /// When that conversation last changed.
    pub changed_at: Timestamp,
    /// Which conversation it was.
    pub conversation: ConversationId,
}

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Which conversation.
    pub conversation: ConversationId,
    /// What the latest step said of it.
    pub summary: Summary,
}

impl ListRow {
    /// Where this row stands, to ask for the page after it.
    pub const fn place(&self) -> ListPlace {
        ListPlace { changed_at: self.summary.changed_at, conversation: self.conversation }
    }
}

/// What retention removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Conversations, each with all its records, timers and rows.
    pub conversations: u64,
    /// Records of those conversations.
    pub records: u64,
}

/// How much is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Streams with at least one record.
    pub streams: u64,
    /// Streams with unsettled triggers.
    pub pending: u64,
    /// Conversations whose summary says that they are open.
    pub open: u64,
    /// Timers that are set.
    pub timers: u64,
    /// Steps accepted since the store was opened.
    pub steps_accepted: u64,
    /// Durable writes since the store was opened; `steps_accepted` over this is the size of a group.
    pub commits: u64,
    /// Bytes on disk, the write-ahead log included; 0 in memory.
    pub disk_bytes: u64,
}

/// Whether the storage can acknowledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It can.
    Ready,
    /// A durable write failed. Nothing is acknowledged until the process is restarted.
    Failed {
        /// What failed, and what to do.
        reason: String,
    },
}

/// Cuts a time to the microsecond, which is what is stored.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The time with these microseconds; one out of range, which only a damaged file holds, becomes the nearest.
pub(crate) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The UTC day of a time, in days since 1970-01-01.
pub(crate) fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(24 * 60 * 60)
}

/// The same, of a calendar date.
pub(crate) fn day_of_date(date: jiff::civil::Date) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    i64::from((date - epoch).get_days())
}
