//! Reads: two threads with a connection each, and the queries they run.
//!
//! A read takes the stream's head from memory and walks the log from there, so it never sees half of a group. The log
//! may be ahead of the memory by the group that is just becoming durable, never behind.

use std::sync::{Arc, Mutex, PoisonError, RwLockReadGuard};

use convoke_domain::id::{AccountId, ConsumerId};
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::{mpsc, oneshot};

use super::Shared;
use super::apply::{conversation, number};
use super::heads::{Heads, StreamKey};
use super::log::{RowId, Walk, damaged};
use crate::limits::WAYPOINT_RECORDS;
use crate::query::{micros, time};
use crate::record;
use crate::{
    DueTimer, Fact, ListFilter, ListPlace, ListRow, Loaded, Snapshot, StoreError, StoredRecord, StreamId,
    Summary,
};

/// How often a read looks again when the ground moved under it. Each time something else made progress.
const ATTEMPTS_MAX: usize = 1000;

/// A read, as a reader's thread runs it.
type Read = Box<dyn FnOnce(&Reader) + Send>;

/// The way to the reader threads.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    reads: mpsc::Sender<Read>,
}

impl Readers {
    /// The sending end, and what the threads share.
    pub(super) fn new() -> (Self, Arc<Mutex<mpsc::Receiver<Read>>>) {
        let (reads, receiver) = mpsc::channel(crate::limits::READ_QUEUE_MAX);
        (Self { reads }, Arc::new(Mutex::new(receiver)))
    }

    /// Runs a read on one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let read: Read = Box::new(move |reader| {
            // A caller that stopped waiting does not want the answer.
            let _gone = reply.send(read(reader));
        });
        let closed = || StoreError::Failed { reason: "the store is closed".to_owned() };
        self.reads.send(read).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

/// What an attempt to read came to.
enum Look<T> {
    Found(T),
    /// Memory is a moment behind the table.
    Again,
}

/// One reader.
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
}

impl Reader {
    /// Reads until all senders are gone.
    pub(super) fn run(&self, reads: &Mutex<mpsc::Receiver<Read>>) {
        loop {
            let read = reads.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let Some(read) = read else { return };
            read(self);
        }
    }

