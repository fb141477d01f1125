//! Reading the run log from SQLite: rows to values, and a filter to a condition.

use std::time::Duration;

use convoke_domain::function::VersionNumber;
use convoke_domain::id::{AccountId, ConversationId, FunctionId, InvocationId};
use convoke_domain::sequence::EventSeq;
use convoke_domain::state_change::CbotEventType;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

use super::{
    Figure, KeptAnswer, Levels, NewRun, RecordingRow, RunFilter, RunPlace, RunSource, RunState, StoredRun,
};
use crate::StoreError;
use crate::limits::RUN_TIME_MAX;

/// The number of an account, if it has one.
pub(super) fn account_number(
    connection: &Connection,
    account: &AccountId,
) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM account WHERE name = ?")?;
    Ok(statement.query_row([account.as_str()], |row| row.get(0)).optional()?)
}

/// A page of runs.
pub(super) fn runs(
    connection: &Connection,
    account: &AccountId,
    filter: &RunFilter,
    place: RunPlace,
    max_rows: usize,
) -> Result<Vec<StoredRun>, StoreError> {
    let Some(number) = account_number(connection, account)? else { return Ok(Vec::new()) };
    let mut query = Query::of(number);
    query.filter(filter);
    let order = query.place(place);
    let sql = format!(
        "SELECT number, function, version, conversation, trigger, direct, attempt, source, code, began, state, failure, \
         answered, wall, cpu, memory, levels, sealed FROM run WHERE {} ORDER BY number {order} LIMIT {max_rows}",
        query.conditions.join(" AND ")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(query.values), |row| Ok(stored(row, account)))?;
    let mut found = Vec::new();
    for row in rows {
        found.push(row??);
    }
    Ok(found)
}

/// A condition as it grows.
struct Query {
    conditions: Vec<&'static str>,
    values: Vec<Value>,
}

impl Query {
    fn of(account: i64) -> Self {
        Self { conditions: vec!["account = ?"], values: vec![Value::Integer(account)] }
    }

    fn and(&mut self, condition: &'static str, value: Value) {
        self.conditions.push(condition);
        self.values.push(value);
    }

    fn filter(&mut self, filter: &RunFilter) {
        if let Some(function) = filter.function {
            self.and("function = ?", blob(function.bits()));
        }
        if let Some(conversation) = filter.conversation {
            self.and("conversation = ?", blob(conversation.bits()));
        }
        match filter.invocation {
            Some(InvocationId::Direct(uuid)) => self.and("direct = ?", blob(uuid.as_u128())),
            Some(InvocationId::Triggered { conversation, trigger }) => {
                self.and("conversation = ?", blob(conversation.bits()));
                self.and("trigger = ?", Value::Integer(trigger.number().cast_signed()));
            }
            None => {}
        }
        if let Some(levels) = filter.levels {
            self.and("levels & ?", Value::Integer(levels.bits().into()));
        }
        if let Some(state) = filter.state {
            self.and("state = ?", Value::Integer(state as i64));
        }
        // A number is the time of the row's batch, so times are a range of numbers, too: the index ends the search.
        if let Some(from) = filter.from {
            self.and("began >= ?", Value::Integer(from.as_microsecond()));
            self.and("number >= ?", Value::Integer(from.as_microsecond()));
        }
        if let Some(until) = filter.until {
            let slack = i64::try_from(RUN_TIME_MAX.as_micros()).unwrap_or(i64::MAX);
            self.and("began < ?", Value::Integer(until.as_microsecond()));
            self.and("number < ?", Value::Integer(until.as_microsecond().saturating_add(slack)));
        }
    }

    fn place(&mut self, place: RunPlace) -> &'static str {
        match place {
            RunPlace::Before(before) => {
                if let Some(before) = before {
                    self.and("number < ?", Value::Integer(before.cast_signed()));
                }
                "DESC"
            }
            RunPlace::After(after) => {
                self.and("number > ?", Value::Integer(after.cast_signed()));
                "ASC"
            }
        }
    }
}

