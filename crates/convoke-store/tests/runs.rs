//! Both run logs keep what run logs promise; and the one in SQLite stays within its room.

#![expect(clippy::unwrap_used, reason = "a test that finds something else than it expects stops there")]

use std::time::Duration;

use convoke_domain::id::{FunctionId, InvocationId};
use convoke_store::StoreError;
use convoke_store::limits::RUNS_FILE;
use convoke_store::runs::conformance::RunHarness;
use convoke_store::runs::{
    Levels, MemoryRuns, NewRun, RunBatch, RunFilter, RunPlace, RunRetention, RunSource, RunState, RunStore,
    SqliteRuns,
};
use jiff::Timestamp;
use tempfile::TempDir;

struct Memory(MemoryRuns);

impl RunHarness for Memory {
    fn open() -> Self {
        Self(MemoryRuns::default())
    }

    fn store(&self) -> &dyn RunStore {
        &self.0
    }

    fn again(self) -> Self {
        self
    }
}

struct Sqlite {
    runs: SqliteRuns,
    dir: TempDir,
}

impl RunHarness for Sqlite {
    fn open() -> Self {
        let dir = TempDir::new().unwrap();
        Self { runs: SqliteRuns::open(dir.path()).unwrap(), dir }
    }

    fn store(&self) -> &dyn RunStore {
        &self.runs
    }

    fn again(self) -> Self {
        let Self { runs, dir } = self;
        drop(runs);
        Self { runs: SqliteRuns::open(dir.path()).unwrap(), dir }
    }
}

mod memory {
    convoke_store::run_conformance_tests!(super::Memory);
}

mod sqlite {
    convoke_store::run_conformance_tests!(super::Sqlite);
}

/// A day of 2026, counted from its first.
fn day(nth: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + nth * 86_400).unwrap()
}

#[tokio::test]
async fn a_full_log_drops_its_oldest_days() {
    let harness = Sqlite::open();
    let store = harness.store();
    for nth in 0..3 {
        let runs = (0..50).map(|number| large_run(number, day(nth))).collect();
        store.keep(RunBatch { runs, ..RunBatch::default() }, day(nth)).await.unwrap();
    }
    let retention = RunRetention { bytes_max: Some(5 * 1024 * 1024), ..RunRetention::default() };
    assert_eq!(store.prune(retention).await, Ok(100));
    let account = "le1".parse().unwrap();
    let left = store.runs(&account, &RunFilter::default(), RunPlace::After(0), 100).await.unwrap();
    assert!(left.len() == 50 && left.iter().all(|run| run.run.began_at == day(2)));
}

/// A run log as the first format had it, before there were recordings, with a run of 2026-01-01 in it.
const FORMAT_1: &str = "
CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, wrapped BLOB) STRICT;
CREATE TABLE run (
  number INTEGER PRIMARY KEY, account INTEGER NOT NULL, function BLOB NOT NULL, version INTEGER,
  conversation BLOB, trigger INTEGER, direct BLOB, attempt INTEGER NOT NULL, source INTEGER NOT NULL, code TEXT,
  began INTEGER NOT NULL, state INTEGER NOT NULL, failure TEXT, answered INTEGER NOT NULL, wall INTEGER NOT NULL,
  cpu INTEGER NOT NULL, memory INTEGER NOT NULL, levels INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE INDEX run_account ON run (account, number);
CREATE INDEX run_function ON run (account, function, number);
CREATE INDEX run_conversation ON run (account, conversation, number) WHERE conversation IS NOT NULL;
CREATE INDEX run_direct ON run (account, direct) WHERE direct IS NOT NULL;
CREATE TABLE figure (
  account INTEGER NOT NULL, slot INTEGER NOT NULL, function BLOB NOT NULL, counts BLOB NOT NULL,
  durations BLOB NOT NULL, cpu INTEGER NOT NULL, PRIMARY KEY (account, slot, function)
) WITHOUT ROWID, STRICT;
CREATE TABLE answer (
  account INTEGER NOT NULL, function BLOB NOT NULL, request TEXT NOT NULL, called INTEGER NOT NULL,
  content BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (account, function, request)
) WITHOUT ROWID, STRICT;
CREATE INDEX answer_called ON answer (called);
CREATE TABLE gap (account INTEGER NOT NULL, at INTEGER NOT NULL, runs INTEGER NOT NULL) STRICT;
CREATE INDEX gap_account ON gap (account, at);
INSERT INTO account VALUES (1, 'le1', x'0102');
INSERT INTO run VALUES (1767225600000000, 1, x'00000000000000000000000000000001', 3, NULL, NULL,
  x'00000000000000000000000000000007', 1, 1, NULL, 1767225600000000, 0, NULL, 1000, 2000, 500, 65536, 0, x'aabb');
PRAGMA user_version = 1;
";

#[tokio::test]
async fn a_log_of_the_first_format_keeps_its_runs_and_learns_to_keep_recordings() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(RUNS_FILE);
    rusqlite::Connection::open(&path).unwrap().execute_batch(FORMAT_1).unwrap();
    let account = "le1".parse().unwrap();
    let invocation = InvocationId::Direct(uuid::Uuid::from_u128(7));
    let run = NewRun { account: "le1".parse().unwrap(), attempt: 2, ..large_run(7, day(1)) };
    {
        let store = SqliteRuns::open(dir.path()).unwrap();
        let found = store.runs(&account, &RunFilter::default(), RunPlace::After(0), 10).await.unwrap();
        assert_eq!(
            (found.len(), found[0].run.invocation, &*found[0].run.sealed),
            (1, invocation, &[0xaa, 0xbb][..])
        );
        assert_eq!(found[0].run.wall, Duration::from_millis(2));
        assert_eq!(
            store.account_key(&account).await,
            Ok(Some(vec![1, 2])),
            "the account's key is still its key"
        );
        assert_eq!(store.recordings(&account, invocation).await.unwrap(), []);
        let batch = RunBatch { runs: vec![run], recordings: [(0, vec![9; 3])].into(), ..RunBatch::default() };
        store.keep(batch, Timestamp::from_second(1_767_225_700).unwrap()).await.unwrap();
    }
    let store = SqliteRuns::open(dir.path()).unwrap();
    assert_eq!(store.recording(&account, invocation, 2).await, Ok(Some(vec![9; 3])));
    let reader = rusqlite::Connection::open(&path).unwrap();
    let format: i64 = reader.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(format, 3);
}

#[test]
fn a_log_of_a_later_format_is_refused_and_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(RUNS_FILE);
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let refused = SqliteRuns::open(dir.path()).map(drop);
    assert_eq!(refused, Err(StoreError::FormatTooNew { found: 99, known: 3 }));
    let reader = rusqlite::Connection::open(&path).unwrap();
    let tables: i64 = reader.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 0);
}

/// A run with 64 KiB of logs.
fn large_run(number: u128, began_at: Timestamp) -> NewRun {
    NewRun {
        account: "le1".parse().unwrap(),
        invocation: InvocationId::Direct(uuid::Uuid::from_u128(number)),
        attempt: 1,
        function: FunctionId::from_bits(1),
        version: None,
        source: RunSource::Call,
        code: None,
        began_at,
        state: RunState::Succeeded,
        failure: None,
        answered_after: Duration::from_millis(1),
        wall: Duration::from_millis(1),
        cpu: Duration::from_millis(1),
        memory_bytes_max: 0,
        levels: Levels::default(),
        sealed: vec![7; 64 * 1024],
    }
}
