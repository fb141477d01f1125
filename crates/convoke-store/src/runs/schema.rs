//! The tables of the run log.
//!
//! ```text
//! account  a number for each account, and its wrapped key
//! run      a row per attempt; its number is its time
//! figure   a row per function and five minutes
//! answer   a row per named call
//! recording  what a replay of an attempt needs, under its run's number
//! gap      what is missing
//! ```

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::StoreError;
use crate::limits::{BUSY_TIMEOUT, RUNS_WAL_PAGES};
use crate::sqlite::check_library;

/// The present format of the database.
const FORMAT: i64 = 3;

const TABLES: &str = "
CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, wrapped BLOB) STRICT;
CREATE TABLE run (
  number INTEGER PRIMARY KEY, account INTEGER NOT NULL, function BLOB NOT NULL, version INTEGER,
  conversation BLOB, trigger INTEGER, direct BLOB, attempt INTEGER NOT NULL, source INTEGER NOT NULL, code TEXT,
  began INTEGER NOT NULL, state INTEGER NOT NULL, failure TEXT, answered INTEGER NOT NULL, wall INTEGER NOT NULL,
  cpu INTEGER NOT NULL, memory INTEGER NOT NULL, levels INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE INDEX run_account ON run (account, number);
CREATE INDEX run_function ON run (account, function, number);
CREATE INDEX run_conversation ON run (account, conversation, number) WHERE conversation IS NOT NULL;
CREATE INDEX run_direct ON run (account, direct) WHERE direct IS NOT NULL;
CREATE TABLE figure (
  account INTEGER NOT NULL, slot INTEGER NOT NULL, function BLOB NOT NULL, counts BLOB NOT NULL,
  durations BLOB NOT NULL, cpu INTEGER NOT NULL, PRIMARY KEY (account, slot, function)
) WITHOUT ROWID, STRICT;
CREATE TABLE answer (
  account INTEGER NOT NULL, function BLOB NOT NULL, request TEXT NOT NULL, called INTEGER NOT NULL,
  content BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (account, function, request)
) WITHOUT ROWID, STRICT;
CREATE INDEX answer_called ON answer (called);
CREATE TABLE gap (account INTEGER NOT NULL, at INTEGER NOT NULL, runs INTEGER NOT NULL) STRICT;
CREATE INDEX gap_account ON gap (account, at);
";

/// What came with format 3. A row of its own, not of the run: it is larger, and kept for less long.
const RECORDINGS: &str = "
CREATE TABLE recording (number INTEGER PRIMARY KEY, account INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
CREATE INDEX recording_account ON recording (account, number);
";

/// The connection of the writer. Makes the tables of a new database.
pub(super) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    check_library()?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // NORMAL: the end of the process loses nothing, the end of the machine what no checkpoint has synced.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -16384;",
    )?;
    connection.pragma_update(None, "wal_autocheckpoint", RUNS_WAL_PAGES)?;
    connection.set_prepared_statement_cache_capacity(32);
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if format > FORMAT {
        return Err(StoreError::FormatTooNew { found: format, known: FORMAT });
    }
    let missing = match format {
        0 => format!("{TABLES} {RECORDINGS}"),
        1 => RECORDINGS.to_owned(),
        // Format 2 found recordings by a name of their own, and none of them is older than some days.
        2 => format!("DROP TABLE recording; {RECORDINGS}"),
        _ => return Ok(connection),
    };
    connection
        .execute_batch(&format!("BEGIN IMMEDIATE; {missing} PRAGMA user_version = {FORMAT}; COMMIT"))?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -8192;")?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}
