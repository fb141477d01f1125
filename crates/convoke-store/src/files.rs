//! What we need of a store of files that people send each other: sealed bytes by account, owner and id, written once.
//!
//! Files are not in the log, which would carry their weight through every copy and every recovery. What a file is called and
//! what opens it is in the line that shares it; without that line the bytes here are noise. So erasing a consumer makes every
//! file of their conversations unreadable, and [`FileStore::remove_of`] takes their own ones away as well.
//!
//! The promises each engine owes: a file is there whole or not at all, and on disk before [`FileStore::put`] answers; it is
//! never replaced; accounts are apart; no account and no owner has more than they may.

mod disk;
mod memory;

use std::fmt;

use convoke_domain::id::{AccountId, ConsumerId, FileId, UserId};

use crate::limits::FILE_COUNTED_MIN;

pub use disk::{DiskFiles, copy};
pub use memory::MemoryFiles;

/// Who sent a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileOwner {
    /// A consumer.
    Consumer(ConsumerId),
    /// Someone who works for the brand.
    User(UserId),
}

impl fmt::Display for FileOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Consumer(consumer) => consumer.fmt(f),
            Self::User(user) => user.fmt(f),
        }
    }
}

impl std::str::FromStr for FileOwner {
    type Err = convoke_domain::id::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::Consumer).or_else(|_| text.parse().map(Self::User))
    }
}

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePlace {
    /// The account.
    pub account: AccountId,
    /// Who sent it.
    pub owner: FileOwner,
    /// Which of theirs.
    pub id: FileId,
}

/// How many bytes there may be with one file more. A file counts as at least [`FILE_COUNTED_MIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRoom {
    /// Of all files of the account.
    pub account: u64,
    /// Of those of one owner.
    pub owner: u64,
}

/// Why a file is not stored or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is one at this place.
    #[error("this file is there already")]
    Exists,
    /// The account has as much as it may.
    #[error("the account's files have as many bytes as they may")]
    Full,
    /// Who sends it has as much as they may.
    #[error("the files of who sends it have as many bytes as they may")]
    OwnerFull,
    /// The system refuses.
    #[error("a file cannot be stored or read")]
    Io(#[from] std::io::Error),
}

/// A store of files. Its methods wait for the disk: they are not for threads that serve others.
pub trait FileStore: Send + Sync + 'static {
    /// Stores a file, if account and owner have at most `room` with it.
    ///
    /// # Errors
    /// See [`FileError`].
    fn put(&self, place: &FilePlace, sealed: &[u8], room: FileRoom) -> Result<(), FileError>;

    /// A file; `None` if there is none.
    ///
    /// # Errors
    /// If the system refuses.
    fn get(&self, place: &FilePlace) -> Result<Option<Vec<u8>>, FileError>;

    /// Removes all files of an owner.
    ///
    /// # Errors
    /// If the system refuses; some may be gone then.
    fn remove_of(&self, account: &AccountId, owner: FileOwner) -> Result<(), FileError>;

    /// The bytes of an account's files.
    ///
    /// # Errors
    /// If the system refuses.
    fn used(&self, account: &AccountId) -> Result<u64, FileError>;

    /// The bytes of an owner's files.
    ///
    /// # Errors
    /// If the system refuses.
    fn used_by(&self, account: &AccountId, owner: FileOwner) -> Result<u64, FileError>;
}

