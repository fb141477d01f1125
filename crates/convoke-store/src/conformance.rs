//! The suite that every engine runs: one check per promise, and random scripts compared with the model.
//!
//! An engine's tests implement [`Harness`] and call [`conformance_tests!`](crate::conformance_tests), which makes one
//! test of each check. The checks panic where a promise is broken; that is their only use.

pub mod checks;
pub mod script;

use std::num::NonZeroU16;

use convoke_domain::id::{AccountId, ConsumerId, ConversationId};
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;

use crate::{CursorMove, NewRecord, Step, Store, StreamId, Summary, TimerName, TimerOp, Verdict};

/// How the suite gets at an engine.
pub trait Harness: Sized {
    /// A new, empty store.
    fn open() -> Self;

    /// The store.
    fn store(&self) -> &dyn Store;

    /// Lets the store die without notice, and opens what is left.
    #[must_use]
    fn crash(self) -> Self;
}

/// Makes one test of each check, for the harness that is named.
#[macro_export]
macro_rules! conformance_tests {
    ($harness:ty) => {
        $crate::conformance_tests!($harness:
            the_first_record_begins_at_one_and_heads_have_no_gaps,
            a_step_on_another_head_is_refused_and_told_the_head,
            a_refused_step_leaves_its_neighbours_alone,
            steps_of_one_stream_chain_within_a_batch,
            an_old_epoch_is_fenced,
            the_cursor_moves_once_per_trigger,
            malformed_steps_are_refused,
            a_refused_step_stores_none_of_its_rows,
            loading_gives_the_snapshot_and_what_came_after,
            reading_begins_with_the_record_that_holds_the_place,
            what_is_pending_is_recovered_after_a_crash,
            timers_are_due_in_order_and_stay_until_cancelled,
            facts_are_found_by_prefix_within_their_account,
            a_key_is_stored_once_and_erased_for_good,
            lists_show_the_latest_change_first,
            accounts_are_apart,
            retention_takes_whole_closed_conversations,
            what_is_forgotten_keeps_its_place,
            everything_acknowledged_survives_a_crash,
            each_opening_has_a_higher_epoch,
        );
    };
    ($harness:ty: $($check:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $check() {
                $crate::conformance::checks::$check::<$harness>().await;
            }
        )*
    };
}

/// The account that most checks use.
pub(crate) fn account(number: u8) -> AccountId {
    format!("le{number}").parse().expect("the text is an account id")
}

/// A conversation of account 1.
pub(crate) fn conversation(number: u128) -> StreamId {
    conversation_of(account(1), number)
}

pub(crate) fn conversation_of(account: AccountId, number: u128) -> StreamId {
    let consumer = ConsumerId::from_bits(number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C834));
    StreamId::Conversation { account, conversation: ConversationId::for_consumer(consumer, number) }
}

pub(crate) fn seq(number: u64) -> EventSeq {
    EventSeq::new(number).expect("places begin at 1")
}

/// A time on a given day after 2026-01-01, which is day 0.
pub(crate) fn at(day: i64, second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + day * 86_400 + second).expect("the time is in range")
}

pub(crate) fn timer(name: &str) -> TimerName {
    name.parse().expect("the text is a timer name")
}

pub(crate) fn set(name: &str, due: Timestamp) -> TimerOp {
    TimerOp::Set { name: timer(name), due }
}

pub(crate) fn summary(open: bool, changed_at: Timestamp) -> Summary {
    Summary { open, opened_at: at(0, 0), changed_at, skill: None, consumer: None }
}

/// A step of `events` events at `expect` whose body names the place.
pub(crate) fn append(store: &dyn Store, stream: &StreamId, expect: u64, events: u16) -> Step {
    let record = NewRecord {
        events: NonZeroU16::new(events).expect("a record has an event"),
        at: at(0, 0),
        body: format!("{stream}@{}", expect + 1).into_bytes(),
    };
    Step { record: Some(record), ..Step::new(stream.clone(), store.epoch(), EventSeq::new(expect)) }
}

pub(crate) fn moved(from: u64, to: u64) -> CursorMove {
    CursorMove { from: EventSeq::new(from), to: seq(to) }
}

/// Commits one step and gives its verdict.
pub(crate) async fn one(store: &dyn Store, step: Step) -> Verdict {
    store.commit(vec![step]).await.pop().expect("a batch of one has one verdict")
}
