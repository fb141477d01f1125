//! The second connection: it moves the write-ahead log into the database while the writer goes on.
//!
//! It never blocks the writer. When the log has grown past its bound nevertheless, it asks the writer to wait once, so
//! that the log starts over in blocks that are written already (which also halves the cost of a sync).

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};

use rusqlite::Connection;

use super::Shared;
use super::lock::database;
use crate::StoreError;
use crate::limits::{CHECKPOINT_EVERY, WAL_RESTART_PAGES};

/// The write-ahead log of a data directory.
pub(super) fn wal(dir: &Path) -> PathBuf {
    database(dir).with_extension("db-wal")
}

/// Checkpoints every so often until the sender is gone.
pub(super) fn run(connection: &Connection, shared: &Arc<Shared>, stop: &Receiver<()>) {
    let mut done = 0;
    while stop.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        let commits = shared.commits.load(Ordering::Relaxed);
        if commits == done || shared.failure().is_some() {
            continue;
        }
        let moved = {
            let _only_one = shared.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
            checkpoint(connection)
        };
        match moved {
            Ok(Moved { pages, all }) => {
                if all {
                    // Nothing to do until the next commit.
                    done = commits;
                }
                if pages > WAL_RESTART_PAGES {
                    shared.restart_wal.store(true, Ordering::Relaxed);
                }
            }
            Err(error) => {
                shared.fail(&error);
            }
        }
    }
}

/// What a checkpoint found.
struct Moved {
    /// Pages that the log holds, moved or not. Its file is no measure: it keeps its size when the log starts over.
    pages: i64,
    /// Whether all of them are moved.
    all: bool,
}

/// Moves what can be moved without waiting.
fn checkpoint(connection: &Connection) -> Result<Moved, StoreError> {
    let (pages, moved): (i64, i64) =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(Moved { pages, all: pages == moved })
}
