//! Copies of a running store.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::lock::{database, io, new_dir, private_file, sync_dir};
use super::schema::open_reader;
use crate::StoreError;
use crate::limits::RUNS_FILE;

/// Copies the log of `from`, and its run log if it has one, into the new or empty directory `to`, as they are at this
/// moment; gives the bytes copied.
///
/// The copy of each is one read transaction: the writer goes on meanwhile, only the write-ahead log grows. It may be made by
/// another process than the one that has the store open.
///
/// # Errors
///
/// [`StoreError::NoDatabase`] if there is nothing to copy, [`StoreError::BackupExists`] if there is a database in `to`,
/// [`StoreError::Io`] and [`StoreError::Database`] if the system refuses.
pub fn copy(from: &Path, to: &Path) -> Result<u64, StoreError> {
    if !database(from).is_file() {
        return Err(StoreError::NoDatabase { dir: from.to_owned() });
    }
    new_dir(to)?;
    let target = database(to);
    if target.exists() {
        return Err(StoreError::BackupExists { path: target });
    }
    // The run log first: runs of what the copy does not know yet would be worse than some runs less.
    let runs = from.join(RUNS_FILE);
    let of_runs = if runs.is_file() { copy_one(&runs, &to.join(RUNS_FILE))? } else { 0 };
    let bytes = copy_one(&database(from), &target)?;
    sync_dir(to)?;
    Ok(of_runs + bytes)
}

/// Under another name first, so that half a copy is never taken for a whole one.
fn copy_one(from: &Path, target: &Path) -> Result<u64, StoreError> {
    let part = target.with_extension("db-part");
    let file = private_file(&part)?;
    file.set_len(0).map_err(io("empty", &part))?;
    fill(&open_reader(from)?, &part)?;
    file.sync_all().map_err(io("sync", &part))?;
    fs::rename(&part, target).map_err(io("rename", &part))?;
    Ok(file.metadata().map_err(io("look at", target))?.len())
}

fn fill(source: &Connection, part: &Path) -> Result<(), StoreError> {
    let mut target = Connection::open(part)?;
    let backup = Backup::new(source, &mut target)?;
    match backup.step(-1)? {
        StepResult::Done => Ok(()),
        StepResult::More | StepResult::Busy | StepResult::Locked | _ => {
            Err(StoreError::Database { what: "the copy could not be made in one piece".to_owned() })
        }
    }
}