/// An id as it is stored.
pub(super) fn blob(bits: u128) -> Value {
    Value::Blob(bits.to_be_bytes().to_vec())
}

fn stored(row: &Row<'_>, account: &AccountId) -> Result<StoredRun, StoreError> {
    let state: i64 = row.get("state")?;
    let source: i64 = row.get("source")?;
    let code: Option<String> = row.get("code")?;
    let levels: i64 = row.get("levels")?;
    let version: Option<u32> = row.get("version")?;
    let run = NewRun {
        account: account.clone(),
        invocation: invocation(row)?,
        attempt: row.get("attempt")?,
        function: FunctionId::from_bits(bits(row, "function")?),
        version: version.and_then(VersionNumber::new),
        source: known(&RunSource::ALL, source)?,
        code: code.and_then(|code| code.parse::<CbotEventType>().ok()),
        began_at: time(row.get("began")?),
        state: known(&RunState::ALL, state)?,
        failure: row.get("failure")?,
        answered_after: duration(row.get("answered")?),
        wall: duration(row.get("wall")?),
        cpu: duration(row.get("cpu")?),
        memory_bytes_max: row.get::<_, i64>("memory")?.cast_unsigned(),
        levels: Levels::from_bits(u8::try_from(levels).unwrap_or(0)),
        sealed: row.get("sealed")?,
    };
    Ok(StoredRun { number: row.get::<_, i64>("number")?.cast_unsigned(), run })
}

fn invocation(row: &Row<'_>) -> Result<InvocationId, StoreError> {
    let trigger: Option<i64> = row.get("trigger")?;
    match trigger.and_then(|trigger| EventSeq::new(trigger.cast_unsigned())) {
        Some(trigger) => {
            let conversation = ConversationId::from_bits(bits(row, "conversation")?);
            Ok(InvocationId::Triggered { conversation, trigger })
        }
        None => Ok(InvocationId::Direct(Uuid::from_u128(bits(row, "direct")?))),
    }
}

fn bits(row: &Row<'_>, column: &'static str) -> Result<u128, StoreError> {
    Ok(u128::from_be_bytes(row.get(column)?))
}

fn known<T: Copy>(all: &[T], number: i64) -> Result<T, StoreError> {
    let found = usize::try_from(number).ok().and_then(|number| all.get(number));
    found.copied().ok_or_else(|| StoreError::Corrupt { what: format!("the run log has a number {number}") })
}

pub(super) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN)
}

pub(super) fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// See [`RunStore::missing`](super::RunStore::missing).
pub(super) fn missing(
    connection: &Connection,
    account: &AccountId,
    from: Timestamp,
    until: Timestamp,
) -> Result<u64, StoreError> {
    let Some(number) = account_number(connection, account)? else { return Ok(0) };
    let mut statement = connection
        .prepare_cached("SELECT coalesce(sum(runs), 0) FROM gap WHERE account = ? AND at >= ? AND at < ?")?;
    let range = params![number, from.as_microsecond(), until.as_microsecond()];
    let sum: i64 = statement.query_row(range, |row| row.get(0))?;
    Ok(sum.cast_unsigned())
}

