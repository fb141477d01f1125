//! Files that people send each other: sealed with a key that only the path of the file has, and stored under what that path
//! hashes to. The path is told in the conversation, as a line, which is sealed for the consumer: erased with them, nothing
//! opens the file any more. Their own files are removed as well.

mod outgoing;

use std::sync::Arc;

use axum::body::Bytes;
use convoke_api::lp::messaging::{FileKind, FilePath};
use convoke_api::platform_error::PlatformError;
use convoke_domain::account::Rejection;
use convoke_domain::id::{AccountId, FileId};
use convoke_engine::keys::DataKey;
use convoke_engine::ports::Entropy;
use convoke_engine::{FileError, FileOwner, FilePlace, FileRoom, FileStore};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::error;

use crate::auth::hex;
use crate::limits;
use crate::problem::{Answer, ApiError};
use crate::seats::{Seat, Seats};
use crate::server::Shared;

pub(crate) use self::outgoing::Outgoing;

const SECRET_BYTES: usize = 32;

/// What keeps files, and how many are on their way.
pub(crate) struct Files {
    store: Arc<dyn FileStore>,
    at_once: Arc<Semaphore>,
    of_accounts: Seats<AccountId>,
}

/// Room for one file in memory, as long as it is kept.
pub(crate) struct Room {
    _of_all: OwnedSemaphorePermit,
    _of_account: Seat<AccountId>,
}

impl Files {
    pub(crate) fn new(store: Arc<dyn FileStore>) -> Self {
        let at_once = Arc::new(Semaphore::new(limits::FILES_AT_ONCE_MAX));
        Self { store, at_once, of_accounts: Seats::default() }
    }

    /// Room for one file of this account in memory.
    pub(crate) fn room(&self, account: &AccountId) -> Answer<Room> {
        let of_account = self.of_accounts.take(account, limits::FILES_AT_ONCE_OF_ACCOUNT_MAX);
        let of_account = of_account.ok_or(PlatformError::TooManyRequests)?;
        let of_all = Arc::clone(&self.at_once).try_acquire_owned().map_err(|_| PlatformError::Busy)?;
        Ok(Room { _of_all: of_all, _of_account: of_account })
    }

    /// Whether account and owner may have so many bytes more.
    pub(crate) async fn has_room_for(&self, account: &AccountId, owner: FileOwner, size: u64) -> Answer<()> {
        let (own, most) = (account.clone(), room_of(owner));
        let used = self.blocking(move |files| Ok((files.used(&own)?, files.used_by(&own, owner)?)));
        let (of_account, of_owner) = used.await?;
        if of_owner.saturating_add(size) > most.owner {
            Err(owner_full())
        } else if of_account.saturating_add(size) > most.account {
            Err(full())
        } else {
            Ok(())
        }
    }

    /// Seals a file and stores it under its path. It takes its room until that is done, whoever waits for it.
    pub(crate) async fn put(&self, server: &Shared, path: &FilePath, plain: Bytes, room: Room) -> Answer<()> {
        let (place, key) = opened(path).ok_or(PlatformError::NotFound)?;
        let (server, bound_to) = (server.clone(), bound_to(path, place.id));
        let put = self.blocking(move |files| {
            let _room = room;
            let sealed = key.seal(server.handle.entropy(), bound_to.as_bytes(), &plain);
            files.put(&place, &sealed, room_of(place.owner))
        });
        put.await
    }

    /// The file with this path, on its way in this room.
    pub(crate) async fn get(&self, path: &FilePath, room: Room) -> Answer<Outgoing> {
        let (place, key) = opened(path).ok_or(PlatformError::NotFound)?;
        let bound_to = bound_to(path, place.id);
        let got = self.blocking(move |files| {
            let sealed = files.get(&place)?;
            Ok((sealed.map(|sealed| key.open(bound_to.as_bytes(), &sealed)), room))
        });
        match got.await? {
            (None, _) => Err(PlatformError::NotFound.into()),
            (Some(Ok(plain)), room) => Ok(Outgoing::new(plain, room)),
            (Some(Err(broken)), _) => {
                error!(%broken, "a file does not open");
                Err(PlatformError::StorageUnreadable.into())
            }
        }
    }

    /// Removes all files of an owner.
    pub(crate) async fn remove_of(&self, account: &AccountId, owner: FileOwner) -> Answer<()> {
        let account = account.clone();
        self.blocking(move |files| files.remove_of(&account, owner)).await
    }

    /// Does something that waits for the disk.
    async fn blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce(&dyn FileStore) -> Result<T, FileError> + Send + 'static,
    ) -> Answer<T> {
        let store = Arc::clone(&self.store);
        match tokio::task::spawn_blocking(move || job(&*store)).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(FileError::Exists)) => Err(PlatformError::FileExists.into()),
            Ok(Err(FileError::Full)) => Err(full()),
            Ok(Err(FileError::OwnerFull)) => Err(owner_full()),
            Ok(Err(FileError::Io(reason))) => {
                error!(%reason, "a file could not be stored or read");
                Err(PlatformError::StorageUnavailable.into())
            }
            Err(_) => Err(PlatformError::Internal.into()),
        }
    }
}

/// How much there may be of this owner and their account. Those who work for the brand share what the account may.
fn room_of(owner: FileOwner) -> FileRoom {
    let account = limits::FILES_OF_ACCOUNT_BYTES_MAX;
    let owner = match owner {
        FileOwner::Consumer(_) => limits::FILES_OF_CONSUMER_BYTES_MAX,
        FileOwner::User(_) => account,
    };
    FileRoom { account, owner }
}

fn full() -> ApiError {
    too_many("megabytes of files", limits::FILES_OF_ACCOUNT_BYTES_MAX)
}

fn owner_full() -> ApiError {
    too_many("megabytes of files of one consumer", limits::FILES_OF_CONSUMER_BYTES_MAX)
}

fn too_many(what: &'static str, bytes: u64) -> ApiError {
    let max = usize::try_from(bytes / 1024 / 1024).unwrap_or(usize::MAX);
    Rejection::TooMany { what, max }.into()
}

/// A path for a new file.
pub(crate) fn new_path(
    entropy: &dyn Entropy,
    account: &AccountId,
    owner: FileOwner,
    kind: FileKind,
) -> FilePath {
    let mut secret = [0; SECRET_BYTES];
    entropy.fill(&mut secret);
    FilePath { account: account.clone(), owner: owner.to_string(), secret: hex(&secret), kind }
}

/// Where the file with this path is, and what opens it.
fn opened(path: &FilePath) -> Option<(FilePlace, DataKey)> {
    let mut secret = [0; SECRET_BYTES];
    for (byte, digits) in secret.iter_mut().zip(path.secret.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    // The name on disk says nothing about the key.
    let hash = Sha256::new().chain_update(b"name of a file").chain_update(secret).finalize();
    let id = FileId::from_bits(u128::from_be_bytes(*hash.first_chunk::<16>()?));
    let place = FilePlace { account: path.account.clone(), owner: path.owner.parse().ok()?, id };
    Some((place, DataKey::new(secret)))
}

/// Associated data: a sealed file opens only as this one, of this kind, of this owner.
fn bound_to(path: &FilePath, id: FileId) -> String {
    format!("file/{}/{}/{id}.{}", path.account, path.owner, path.kind.ending())
}
