//! The run log in a SQLite database of its own, beside the conversations' log.

use std::collections::BTreeMap;
use std::path::Path;

use convoke_domain::id::{AccountId, FunctionId, InvocationId};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::worker::Worker;
use super::{
    Durations, Figure, KeptAnswer, NewRun, RecordingRow, RunBatch, RunFilter, RunPlace, RunRetention,
    RunSource, RunState, RunStore, StoredRun, day_begin, next_number, query, schema, slot, slot_begin,
};
use crate::limits::{PAGE_ROWS_MAX, PRUNE_RECORDINGS, PRUNE_ROWS, RUNS_FILE};
use crate::{BoxFuture, StoreError, sqlite};

/// A run log in a data directory, which has to be owned already.
#[derive(Debug)]
pub struct SqliteRuns {
    writer: Worker,
    reader: Worker,
}

impl SqliteRuns {
    /// Opens the run log of the data directory `dir`, which an open [`SqliteStore`](crate::SqliteStore) owns.
    ///
    /// # Errors
    ///
    /// [`StoreError::FormatTooNew`], [`StoreError::LibraryTooOld`], and [`StoreError::Io`] and
    /// [`StoreError::Database`] if the system refuses.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(RUNS_FILE);
        sqlite::make_private_file(&path)?;
        let connection = schema::open_writer(&path)?;
        let writer = Worker::start("runs-writer", connection, dir)?;
        let reader = Worker::start("runs-reader", schema::open_reader(&path)?, dir)?;
        Ok(Self { writer, reader })
    }
}

impl RunStore for SqliteRuns {
    fn keep(&self, batch: RunBatch, now: Timestamp) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(self.writer.run(move |connection| keep(connection, batch, now)))
    }

    fn runs(
        &self,
        account: &AccountId,
        filter: &RunFilter,
        place: RunPlace,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredRun>, StoreError>> {
        let (account, filter, max_rows) = (account.clone(), filter.clone(), max_rows.min(PAGE_ROWS_MAX));
        Box::pin(
            self.reader.run(move |connection| query::runs(connection, &account, &filter, place, max_rows)),
        )
    }

    fn missing(
        &self,
        account: &AccountId,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<u64, StoreError>> {
        let account = account.clone();
        Box::pin(self.reader.run(move |connection| query::missing(connection, &account, from, until)))
    }

    fn figures(
        &self,
        account: &AccountId,
        function: Option<FunctionId>,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<Figure>, StoreError>> {
        let account = account.clone();
        Box::pin(
            self.reader.run(move |connection| query::figures(connection, &account, function, from, until)),
        )
    }

    fn answer(
        &self,
        account: &AccountId,
        function: FunctionId,
        request: &str,
    ) -> BoxFuture<'_, Result<Option<KeptAnswer>, StoreError>> {
        let (account, request) = (account.clone(), request.to_owned());
        Box::pin(self.reader.run(move |connection| query::answer(connection, &account, function, &request)))
    }

    fn recordings(
        &self,
        account: &AccountId,
        invocation: InvocationId,
    ) -> BoxFuture<'_, Result<Vec<RecordingRow>, StoreError>> {
        let account = account.clone();
        Box::pin(self.reader.run(move |connection| query::recordings(connection, &account, invocation)))
    }

    fn recording(
        &self,
        account: &AccountId,
        invocation: InvocationId,
        attempt: u8,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        let account = account.clone();
        Box::pin(
            self.reader.run(move |connection| query::recording(connection, &account, invocation, attempt)),
        )
    }

    fn account_key(&self, account: &AccountId) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        let account = account.clone();
        Box::pin(self.reader.run(move |connection| query::account_key(connection, &account)))
    }

    fn prune(&self, retention: RunRetention) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(self.writer.run(move |connection| prune(connection, &retention)))
    }
}

fn keep(connection: &mut Connection, batch: RunBatch, now: Timestamp) -> Result<u64, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let last: Option<i64> =
        transaction.prepare_cached("SELECT max(number) FROM run")?.query_row([], |row| row.get(0))?;
    let mut writing =
        Writing { transaction: &transaction, accounts: BTreeMap::new(), figures: BTreeMap::new() };
    let mut last = last.unwrap_or(0).cast_unsigned();
    for (account, wrapped) in batch.keys {
        writing.key(&account, &wrapped)?;
    }
    for (place, run) in batch.runs.iter().enumerate() {
        last = next_number(last, now);
        writing.run(last, run)?;
        if let Some(sealed) = batch.recordings.get(&place) {
            writing.recording(last, &run.account, sealed)?;
        }
    }
    for answer in &batch.answers {
        writing.answer(answer)?;
    }
    for gap in &batch.gaps {
        let account = writing.account(&gap.account)?;
        let runs = i64::try_from(gap.runs).unwrap_or(i64::MAX);
        let mut insert = transaction.prepare_cached("INSERT INTO gap VALUES (?, ?, ?)")?;
        insert.execute(params![account, gap.at.as_microsecond(), runs])?;
    }
    writing.finish_figures()?;
    transaction.commit()?;
    Ok(last)
}

