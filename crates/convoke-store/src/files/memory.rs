//! Files in memory, for tests and servers without a data directory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use convoke_domain::id::AccountId;

use super::{FileError, FileOwner, FilePlace, FileRoom, FileStore, counted};

/// Files that are gone with the process.
#[derive(Debug, Default)]
pub struct MemoryFiles(Mutex<BTreeMap<FilePlace, Vec<u8>>>);

impl MemoryFiles {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<FilePlace, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of an account's files; with an owner, of theirs.
fn used(files: &BTreeMap<FilePlace, Vec<u8>>, account: &AccountId, owner: Option<FileOwner>) -> u64 {
    let of_account = files.iter().filter(|(place, _)| place.account == *account);
    let own = of_account.filter(|(place, _)| owner.is_none_or(|owner| place.owner == owner));
    own.map(|(_, file)| counted(file.len() as u64)).sum()
}

impl FileStore for MemoryFiles {
    fn put(&self, place: &FilePlace, sealed: &[u8], room: FileRoom) -> Result<(), FileError> {
        let mut files = self.lock();
        if files.contains_key(place) {
            return Err(FileError::Exists);
        }
        let size = counted(sealed.len() as u64);
        if used(&files, &place.account, Some(place.owner)) + size > room.owner {
            return Err(FileError::OwnerFull);
        }
        if used(&files, &place.account, None) + size > room.account {
            return Err(FileError::Full);
        }
        files.insert(place.clone(), sealed.to_vec());
        Ok(())
    }

    fn get(&self, place: &FilePlace) -> Result<Option<Vec<u8>>, FileError> {
        Ok(self.lock().get(place).cloned())
    }

    fn remove_of(&self, account: &AccountId, owner: FileOwner) -> Result<(), FileError> {
        self.lock().retain(|place, _| place.account != *account || place.owner != owner);
        Ok(())
    }

    fn used(&self, account: &AccountId) -> Result<u64, FileError> {
        Ok(used(&self.lock(), account, None))
    }

    fn used_by(&self, account: &AccountId, owner: FileOwner) -> Result<u64, FileError> {
        Ok(used(&self.lock(), account, Some(owner)))
    }
}
