//! The tables, and how connections are opened.
//!
//! ```text
//! log_<day>    append only, one table per UTC day for conversations: a row per step that changed its stream's head
//! log_account  the same for account streams, which retention does not touch
//! log_kept     rows of dropped days whose conversations live on
//! stream       one row per stream: its name, and its head as it was when last written back
//! waypoint     where every 64th record of a stream is
//! timer, fact, key, snapshot   side rows, written with their step
//! closed       list rows of closed conversations; open ones are listed from memory
//! meta         format, epoch, and the log number up to which `stream` is up to date
//! ```
//!
//! The log is the truth; `stream.head … mark` are derived from it. A row's number is its day and a counter that runs
//! over all tables (see [`RowId`](super::log::RowId)).

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::StoreError;
use crate::limits::BUSY_TIMEOUT;

/// The present format of the database.
pub(super) const FORMAT: i64 = 1;

/// The first SQLite without the WAL-reset bug, which two connections of one process are enough to meet.
const SQLITE_MIN: i32 = 3_051_003;

const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
INSERT INTO meta VALUES ('epoch', 0), ('flushed', 0);
CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE stream (
  id INTEGER PRIMARY KEY, account INTEGER NOT NULL, kind INTEGER NOT NULL, conversation BLOB NOT NULL,
  head INTEGER NOT NULL, last INTEGER NOT NULL, records INTEGER NOT NULL, closed INTEGER NOT NULL, mark BLOB NOT NULL
) STRICT;
CREATE TABLE day (day INTEGER PRIMARY KEY) STRICT;
CREATE TABLE waypoint (
  stream INTEGER NOT NULL, first INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (stream, first)
) WITHOUT ROWID, STRICT;
CREATE TABLE timer (
  stream INTEGER NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (stream, name)
) WITHOUT ROWID, STRICT;
CREATE INDEX timer_due ON timer (due, stream, name);
CREATE TABLE fact (
  account INTEGER NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (account, name)
) WITHOUT ROWID, STRICT;
CREATE TABLE key (
  id INTEGER PRIMARY KEY, account INTEGER NOT NULL, consumer BLOB NOT NULL, erased INTEGER NOT NULL, wrapped BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX key_consumer ON key (account, consumer) WHERE erased = 0;
CREATE TABLE snapshot (stream INTEGER PRIMARY KEY, head INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE closed (
  stream INTEGER PRIMARY KEY, account INTEGER NOT NULL, conversation BLOB NOT NULL,
  changed INTEGER NOT NULL, opened INTEGER NOT NULL, skill TEXT, consumer BLOB
) STRICT;
CREATE INDEX closed_changed ON closed (account, changed, conversation);
CREATE INDEX closed_skill ON closed (account, skill, changed, conversation) WHERE skill IS NOT NULL;
CREATE INDEX closed_consumer ON closed (account, consumer, changed, conversation) WHERE consumer IS NOT NULL;
";

/// The statement that makes a log table.
pub(super) fn log_table(name: &str) -> String {
    format!(
        "CREATE TABLE {name} (seq INTEGER PRIMARY KEY, stream INTEGER NOT NULL, prev INTEGER NOT NULL, \
         first INTEGER NOT NULL, events INTEGER NOT NULL, body BLOB NOT NULL) STRICT"
    )
}

/// Refuses a library that can corrupt the file.
pub(crate) fn check_library() -> Result<(), StoreError> {
    check_version(rusqlite::version_number(), rusqlite::version())
}

fn check_version(number: i32, text: &str) -> Result<(), StoreError> {
    if number < SQLITE_MIN { Err(StoreError::LibraryTooOld { found: text.to_owned() }) } else { Ok(()) }
}

/// The connection of the writer. Makes the tables of a new database.
pub(super) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let connection = open_read_write(path)?;
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if format > FORMAT {
        return Err(StoreError::FormatTooNew { found: format, known: FORMAT });
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Database {
            what: format!("write-ahead logging is not possible here ({mode})"),
        });
    }
    if format == 0 {
        let logs = ["log_account", "log_kept"].map(log_table).join(";");
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {TABLES} {logs}; PRAGMA user_version = {FORMAT}; COMMIT"
        ))?;
    }
    Ok(connection)
}

/// The connection that moves the write-ahead log into the database.
pub(super) fn open_read_write(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // FULL: a commit is on the disk when it returns. FAST: what is deleted is overwritten where that costs no write.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = FAST; \
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -16384;")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_with_the_wal_reset_bug_is_refused() {
        let error = check_version(3_051_002, "3.51.2").unwrap_err();
        assert_eq!(error, StoreError::LibraryTooOld { found: "3.51.2".to_owned() });
        assert!(check_version(3_051_003, "3.51.3").is_ok());
        assert!(check_library().is_ok(), "the bundled library is new enough");
    }
}
