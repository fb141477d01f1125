//! Dropping days: whole conversations go, rows of those that live on are kept aside, and then tables are dropped.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::heads::{Heads, StreamKey};
use super::log::{RowId, Table};
use crate::{Dropped, StoreError};

/// What a drop removed.
pub(super) struct Removed {
    pub(super) streams: Vec<StreamKey>,
    pub(super) counts: Dropped,
}

/// Begins a transaction that drops all days before `day`; the caller commits it. The rows of `stream` must be up to
/// date.
pub(super) fn remove_before(
    connection: &Connection,
    day: i64,
    days: &mut BTreeSet<i64>,
    heads: &Heads,
) -> Result<Removed, StoreError> {
    connection.execute_batch(
        "BEGIN IMMEDIATE; CREATE TEMP TABLE IF NOT EXISTS dead (stream INTEGER PRIMARY KEY); DELETE FROM dead",
    )?;
    let streams = find_dead(connection, day, heads)?;
    let mut counts = Dropped { conversations: streams.len() as u64, records: 0 };
    let past: Vec<i64> = days.range(..day).copied().collect();
    for past in past {
        let table = Table::Day(past).name();
        counts.records += count_dead(connection, &table)?;
        connection.execute_batch(&format!(
            "INSERT INTO log_kept SELECT * FROM {table} WHERE stream NOT IN (SELECT stream FROM dead); \
             DROP TABLE {table}; DELETE FROM day WHERE day = {past}"
        ))?;
        days.remove(&past);
    }
    counts.records += count_dead(connection, "log_kept")?;
    for (table, column) in [
        ("log_kept", "stream"),
        ("waypoint", "stream"),
        ("timer", "stream"),
        ("snapshot", "stream"),
        ("closed", "stream"),
        ("stream", "id"),
    ] {
        connection
            .execute(&format!("DELETE FROM {table} WHERE {column} IN (SELECT stream FROM dead)"), [])?;
    }
    Ok(Removed { streams, counts })
}

/// Fills `dead` with the closed conversations without unsettled triggers whose last row is older than `day`.
fn find_dead(connection: &Connection, day: i64, heads: &Heads) -> Result<Vec<StreamKey>, StoreError> {
    let mut candidates = connection.prepare(
        "SELECT id, account, kind, conversation FROM stream WHERE closed AND last < ? AND kind = 2",
    )?;
    let mut note = connection.prepare("INSERT INTO dead VALUES (?)")?;
    let mut rows = candidates.query([RowId::new(day, 0).0])?;
    let mut streams = Vec::new();
    while let Some(row) = rows.next()? {
        let key = StreamKey { account: row.get(1)?, kind: row.get(2)?, conversation: row.get(3)? };
        if heads.get(key).is_some_and(|head| !head.pending) {
            note.execute(params![row.get::<_, i64>(0)?])?;
            streams.push(key);
        }
    }
    Ok(streams)
}

fn count_dead(connection: &Connection, table: &str) -> Result<u64, StoreError> {
    let sql =
        format!("SELECT count(*) FROM {table} WHERE events > 0 AND stream IN (SELECT stream FROM dead)");
    let count: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}