/// One batch being written.
struct Writing<'a> {
    transaction: &'a Transaction<'a>,
    accounts: BTreeMap<AccountId, i64>,
    /// By account, five minutes and function: each row is read and written once per batch.
    figures: BTreeMap<(i64, i64, FunctionId), Figure>,
}

impl Writing<'_> {
    fn account(&mut self, account: &AccountId) -> Result<i64, StoreError> {
        if let Some(number) = self.accounts.get(account) {
            return Ok(*number);
        }
        let mut insert =
            self.transaction.prepare_cached("INSERT OR IGNORE INTO account (name) VALUES (?)")?;
        insert.execute([account.as_str()])?;
        let number = query::account_number(self.transaction, account)?;
        let number =
            number.ok_or_else(|| StoreError::Corrupt { what: "an account has no number".to_owned() })?;
        self.accounts.insert(account.clone(), number);
        Ok(number)
    }

    fn key(&mut self, account: &AccountId, wrapped: &[u8]) -> Result<(), StoreError> {
        let number = self.account(account)?;
        let mut update = self
            .transaction
            .prepare_cached("UPDATE account SET wrapped = ? WHERE id = ? AND wrapped IS NULL")?;
        update.execute(params![wrapped, number])?;
        Ok(())
    }

    fn run(&mut self, number: u64, run: &NewRun) -> Result<(), StoreError> {
        let account = self.account(&run.account)?;
        let (conversation, trigger, direct) = match run.invocation {
            InvocationId::Triggered { conversation, trigger } => {
                (Some(conversation.bits().to_be_bytes()), Some(trigger.number().cast_signed()), None)
            }
            InvocationId::Direct(uuid) => (None, None, Some(uuid.into_bytes())),
        };
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(params![
            number.cast_signed(),
            account,
            run.function.bits().to_be_bytes(),
            run.version.map(convoke_domain::function::VersionNumber::number),
            conversation,
            trigger,
            direct,
            run.attempt,
            run.source as i64,
            run.code.map(|code| code.to_string()),
            run.began_at.as_microsecond(),
            run.state as i64,
            run.failure,
            micros(run.answered_after),
            micros(run.wall),
            micros(run.cpu),
            i64::try_from(run.memory_bytes_max).unwrap_or(i64::MAX),
            run.levels.bits(),
            run.sealed,
        ])?;
        if run.source == RunSource::Test { Ok(()) } else { self.count(account, run) }
    }

    fn count(&mut self, account: i64, run: &NewRun) -> Result<(), StoreError> {
        let key = (account, slot(run.began_at), run.function);
        if !self.figures.contains_key(&key) {
            let stored = self.figure(key)?;
            self.figures.insert(key, stored);
        }
        if let Some(figure) = self.figures.get_mut(&key) {
            figure.count(run);
        }
        Ok(())
    }

    fn figure(&self, (account, slot, function): (i64, i64, FunctionId)) -> Result<Figure, StoreError> {
        let mut select = self.transaction.prepare_cached(
            "SELECT counts, durations, cpu FROM figure WHERE account = ? AND slot = ? AND function = ?",
        )?;
        let name = params![account, slot, function.bits().to_be_bytes()];
        let stored: Option<(Vec<u8>, Vec<u8>, i64)> =
            select.query_row(name, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        let (counts, durations, cpu) = stored.unwrap_or_default();
        Ok(Figure {
            function,
            from: slot_begin(slot),
            counts: query::counts_of(&counts),
            durations: Durations::from_bytes(&durations),
            cpu: query::duration(cpu),
        })
    }

    fn finish_figures(&mut self) -> Result<(), StoreError> {
        let mut insert =
            self.transaction.prepare_cached("INSERT OR REPLACE INTO figure VALUES (?, ?, ?, ?, ?, ?)")?;
        for ((account, slot, function), figure) in std::mem::take(&mut self.figures) {
            let count = |state| figure.counts.get(&state).copied().unwrap_or(0).to_le_bytes();
            let counts: Vec<u8> = RunState::ALL.into_iter().flat_map(count).collect();
            let function = function.bits().to_be_bytes();
            let durations = figure.durations.to_bytes();
            insert.execute(params![account, slot, function, counts, durations, micros(figure.cpu)])?;
        }
        Ok(())
    }

    fn recording(&mut self, number: u64, account: &AccountId, sealed: &[u8]) -> Result<(), StoreError> {
        let account = self.account(account)?;
        let mut insert = self.transaction.prepare_cached("INSERT INTO recording VALUES (?, ?, ?)")?;
        insert.execute(params![number.cast_signed(), account, sealed])?;
        Ok(())
    }

    fn answer(&mut self, answer: &KeptAnswer) -> Result<(), StoreError> {
        let account = self.account(&answer.account)?;
        let mut insert =
            self.transaction.prepare_cached("INSERT OR IGNORE INTO answer VALUES (?, ?, ?, ?, ?, ?)")?;
        insert.execute(params![
            account,
            answer.function.bits().to_be_bytes(),
            answer.request,
            answer.called_at.as_microsecond(),
            answer.content,
            answer.sealed,
        ])?;
        Ok(())
    }
}

fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn prune(connection: &mut Connection, retention: &RunRetention) -> Result<u64, StoreError> {
    let mut dropped = 0;
    for (account, day) in &retention.first_days {
        if let Some(account) = query::account_number(connection, account)? {
            dropped += drop_days(connection, Some(account), *day)?;
        }
        if !retention.first_figure_days.contains_key(account) {
            drop_figures(connection, account, *day)?;
        }
    }
    for (account, day) in &retention.first_figure_days {
        drop_figures(connection, account, *day)?;
    }
    for (account, day) in &retention.first_recording_days {
        if let Some(account) = query::account_number(connection, account)? {
            drop_recordings(connection, Some(account), *day)?;
        }
    }
    if let Some(since) = retention.answers_since {
        connection.execute("DELETE FROM answer WHERE called < ?", [since.as_microsecond()])?;
    }
    while let Some(bytes_max) = retention.bytes_max
        && used_bytes(connection)? > bytes_max
        && let Some(oldest) = oldest_day(connection)?
    {
        let removed = drop_days(connection, None, oldest.tomorrow().unwrap_or(Date::MAX))?;
        tracing::warn!(day = %oldest, runs = removed, "the run log is full; its oldest day was dropped");
        dropped += removed;
    }
    Ok(dropped)
}

/// Drops all days before `first`, of an account or of all. Some rows at a time: one large write would swell the
/// write-ahead log for good.
fn drop_days(connection: &Connection, account: Option<i64>, first: Date) -> Result<u64, StoreError> {
    let begin = day_begin(first);
    let of = |table: &str, column: &str, bound: i64| {
        let sql = format!("DELETE FROM {table} WHERE (?1 IS NULL OR account = ?1) AND {column} < ?2");
        connection.execute(&sql, params![account, bound])
    };
    if account.is_none() {
        // The log is full: everything of the day goes.
        of("figure", "slot", figures_before(first))?;
    }
    of("gap", "at", begin)?;
    drop_recordings(connection, account, first)?;
    let mut delete = connection.prepare_cached(match account {
        Some(_) => {
            "DELETE FROM run WHERE number IN \
             (SELECT number FROM run WHERE account = ?1 AND number < ?2 ORDER BY number LIMIT ?3)"
        }
        None => {
            "DELETE FROM run WHERE number IN \
             (SELECT number FROM run WHERE ?1 IS NULL AND number < ?2 ORDER BY number LIMIT ?3)"
        }
    })?;
    let mut dropped = 0;
    loop {
        let rows = delete.execute(params![account, begin, PRUNE_ROWS.cast_signed()])?;
        dropped += rows as u64;
        if rows < PRUNE_ROWS {
            return Ok(dropped);
        }
    }
}

/// Drops the figures of an account of all days before `first`.
fn drop_figures(connection: &Connection, account: &AccountId, first: Date) -> Result<(), StoreError> {
    let Some(account) = query::account_number(connection, account)? else { return Ok(()) };
    let mut delete = connection.prepare_cached("DELETE FROM figure WHERE account = ? AND slot < ?")?;
    delete.execute(params![account, figures_before(first)])?;
    Ok(())
}

/// The slot of figures with which a day begins.
fn figures_before(first: Date) -> i64 {
    day_begin(first).div_euclid(crate::limits::FIGURE_SECONDS * 1_000_000)
}

/// Drops the recordings of all days before `first`, some at a time.
fn drop_recordings(connection: &Connection, account: Option<i64>, first: Date) -> Result<(), StoreError> {
    // Two statements, so that those of one account are found by their index.
    let mut delete = connection.prepare_cached(match account {
        Some(_) => {
            "DELETE FROM recording WHERE number IN \
             (SELECT number FROM recording WHERE account = ?1 AND number < ?2 LIMIT ?3)"
        }
        None => {
            "DELETE FROM recording WHERE number IN \
             (SELECT number FROM recording WHERE ?1 IS NULL AND number < ?2 LIMIT ?3)"
        }
    })?;
    let parameters = params![account, day_begin(first), PRUNE_RECORDINGS.cast_signed()];
    while delete.execute(parameters)? == PRUNE_RECORDINGS {}
    Ok(())
}

/// What the tables take up; pages that dropped rows have left are used again.
fn used_bytes(connection: &Connection) -> Result<u64, StoreError> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let pages = pragma("page_count")? - pragma("freelist_count")?;
    Ok(pages.saturating_mul(pragma("page_size")?).cast_unsigned())
}

fn oldest_day(connection: &Connection) -> Result<Option<Date>, StoreError> {
    let oldest: Option<i64> = connection.query_row("SELECT min(number) FROM run", [], |row| row.get(0))?;
    Ok(oldest.map(|oldest| query::time(oldest).to_zoned(jiff::tz::TimeZone::UTC).date()))
}
