//! The idle timers: base, time that counts, condition, repetition.

use convoke_domain::account::{IdleOverrides, IdleTimer};
use convoke_domain::conversation::{Action, Actor, Role, Timer};
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::ttr::Ttr;
use jiff::SignedDuration;

use crate::kit::*;

const QUEUE: Timer = Timer::AwaitingInQueue;
const AGENT: Timer = Timer::AgentNonResponsive;
const CONSUMER_IDLE: Timer = Timer::ConsumerNonResponsive;

fn repeating(time_minutes: u64, repeat: u8) -> IdleTimer {
    IdleTimer { enabled: true, time: minutes(time_minutes), repeat }
}

const fn mins(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// A conversation in which the agent has answered.
fn answered() -> World {
    let mut world = World::served();
    world.consumer_writes();
    world.after(minutes(1)).writes(ANNA);
    world
}

#[test]
fn waiting_in_the_queue_counts_from_the_last_entry_while_nobody_serves_it() {
    let mut world = World::open();
    assert_eq!(world.due_in(QUEUE), Some(mins(5)));
    world.after(minutes(2)).accepts(ANNA);
    assert_eq!(world.due_in(QUEUE), None);
    world.after(minutes(2)).leaves(ANNA);
    assert_eq!(world.due_in(QUEUE), Some(mins(5)), "back in the queue it begins anew");
    world.after(minutes(2)).transfers(Some(NIGHT), None);
    assert_eq!(world.due_in(QUEUE), Some(mins(5)), "another queue, another begin");
    world.after(minutes(2)).consumer_writes();
    assert_eq!(world.due_in(QUEUE), Some(mins(3)), "a line does not move it");
}

#[test]
fn waiting_in_the_queue_counts_staffed_time_only() {
    let mut world = World::open();
    world.accepts(ANNA);
    world.at("2026-06-08T16:58:00Z").leaves(ANNA);
    assert_eq!(world.due(QUEUE), Some(at("2026-06-09T09:03:00Z")));
}

#[test]
fn a_timer_that_is_due_fires_its_event() {
    let mut world = World::open();
    let early = world.after(minutes(4)).timer(QUEUE);
    assert!(early.events.is_empty(), "too early is nothing");
    let commit = world.after(minutes(1)).timer(QUEUE);
    assert_eq!(commit.codes(), [Code::ConvAwaitingInQueue]);
    let general = &commit.trigger().payload.general;
    assert_eq!((general.originator, general.originator_role), (Actor::System, None));
    assert_eq!(commit.trigger().payload.idle.queue, minutes(5));
}

#[test]
fn the_nth_firing_is_n_times_the_time_after_the_base_and_no_more_than_repeat() {
    let mut world = World::open();
    world.account.idle.awaiting_in_queue = repeating(5, 3);
    for _ in 0..3 {
        world.after(minutes(4)).timer(QUEUE);
        assert_eq!(world.due_in(QUEUE), Some(mins(1)));
        assert_eq!(world.after(minutes(1)).timer(QUEUE).codes(), [Code::ConvAwaitingInQueue]);
    }
    assert_eq!(world.due(QUEUE), None);
    assert!(world.after(minutes(60)).timer(QUEUE).events.is_empty());
}

#[test]
fn no_timer_fires_more_than_ten_times_for_one_base() {
    let mut world = World::open();
    world.account.idle.awaiting_in_queue = repeating(1, u8::MAX);
    let mut fired = 0;
    while !world.after(minutes(1)).timer(QUEUE).events.is_empty() {
        fired += 1;
    }
    assert_eq!(fired, 10);
}

#[test]
fn a_moved_base_counts_from_one_again() {
    let mut world = answered();
    world.after(minutes(10));
    assert_eq!(world.timer(CONSUMER_IDLE).codes(), [Code::ConsumerNonResponsive]);
    assert_eq!(world.due(CONSUMER_IDLE), None);
    world.writes(ANNA);
    assert_eq!(world.due_in(CONSUMER_IDLE), Some(mins(10)));
}

#[test]
fn an_agent_is_idle_from_the_assignment_if_nobody_answered_since() {
    let mut world = World::open();
    world.consumer_writes();
    world.after(minutes(30)).accepts(ANNA);
    assert_eq!(world.due_in(AGENT), Some(mins(5)), "waiting before the assignment is not the agent's");
    assert_eq!(world.after(minutes(5)).timer(AGENT).codes(), [Code::AgentNonResponsive]);
}

#[test]
fn an_agent_is_idle_from_the_first_unanswered_line() {
    let mut world = answered();
    assert_eq!(world.due(AGENT), None, "it is the consumer's turn");
    world.after(minutes(1)).consumer_writes();
    world.after(minutes(3)).consumer_writes();
    assert_eq!(world.due_in(AGENT), Some(mins(2)), "the second line does not move it");
    world.writes(ANNA);
    assert_eq!(world.due(AGENT), None);
}

#[test]
fn a_new_agent_is_expected_to_write_though_the_last_one_answered() {
    let mut world = answered();
    world.leaves(ANNA);
    world.accepts(BEN);
    assert_eq!(world.due_in(AGENT), Some(mins(5)), "also if it all happened at the same instant");
    world.writes(BEN);
    assert_eq!(world.due(AGENT), None);
}

#[test]
fn an_agent_is_idle_in_staffed_time_only_and_only_while_assigned() {
    let mut world = World::served();
    world.at("2026-06-08T16:59:00Z").consumer_writes();
    assert_eq!(world.due(AGENT), Some(at("2026-06-09T09:04:00Z")));
    world.leaves(ANNA);
    assert_eq!(world.due(AGENT), None);
}

#[test]
fn a_consumer_is_idle_from_the_last_line_of_the_brand_at_all_times() {
    let mut world = World::served();
    assert_eq!(world.due(CONSUMER_IDLE), None, "nobody has asked anything yet");
    world.at("2026-06-08T16:58:00Z").writes(ANNA);
    world.after(minutes(1)).writes(ANNA);
    assert_eq!(world.due_in(CONSUMER_IDLE), Some(mins(10)), "each line begins anew; nights count");
    world.consumer_writes();
    assert_eq!(world.due(CONSUMER_IDLE), None);
}

#[test]
fn a_transfer_does_not_move_what_the_consumer_owes() {
    let mut world = answered();
    world.after(minutes(4)).transfers(Some(NIGHT), None);
    assert_eq!(world.due_in(CONSUMER_IDLE), Some(mins(6)));
}

#[test]
fn the_controller_bot_and_the_ttr_move_no_base() {
    let mut world = World::open();
    world.consumer_writes();
    world.after(minutes(1)).accepts(ANNA);
    world.after(minutes(1)).consumer_writes();
    world.sets_ttr(by(ANNA), Ttr::Urgent);
    world.when(Actor::ControllerBot, Action::Publish(line("please wait")));
    world.joins(MARA, Role::Reader);
    assert_eq!(world.due_in(AGENT), Some(mins(4)));
    world.writes(ANNA);
    let due = world.due(CONSUMER_IDLE);
    world.after(minutes(1)).when(Actor::ControllerBot, Action::Publish(line("are you there?")));
    assert_eq!(world.due(CONSUMER_IDLE), due);
}

#[test]
fn an_idle_message_does_not_answer_for_the_agent() {
    let mut world = World::served();
    world.account.idle.agent_non_responsive = repeating(5, 2);
    world.consumer_writes();
    assert_eq!(world.after(minutes(5)).timer(AGENT).texts().len(), 1);
    assert_eq!(world.due_in(AGENT), Some(mins(5)));
}

#[test]
fn a_switched_off_timer_is_never_due_and_a_skill_may_differ() {
    let mut world = World::open();
    let own = IdleTimer { enabled: false, ..repeating(1, 1) };
    world.account.skills.get_mut(&skill(NIGHT)).unwrap().idle =
        IdleOverrides { awaiting_in_queue: Some(own), ..IdleOverrides::default() };
    assert_eq!(world.due_in(QUEUE), Some(mins(5)));
    world.transfers(Some(NIGHT), None);
    assert_eq!(world.due(QUEUE), None);
}

#[test]
fn a_closed_conversation_has_no_timers() {
    let mut world = answered();
    world.when(consumer(), Action::Close);
    for timer in Timer::ALL {
        assert_eq!(world.due(timer), None, "{timer:?}");
        assert!(world.after(minutes(60)).timer(timer).events.is_empty());
    }
}
