//! Files in a directory: `files/<account>/<owner>/<id>`. All three are ids, so that no name can lead elsewhere.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use convoke_domain::id::AccountId;

use super::{FileError, FileOwner, FilePlace, FileRoom, FileStore, counted};
use crate::limits::FILES_FOLDER;

/// What is not whole yet ends with this.
const PART: &str = "part";

/// Files in a data directory.
#[derive(Debug)]
pub struct DiskFiles {
    dir: PathBuf,
    /// The bytes of the accounts that were asked about. Writes wait for each other on it: they are rare, and the count is
    /// never wrong.
    used: Mutex<BTreeMap<AccountId, u64>>,
}

impl DiskFiles {
    /// The files of this data directory.
    pub fn new(data: &Path) -> Self {
        Self { dir: data.join(FILES_FOLDER), used: Mutex::new(BTreeMap::new()) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, u64>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of_owner(&self, account: &AccountId, owner: FileOwner) -> PathBuf {
        self.dir.join(account.as_str()).join(owner.to_string())
    }

    /// The bytes of an account, counted when they are first asked for.
    fn count<'u>(
        &self,
        used: &'u mut BTreeMap<AccountId, u64>,
        account: &AccountId,
    ) -> Result<&'u mut u64, FileError> {
        if !used.contains_key(account) {
            let mut bytes = 0;
            for owner in folder(&self.dir.join(account.as_str()))? {
                bytes += size_of_folder(&owner)?;
            }
            used.insert(account.clone(), bytes);
        }
        Ok(used.entry(account.clone()).or_default())
    }
}

impl FileStore for DiskFiles {
    fn put(&self, place: &FilePlace, sealed: &[u8], room: FileRoom) -> Result<(), FileError> {
        let mut used = self.lock();
        let count = self.count(&mut used, &place.account)?;
        let dir = self.of_owner(&place.account, place.owner);
        let target = dir.join(place.id.to_string());
        if target.try_exists()? {
            return Err(FileError::Exists);
        }
        let size = counted(sealed.len() as u64);
        if size_of_folder(&dir)? + size > room.owner {
            return Err(FileError::OwnerFull);
        }
        let after = *count + size;
        if after > room.account {
            return Err(FileError::Full);
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        let part = target.with_extension(PART);
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        let written = file.write_all(sealed).and_then(|()| file.sync_all());
        if let Err(error) = written.and_then(|()| fs::rename(&part, &target)) {
            // Whatever there is of it only takes away room; the error that matters is the first one.
            let _ = fs::remove_file(&part);
            return Err(error.into());
        }
        // It is there and takes up room, whatever becomes of the names above it.
        *count = after;
        // Owner, account, all files, and the data directory, in which the first file made a folder.
        for above in dir.ancestors().take(4) {
            File::open(above)?.sync_all()?;
        }
        Ok(())
    }

    fn get(&self, place: &FilePlace) -> Result<Option<Vec<u8>>, FileError> {
        let path = self.of_owner(&place.account, place.owner).join(place.id.to_string());
        match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn remove_of(&self, account: &AccountId, owner: FileOwner) -> Result<(), FileError> {
        let mut used = self.lock();
        let dir = self.of_owner(account, owner);
        let removed = fs::remove_dir_all(&dir);
        // Whatever is left of it, it is counted anew.
        used.remove(account);
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn used(&self, account: &AccountId) -> Result<u64, FileError> {
        let mut used = self.lock();
        self.count(&mut used, account).map(|bytes| *bytes)
    }

    fn used_by(&self, account: &AccountId, owner: FileOwner) -> Result<u64, FileError> {
        let _nobody_writes = self.lock();
        Ok(size_of_folder(&self.of_owner(account, owner))?)
    }
}

/// What is in a folder; nothing if there is none.
fn folder(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// What the files of a folder count for. Whoever asks lets nobody write there: what is not whole was left by a process that
/// died, and is removed.
fn size_of_folder(dir: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for path in folder(dir)? {
        if path.extension().is_some() {
            fs::remove_file(path)?;
        } else {
            bytes += counted(fs::metadata(path)?.len());
        }
    }
    Ok(bytes)
}

/// Copies a file so that it has its name only when it is whole; 0 if it is gone.
fn copy_whole(from: &Path, to: &Path) -> io::Result<u64> {
    let part = to.with_extension(PART);
    let bytes = match fs::copy(from, &part) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        copied => copied?,
    };
    File::open(&part)?.sync_all()?;
    fs::rename(&part, to)?;
    to.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())?;
    Ok(bytes)
}

/// Copies all files of a data directory to another one, also while they are used; gives their bytes. What is written or
/// removed meanwhile is in the copy or not.
///
/// # Errors
/// If the system refuses.
pub fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    let (from, to) = (from.join(FILES_FOLDER), to.join(FILES_FOLDER));
    let mut bytes = 0;
    for account in folder(&from)? {
        for owner in folder(&account)? {
            for file in folder(&owner)?.into_iter().filter(|path| path.extension().is_none()) {
                let Ok(place) = file.strip_prefix(&from) else { continue };
                let target = to.join(place);
                if let Some(dir) = target.parent() {
                    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
                }
                bytes += copy_whole(&file, &target)?;
            }
        }
    }
    Ok(bytes)
}
