//! A check of a data directory, without changing it: is everything there, is it what was written, does it agree?
//!
//! It reads one consistent state, so it can run beside a running store. It holds the heads of all streams in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use rusqlite::Connection;

use super::heads::{Accounts, Head, Listed, StreamKey};
use super::lock::database;
use super::log::{RawRow, RowId, Table};
use super::recovery::{STREAMS, accounts, follow, stream_row};
use super::schema::{FORMAT, check_library, open_reader};
use crate::record;
use crate::{StoreError, StreamId};

/// How many findings are listed; a damaged disk has the same to say of every record.
const FINDINGS_MAX: usize = 100;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is lost.
    Notice,
    /// Something that was stored is not there, or not what it was.
    Damage,
}

/// Something that the check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found, and where.
    pub what: String,
    /// What to do about it.
    pub do_this: &'static str,
}

/// What a check found and counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What was found, at most 100.
    pub findings: Vec<Finding>,
    /// Findings that were left out of the list.
    pub more: u64,
    /// Streams seen.
    pub streams: u64,
    /// Log rows read and checked.
    pub rows: u64,
    /// Streams with unsettled triggers.
    pub pending: u64,
    /// Timers that are set.
    pub timers: u64,
}

impl Report {
    /// Whether nothing is damaged.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity < Severity::Damage)
    }

    fn damage(&mut self, what: String) {
        self.add(
            Severity::Damage,
            what,
            "restore the latest backup into a new directory and start with that one",
        );
    }

    fn add(&mut self, severity: Severity, what: String, do_this: &'static str) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { severity, what, do_this });
        } else {
            self.more += 1;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { streams, rows, pending, timers, .. } = self;
        writeln!(
            f,
            "{streams} streams ({pending} with unsettled triggers), {rows} records, {timers} timers checked"
        )?;
        for finding in &self.findings {
            let severity = match finding.severity {
                Severity::Notice => "notice",
                Severity::Damage => "DAMAGE",
            };
            writeln!(f, "{severity}: {}\n        what to do: {}", finding.what, finding.do_this)?;
        }
        if self.more > 0 {
            writeln!(f, "… and {} more of the kind", self.more)?;
        }
        f.write_str(if self.is_sound() { "the data is sound" } else { "the data is damaged" })
    }
}

/// Checks the store in `dir`.
///
/// # Errors
///
/// [`StoreError::NoDatabase`] if there is none, [`StoreError::Database`] if it cannot be read at all. What can be read
/// and is wrong is in the report.
pub fn doctor(dir: &Path) -> Result<Report, StoreError> {
    let path = database(dir);
    if !path.is_file() {
        return Err(StoreError::NoDatabase { dir: dir.to_owned() });
    }
    let mut report = Report::default();
    if let Err(error) = check_library() {
        report.add(
            Severity::Damage,
            error.to_string(),
            "run a program that was built with its bundled library",
        );
    }
    let connection = open_reader(&path)?;
    connection.execute_batch("BEGIN")?;
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if format != FORMAT {
        let what = format!("the data has format {format}, this program checks format {FORMAT}");
        report.add(Severity::Damage, what, "check it with the program that wrote it");
        return Ok(report);
    }
    check_file(&connection, &mut report)?;
    if let Err(error) = check_content(&connection, &mut report) {
        // Below this point the file itself is readable; what stops the reading is damage.
        report.damage(error.to_string());
    }
    Ok(report)
}

fn check_file(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    for line in lines {
        match line {
            Ok(line) if line == "ok" => {}
            Ok(line) => report.damage(format!("the file's structure: {line}")),
            Err(error) => report.damage(format!("the file's structure: {error}")),
        }
    }
    Ok(())
}

/// What the check knows of a stream.
struct Seen {
    stream: StreamId,
    /// As its row says.
    stored: Head,
    /// As the log says, up to the row seen last.
    folded: Option<Head>,
    /// Whether a record of it is damaged, so that nothing after it can be judged.
    broken: bool,
}

type Streams = BTreeMap<i64, Seen>;

fn check_content(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let accounts = accounts(connection)?;
    let mut streams = read_streams(connection, &accounts, report)?;
    let flushed: i64 =
        connection.query_row("SELECT value FROM meta WHERE name = 'flushed'", [], |row| row.get(0))?;
    check_log(connection, Table::Account, flushed, &mut streams, report)?;
    check_log(connection, Table::Kept, flushed, &mut streams, report)?;
    let mut days = connection.prepare("SELECT day FROM day ORDER BY day")?;
    let days: Vec<i64> = days.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for day in days {
        check_log(connection, Table::Day(day), flushed, &mut streams, report)?;
    }
    for seen in streams.values() {
        check_stream(seen, report);
    }
    check_side_rows(connection, &streams, report)
}

fn read_streams(
    connection: &Connection,
    accounts: &Accounts,
    report: &mut Report,
) -> Result<Streams, StoreError> {
    let mut statement = connection.prepare(STREAMS)?;
    let mut rows = statement.query([])?;
    let mut streams = Streams::new();
    while let Some(row) = rows.next()? {
        let (key, stored): (StreamKey, Head) = stream_row(row)?;
        match accounts.name(key.account).and_then(|account| key.stream(account.clone())) {
            Some(stream) => {
                streams.insert(stored.id, Seen { stream, stored, folded: None, broken: false });
            }
            None => report.damage(format!("stream {} belongs to no account", stored.id)),
        }
    }
    report.streams = streams.len() as u64;
    Ok(streams)
}

