//! The data directory: made private, and owned by one process at a time.
//!
//! The lock belongs to the open file, so the system releases it when the process dies, however it dies.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::limits::{DATABASE_FILE, LOCK_FILE};

/// Proof that this process owns the directory; dropping it gives the directory up.
#[derive(Debug)]
pub(super) struct DirLock {
    _file: File,
}

/// Turns a refusal of the file system into our error.
pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::Io { doing, path, what: error.to_string() }
}

/// Makes the directory if it does not exist, then readable by its owner only.
pub(super) fn new_dir(dir: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io("create", dir))
}

/// Makes the data directory if it does not exist, and readable by its owner only in any case.
pub(super) fn private_dir(dir: &Path) -> Result<(), StoreError> {
    new_dir(dir)?;
    fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(io("make private", dir))
}

/// Opens or makes a file that only its owner can read; SQLite gives its companions the same permissions.
pub(crate) fn private_file(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path).map_err(io("open", path))?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(io("make private", path))?;
    Ok(file)
}

/// Makes sure that the names in a directory survive a power loss.
pub(super) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io("sync", dir))
}

/// The database of a data directory.
pub(super) fn database(dir: &Path) -> PathBuf {
    dir.join(DATABASE_FILE)
}

impl DirLock {
    /// Takes the directory, or says who has it.
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(LOCK_FILE);
        let mut file = private_file(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The number is a courtesy of the message; a file that cannot be read is still locked.
                let _unreadable = file.read_to_string(&mut text);
                return Err(StoreError::Locked { dir: dir.to_owned(), pid: text.trim().parse().ok() });
            }
            Err(TryLockError::Error(error)) => return Err(io("lock", &path)(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(io("write", &path))?;
        file.write_all(format!("{}\n", std::process::id()).as_bytes()).map_err(io("write", &path))?;
        Ok(Self { _file: file })
    }
}
