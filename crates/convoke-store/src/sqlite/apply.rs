//! One group of steps in one transaction: each is decided against the heads, and becomes rows.
//!
//! Nothing in memory changes before the transaction is durable; until then a [`Group`] holds what it would change.

use std::collections::{BTreeSet, HashMap};
use std::sync::{PoisonError, RwLock};

use convoke_domain::id::{AccountId, ConversationId};
use convoke_domain::sequence::EventSeq;
use rusqlite::{Connection, OptionalExtension, params};

use super::heads::{Accounts, Head, Heads, Listed, StreamKey};
use super::log::{RowId, Table};
use super::schema::log_table;
use crate::limits::WAYPOINT_RECORDS;
use crate::query::{day, micros, time};
use crate::record::{self, Mark, Place};
use crate::{Epoch, FactOp, Reject, Step, StoreError, StreamId, Summary, TimerOp, Verdict, WrappedKey};

/// What the writer's thread knows besides the shared heads; advanced by every group, since a group that fails is the
/// last one.
#[derive(Debug)]
pub(super) struct Ledger {
    /// The epoch of this opening.
    pub(super) epoch: Epoch,
    /// Accounts, those of the present group included.
    pub(super) accounts: Accounts,
    /// Days that have a log table.
    pub(super) days: BTreeSet<i64>,
    /// The counter of the last row of any log table.
    pub(super) number: i64,
    /// The number of the last row of `stream`.
    pub(super) stream: i64,
}

/// The steps of one transaction.
pub(super) struct Group<'a> {
    connection: &'a Connection,
    shared: &'a RwLock<Heads>,
    ledger: &'a mut Ledger,
    changes: Changes,
}

/// What a group changes in memory once it is durable.
#[derive(Default)]
pub(super) struct Changes {
    heads: HashMap<StreamKey, Head>,
    /// The keys of `heads`, in the order in which they came up.
    touched: Vec<StreamKey>,
    accounts: Vec<AccountId>,
    /// Streams that came to be behind their row, and the log number since which they are.
    pub(super) behind: Vec<(StreamKey, i64)>,
    /// Steps accepted.
    pub(super) accepted: u64,
}

impl Changes {
    /// Makes readers see them.
    pub(super) fn publish(mut self, shared: &RwLock<Heads>, days: &BTreeSet<i64>) {
        let mut heads = shared.write().unwrap_or_else(PoisonError::into_inner);
        for account in self.accounts {
            heads.add_account(account);
        }
        for key in self.touched {
            if let Some(head) = self.heads.remove(&key) {
                heads.put(key, head);
            }
        }
        if heads.days.len() != days.len() {
            heads.days.clone_from(days);
        }
    }
}

impl<'a> Group<'a> {
    /// An empty group in the transaction that `connection` has begun.
    pub(super) fn new(connection: &'a Connection, shared: &'a RwLock<Heads>, ledger: &'a mut Ledger) -> Self {
        Self { connection, shared, ledger, changes: Changes::default() }
    }

    /// What the group changes.
    pub(super) fn finish(self) -> Changes {
        self.changes
    }

    /// Decides a step and writes its rows. An error means that the transaction cannot go on.
    pub(super) fn apply(&mut self, step: Step) -> Result<Verdict, StoreError> {
        let account = self.ledger.accounts.number(step.stream.account());
        let head = account.and_then(|account| self.head(StreamKey::new(account, &step.stream)));
        if let Err(reject) = self.decide(&step, account, head.as_ref())? {
            return Ok(Err(reject));
        }
        let account = account.unwrap_or_else(|| self.ledger.accounts.add(step.stream.account().clone()));
        self.write_account(account, &step)?;
        self.changes.accepted += 1;
        let after = step.head_after();
        let Some(new_head) = after else { return Ok(Ok(None)) };
        let key = StreamKey::new(account, &step.stream);
        let Step { stream, record, cursor, pending, timers, facts, key: data_key, summary, snapshot, .. } =
            step;
        if let Some(data_key) = data_key {
            self.write_key(account, &data_key)?;
        }
        self.write_facts(account, facts)?;
        let mark = Mark { pending, cursor: cursor.map(|cursor| cursor.to), summary: summary.map(cut) };
        let changes_head = record.is_some()
            || mark.cursor.is_some()
            || mark.summary.is_some()
            || head.as_ref().is_some_and(|head| head.pending != pending);
        let id = match head {
            Some(head) if !changes_head => head.id,
            head => self.append(key, &stream, head, &mark, record)?,
        };
        self.write_timers(id, timers)?;
        if let Some(snapshot) = snapshot {
            let body = record::seal_snapshot(&stream, new_head, &snapshot);
            self.execute(
                "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)",
                params![id, number(new_head), body],
            )?;
        }
        Ok(Ok(after))
    }

