//! What was changed behind the store's back is noticed: by the doctor, and by whoever reads it.

use std::path::Path;

use convoke_domain::sequence::EventSeq;
use convoke_store::conformance::Harness;
use convoke_store::sqlite::{Severity, doctor};
use convoke_store::{SqliteStore, Step, Store, StoreError, StreamId, Summary, TimerOp};
use jiff::Timestamp;
use tempfile::TempDir;

use super::support::{Sqlite, all_bytes, append, conversation, one};

/// A closed store with two streams of some records each, and a timer.
async fn some_data() -> TempDir {
    let harness = Sqlite::open();
    let store = harness.store();
    let at = Timestamp::UNIX_EPOCH;
    for number in [1, 2] {
        let summary =
            Summary { open: number == 1, opened_at: at, changed_at: at, skill: None, consumer: None };
        for expect in 0..5 {
            let step = append(store, &conversation(number), expect, format!("record {expect}").into_bytes());
            let timers = vec![TimerOp::Set { name: "idle".parse().unwrap(), due: at }];
            let snapshot = (expect == 2).then(|| vec![1; 10]);
            assert!(
                one(store, Step { summary: Some(summary.clone()), timers, snapshot, ..step }).await.is_ok()
            );
        }
    }
    harness.close()
}

fn change(dir: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(dir.join("convoke.db")).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn the_doctor_finds_sound_data_sound_and_leaves_it_alone() {
    let dir = some_data().await;
    let before = std::fs::read(dir.path().join("convoke.db")).unwrap();
    let report = doctor(dir.path()).unwrap();
    assert!(report.is_sound() && report.findings.is_empty(), "{report}");
    assert_eq!((report.streams, report.rows, report.timers), (2, 10, 2));
    assert!(report.to_string().ends_with("the data is sound"));
    assert_eq!(std::fs::read(dir.path().join("convoke.db")).unwrap(), before);
}

#[tokio::test]
async fn what_was_forgotten_is_sound_and_in_no_file() {
    let harness = Sqlite::open();
    let (store, stream) = (harness.store(), StreamId::Account("acme".parse().unwrap()));
    // One is longer than a page.
    for (expect, (who, length)) in (0..).zip([("Ada", 10), ("Grace", 20_000), ("Alan", 10), ("Edsger", 10)]) {
        let said = format!("{}, said by {who}", "so".repeat(length));
        assert!(one(store, append(store, &stream, expect, said.into())).await.is_ok());
    }
    assert_eq!(store.forget(&stream, EventSeq::new(3).unwrap()).await.unwrap(), 3);
    let dir = harness.close();
    let report = doctor(dir.path()).unwrap();
    assert!(report.is_sound() && report.rows == 4, "{report}");
    let bytes = all_bytes(dir.path());
    let said = |who: &str| bytes.windows(who.len()).any(|part| part == who.as_bytes());
    assert_eq!(["by Ada", "by Grace", "by Alan", "by Edsger"].map(said), [false, false, false, true]);
    assert!(!said(&"so".repeat(100)), "nothing of the long one is left");
}

#[tokio::test]
async fn the_doctor_works_beside_a_running_store() {
    let harness = Sqlite::open();
    let store = harness.store();
    assert!(one(store, append(store, &conversation(1), 0, vec![1])).await.is_ok());
    assert!(doctor(harness.dir()).unwrap().is_sound());
    assert!(one(store, append(store, &conversation(1), 1, vec![1])).await.is_ok());
}

#[tokio::test]
async fn the_doctor_names_every_kind_of_damage() {
    for (sql, expected) in [
        (
            "UPDATE log_20454 SET body = CAST(substr(body, 1, length(body) - 1) || '9' AS BLOB) WHERE first = 4 AND stream = 1",
            "its checksum does not match",
        ),
        ("UPDATE log_20454 SET first = 7 WHERE first = 4 AND stream = 1", "its checksum does not match"),
        ("UPDATE log_20454 SET stream = 2 WHERE first = 4 AND stream = 1", "its checksum does not match"),
        ("DELETE FROM log_20454 WHERE first = 3 AND stream = 2", "it does not follow the record before"),
        ("DELETE FROM log_20454 WHERE first = 1 AND stream = 2", "the records before it are missing"),
        ("DELETE FROM log_20454 WHERE first = 5 AND stream = 2", "the last records of"),
        ("DELETE FROM log_20454 WHERE stream = 2", "has no records"),
        ("DELETE FROM stream WHERE id = 2", "belongs to no stream"),
        ("UPDATE stream SET head = 4 WHERE id = 1", "is not what its records say"),
        ("UPDATE stream SET last = last - 100 WHERE id = 1", "is older than it was said to be"),
        ("UPDATE snapshot SET body = zeroblob(20) WHERE stream = 1", "the snapshot of"),
        ("DELETE FROM closed", "the list of closed conversations is wrong"),
        ("INSERT INTO timer VALUES (77, 'idle', 0)", "a timer belongs to stream 77"),
        ("UPDATE account SET name = 'no account!'", "account 0"),
    ] {
        let dir = some_data().await;
        change(dir.path(), sql);
        let report = doctor(dir.path()).unwrap();
        assert!(!report.is_sound(), "{sql}");
        let finding = report.findings.iter().find(|finding| finding.what.contains(expected));
        let finding = finding.unwrap_or_else(|| panic!("{sql}: {report}"));
        assert_eq!(finding.severity, Severity::Damage);
        assert!(finding.do_this.contains("restore the latest backup"));
    }
}

#[tokio::test]
async fn reading_a_damaged_record_is_an_error_and_the_others_still_read() {
    let dir = some_data().await;
    change(dir.path(), "UPDATE log_20454 SET body = zeroblob(length(body)) WHERE first = 4 AND stream = 1");
    let store = SqliteStore::open(dir.path()).unwrap();
    let error = store.load(&conversation(1)).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::CorruptRecord { stream, .. } if *stream == conversation(1)),
        "{error}"
    );
    assert!(error.to_string().contains("run `convoke doctor`"));
    assert_eq!(store.load(&conversation(2)).await.unwrap().unwrap().head, EventSeq::new(5).unwrap());
}

#[tokio::test]
async fn a_log_that_does_not_follow_its_heads_is_not_opened() {
    let dir = some_data().await;
    change(
        dir.path(),
        "UPDATE meta SET value = 0 WHERE name = 'flushed'; \
         UPDATE stream SET head = 2, last = (SELECT seq FROM log_20454 WHERE stream = 1 AND first = 2) WHERE id = 1; \
         DELETE FROM log_20454 WHERE stream = 1 AND first = 3",
    );
    let error = SqliteStore::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::CorruptRecord { .. }), "{error}");
}

#[tokio::test]
async fn data_of_a_newer_program_is_refused() {
    let dir = some_data().await;
    change(dir.path(), "PRAGMA user_version = 2");
    let error = SqliteStore::open(dir.path()).unwrap_err();
    assert_eq!(error, StoreError::FormatTooNew { found: 2, known: 1 });
    assert!(!doctor(dir.path()).unwrap().is_sound());
}

#[test]
fn a_directory_without_a_database_has_nothing_to_check() {
    let dir = tempfile::tempdir().unwrap();
    let error = doctor(dir.path()).unwrap_err();
    assert_eq!(error, StoreError::NoDatabase { dir: dir.path().to_owned() });
    assert!(dir.path().read_dir().unwrap().next().is_none(), "checking makes no files");
}
