//! Routing to another skill, and consumer lines in off-hours.

use convoke_domain::conversation::{Action, Event};
use convoke_domain::invocation::{MessageFate, Silence};
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::state_change::StateChangeEvent;

use crate::kit::*;

#[test]
fn another_skill_is_routing() {
    let mut world = World::open();
    let commit = world.transfers(Some(NIGHT), None);
    assert_eq!(commit.codes(), [Code::EngagementTransferred]);
    let triggered = commit.trigger();
    assert_eq!(
        (&triggered.payload.routing.old, &triggered.payload.routing.new),
        (&skill(SALES), &skill(NIGHT))
    );
    assert_eq!(triggered.skill, skill(NIGHT), "the skill after the change selects");
}

#[test]
fn with_the_skill_the_agents_removal_is_routing_alone() {
    let mut world = World::served();
    let commit = world.transfers(Some(NIGHT), Some(BEN));
    assert_eq!(commit.codes(), [Code::EngagementTransferred]);
    assert_eq!(world.state().assigned_agent(), None);
    assert_eq!(world.state().suggested_agent, Some(user(BEN)));
}

#[test]
fn the_message_of_a_transfer_is_the_target_skills() {
    let mut world = World::open();
    let texts = world.account.skill_messages.entry(skill(NIGHT)).or_default();
    texts.entries.insert(Code::EngagementTransferred, text_of("welcome to the night"));
    assert_eq!(world.transfers(Some(NIGHT), None).texts(), ["welcome to the night"]);
}

#[test]
fn nothing_to_move_is_no_event() {
    assert!(World::served().transfers(Some(SALES), Some(ANNA)).events.is_empty());
    assert!(World::served().transfers(None, None).events.is_empty());
    let mut suggested = World::open();
    suggested.transfers(None, Some(BEN));
    assert!(suggested.transfers(None, Some(BEN)).events.is_empty());
}

#[test]
fn asking_an_agent_first_while_nobody_serves_it_fires_nothing() {
    assert_eq!(World::open().transfers(None, Some(BEN)).kinds(), ["agent_suggested"]);
}

#[test]
fn every_consumer_line_in_off_hours_runs_the_function() {
    let mut world = World::open().with_function(StateChangeEvent::OffHoursLine);
    world.at("2026-06-08T20:00:00Z");
    for _ in 0..3 {
        let commit = world.consumer_writes();
        assert_eq!(commit.codes(), [Code::ConsumerSendMessageOnOffHours]);
        assert!(!commit.trigger().payload.opened_in_off_hours);
        assert!(commit.trigger().payload.general.in_off_hours);
        world.says("we sleep");
    }
}

#[test]
fn lines_of_others_and_lines_in_office_hours_are_no_off_hours_lines() {
    let mut world = World::served();
    assert_eq!(world.consumer_writes().codes(), []);
    world.at("2026-06-08T20:00:00Z");
    assert_eq!(world.writes(ANNA).codes(), []);
}

#[test]
fn a_skill_that_is_always_staffed_knows_no_off_hours() {
    let mut world = World::open();
    world.at("2026-06-08T20:00:00Z");
    world.transfers(Some(NIGHT), None);
    assert_eq!(world.consumer_writes().codes(), []);
}

#[test]
fn the_automatic_message_is_sent_once_in_each_off_hours_period() {
    let mut world = World::served();
    world.at("2026-06-08T20:00:00Z");
    assert!(matches!(world.consumer_writes().message(), MessageFate::Automatic { .. }));
    let told = MessageFate::None { reason: Silence::AlreadyTold };
    assert_eq!(*world.consumer_writes().message(), told);
    world.at("2026-06-09T03:00:00Z");
    assert_eq!(*world.consumer_writes().message(), told, "past midnight it is the same period");
    world.at("2026-06-09T10:00:00Z").writes(ANNA);
    world.at("2026-06-09T20:00:00Z");
    assert!(matches!(world.consumer_writes().message(), MessageFate::Automatic { .. }));
}

#[test]
fn what_functions_say_does_not_use_up_the_periods_automatic_message() {
    let mut world = World::served().with_function(StateChangeEvent::OffHoursLine);
    world.at("2026-06-08T20:00:00Z").consumer_writes();
    world.says("we sleep");
    world.consumer_writes();
    assert!(matches!(world.fails().message(), MessageFate::Automatic { .. }));
}

#[test]
fn a_function_that_fails_after_the_period_does_not_repeat_the_periods_message() {
    let mut world = World::open();
    world.at("2026-06-09T08:59:00Z");
    world.consumer_writes();
    world.deploy(StateChangeEvent::OffHoursLine, &[]);
    world.at("2026-06-09T08:59:59Z").consumer_writes();
    world.at("2026-06-09T09:00:10Z");
    assert_eq!(*world.fails().message(), MessageFate::None { reason: Silence::AlreadyTold });
}

#[test]
fn a_line_remembers_whether_it_was_written_in_off_hours() {
    let mut world = World::open();
    assert!(!world.consumer_writes().lines()[0].1.in_off_hours);
    world.at("2026-06-08T20:00:00Z");
    assert!(world.consumer_writes().lines()[0].1.in_off_hours);
}

#[test]
fn a_skill_that_was_disabled_keeps_what_it_has() {
    let mut world = World::served();
    world.account.skills.get_mut(&skill(SALES)).unwrap().enabled = false;
    let command = Action::Transfer { skill: Some(skill(SALES)), agent: Some(user(BEN)) };
    let commit = world.when(by(ANNA), command);
    assert!(commit.events.iter().any(|recorded| matches!(recorded.event, Event::AgentSuggested { .. })));
}
