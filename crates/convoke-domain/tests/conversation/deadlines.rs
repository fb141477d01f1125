//! The effective deadline: whose turn it is, staffed time, promises.

use convoke_domain::conversation::{Action, Event};
use convoke_domain::state_change::StateChangeEvent;
use convoke_domain::ttr::{Ttr, TtrSettings};

use crate::kit::*;

#[test]
fn an_answer_is_due_after_the_first_line_that_nobody_answered() {
    let mut world = World::open();
    assert_eq!(world.state().deadline, Some(at("2026-06-08T12:20:00Z")), "the opening asks already");
    world.after(minutes(5)).consumer_writes();
    assert_eq!(world.state().deadline, Some(at("2026-06-08T12:25:00Z")));
    world.after(minutes(5)).consumer_writes();
    assert_eq!(world.state().deadline, Some(at("2026-06-08T12:25:00Z")), "asking again moves nothing");
    world.accepts(ANNA);
    world.writes(ANNA);
    assert_eq!(world.state().deadline, None, "it is the consumer's turn");
    world.after(minutes(5)).consumer_writes();
    assert_eq!(world.state().deadline, Some(at("2026-06-08T12:35:00Z")));
}

#[test]
fn the_controller_bot_answers_for_nobody() {
    let mut world = World::open();
    world.consumer_writes();
    let deadline = world.state().deadline;
    world.accepts(ANNA);
    assert_eq!(world.state().deadline, deadline);
}

#[test]
fn off_hours_do_not_count() {
    let mut world = World::open();
    world.at("2026-06-08T16:50:00Z").consumer_writes();
    assert_eq!(world.state().deadline, Some(at("2026-06-09T09:10:00Z")));
    world.transfers(Some(NIGHT), None);
    assert_eq!(world.state().deadline, Some(at("2026-06-08T17:10:00Z")), "the new skill's hours count");
}

#[test]
fn the_ttr_and_its_skills_settings_move_it() {
    let mut world = World::open();
    world.consumer_writes();
    world.sets_ttr(consumer(), Ttr::Urgent);
    assert_eq!(world.state().deadline, Some(at("2026-06-08T12:05:00Z")));
    world.account.skills.get_mut(&skill(NIGHT)).unwrap().ttr =
        Some(TtrSettings { urgent: minutes(1), ..TtrSettings::default() });
    let commit = world.transfers(Some(NIGHT), None);
    assert_eq!(world.state().deadline, Some(at("2026-06-08T12:01:00Z")));
    assert_eq!(
        commit.trigger().payload.general.deadline,
        world.state().deadline,
        "the payload has the new one"
    );
}

#[test]
fn a_promise_overrides_everything_until_it_is_taken_back() {
    let mut world = World::served();
    world.consumer_writes();
    let promise = Some(at("2026-06-13T03:00:00Z"));
    world.when(by(ANNA), Action::SetManualDeadline { deadline: promise });
    assert_eq!(world.state().deadline, promise);
    world.sets_ttr(by(ANNA), Ttr::Urgent);
    assert_eq!(world.state().deadline, promise);
    world.when(by(ANNA), Action::SetManualDeadline { deadline: None });
    assert_eq!(world.state().deadline, Some(at("2026-06-08T12:05:00Z")));
}

#[test]
fn nothing_is_due_after_the_end() {
    let mut world = World::served();
    world.consumer_writes();
    world.when(consumer(), Action::Close);
    assert_eq!(world.state().deadline, None);
}

#[test]
fn a_deadline_that_stays_is_not_recorded_again() {
    let mut world = World::open();
    world.consumer_writes();
    let commit = world.consumer_writes();
    assert!(!commit.events.iter().any(|recorded| matches!(recorded.event, Event::DeadlineMoved { .. })));
}

#[test]
fn the_expected_response_time_of_a_message_is_what_is_left() {
    let mut world = World::open().with_function(StateChangeEvent::Ttr);
    world.after(minutes(1)).consumer_writes();
    world.sets_ttr(consumer(), Ttr::Urgent);
    world.after(minutes(2));
    let commit = world.fails();
    assert!(commit.texts()[0].contains("3 minutes"), "{:?}", commit.texts());
}
