//! The time to respond: who changes it, and what fires.

use convoke_domain::conversation::{Action, Rejection};
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::ttr::Ttr;

use crate::kit::*;

#[test]
fn marking_as_urgent_fires_once_from_the_first_conversation_on() {
    let mut world = World::open();
    let commit = world.sets_ttr(consumer(), Ttr::Urgent);
    assert_eq!(commit.codes(), [Code::ConsumerAskedUrgentResponseTime]);
    let ttr = &commit.trigger().payload.ttr;
    assert_eq!((ttr.old.ttr, ttr.new.ttr), (Ttr::Normal, Ttr::Urgent));
    assert_eq!((ttr.old.value, ttr.new.value), (minutes(20), minutes(5)));
    assert!(world.sets_ttr(consumer(), Ttr::Urgent).events.is_empty());
}

#[test]
fn taking_the_mark_back_fires_once() {
    let mut world = World::open();
    world.sets_ttr(consumer(), Ttr::Urgent);
    assert_eq!(world.sets_ttr(consumer(), Ttr::Normal).codes(), [Code::ConsumerCanceledUrgentResponseTime]);
    assert!(world.sets_ttr(consumer(), Ttr::Normal).events.is_empty());
}

#[test]
fn a_consumer_takes_back_only_their_own_mark() {
    let mut world = World::served();
    world.sets_ttr(by(ANNA), Ttr::Prioritized);
    assert!(world.sets_ttr(consumer(), Ttr::Normal).events.is_empty());
    assert_eq!(world.state().ttr, Ttr::Prioritized);
}

#[test]
fn a_consumer_knows_only_urgent_and_normal() {
    for ttr in [Ttr::Prioritized, Ttr::Custom(minutes(1))] {
        assert_eq!(World::open().refused(consumer(), Action::SetTtr { ttr }), Rejection::TtrNotForConsumers);
    }
}

#[test]
fn an_agent_changes_the_time_to_respond() {
    for ttr in [Ttr::Urgent, Ttr::Prioritized, Ttr::Custom(minutes(90))] {
        let commit = World::served().sets_ttr(by(ANNA), ttr);
        assert_eq!(commit.codes(), [Code::AgentUpdatedResponseTime]);
        assert_eq!(commit.trigger().payload.ttr.new.ttr, ttr);
    }
}

#[test]
fn a_promised_time_counts_as_a_change_by_the_agent_and_leaves_the_ttr() {
    let mut world = World::served();
    let deadline = Some(at("2026-06-09T10:00:00Z"));
    let commit = world.when(by(ANNA), Action::SetManualDeadline { deadline });
    assert_eq!(commit.codes(), [Code::AgentUpdatedResponseTime]);
    let payload = &commit.trigger().payload;
    assert_eq!(payload.ttr.old, payload.ttr.new);
    assert_eq!((payload.general.manual_deadline, payload.general.deadline), (deadline, deadline));
    assert!(world.when(by(ANNA), Action::SetManualDeadline { deadline }).events.is_empty());
    let back = world.when(by(ANNA), Action::SetManualDeadline { deadline: None });
    assert_eq!(back.codes(), [Code::AgentUpdatedResponseTime]);
}

#[test]
fn nobody_promises_the_past() {
    let mut world = World::served();
    let deadline = Some(world.now);
    let refusal = world.refused(by(ANNA), Action::SetManualDeadline { deadline });
    assert_eq!(refusal, Rejection::DeadlineInThePast);
}