    fn head(&self, key: StreamKey) -> Option<Head> {
        self.changes
            .heads
            .get(&key)
            .cloned()
            .or_else(|| self.shared.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    /// Promise 4, from the second refusal on.
    fn decide(
        &self,
        step: &Step,
        account: Option<u32>,
        head: Option<&Head>,
    ) -> Result<Result<(), Reject>, StoreError> {
        if step.epoch != self.ledger.epoch {
            return Ok(Err(Reject::Fenced));
        }
        if let Err(invalid) = step.check() {
            return Ok(Err(invalid));
        }
        let actual = head.map(|head| head.seq);
        if actual != step.expect {
            return Ok(Err(Reject::Conflict { actual }));
        }
        if step.cursor.is_some_and(|cursor| cursor.from != head.and_then(|head| head.cursor)) {
            return Ok(Err(Reject::CursorMoved));
        }
        if let (Some(key), Some(account)) = (&step.key, account) {
            let sql = "SELECT 1 FROM key WHERE account = ? AND consumer = ? AND erased = 0";
            let consumer = key.consumer.bits().to_be_bytes();
            let mut statement = self.connection.prepare_cached(sql)?;
            if statement.query_row(params![account, consumer], |_| Ok(())).optional()?.is_some() {
                return Ok(Err(Reject::KeyExists));
            }
        }
        Ok(Ok(()))
    }

    /// Writes the account's row if it is new, and the rows of a step on an empty stream.
    fn write_account(&mut self, account: u32, step: &Step) -> Result<(), StoreError> {
        let known = self.shared.read().unwrap_or_else(PoisonError::into_inner).accounts().names().len();
        let known = known + self.changes.accounts.len();
        if account as usize == known {
            let name = step.stream.account();
            self.execute("INSERT INTO account VALUES (?, ?)", params![account, name.as_str()])?;
            self.changes.accounts.push(name.clone());
        }
        if step.head_after().is_none() {
            if let Some(key) = &step.key {
                self.write_key(account, key)?;
            }
            self.write_facts(account, step.facts.clone())?;
        }
        Ok(())
    }

    /// Appends a row to the log, and gives the stream's number.
    fn append(
        &mut self,
        key: StreamKey,
        stream: &StreamId,
        before: Option<Head>,
        mark: &Mark,
        record: Option<crate::NewRecord>,
    ) -> Result<i64, StoreError> {
        let is_new = before.is_none();
        let was_closed = before.as_ref().is_some_and(Head::closed);
        let first = EventSeq::after(before.as_ref().map(|head| head.seq));
        let last = before.as_ref().map_or(RowId::NONE, |head| head.last);
        let row = self.next_row(stream, last, record.as_ref().map(|record| day(record.at)))?;
        let (events, body) = record.map_or((0, Vec::new()), |record| (record.events.get(), record.body));
        let place = Place { seq: row.0, prev: last.0, first, events };
        let id = before.as_ref().map_or_else(|| self.next_stream(), |head| head.id);
        let bytes = record::seal(stream, place, mark, &body);
        let table = Table::of(stream, row, &self.ledger.days).name();
        self.execute(
            &format!("INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?)"),
            params![row.0, id, last.0, number(first), events, bytes],
        )?;
        let head = place.head().expect("a row has events, or its stream has a head");
        let mut after = before.unwrap_or(Head {
            id,
            seq: head,
            last: row,
            records: 0,
            cursor: None,
            pending: false,
            listed: Listed::Never,
            dirty: false,
        });
        (after.seq, after.last) = (head, row);
        after.note(mark);
        if events > 0 {
            after.records += 1;
            if after.records.cast_unsigned().is_multiple_of(WAYPOINT_RECORDS) {
                self.execute("INSERT INTO waypoint VALUES (?, ?, ?)", params![id, number(first), row.0])?;
            }
        }
        self.write_closed(key, &after, mark.summary.as_ref(), was_closed)?;
        if is_new {
            self.insert_stream(key, &after)?;
        } else if !after.dirty {
            after.dirty = true;
            self.changes.behind.push((key, row.number()));
        }
        self.changes.touched.push(key);
        self.changes.heads.insert(key, after);
        Ok(id)
    }

    fn next_stream(&mut self) -> i64 {
        self.ledger.stream += 1;
        self.ledger.stream
    }

    /// The number of the next row of a stream, whose table is made if it is the first of its day.
    fn next_row(&mut self, stream: &StreamId, last: RowId, day: Option<i64>) -> Result<RowId, StoreError> {
        self.ledger.number += 1;
        if stream.conversation().is_none() {
            return Ok(RowId::new(0, self.ledger.number));
        }
        let row = RowId::new(day.unwrap_or(last.day()).max(last.day()), self.ledger.number);
        if self.ledger.days.insert(row.day()) {
            self.execute(&log_table(&Table::Day(row.day()).name()), [])?;
            self.execute("INSERT INTO day VALUES (?)", [row.day()])?;
        }
        Ok(row)
    }

    fn insert_stream(&self, key: StreamKey, head: &Head) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO stream VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                head.id,
                key.account,
                key.kind,
                key.conversation,
                number(head.seq),
                head.last.0,
                head.records,
                head.closed(),
                head.mark().encode()
            ],
        )
    }

    fn write_closed(
        &self,
        key: StreamKey,
        head: &Head,
        summary: Option<&Summary>,
        was_closed: bool,
    ) -> Result<(), StoreError> {
        match summary {
            Some(summary) if !summary.open => self.execute(
                "INSERT OR REPLACE INTO closed VALUES (?, ?, ?, ?, ?, ?, ?)",
                params![
                    head.id,
                    key.account,
                    key.conversation,
                    micros(summary.changed_at),
                    micros(summary.opened_at),
                    summary.skill.as_ref().map(|skill| skill.as_str().to_owned()),
                    summary.consumer.map(|consumer| consumer.bits().to_be_bytes())
                ],
            ),
            Some(_) if was_closed => self.execute("DELETE FROM closed WHERE stream = ?", [head.id]),
            Some(_) | None => Ok(()),
        }
    }

    fn write_timers(&self, id: i64, timers: Vec<TimerOp>) -> Result<(), StoreError> {
        for timer in timers {
            match timer {
                TimerOp::Set { name, due } => self.execute(
                    "INSERT INTO timer VALUES (?, ?, ?) ON CONFLICT (stream, name) DO UPDATE SET due = excluded.due",
                    params![id, name.as_str(), micros(due)],
                )?,
                TimerOp::Cancel { name } => {
                    self.execute("DELETE FROM timer WHERE stream = ? AND name = ?", params![id, name.as_str()])?;
                }
            }
        }
        Ok(())
    }

    fn write_facts(&self, account: u32, facts: Vec<FactOp>) -> Result<(), StoreError> {
        for fact in facts {
            match fact.value {
                Some(value) => self.execute(
                    "INSERT OR REPLACE INTO fact VALUES (?, ?, ?)",
                    params![account, fact.key, value],
                )?,
                None => {
                    self.execute(
                        "DELETE FROM fact WHERE account = ? AND name = ?",
                        params![account, fact.key],
                    )?;
                }
            }
        }
        Ok(())
    }

    fn write_key(&self, account: u32, key: &WrappedKey) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO key (account, consumer, erased, wrapped) VALUES (?, ?, 0, ?)",
            params![account, key.consumer.bits().to_be_bytes(), key.wrapped],
        )
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Brings the rows of some streams up to date.
    pub(super) fn write_back(&mut self, streams: impl Iterator<Item = StreamKey>) -> Result<(), StoreError> {
        for key in streams {
            let Some(mut head) = self.head(key) else { continue };
            self.execute(
                "UPDATE stream SET head = ?, last = ?, records = ?, closed = ?, mark = ? WHERE id = ?",
                params![
                    number(head.seq),
                    head.last.0,
                    head.records,
                    head.closed(),
                    head.mark().encode(),
                    head.id
                ],
            )?;
            head.dirty = false;
            if self.changes.heads.insert(key, head).is_none() {
                self.changes.touched.push(key);
            }
        }
        Ok(())
    }

    /// Notes up to which log number the rows of all streams are up to date.
    pub(super) fn note_flushed(&self, up_to: i64) -> Result<(), StoreError> {
        self.execute("UPDATE meta SET value = ? WHERE name = 'flushed'", [up_to])
    }
}

/// A place as a database number.
pub(super) fn number(place: EventSeq) -> i64 {
    place.number().cast_signed()
}

/// Times as they will come back.
fn cut(summary: Summary) -> Summary {
    let (opened_at, changed_at) = (time(micros(summary.opened_at)), time(micros(summary.changed_at)));
    Summary { opened_at, changed_at, ..summary }
}

/// A conversation from its stored bytes.
pub(super) fn conversation(bytes: [u8; 16]) -> ConversationId {
    ConversationId::from_bits(u128::from_be_bytes(bytes))
}
