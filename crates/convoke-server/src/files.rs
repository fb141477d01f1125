//! Files that people send each other: sealed with a key that only the path of the file has, and stored under what that path
//! hashes to. The path is told in the conversation, as a line, which is sealed for the consumer: erased with them, nothing
//! opens the file any more. Their own files are removed as well.

use std::sync::Arc;

use convoke_api::lp::messaging::{FileKind, FilePath};
use convoke_api::platform_error::PlatformError;
use convoke_domain::account::Rejection;
use convoke_domain::id::{AccountId, FileId};
use convoke_engine::keys::DataKey;
use convoke_engine::ports::Entropy;
use convoke_engine::{FileError, FileOwner, FilePlace, FileStore};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::error;

use crate::auth::hex;
use crate::limits;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

const SECRET_BYTES: usize = 32;

/// What keeps files, and how many are on their way.
pub(crate) struct Files {
    store: Arc<dyn FileStore>,
    at_once: Semaphore,
}

impl Files {
    pub(crate) fn new(store: Arc<dyn FileStore>) -> Self {
        Self { store, at_once: Semaphore::new(limits::FILES_AT_ONCE_MAX) }
    }

    /// Room for one file in memory.
    pub(crate) fn room(&self) -> Answer<SemaphorePermit<'_>> {
        self.at_once.try_acquire().map_err(|_| PlatformError::Busy.into())
    }

    /// Whether the account may have so many bytes more.
    pub(crate) async fn has_room_for(&self, account: &AccountId, size: u64) -> Answer<()> {
        let own = account.clone();
        let used = self.blocking(move |files| files.used(&own)).await?;
        if used.saturating_add(size) > limits::FILES_OF_ACCOUNT_BYTES_MAX { Err(full()) } else { Ok(()) }
    }

    /// Stores a file under its path.
    pub(crate) async fn put(&self, server: &Shared, path: &FilePath, plain: &[u8]) -> Answer<()> {
        let (place, key) = opened(path).ok_or(PlatformError::NotFound)?;
        let sealed = key.seal(server.handle.entropy(), bound_to(path, place.id).as_bytes(), plain);
        let most = limits::FILES_OF_ACCOUNT_BYTES_MAX;
        self.blocking(move |files| files.put(&place, &sealed, most)).await
    }

    /// The file with this path.
    pub(crate) async fn get(&self, path: &FilePath) -> Answer<Vec<u8>> {
        let (place, key) = opened(path).ok_or(PlatformError::NotFound)?;
        let bound_to = bound_to(path, place.id);
        let sealed = self.blocking(move |files| files.get(&place)).await?.ok_or(PlatformError::NotFound)?;
        key.open(bound_to.as_bytes(), &sealed).map_err(|broken| {
            error!(%broken, "a file does not open");
            PlatformError::StorageUnreadable.into()
        })
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
            Ok(Err(FileError::Io(reason))) => {
                error!(%reason, "a file could not be stored or read");
                Err(PlatformError::StorageUnavailable.into())
            }
            Err(_) => Err(PlatformError::Internal.into()),
        }
    }
}

fn full() -> ApiError {
    const MEGABYTES: u64 = limits::FILES_OF_ACCOUNT_BYTES_MAX / 1024 / 1024;
    let max = usize::try_from(MEGABYTES).unwrap_or(usize::MAX);
    Rejection::TooMany { what: "megabytes of files", max }.into()
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
