//! Opening: the heads as they were last written back, then the log's rows since, each checked.

use std::collections::VecDeque;

use convoke_domain::sequence::EventSeq;
use rusqlite::Connection;

use super::apply::Ledger;
use super::heads::{Accounts, Head, Heads, Listed, StreamKey};
use super::log::{RawRow, Row, RowId, Table, damaged};
use crate::record::Mark;
use crate::{Epoch, StoreError, StreamId};

/// What opening found.
pub(super) struct Recovered {
    pub(super) heads: Heads,
    pub(super) ledger: Ledger,
    pub(super) behind: VecDeque<(StreamKey, i64)>,
    /// Rows replayed.
    pub(super) replayed: u64,
}

/// Reads everything, and begins the next epoch durably.
pub(super) fn recover(connection: &Connection) -> Result<Recovered, StoreError> {
    let mut heads = Heads::default();
    load_accounts(connection, &mut heads)?;
    let mut days = connection.prepare("SELECT day FROM day")?;
    heads.days = days.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut streams = load_streams(connection, &mut heads)?;
    let flushed: i64 =
        connection.query_row("SELECT value FROM meta WHERE name = 'flushed'", [], |row| row.get(0))?;
    let mut replay =
        Replay { heads: &mut heads, streams: &mut streams, behind: Vec::new(), last: flushed, rows: 0 };
    replay.table(connection, Table::Account, flushed)?;
    let tables: Vec<Table> = replay.heads.days.iter().map(|day| Table::Day(*day)).collect();
    for table in tables {
        replay.table(connection, table, flushed)?;
    }
    let Replay { mut behind, last, rows, .. } = replay;
    behind.sort_unstable_by_key(|(_, since)| *since);
    let keys: Vec<StreamKey> = streams.into_iter().flatten().collect();
    heads.index(&keys);
    let epoch: i64 = connection.query_row(
        "UPDATE meta SET value = value + 1 WHERE name = 'epoch' RETURNING value",
        [],
        |row| row.get(0),
    )?;
    let ledger = Ledger {
        epoch: Epoch::new(epoch.cast_unsigned()),
        accounts: heads.accounts().clone(),
        days: heads.days.clone(),
        number: last,
        stream: connection.query_row("SELECT coalesce(max(id), 0) FROM stream", [], |row| row.get(0))?,
    };
    Ok(Recovered { heads, ledger, behind: behind.into(), replayed: rows })
}

fn load_accounts(connection: &Connection, heads: &mut Heads) -> Result<(), StoreError> {
    for account in accounts(connection)?.names() {
        heads.add_account(account.clone());
    }
    Ok(())
}

/// The accounts and their numbers, which count from 0 without gaps.
pub(super) fn accounts(connection: &Connection) -> Result<Accounts, StoreError> {
    let mut accounts = Accounts::default();
    let mut statement = connection.prepare("SELECT id, name FROM account ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, name): (u32, String) = (row.get(0)?, row.get(1)?);
        let account = name.parse().map_err(|error| corrupt(format!("account {id}: {error}")))?;
        if accounts.add(account) != id {
            return Err(corrupt(format!("account {id} is out of place")));
        }
    }
    Ok(accounts)
}

/// A row of `stream`, without its name.
pub(super) fn stream_row(row: &rusqlite::Row<'_>) -> Result<(StreamKey, Head), StoreError> {
    let id: i64 = row.get(0)?;
    let key = StreamKey { account: row.get(1)?, kind: row.get(2)?, conversation: row.get(3)? };
    let head: i64 = row.get(4)?;
    let seq =
        EventSeq::new(head.cast_unsigned()).ok_or_else(|| corrupt(format!("stream {id} has no head")))?;
    let mark = row.get_ref(8)?.as_blob().ok().and_then(Mark::decode);
    let mark = mark.ok_or_else(|| corrupt(format!("stream {id} has an unreadable mark")))?;
    let listed = if row.get(7)? { Listed::Closed } else { Listed::Never };
    let (last, records) = (RowId(row.get(5)?), row.get(6)?);
    let mut head = Head { id, seq, last, records, cursor: None, pending: false, listed, dirty: false };
    head.note(&mark);
    Ok((key, head))
}

/// The columns that [`stream_row`] reads, of all streams.
pub(super) const STREAMS: &str =
    "SELECT id, account, kind, conversation, head, last, records, closed, mark FROM stream";

/// Loads the rows of `stream`; gives the streams by their number.
fn load_streams(connection: &Connection, heads: &mut Heads) -> Result<Vec<Option<StreamKey>>, StoreError> {
    let (count, max): (i64, i64) =
        connection.query_row("SELECT count(*), coalesce(max(id), 0) FROM stream", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    heads.reserve(usize::try_from(count).unwrap_or(0));
    let mut by_number = vec![None; usize::try_from(max).unwrap_or(0) + 1];
    let mut statement = connection.prepare(STREAMS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (key, head) = stream_row(row)?;
        let slot = usize::try_from(head.id).ok().and_then(|id| by_number.get_mut(id));
        *slot.ok_or_else(|| corrupt(format!("stream {} is out of place", head.id)))? = Some(key);
        heads.load(key, head);
    }
    Ok(by_number)
}

/// The log's rows since the heads were up to date.
struct Replay<'a> {
    heads: &'a mut Heads,
    streams: &'a mut [Option<StreamKey>],
    behind: Vec<(StreamKey, i64)>,
    last: i64,
    rows: u64,
}

impl Replay<'_> {
    fn table(&mut self, connection: &Connection, table: Table, flushed: i64) -> Result<(), StoreError> {
        let after = match table {
            Table::Day(day) => RowId::new(day, flushed),
            Table::Account | Table::Kept => RowId::new(0, flushed),
        };
        let mut statement = connection.prepare(&table.rows_after())?;
        let mut rows = statement.query([after.0])?;
        while let Some(row) = rows.next()? {
            self.row(RawRow::read(row)?)?;
        }
        Ok(())
    }

    fn row(&mut self, raw: RawRow) -> Result<(), StoreError> {
        let row = RowId(raw.place.seq);
        let key = usize::try_from(raw.stream).ok().and_then(|id| self.streams.get(id).copied().flatten());
        let key = key.ok_or_else(|| corrupt(format!("record {} belongs to no stream", row.0)))?;
        let name =
            self.heads.name(key).ok_or_else(|| corrupt(format!("stream {} has no name", raw.stream)))?;
        let checked = raw.open(&name)?;
        self.last = self.last.max(row.number());
        self.rows += 1;
        let head = self.heads.get_mut(key).expect("a stream that has a number has a head");
        if row <= head.last {
            return Ok(());
        }
        follow(&name, head, &checked)?;
        if !head.dirty {
            head.dirty = true;
            self.behind.push((key, row.number()));
        }
        Ok(())
    }
}

/// Moves a head over the row that follows it, or says that it does not follow.
pub(super) fn follow(stream: &StreamId, head: &mut Head, row: &Row) -> Result<(), StoreError> {
    let place = row.place;
    if RowId(place.prev) != head.last || place.first != head.seq.next() {
        return Err(damaged(stream, RowId(place.seq), "it does not follow the record before"));
    }
    head.seq = place.head().unwrap_or(head.seq);
    head.last = RowId(place.seq);
    head.records += i64::from(place.events > 0);
    head.note(&row.mark);
    Ok(())
}

/// The error for what contradicts itself.
pub(super) fn corrupt(what: String) -> StoreError {
    StoreError::Corrupt { what }
}