/// What a file of so many bytes counts for.
fn counted(bytes: u64) -> u64 {
    bytes.max(FILE_COUNTED_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::FILES_FOLDER;

    fn place(account: &str, owner: u128, id: u128) -> FilePlace {
        let owner = FileOwner::Consumer(ConsumerId::from_bits(owner));
        FilePlace { account: account.parse().unwrap(), owner, id: FileId::from_bits(id) }
    }

    /// The least that a file counts for.
    const BLOCK: u64 = FILE_COUNTED_MIN;
    /// Room for ten small files in an account, and for seven of one owner.
    const ROOM: FileRoom = FileRoom { account: 10 * BLOCK, owner: 7 * BLOCK };

    fn blocks(count: u64) -> Vec<u8> {
        vec![0; usize::try_from(count * BLOCK).unwrap()]
    }

    /// Both engines keep every promise.
    fn keeps_its_promises(files: &dyn FileStore) {
        let (own, same_owner) = (place("acme", 1, 1), place("acme", 1, 2));
        let (others, foreign) = (place("acme", 2, 1), place("other", 1, 1));
        files.put(&own, b"picture", ROOM).unwrap();
        assert_eq!(files.get(&own).unwrap().as_deref(), Some(&b"picture"[..]));
        assert!(matches!(files.put(&own, b"another", ROOM), Err(FileError::Exists)));
        assert_eq!(files.get(&own).unwrap().as_deref(), Some(&b"picture"[..]), "it is never replaced");
        for nothing in [&same_owner, &others, &foreign] {
            assert!(files.get(nothing).unwrap().is_none(), "{nothing:?}");
        }
        assert!(matches!(files.put(&same_owner, &blocks(7), ROOM), Err(FileError::OwnerFull)));
        files.put(&others, &blocks(7), ROOM).unwrap();
        assert!(matches!(files.put(&same_owner, &blocks(3), ROOM), Err(FileError::Full)));
        files.put(&foreign, &blocks(7), ROOM).unwrap();
        assert_eq!(files.used(&own.account).unwrap(), 8 * BLOCK, "a small file counts as a block");
        assert_eq!(files.used_by(&own.account, own.owner).unwrap(), BLOCK);
        assert_eq!(files.used_by(&own.account, others.owner).unwrap(), 7 * BLOCK);
        files.remove_of(&own.account, own.owner).unwrap();
        files.remove_of(&own.account, own.owner).unwrap();
        assert!(files.get(&own).unwrap().is_none());
        assert!(files.get(&others).unwrap().is_some() && files.get(&foreign).unwrap().is_some());
        assert_eq!(files.used(&own.account).unwrap(), 7 * BLOCK, "there is room again");
        assert_eq!(files.used_by(&own.account, own.owner).unwrap(), 0);
    }

    #[test]
    fn memory_keeps_the_promises() {
        keeps_its_promises(&MemoryFiles::default());
    }

    #[test]
    fn the_disk_keeps_the_promises_and_knows_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        keeps_its_promises(&DiskFiles::new(dir.path()));
        let again = DiskFiles::new(dir.path());
        let others = place("acme", 2, 1);
        assert_eq!(again.used(&others.account).unwrap(), 7 * BLOCK);
        assert_eq!(again.get(&others).unwrap().unwrap(), blocks(7));
    }

    #[test]
    fn what_a_process_that_died_left_unfinished_takes_up_no_room() {
        let dir = tempfile::tempdir().unwrap();
        let own = place("acme", 1, 1);
        DiskFiles::new(dir.path()).put(&own, b"picture", ROOM).unwrap();
        let folder = dir.path().join(FILES_FOLDER).join("acme").join(own.owner.to_string());
        let unfinished = folder.join(place("acme", 1, 2).id.to_string()).with_extension("part");
        std::fs::write(&unfinished, [0; 50]).unwrap();
        assert_eq!(DiskFiles::new(dir.path()).used(&own.account).unwrap(), BLOCK);
        assert!(!unfinished.exists());
    }

    #[test]
    fn a_copy_has_every_whole_file() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let files = DiskFiles::new(from.path());
        files.put(&place("acme", 1, 1), b"picture", ROOM).unwrap();
        assert_eq!(copy(from.path(), to.path()).unwrap(), 7);
        let copied = DiskFiles::new(to.path()).get(&place("acme", 1, 1)).unwrap();
        assert_eq!(copied.as_deref(), Some(&b"picture"[..]));
        let nothing = tempfile::tempdir().unwrap();
        assert_eq!(copy(nothing.path(), to.path()).unwrap(), 0, "a directory without files has none to copy");
    }

    #[test]
    fn an_owner_is_read_as_it_is_written_and_nothing_else_is_one() {
        for owner in [FileOwner::Consumer(ConsumerId::from_bits(7)), FileOwner::User(UserId::new(7).unwrap())]
        {
            assert_eq!(owner.to_string().parse::<FileOwner>().unwrap(), owner);
        }
        for text in ["", "..", ".", "7/8", "cons_", "file_00000000000000000000000000000001"] {
            assert!(text.parse::<FileOwner>().is_err(), "{text}");
        }
    }
}
