//! A harness around a store in a temporary directory, and the steps that the tests of the embedded engine share.

use std::fs;
use std::path::{Path, PathBuf};

use convoke_domain::id::ConversationId;
use convoke_domain::sequence::EventSeq;
use convoke_store::conformance::Harness;
use convoke_store::{NewRecord, SqliteStore, Step, Store, StreamId, Verdict};
use jiff::Timestamp;
use tempfile::TempDir;

/// A store and its directory.
pub(crate) struct Sqlite {
    // First, so that it is closed before its directory goes.
    store: SqliteStore,
    dir: TempDir,
}

impl Sqlite {
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn sqlite(&self) -> &SqliteStore {
        &self.store
    }

    /// Closes the store in order, and keeps its directory.
    pub(crate) fn close(self) -> TempDir {
        drop(self.store);
        self.dir
    }
}

impl Harness for Sqlite {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { store: SqliteStore::open(dir.path()).unwrap(), dir }
    }

    fn store(&self) -> &dyn Store {
        &self.store
    }

    /// The files as a dying process leaves them. The database is copied before its log: a checkpoint that runs
    /// meanwhile only moves what the log still has.
    fn crash(self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for file in ["convoke.db", "convoke.db-wal"] {
            if self.dir().join(file).exists() {
                fs::copy(self.dir().join(file), dir.path().join(file)).unwrap();
            }
        }
        Self { store: SqliteStore::open(dir.path()).unwrap(), dir }
    }
}

pub(crate) fn conversation(number: u128) -> StreamId {
    StreamId::Conversation {
        account: "le1".parse().unwrap(),
        conversation: ConversationId::from_bits(number),
    }
}

/// A step of one event at `expect` with this body.
pub(crate) fn append(store: &dyn Store, stream: &StreamId, expect: u64, body: Vec<u8>) -> Step {
    let at = Timestamp::from_second(1_767_225_600).unwrap();
    let record = NewRecord { events: 1.try_into().unwrap(), at, body };
    Step { record: Some(record), ..Step::new(stream.clone(), store.epoch(), EventSeq::new(expect)) }
}

pub(crate) async fn one(store: &dyn Store, step: Step) -> Verdict {
    store.commit(vec![step]).await.pop().unwrap()
}

/// Everything in the files of a directory, as one text of bytes.
pub(crate) fn all_bytes(dir: &Path) -> Vec<u8> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().flat_map(|file| fs::read(file).unwrap()).collect()
}