    fn heads(&self) -> RwLockReadGuard<'_, Heads> {
        self.shared.heads.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does a read that walks the log, again if retention moved its rows meanwhile.
    fn walk<T>(&self, read: impl Fn(&Self) -> Result<Look<T>, StoreError>) -> Result<T, StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let drops = self.heads().drops;
            match read(self) {
                Ok(Look::Found(found)) => return Ok(found),
                // The group that is just durable is not in memory yet; its thread needs a moment.
                Ok(Look::Again) => std::thread::yield_now(),
                Err(error) if drops == self.heads().drops => return Err(error),
                Err(_) => {}
            }
        }
        Err(StoreError::Database { what: "the log kept changing under a read".to_owned() })
    }

    /// See [`Store::load`](crate::Store::load).
    pub(super) fn load(&self, stream: &StreamId) -> Result<Option<Loaded>, StoreError> {
        self.walk(|reader| reader.try_load(stream))
    }

    /// Again if the snapshot is newer than the head that memory shows.
    fn try_load(&self, stream: &StreamId) -> Result<Look<Option<Loaded>>, StoreError> {
        let (head, days) = {
            let heads = self.heads();
            let Some(head) = heads.find(stream) else { return Ok(Look::Found(None)) };
            (head.clone(), heads.days.clone())
        };
        let snapshot = self.snapshot(stream, head.id)?;
        if snapshot.as_ref().is_some_and(|(at, _)| *at > head.seq) {
            return Ok(Look::Again);
        }
        let from = EventSeq::after(snapshot.as_ref().map(|(at, _)| *at));
        let walk = Walk { connection: &self.connection, stream, days: &days };
        let records_after = walk.back_to(head.last, from, usize::MAX)?;
        let (cursor, pending) = (head.cursor, head.pending);
        Ok(Look::Found(Some(Loaded { head: head.seq, cursor, pending, snapshot, records_after })))
    }

    /// See [`Store::snapshot`](crate::Store::snapshot).
    pub(super) fn latest_snapshot(&self, stream: &StreamId) -> Result<Option<Snapshot>, StoreError> {
        let id = self.heads().find(stream).map(|head| head.id);
        id.map_or(Ok(None), |id| self.snapshot(stream, id))
    }

    fn snapshot(&self, stream: &StreamId, id: i64) -> Result<Option<Snapshot>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT head, body FROM snapshot WHERE stream = ?")?;
        let row = statement
            .query_row([id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
            .optional()?;
        let Some((at, bytes)) = row else { return Ok(None) };
        let wrong = |what| damaged(stream, RowId::NONE, what);
        let at = EventSeq::new(at.cast_unsigned()).ok_or_else(|| wrong("its snapshot has no place"))?;
        let body = record::open_snapshot(stream, at, &bytes).map_err(|_| wrong("its snapshot is damaged"))?;
        Ok(Some((at, body.to_vec())))
    }

    /// See [`Store::read`](crate::Store::read).
    pub(super) fn read(
        &self,
        stream: &StreamId,
        from: EventSeq,
        max_records: usize,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        self.walk(|reader| {
            let (head, days) = {
                let heads = reader.heads();
                match heads.find(stream) {
                    Some(head) if head.seq >= from => (head.clone(), heads.days.clone()),
                    Some(_) | None => return Ok(Look::Found(Vec::new())),
                }
            };
            let start = reader.waypoint(head.id, from, max_records)?.filter(|row| *row < head.last);
            let walk = Walk { connection: &reader.connection, stream, days: &days };
            walk.back_to(start.unwrap_or(head.last), from, max_records).map(Look::Found)
        })
    }

    /// A row at least `max_records` after `from`, if one is noted.
    fn waypoint(&self, id: i64, from: EventSeq, max_records: usize) -> Result<Option<RowId>, StoreError> {
        let sql = "SELECT seq FROM waypoint WHERE stream = ? AND first >= ? ORDER BY first LIMIT 1 OFFSET ?";
        let beyond = (max_records as u64).div_ceil(WAYPOINT_RECORDS).cast_signed();
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = statement.query_row(params![id, number(from), beyond], |row| row.get(0).map(RowId));
        Ok(row.optional()?)
    }

    /// See [`Store::timers_due`](crate::Store::timers_due).
    pub(super) fn timers_due(
        &self,
        until: Timestamp,
        after: Option<&DueTimer>,
        max_rows: usize,
    ) -> Result<Vec<DueTimer>, StoreError> {
        let (due, id, name) = match after {
            None => (i64::MIN, 0, ""),
            Some(timer) => {
                let id = self.heads().find(&timer.stream).map_or(0, |head| head.id);
                (micros(timer.due), id, timer.name.as_str())
            }
        };
        let mut statement = self.connection.prepare_cached(
            "SELECT t.due, t.name, s.account, s.kind, s.conversation FROM timer t JOIN stream s ON s.id = t.stream \
             WHERE (t.due, t.stream, t.name) > (?, ?, ?) AND t.due <= ? ORDER BY t.due, t.stream, t.name LIMIT ?",
        )?;
        let mut rows = statement.query(params![due, id, name, micros(until), max_rows.cast_signed()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(self.timer(row)?);
        }
        Ok(found)
    }

    fn timer(&self, row: &Row<'_>) -> Result<DueTimer, StoreError> {
        let key = StreamKey { account: row.get(2)?, kind: row.get(3)?, conversation: row.get(4)? };
        let name: String = row.get(1)?;
        let wrong = || StoreError::Corrupt { what: format!("timer {name} belongs to no stream") };
        let name = name.parse().map_err(|_| wrong())?;
        // A new account is in the table a moment before memory knows it.
        let stream = self
            .walk(|reader| Ok(reader.heads().name(key).map_or(Look::Again, Look::Found)))
            .map_err(|_| wrong())?;
        Ok(DueTimer { due: time(row.get(0)?), stream, name })
    }

    /// See [`Store::fact`](crate::Store::fact).
    pub(super) fn fact(&self, account: &AccountId, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(account) = self.heads().accounts().number(account) else { return Ok(None) };
        let mut statement =
            self.connection.prepare_cached("SELECT value FROM fact WHERE account = ? AND name = ?")?;
        Ok(statement.query_row(params![account, key], |row| row.get(0)).optional()?)
    }

    /// See [`Store::facts`](crate::Store::facts).
    pub(super) fn facts(
        &self,
        account: &AccountId,
        prefix: &str,
        after: Option<&str>,
        max_rows: usize,
    ) -> Result<Vec<Fact>, StoreError> {
        let Some(account) = self.heads().accounts().number(account) else { return Ok(Vec::new()) };
        // Names with a prefix are one run of the index; it ends at the first that has it no more.
        let mut statement = self.connection.prepare_cached(
            "SELECT name, value FROM fact WHERE account = ?1 AND name >= ?2 AND (?3 IS NULL OR name > ?3) \
             ORDER BY name LIMIT ?4",
        )?;
        let begin = after.map_or(prefix, |after| after.max(prefix));
        let rows = statement.query_map(params![account, begin, after, max_rows.cast_signed()], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?))
        })?;
        let mut found = Vec::new();
        for row in rows {
            let fact = row?;
            if !fact.0.starts_with(prefix) {
                break;
            }
            found.push(fact);
        }
        Ok(found)
    }

    /// See [`Store::key`](crate::Store::key).
    pub(super) fn key(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(account) = self.heads().accounts().number(account) else { return Ok(None) };
        let sql = "SELECT wrapped FROM key WHERE account = ? AND consumer = ? AND erased = 0";
        let mut statement = self.connection.prepare_cached(sql)?;
        let consumer = consumer.bits().to_be_bytes();
        Ok(statement.query_row(params![account, consumer], |row| row.get(0)).optional()?)
    }

    /// See [`Store::list`](crate::Store::list).
    pub(super) fn list(
        &self,
        account: &AccountId,
        filter: &ListFilter,
        before: Option<ListPlace>,
        max_rows: usize,
    ) -> Result<Vec<ListRow>, StoreError> {
        self.walk(|reader| {
            let (account, closings) = {
                let heads = reader.heads();
                let Some(account) = heads.accounts().number(account) else {
                    return Ok(Look::Found(Vec::new()));
                };
                (account, heads.closings)
            };
            let closed = match filter.open {
                Some(true) => Vec::new(),
                Some(false) | None => reader.closed(account, filter, before, max_rows)?,
            };
            let heads = reader.heads();
            if heads.closings != closings {
                // One may have moved from memory to the table between the two looks.
                return Ok(Look::Again);
            }
            let mut rows = match filter.open {
                Some(false) => Vec::new(),
                Some(true) | None => heads.open_before(account, filter, before, max_rows),
            };
            // What memory says to be open is not listed as closed, even if the table is a moment ahead.
            rows.extend(closed.into_iter().filter(|row| {
                let key = StreamKey { account, kind: 2, conversation: row.conversation.bits().to_be_bytes() };
                heads.get(key).is_some_and(super::heads::Head::closed)
            }));
            drop(heads);
            rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.place()));
            rows.truncate(max_rows);
            Ok(Look::Found(rows))
        })
    }

    fn closed(
        &self,
        account: u32,
        filter: &ListFilter,
        before: Option<ListPlace>,
        max_rows: usize,
    ) -> Result<Vec<ListRow>, StoreError> {
        let (changed, last) = match before {
            Some(place) => (micros(place.changed_at), place.conversation.bits().to_be_bytes()),
            None => (i64::MAX, [u8::MAX; 16]),
        };
        let mut sql = "SELECT conversation, opened, changed, skill, consumer FROM closed \
                       WHERE account = ?1 AND (changed, conversation) < (?2, ?3)"
            .to_owned();
        // Each of the two has its index; the parameters are bound in any case.
        sql += if filter.skill.is_some() { " AND skill = ?4" } else { " AND ?4 IS NULL" };
        sql += if filter.consumer.is_some() { " AND consumer = ?5" } else { " AND ?5 IS NULL" };
        sql += " ORDER BY changed DESC, conversation DESC LIMIT ?6";
        let mut statement = self.connection.prepare_cached(&sql)?;
        let skill = filter.skill.as_ref().map(|skill| skill.as_str().to_owned());
        let consumer = filter.consumer.map(|consumer| consumer.bits().to_be_bytes());
        let mut rows =
            statement.query(params![account, changed, last, skill, consumer, max_rows.cast_signed()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(closed_row(row)?);
        }
        Ok(found)
    }

    /// How many timers are set.
    pub(super) fn timers(&self) -> Result<u64, StoreError> {
        let count: i64 = self.connection.query_row("SELECT count(*) FROM timer", [], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }
}

fn closed_row(row: &Row<'_>) -> Result<ListRow, StoreError> {
    let conversation = conversation(row.get(0)?);
    let wrong = || StoreError::Corrupt { what: format!("the list row of {conversation} is unreadable") };
    let skill: Option<String> = row.get(3)?;
    let consumer: Option<[u8; 16]> = row.get(4)?;
    Ok(ListRow {
        conversation,
        summary: Summary {
            open: false,
            opened_at: time(row.get(1)?),
            changed_at: time(row.get(2)?),
            skill: skill.map(|skill| skill.parse().map_err(|_| wrong())).transpose()?,
            consumer: consumer.map(|bits| ConsumerId::from_bits(u128::from_be_bytes(bits))),
        },
    })
}
