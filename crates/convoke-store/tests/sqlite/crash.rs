//! The store dies in the middle of writing, again and again: what it acknowledged is there, whole and in order.
//!
//! The child is this test program itself, started with a variable that names the directory; it writes until it is
//! killed, and says on its standard output what was acknowledged.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use convoke_domain::sequence::EventSeq;
use convoke_store::sqlite::doctor;
use convoke_store::{
    CursorMove, FactOp, Reject, SqliteStore, Step, Store, StoreError, StreamId, Summary, TimerOp, WrappedKey,
};
use jiff::Timestamp;

use super::support::{append, conversation};

const ROUNDS: u64 = 25;
const STREAMS: u64 = 200;
const ACKS_PER_ROUND_MIN: usize = 500;

/// Starts the child test `name` of this program on `dir`, through a shell that first runs `limits`.
pub(crate) fn child(name: &str, dir: &Path, limits: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    Command::new("sh")
        .arg("-c")
        .arg(format!("{limits} exec \"$0\" --exact {name} --nocapture --test-threads 1"))
        .arg(program)
        .env("CONVOKE_STORE_CHILD", dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The directory if this process is a child, which is how a child test knows that it is not just being run.
pub(crate) fn child_dir() -> Option<std::path::PathBuf> {
    std::env::var_os("CONVOKE_STORE_CHILD").map(Into::into)
}

pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// A step that uses every kind of row, so that a torn one would show.
fn full(store: &dyn Store, stream: &StreamId, head: u64) -> Step {
    let next = head + 1;
    let due = Timestamp::from_microsecond(i64::try_from(next).unwrap()).unwrap();
    let summary = Summary { open: true, opened_at: due, changed_at: due, skill: None, consumer: None };
    Step {
        cursor: Some(CursorMove { from: EventSeq::new(head), to: EventSeq::new(next).unwrap() }),
        pending: next.is_multiple_of(2),
        timers: vec![TimerOp::Set { name: "idle".parse().unwrap(), due }],
        facts: vec![FactOp { key: format!("head/{stream}"), value: Some(next.to_be_bytes().to_vec()) }],
        summary: Some(summary),
        snapshot: next.is_multiple_of(8).then(|| next.to_be_bytes().to_vec()),
        key: (next == 1).then(|| WrappedKey {
            consumer: convoke_domain::id::ConsumerId::from_bits(stream.conversation().unwrap().bits()),
            wrapped: vec![9; 60],
        }),
        ..append(store, stream, head, next.to_be_bytes().repeat(64))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_writes_until_it_is_killed() {
    let Some(dir) = child_dir() else { return };
    let store = std::sync::Arc::new(SqliteStore::open(&dir).unwrap());
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..STREAMS {
        let store = std::sync::Arc::clone(&store);
        writers.spawn(async move {
            let stream = conversation(number.into());
            let loaded = store.load(&stream).await.unwrap();
            let mut head = loaded.map_or(0, |loaded| loaded.head.number());
            loop {
                let verdict = store.commit(vec![full(store.as_ref(), &stream, head)]).await.pop().unwrap();
                head = verdict.unwrap().unwrap().number();
                say(&format!("ack {number} {head}"));
            }
        });
    }
    writers.join_next().await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9_whole_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged: BTreeMap<u64, u64> = BTreeMap::new();
    let mut acks = 0;
    for round in 0..ROUNDS {
        let mut writer = child("crash::child_writes_until_it_is_killed", dir.path(), "");
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut this_round = 0;
        // Each round dies after another number of writes.
        let enough = ACKS_PER_ROUND_MIN + usize::try_from(round * 37 % 400).unwrap();
        for line in lines {
            let Some(ack) = line.strip_prefix("ack ") else { continue };
            let Some((number, head)) = ack.split_once(' ') else { continue };
            let (Ok(number), Ok(head)) = (number.parse(), head.parse::<u64>()) else { continue };
            acknowledged.insert(number, head);
            this_round += 1;
            if this_round == enough {
                writer.kill().unwrap();
            }
        }
        writer.wait().unwrap();
        assert!(this_round >= enough, "the writer ended by itself in round {round}");
        acks += this_round;
        check(dir.path(), &acknowledged).await;
    }
    assert!(acks >= ACKS_PER_ROUND_MIN * usize::try_from(ROUNDS).unwrap());
}

async fn check(dir: &Path, acknowledged: &BTreeMap<u64, u64>) {
    let report = doctor(dir).unwrap();
    assert!(report.is_sound(), "{report}");
    let store = SqliteStore::open(dir).unwrap();
    let account = "le1".parse().unwrap();
    let mut timers = store.timers_due(Timestamp::MAX, None, 1000).await.unwrap();
    timers.sort_by(|one, other| one.stream.cmp(&other.stream));
    for number in 0..STREAMS {
        let stream = conversation(number.into());
        let Some(loaded) = store.load(&stream).await.unwrap() else {
            assert!(!acknowledged.contains_key(&number));
            continue;
        };
        let head = loaded.head.number();
        assert!(
            head >= acknowledged.get(&number).copied().unwrap_or(0),
            "stream {number}: {head} is too low"
        );
        let mut next = loaded.snapshot.map_or(0, |(at, _)| at.number()) + 1;
        assert_eq!(next, head - head % 8 + 1, "the snapshot belongs to its step");
        for record in loaded.records_after {
            assert_eq!((record.first.number(), record.body), (next, next.to_be_bytes().repeat(64)));
            next += 1;
        }
        assert_eq!(next, head + 1);
        assert_eq!((loaded.cursor, loaded.pending), (EventSeq::new(head), head.is_multiple_of(2)));
        let fact = store.fact(&account, &format!("head/{stream}")).await.unwrap();
        assert_eq!(fact, Some(head.to_be_bytes().to_vec()));
        let timer = &timers[timers.binary_search_by(|timer| timer.stream.cmp(&stream)).unwrap()];
        assert_eq!(timer.due.as_microsecond().unsigned_abs(), head);
        let consumer = convoke_domain::id::ConsumerId::from_bits(number.into());
        assert_eq!(store.key(&account, consumer).await.unwrap(), Some(vec![9; 60]));
    }
}

#[tokio::test]
async fn child_writes_until_the_disk_refuses() {
    let Some(dir) = child_dir() else { return };
    let store = SqliteStore::open(&dir).unwrap();
    let stream = conversation(1);
    let mut head = 0;
    let reason = loop {
        let step = append(&store, &stream, head, vec![0xAB; 4000]);
        match store.commit(vec![step]).await.pop().unwrap() {
            Ok(seq) => head = seq.unwrap().number(),
            Err(Reject::Unavailable(reason)) => break reason,
            Err(other) => panic!("{other}"),
        }
        say(&format!("ack 1 {head}"));
    };
    // What would fit again is not written either.
    let tiny = store.commit(vec![append(&store, &conversation(2), 0, vec![1])]).await.pop().unwrap();
    let erased = store.erase_key(&"le1".parse().unwrap(), convoke_domain::id::ConsumerId::from_bits(1)).await;
    let stopped =
        matches!(tiny, Err(Reject::Unavailable(_))) && matches!(erased, Err(StoreError::Failed { .. }));
    let known = matches!(store.health(), convoke_store::Health::Failed { .. });
    let readable = store.load(&stream).await.unwrap().unwrap().head.number() == head;
    say(&format!("end {stopped} {known} {readable} {reason}"));
}

#[tokio::test]
async fn a_disk_that_refuses_a_write_stops_every_acknowledgement() {
    let dir = tempfile::tempdir().unwrap();
    // Files may not grow beyond this many blocks; the signal is ignored, so that writes fail as on a full disk.
    let limits = "trap '' XFSZ; ulimit -f 2000;";
    let output =
        child("crash::child_writes_until_the_disk_refuses", dir.path(), limits).wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let acknowledged = text.lines().filter(|line| line.starts_with("ack ")).count() as u64;
    let end = text.lines().find(|line| line.starts_with("end ")).unwrap_or_else(|| panic!("{text}"));
    assert!(end.starts_with("end true true true "), "{end}");
    assert!(end.contains("make room or replace the disk, then restart"), "{end}");
    assert!(acknowledged > 10, "some writes came before the limit");
    let store = SqliteStore::open(dir.path()).unwrap();
    let head = store.load(&conversation(1)).await.unwrap().unwrap().head.number();
    assert!(head >= acknowledged, "{head} of {acknowledged}");
    assert!(store.commit(vec![append(&store, &conversation(1), head, vec![1])]).await[0].is_ok());
}