/// See [`RunStore::figures`](super::RunStore::figures).
pub(super) fn figures(
    connection: &Connection,
    account: &AccountId,
    function: Option<FunctionId>,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Figure>, StoreError> {
    let Some(number) = account_number(connection, account)? else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(
        "SELECT slot, function, counts, durations, cpu FROM figure \
         WHERE account = ?1 AND slot >= ?2 AND slot < ?3 AND (?4 IS NULL OR function = ?4) ORDER BY slot, function",
    )?;
    let first = super::slot(from) + i64::from(super::slot_begin(super::slot(from)) < from);
    let end = super::slot(until) + i64::from(super::slot_begin(super::slot(until)) < until);
    let function = function.map(|function| function.bits().to_be_bytes());
    let rows = statement.query_map(params![number, first, end, function], |row| Ok(figure(row)))?;
    let mut found = Vec::new();
    for row in rows {
        found.push(row??);
    }
    Ok(found)
}

fn figure(row: &Row<'_>) -> Result<Figure, StoreError> {
    let slot: i64 = row.get("slot")?;
    let counts: Vec<u8> = row.get("counts")?;
    let durations: Vec<u8> = row.get("durations")?;
    Ok(Figure {
        function: FunctionId::from_bits(bits(row, "function")?),
        from: super::slot_begin(slot),
        counts: counts_of(&counts),
        durations: super::Durations::from_bytes(&durations),
        cpu: duration(row.get("cpu")?),
    })
}

/// The stored form of counts: one number of eight bytes per state.
pub(super) fn counts_of(bytes: &[u8]) -> std::collections::BTreeMap<RunState, u64> {
    let counts = bytes.chunks_exact(8).filter_map(|count| count.try_into().ok()).map(u64::from_le_bytes);
    RunState::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()
}

/// See [`RunStore::answer`](super::RunStore::answer).
pub(super) fn answer(
    connection: &Connection,
    account: &AccountId,
    function: FunctionId,
    request: &str,
) -> Result<Option<KeptAnswer>, StoreError> {
    let Some(number) = account_number(connection, account)? else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "SELECT called, content, sealed FROM answer WHERE account = ? AND function = ? AND request = ?",
    )?;
    let name = params![number, function.bits().to_be_bytes(), request];
    let found = statement.query_row(name, |row| {
        Ok(KeptAnswer {
            account: account.clone(),
            function,
            request: request.to_owned(),
            called_at: time(row.get(0)?),
            content: row.get(1)?,
            sealed: row.get(2)?,
        })
    });
    Ok(found.optional()?)
}

/// See [`RunStore::recordings`](super::RunStore::recordings).
pub(super) fn recordings(
    connection: &Connection,
    account: &AccountId,
    invocation: InvocationId,
) -> Result<Vec<RecordingRow>, StoreError> {
    let Some(number) = account_number(connection, account)? else { return Ok(Vec::new()) };
    // Of runs with one attempt's name the row with the largest number counts.
    let (run_of, name) = run_of(number, invocation);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT attempt, began, length(recording.sealed), max(number) FROM run JOIN recording USING (number) \
         WHERE {run_of} GROUP BY attempt ORDER BY attempt"
    ))?;
    let rows = statement.query_map(params_from_iter(name), |row| {
        Ok((row.get(0)?, time(row.get(1)?), row.get::<_, i64>(2)?.cast_unsigned()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// See [`RunStore::recording`](super::RunStore::recording).
pub(super) fn recording(
    connection: &Connection,
    account: &AccountId,
    invocation: InvocationId,
    attempt: u8,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(number) = account_number(connection, account)? else { return Ok(None) };
    let (run_of, mut name) = run_of(number, invocation);
    name.push(Value::from(i64::from(attempt)));
    let mut statement = connection.prepare_cached(&format!(
        "SELECT recording.sealed FROM run JOIN recording USING (number) \
         WHERE {run_of} AND attempt = ? ORDER BY number DESC LIMIT 1"
    ))?;
    Ok(statement.query_row(params_from_iter(name), |row| row.get(0)).optional()?)
}

/// The condition for the runs of an invocation, and its values.
fn run_of(account: i64, invocation: InvocationId) -> (&'static str, Vec<Value>) {
    let account = Value::from(account);
    match invocation {
        InvocationId::Triggered { conversation, trigger } => (
            "run.account = ? AND conversation = ? AND trigger = ?",
            vec![
                account,
                Value::from(conversation.bits().to_be_bytes().to_vec()),
                Value::from(trigger.number().cast_signed()),
            ],
        ),
        InvocationId::Direct(uuid) => {
            ("run.account = ? AND direct = ?", vec![account, Value::from(uuid.into_bytes().to_vec())])
        }
    }
}

/// See [`RunStore::account_key`](super::RunStore::account_key).
pub(super) fn account_key(
    connection: &Connection,
    account: &AccountId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT wrapped FROM account WHERE name = ?")?;
    Ok(statement.query_row([account.as_str()], |row| row.get(0)).optional()?.flatten())
}
