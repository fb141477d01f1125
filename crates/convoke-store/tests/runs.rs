//! Both run logs keep what run logs promise; and the one in SQLite stays within its room.

#![expect(clippy::unwrap_used, reason = "a test that finds something else than it expects stops there")]

use std::time::Duration;

use convoke_domain::id::{FunctionId, InvocationId};
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

#[tokio::test]
async fn a_full_log_drops_its_oldest_days() {
    let harness = Sqlite::open();
    let store = harness.store();
    let day = |day: i64| Timestamp::from_second(1_767_225_600 + day * 86_400).unwrap();
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
