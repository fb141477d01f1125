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
use crate::limits::{CHECKPOINT_EVERY, WAL_RESTART_BYTES};

/// The write-ahead log of a data directory.
pub(super) fn wal(dir: &Path) -> PathBuf {
    database(dir).with_extension("db-wal")
}

/// Checkpoints every so often until the sender is gone.
pub(super) fn run(connection: &Connection, shared: &Arc<Shared>, stop: &Receiver<()>, dir: &Path) {
    let wal = wal(dir);
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
            // All of it is moved: nothing to do until the next commit.
            Ok(true) => done = commits,
            Ok(false) => {}
            Err(error) => {
                shared.fail(&error);
            }
        }
        if std::fs::metadata(&wal).is_ok_and(|wal| wal.len() > WAL_RESTART_BYTES) {
            shared.restart_wal.store(true, Ordering::Relaxed);
        }
    }
}

/// Moves what can be moved without waiting; whether that was all.
fn checkpoint(connection: &Connection) -> Result<bool, StoreError> {
    let (frames, moved): (i64, i64) =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(frames == moved)
}
