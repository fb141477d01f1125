//! Why the storage could not do what it was asked. Every message says what to do.

use std::path::PathBuf;

use crate::stream::StreamId;

/// A failure of the storage itself; refused steps are [`Reject`](crate::Reject)s.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process has the directory open.
    #[error(
        "{} is in use by process {}: stop that process, or choose another data directory",
        .dir.display(), .pid.map_or_else(|| "(unknown)".to_owned(), |pid| pid.to_string())
    )]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// The process that holds it, if it has written its number.
        pid: Option<u32>,
    },
    /// The linked SQLite has the bug that two connections can corrupt the file (3.7.0 to 3.51.2).
    #[error(
        "SQLite {found} can corrupt a database with several connections: build with the bundled library (3.51.3 or newer)"
    )]
    LibraryTooOld {
        /// The version that is linked.
        found: String,
    },
    /// The database was written by a newer Convoke.
    #[error(
        "the data has format {found}, this program knows up to {known}: run the program that wrote it, or a newer one"
    )]
    FormatTooNew {
        /// The format found.
        found: i64,
        /// The newest format that this program reads.
        known: i64,
    },
    /// There is no database in this directory.
    #[error("there is no {} in {}: check the path", crate::limits::DATABASE_FILE, .dir.display())]
    NoDatabase {
        /// The directory.
        dir: PathBuf,
    },
    /// The target of a backup already holds a database.
    #[error("{} exists already: back up into a new or empty directory", .path.display())]
    BackupExists {
        /// The file in the way.
        path: PathBuf,
    },
    /// What is stored contradicts itself.
    #[error(
        "stored data is damaged ({what}): run `convoke doctor`, and restore the latest backup if it confirms that"
    )]
    Corrupt {
        /// What is wrong, and where.
        what: String,
    },
    /// A record is not what was written.
    #[error(
        "record {seq} of {stream} is damaged ({what}): run `convoke doctor`, and restore the latest backup if it confirms that"
    )]
    CorruptRecord {
        /// The stream that it is a part of.
        stream: StreamId,
        /// Its number in the log.
        seq: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file system refused.
    #[error("cannot {doing} {}: {what}: check free space, permissions and the disk", .path.display())]
    Io {
        /// The attempted operation.
        doing: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's answer.
        what: String,
    },
    /// The database engine refused a read or an opening.
    #[error(
        "the database answered: {what}: check free space, permissions and the disk, then run `convoke doctor`"
    )]
    Database {
        /// The engine's answer.
        what: String,
    },
    /// A long read, such as a backup, still needs the log that holds the erased key.
    #[error(
        "the key is erased, but a backup or another long read still holds a file with it: ask again when that is done"
    )]
    Busy,
    /// A durable write failed earlier; nothing is written since.
    #[error(
        "the storage stopped after a failed write ({reason}): make room or replace the disk, then restart"
    )]
    Failed {
        /// What failed first.
        reason: String,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database { what: error.to_string() }
    }
}
