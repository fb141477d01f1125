//! The embedded engine keeps the promises, agrees with the model, and guards its directory.

#![expect(
    clippy::unwrap_used,
    reason = "a test may panic; the lint does not see that helpers belong to tests"
)]

mod crash;
mod damage;
mod support;

use std::os::unix::fs::PermissionsExt;

use convoke_domain::id::ConsumerId;
use convoke_domain::sequence::EventSeq;
use convoke_store::conformance::Harness;
use convoke_store::conformance::script::play;
use convoke_store::sqlite::doctor;
use convoke_store::{Health, SqliteStore, Step, Store, StoreError, Summary, WrappedKey};
use jiff::{Timestamp, civil};
use proptest::prelude::*;
use support::{Sqlite, all_bytes, append, conversation, one};

convoke_store::conformance_tests!(Sqlite);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn random_scripts_end_as_in_the_model(script in proptest::collection::vec(any::<[u8; 8]>(), 0..150)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play::<Sqlite>(&script));
    }
}

#[test]
fn a_directory_that_is_open_is_refused_and_the_owner_named() {
    let harness = Sqlite::open();
    let error = SqliteStore::open(harness.dir()).unwrap_err();
    assert_eq!(error, StoreError::Locked { dir: harness.dir().to_owned(), pid: Some(std::process::id()) });
    assert!(error.to_string().contains("stop that process, or choose another data directory"));
    let dir = harness.close();
    assert!(SqliteStore::open(dir.path()).is_ok(), "closing gives the directory free");
}

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let harness = Sqlite::open();
    assert!(one(harness.store(), append(harness.store(), &conversation(1), 0, vec![1])).await.is_ok());
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(harness.dir()), 0o700);
    let files: Vec<_> = harness.dir().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 3, "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
}

#[tokio::test]
async fn an_orderly_close_leaves_nothing_to_replay() {
    let harness = Sqlite::open();
    for number in 0..50 {
        let store = harness.store();
        for expect in 0..3 {
            assert!(one(store, append(store, &conversation(number), expect, vec![7])).await.is_ok());
        }
    }
    let dir = harness.close();
    let store = SqliteStore::open(dir.path()).unwrap();
    assert_eq!(store.replayed(), 0);
    assert_eq!(store.load(&conversation(9)).await.unwrap().unwrap().head, EventSeq::new(3).unwrap());
}

#[tokio::test]
async fn an_erased_key_is_in_no_file() {
    let harness = Sqlite::open();
    let store = harness.store();
    let secret = |number: u128| format!("<the wrapped key of consumer {number:040}>").into_bytes();
    let account = "le1".parse().unwrap();
    for number in 0..400 {
        let key = WrappedKey { consumer: ConsumerId::from_bits(number), wrapped: secret(number) };
        let step = Step { key: Some(key), ..append(store, &conversation(number), 0, vec![1]) };
        assert!(one(store, step).await.is_ok());
    }
    let holds =
        |number| all_bytes(harness.dir()).windows(secret(0).len()).any(|bytes| bytes == secret(number));
    for number in [0, 57, 58, 399] {
        assert!(holds(number));
        assert_eq!(store.erase_key(&account, ConsumerId::from_bits(number)).await, Ok(true));
        assert!(!holds(number), "key {number}");
    }
    assert!(holds(59));
    assert_eq!(store.key(&account, ConsumerId::from_bits(59)).await, Ok(Some(secret(59))));
}

#[tokio::test]
async fn an_erasure_that_a_long_read_holds_up_says_so_and_succeeds_afterwards() {
    let harness = Sqlite::open();
    let store = harness.store();
    let (account, consumer) = ("le1".parse().unwrap(), ConsumerId::from_bits(1));
    let key = WrappedKey { consumer, wrapped: vec![5; 60] };
    assert!(one(store, Step { key: Some(key), ..append(store, &conversation(1), 0, vec![1]) }).await.is_ok());
    let long = rusqlite::Connection::open(harness.dir().join("convoke.db")).unwrap();
    long.execute_batch("BEGIN; SELECT * FROM stream").unwrap();
    assert_eq!(store.erase_key(&account, consumer).await, Err(StoreError::Busy));
    assert_eq!(store.key(&account, consumer).await, Ok(None));
    assert!(one(store, append(store, &conversation(1), 1, vec![1])).await.is_ok(), "writing goes on");
    long.execute_batch("COMMIT").unwrap();
    assert_eq!(store.erase_key(&account, consumer).await, Ok(false));
    assert!(!all_bytes(harness.dir()).windows(60).any(|bytes| bytes == [5; 60]));
}

#[tokio::test]
async fn erasures_and_checkpoints_wait_for_each_other() {
    let harness = Sqlite::open();
    let store = harness.store();
    let account = "le1".parse().unwrap();
    // Long enough for some checkpoints of the second connection to fall in between.
    for number in 0..600 {
        let consumer = ConsumerId::from_bits(number);
        let key = WrappedKey { consumer, wrapped: vec![5; 60] };
        let step = Step { key: Some(key), ..append(store, &conversation(number), 0, vec![1; 2000]) };
        assert!(one(store, step).await.is_ok());
        assert_eq!(store.erase_key(&account, consumer).await, Ok(true), "consumer {number}");
    }
}

#[tokio::test]
async fn a_backup_of_a_running_store_opens_as_a_store() {
    let harness = Sqlite::open();
    let store = harness.store();
    for expect in 0..100 {
        assert!(one(store, append(store, &conversation(1), expect, vec![1; 500])).await.is_ok());
    }
    let target = tempfile::tempdir().unwrap();
    let to = target.path().join("copy");
    let copying = harness.sqlite().backup(&to);
    let writing = async {
        for expect in 100..200 {
            assert!(one(store, append(store, &conversation(1), expect, vec![2; 500])).await.is_ok());
        }
    };
    let (copied, ()) = tokio::join!(copying, writing);
    assert!(copied.unwrap() > 50_000);
    assert!(doctor(&to).unwrap().is_sound());
    let copy = SqliteStore::open(&to).unwrap();
    let head = copy.load(&conversation(1)).await.unwrap().unwrap().head.number();
    assert!((100..=200).contains(&head), "{head}");
    let again = harness.sqlite().backup(&to).await;
    assert_eq!(again, Err(StoreError::BackupExists { path: to.join("convoke.db") }));
}

#[tokio::test]
async fn reads_while_retention_runs_find_whole_conversations() {
    let harness = Sqlite::open();
    let store = harness.store();
    for number in 0..40 {
        let at = Timestamp::from_second(1_767_225_600).unwrap();
        let summary =
            Summary { open: number % 2 == 0, opened_at: at, changed_at: at, skill: None, consumer: None };
        for expect in 0..5 {
            let step = append(store, &conversation(number), expect, vec![3; 100]);
            assert!(one(store, Step { summary: Some(summary.clone()), ..step }).await.is_ok());
        }
    }
    let reading = async {
        for number in (0..40).cycle().take(400) {
            let records =
                store.load(&conversation(number)).await.unwrap().map(|loaded| loaded.records_after.len());
            assert!(records == Some(5) || (records.is_none() && number % 2 == 1), "{number}: {records:?}");
        }
    };
    let (dropped, ()) = tokio::join!(store.drop_before(civil::date(2026, 2, 1)), reading);
    assert_eq!(dropped.unwrap().conversations, 20);
    assert!(doctor(harness.dir()).unwrap().is_sound());
    assert_eq!(store.health(), Health::Ready);
}
