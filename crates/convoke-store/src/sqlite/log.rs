//! Rows of the log: how they are numbered, where they are, and walking back from one to the one before.

use std::collections::{BTreeSet, VecDeque};

use convoke_domain::sequence::EventSeq;
use rusqlite::{Connection, OptionalExtension};

use crate::record::{self, Mark, Place};
use crate::{StoreError, StoredRecord, StreamId};

/// Bits of the counter; 8.8 × 10¹² rows are enough for years at full speed.
const NUMBER_BITS: u32 = 43;

/// The number of a row: its UTC day, then a counter over all rows of the database. It names the row's table, and
/// grows along a stream. Account streams have day 0, since they are not spread over days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowId(pub(super) i64);

impl RowId {
    /// No row: what precedes a stream's first.
    pub(super) const NONE: Self = Self(0);

    /// The row with this counter on this day. A day out of the range of 1970 to 4840 becomes the nearest.
    pub(super) fn new(day: i64, number: i64) -> Self {
        Self((day.clamp(0, (1 << 20) - 1) << NUMBER_BITS) | number)
    }

    /// Its day.
    pub(super) const fn day(self) -> i64 {
        self.0 >> NUMBER_BITS
    }

    /// Its counter.
    pub(super) const fn number(self) -> i64 {
        self.0 & ((1 << NUMBER_BITS) - 1)
    }
}

/// The table of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    /// Rows of account streams.
    Account,
    /// Rows that outlived their day's table.
    Kept,
    /// Rows of a day's conversations.
    Day(i64),
}

impl Table {
    /// Where a row of `stream` is, given the days that have a table.
    pub(super) fn of(stream: &StreamId, row: RowId, days: &BTreeSet<i64>) -> Self {
        match stream {
            StreamId::Account(_)
            | StreamId::Functions(_)
            | StreamId::Context(_)
            | StreamId::KeyValues(_)
            | StreamId::Outbox(_) => Self::Account,
            StreamId::Conversation { .. } if days.contains(&row.day()) => Self::Day(row.day()),
            StreamId::Conversation { .. } => Self::Kept,
        }
    }

    /// Its name.
    pub(super) fn name(self) -> String {
        match self {
            Self::Account => "log_account".to_owned(),
            Self::Kept => "log_kept".to_owned(),
            Self::Day(day) => format!("log_{day}"),
        }
    }

    /// The columns of all its rows after a number, oldest first; for [`RawRow::read`].
    pub(super) fn rows_after(self) -> String {
        format!(
            "SELECT seq, stream, prev, first, events, body FROM {} WHERE seq > ? ORDER BY seq",
            self.name()
        )
    }
}

/// A row as it is stored, not checked yet.
pub(super) struct RawRow {
    pub(super) stream: i64,
    pub(super) place: Place,
    pub(super) bytes: Vec<u8>,
}

impl RawRow {
    /// Reads the columns seq, stream, prev, first, events, body.
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let first: i64 = row.get(3)?;
        let first =
            EventSeq::new(first.cast_unsigned()).ok_or(rusqlite::Error::IntegralValueOutOfRange(3, first))?;
        let place = Place { seq: row.get(0)?, prev: row.get(2)?, first, events: row.get(4)? };
        Ok(Self { stream: row.get(1)?, place, bytes: row.get(5)? })
    }

    /// Checks the row, and takes it apart.
    pub(super) fn open(self, stream: &StreamId) -> Result<Row, StoreError> {
        let opened = record::open(stream, self.place, &self.bytes);
        let (mark, body) = opened.map_err(|what| damaged(stream, RowId(self.place.seq), what))?;
        let mark_end = self.bytes.len() - body.len();
        let mut body = self.bytes;
        body.drain(..mark_end);
        Ok(Row { place: self.place, mark, body })
    }
}

/// A checked row.
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) mark: Mark,
    pub(super) body: Vec<u8>,
}

/// The error for a row that is not as it was written.
pub(super) fn damaged(stream: &StreamId, row: RowId, what: &'static str) -> StoreError {
    StoreError::CorruptRecord { stream: stream.clone(), seq: row.0.cast_unsigned(), what }
}

/// Walks a stream backwards.
pub(super) struct Walk<'a> {
    pub(super) connection: &'a Connection,
    pub(super) stream: &'a StreamId,
    pub(super) days: &'a BTreeSet<i64>,
}

impl Walk<'_> {
    /// The records from the one that holds `from` up to `last`, at most the oldest `max_records` of them.
    pub(super) fn back_to(
        &self,
        last: RowId,
        from: EventSeq,
        max_records: usize,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        let mut found = VecDeque::new();
        let mut next = last;
        let mut follower: Option<EventSeq> = None;
        while next != RowId::NONE {
            let row = self.row(next)?;
            let follows = EventSeq::after(row.place.head());
            if follower.is_some_and(|first| first != follows) || row.place.prev >= next.0 {
                return Err(damaged(self.stream, next, "the next record does not follow it"));
            }
            if row.place.head() < Some(from) {
                break;
            }
            follower = Some(row.place.first);
            next = RowId(row.place.prev);
            if row.place.events > 0 {
                let Place { first, events, .. } = row.place;
                found.push_front(StoredRecord { first, events, body: row.body });
                found.truncate(max_records);
            }
        }
        Ok(found.into())
    }

    /// A row of the stream, checked.
    pub(super) fn row(&self, id: RowId) -> Result<Row, StoreError> {
        let table = Table::of(self.stream, id, self.days);
        let mut raw = self.row_in(table, id)?;
        if raw.is_none() && matches!(table, Table::Day(_)) {
            // A dropped day has a table again if a stream whose last record is that old got another row.
            raw = self.row_in(Table::Kept, id)?;
        }
        raw.ok_or_else(|| damaged(self.stream, id, "it is missing"))?.open(self.stream)
    }

    fn row_in(&self, table: Table, id: RowId) -> Result<Option<RawRow>, StoreError> {
        let sql =
            format!("SELECT seq, stream, prev, first, events, body FROM {} WHERE seq = ?", table.name());
        Ok(self.connection.prepare_cached(&sql)?.query_row([id.0], RawRow::read).optional()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_number_holds_its_day_and_grows_with_both() {
        let row = RowId::new(20_780, 7);
        assert_eq!((row.day(), row.number()), (20_780, 7));
        assert!(RowId::new(20_780, 1 << 42) < RowId::new(20_781, 8));
        assert_eq!(RowId::new(-5, 3).day(), 0);
        assert!(RowId::new(i64::MAX, 3).0 > 0);
    }
}