fn check_log(
    connection: &Connection,
    table: Table,
    flushed: i64,
    streams: &mut Streams,
    report: &mut Report,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&table.rows_after())?;
    let mut rows = statement.query([0])?;
    while let Some(row) = rows.next()? {
        let raw = RawRow::read(row)?;
        report.rows += 1;
        match streams.get_mut(&raw.stream) {
            Some(seen) => check_row(raw, seen, flushed, report),
            None => report.damage(format!("record {} belongs to no stream", raw.place.seq)),
        }
    }
    Ok(())
}

fn check_row(raw: RawRow, seen: &mut Seen, flushed: i64, report: &mut Report) {
    let row = RowId(raw.place.seq);
    let checked = match raw.open(&seen.stream) {
        Ok(checked) => checked,
        Err(error) => {
            seen.broken = true;
            return report.damage(error.to_string());
        }
    };
    if seen.broken {
        return;
    }
    let followed = match &mut seen.folded {
        Some(head) => follow(&seen.stream, head, &checked),
        None if checked.place.prev == 0 && checked.place.first.number() == 1 => {
            let mut head = Head {
                id: seen.stored.id,
                seq: checked.place.head().unwrap_or(checked.place.first),
                last: row,
                records: i64::from(checked.place.events > 0),
                cursor: None,
                pending: false,
                listed: Listed::Never,
                dirty: false,
            };
            head.note(&checked.mark);
            seen.folded = Some(head);
            Ok(())
        }
        None => Err(super::log::damaged(&seen.stream, row, "the records before it are missing")),
    };
    if let Err(error) = followed {
        seen.broken = true;
        return report.damage(error.to_string());
    }
    let Some(folded) = &seen.folded else { return };
    if row == seen.stored.last && !agrees(folded, &seen.stored) {
        report.damage(format!("the head of {} is not what its records say", seen.stream));
    }
    if row.number() <= flushed && row > seen.stored.last {
        report.damage(format!("the head of {} is older than it was said to be", seen.stream));
    }
}

fn agrees(folded: &Head, stored: &Head) -> bool {
    folded.seq == stored.seq
        && folded.records == stored.records
        && folded.cursor == stored.cursor
        && folded.pending == stored.pending
        && folded.listed == stored.listed
}

fn check_stream(seen: &Seen, report: &mut Report) {
    let Some(head) = &seen.folded else {
        if !seen.broken {
            report.damage(format!("{} has no records", seen.stream));
        }
        return;
    };
    if !seen.broken && head.last < seen.stored.last {
        report.damage(format!("the last records of {} are missing", seen.stream));
    }
    report.pending += u64::from(head.pending);
    if head.pending && head.cursor == Some(head.seq) {
        let what = format!("{} claims unsettled triggers, but all its events are settled", seen.stream);
        report.add(
            Severity::Notice,
            what,
            "report it as a mistake of the program; the next answer corrects it",
        );
    }
}

fn check_side_rows(
    connection: &Connection,
    streams: &Streams,
    report: &mut Report,
) -> Result<(), StoreError> {
    let timers: i64 = connection.query_row("SELECT count(*) FROM timer", [], |row| row.get(0))?;
    report.timers = timers.cast_unsigned();
    for table in ["timer", "waypoint", "closed", "snapshot"] {
        let sql = format!("SELECT DISTINCT stream FROM {table} WHERE stream NOT IN (SELECT id FROM stream)");
        let mut statement = connection.prepare(&sql)?;
        for stream in statement.query_map([], |row| row.get::<_, i64>(0))? {
            report.damage(format!("a {table} belongs to stream {}, which does not exist", stream?));
        }
    }
    for table in ["fact", "key"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE account NOT IN (SELECT id FROM account)");
        let strays: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        if strays > 0 {
            report.damage(format!("{strays} {table} rows belong to no account"));
        }
    }
    check_snapshots(connection, streams, report)?;
    check_closed(connection, streams, report)
}

fn check_snapshots(
    connection: &Connection,
    streams: &Streams,
    report: &mut Report,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT stream, head, body FROM snapshot")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let Some(Seen { stream, folded: Some(head), .. }) = streams.get(&id) else { continue };
        let at = convoke_domain::sequence::EventSeq::new(at.cast_unsigned());
        let body = row.get_ref(2)?.as_blob().unwrap_or_default();
        match at {
            Some(at) if at <= head.seq && record::open_snapshot(stream, at, body).is_ok() => {}
            Some(_) | None => report.damage(format!("the snapshot of {stream} is damaged")),
        }
    }
    Ok(())
}

fn check_closed(connection: &Connection, streams: &Streams, report: &mut Report) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT stream FROM closed")?;
    let listed: std::collections::BTreeSet<i64> =
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for (id, seen) in streams {
        if seen.folded.as_ref().is_some_and(|head| head.closed() != listed.contains(id)) {
            report.damage(format!("the list of closed conversations is wrong about {}", seen.stream));
        }
    }
    Ok(())
}
