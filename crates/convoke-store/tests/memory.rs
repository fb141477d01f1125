//! The memory engine keeps the promises, and plays deaths and failures as tests need them.

#![expect(
    clippy::unwrap_used,
    reason = "a test may panic; the lint does not see that helpers belong to tests"
)]

use std::task::{Context, Poll, Waker};

use convoke_domain::sequence::EventSeq;
use convoke_store::conformance::Harness;
use convoke_store::conformance::script::play;
use convoke_store::memory::Fault;
use convoke_store::{Epoch, Health, MemoryStore, NewRecord, Reject, Step, Store, StreamId, Verdict};
use jiff::Timestamp;
use proptest::prelude::*;

struct Memory(MemoryStore);

impl Harness for Memory {
    fn open() -> Self {
        Self(MemoryStore::new())
    }

    fn store(&self) -> &dyn Store {
        &self.0
    }

    fn crash(self) -> Self {
        Self(self.0.restart())
    }
}

convoke_store::conformance_tests!(Memory);

proptest! {
    #[test]
    fn scripts_that_judge_others_run_on_the_model_itself(script in proptest::collection::vec(any::<[u8; 8]>(), 0..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play::<Memory>(&script));
    }
}

fn stream(account: &str) -> StreamId {
    StreamId::Account(account.parse().unwrap())
}

fn append(account: &str, epoch: Epoch) -> Step {
    let record =
        NewRecord { events: 1.try_into().unwrap(), at: Timestamp::UNIX_EPOCH, body: b"an event".to_vec() };
    Step { record: Some(record), ..Step::new(stream(account), epoch, None) }
}

async fn commit(store: &MemoryStore, step: Step) -> Verdict {
    store.commit(vec![step]).await.pop().unwrap()
}

async fn is_stored(store: &MemoryStore, account: &str) -> bool {
    store.load(&stream(account)).await.unwrap().is_some()
}

#[tokio::test]
async fn after_a_failure_nothing_is_acknowledged_until_a_restart() {
    for (fault, first_stored, second_stored) in [
        (Fault::NothingStored, false, false),
        (Fault::FirstStored(1), true, false),
        (Fault::AllStored, true, true),
    ] {
        let store = MemoryStore::new();
        store.fail_next_commit(fault);
        let verdicts = store.commit(vec![append("a", store.epoch()), append("b", store.epoch())]).await;
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Err(Reject::Unavailable(_)))));
        assert!(matches!(commit(&store, append("c", store.epoch())).await, Err(Reject::Unavailable(_))));
        assert!(matches!(store.health(), Health::Failed { .. }));
        let store = store.restart();
        assert_eq!(store.health(), Health::Ready);
        assert_eq!(is_stored(&store, "a").await, first_stored, "{fault:?}");
        assert_eq!(is_stored(&store, "b").await, second_stored, "{fault:?}");
        assert!(!is_stored(&store, "c").await);
        assert_eq!(commit(&store, append("c", store.epoch())).await, Ok(Some(EventSeq::FIRST)));
    }
}

#[tokio::test]
async fn a_change_of_hands_fences_the_former_owner() {
    let former = MemoryStore::new();
    let owner = former.take_over();
    assert_eq!(commit(&former, append("a", former.epoch())).await, Err(Reject::Fenced));
    assert!(commit(&owner, append("a", owner.epoch())).await.is_ok());
}

#[tokio::test]
async fn a_commit_completes_in_its_first_poll_unless_it_is_held() {
    let store = MemoryStore::new();
    let mut context = Context::from_waker(Waker::noop());
    let hold = store.hold_commits();
    let mut waiting = store.commit(vec![append("a", store.epoch())]);
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    assert!(!is_stored(&store, "a").await);
    drop(hold);
    assert_eq!(waiting.as_mut().poll(&mut context), Poll::Ready(vec![Ok(Some(EventSeq::FIRST))]));
    let mut free = store.commit(vec![append("b", store.epoch())]);
    assert!(free.as_mut().poll(&mut context).is_ready());
}
