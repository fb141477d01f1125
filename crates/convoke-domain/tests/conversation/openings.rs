//! New conversations: which code, the 48-hour rule, the first line; and consumers who authenticate.

use convoke_domain::conversation::{
    Action, ConsumerHistory, Event, Open, PrivateText, Rejection, Reply, UnfiredReason,
};
use convoke_domain::invocation::MessageFate;
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::state_change::StateChangeEvent;

use crate::kit::*;

const FIRST_EVER: ConsumerHistory = ConsumerHistory { opened: 0, auto_closed_at: None };
const OFF_HOURS: &str = "2026-06-08T20:00:00Z";

fn auto_closed(world: &mut World, hours_ago: i64) {
    let at =
        world.now.checked_sub(jiff::SignedDuration::from_hours(hours_ago)).expect("tests stay within time");
    world.history.auto_closed_at = Some(at);
}

fn authenticated() -> Action {
    Action::Open(Open { authenticated: true, ..opening() })
}

#[test]
fn the_code_tells_the_first_conversation_ever_and_the_shift() {
    for (history, now, code) in [
        (ConsumerHistory { opened: 1, ..FIRST_EVER }, NOON, Code::ConsumerOpenNewConversation),
        (FIRST_EVER, NOON, Code::ConsumerOpenNewConversationFirstTime),
        (ConsumerHistory { opened: 1, ..FIRST_EVER }, OFF_HOURS, Code::ConsumerOpenNewConversationOffHours),
        (FIRST_EVER, OFF_HOURS, Code::ConsumerOpenNewConversationFirstTimeOffHours),
    ] {
        let mut world = World { history, ..World::new() }.with_function(StateChangeEvent::NewConversation);
        world.at(now);
        let commit = world.opens();
        assert_eq!(commit.codes(), [code]);
        assert_eq!(commit.trigger().event, StateChangeEvent::NewConversation);
        assert_eq!(commit.trigger().payload.first_conversation, history.opened == 0);
        assert_eq!(commit.trigger().payload.general.in_off_hours, now == OFF_HOURS);
    }
}

#[test]
fn the_first_line_is_a_part_of_the_opening() {
    let mut world = World::new().with_function(StateChangeEvent::NewConversation);
    let commit = world.when(consumer(), Action::Open(opening_with("hello")));
    assert_eq!(commit.kinds(), ["opened", "line_published", "deadline_moved", "triggered"]);
    assert_eq!(commit.reply, Reply::Line(commit.lines()[0].0));
    let general = &commit.trigger().payload.general;
    assert_eq!(general.last_line_at, Some(world.now));
    assert!(!general.open.old && general.open.new);
    assert_eq!(general.originator, consumer());
}

#[test]
fn a_first_line_in_off_hours_is_no_line_in_off_hours() {
    let mut world = World::new();
    world.at(OFF_HOURS);
    let commit = world.when(consumer(), Action::Open(opening_with("hello")));
    assert_eq!(commit.codes(), [Code::ConsumerOpenNewConversationOffHours]);
    assert_eq!(world.consumer_writes().codes(), [], "nor is a later one: it was opened in off-hours");
}

#[test]
fn soon_after_an_auto_close_nothing_fires_and_the_record_says_why() {
    let mut world = World::new();
    auto_closed(&mut world, 47);
    let commit = world.when(consumer(), authenticated());
    assert_eq!(commit.codes(), []);
    assert_eq!(commit.unfired(), [(Code::ConsumerOpenNewConversation, UnfiredReason::AfterAutoclose)]);
    assert_eq!(commit.texts(), [] as [&str; 0]);
}

#[test]
fn an_account_may_want_to_be_told_of_openings_soon_after_an_auto_close() {
    let mut world = World::new();
    world.account.fire_after_autoclose = true;
    auto_closed(&mut world, 47);
    let commit = world.when(consumer(), authenticated());
    assert_eq!(commit.codes(), [Code::ConsumerOpenNewConversationAfterAutoclose]);
    assert!(matches!(commit.message(), MessageFate::Automatic { .. }), "the welcome of the shift is sent");
}

#[test]
fn the_rule_ends_after_48_hours_and_never_concerns_the_unauthenticated() {
    let mut late = World::new();
    auto_closed(&mut late, 48);
    assert_eq!(late.when(consumer(), authenticated()).codes(), [Code::ConsumerOpenNewConversation]);
    let mut anonymous = World::new();
    auto_closed(&mut anonymous, 1);
    assert_eq!(anonymous.opens().codes(), [Code::ConsumerOpenNewConversation]);
}

#[test]
fn only_the_opening_is_silent_after_an_auto_close() {
    let mut world = World::new();
    auto_closed(&mut world, 1);
    world.when(consumer(), authenticated());
    assert_eq!(world.accepts(ANNA).codes(), [Code::YouAreConnectedTo]);
}

#[test]
fn a_conversation_needs_a_skill_that_takes_conversations() {
    let refused = |skill_id: Option<&str>, default: Option<&str>| {
        let mut world = World::new();
        world.account.default_skill = default.map(skill);
        world.refused(consumer(), Action::Open(Open { skill: skill_id.map(skill), ..opening() }))
    };
    assert_eq!(refused(None, None), Rejection::NoDefaultSkill);
    assert_eq!(refused(Some("999"), None), Rejection::UnknownSkill { skill: "999".to_owned() });
    assert_eq!(refused(Some(DISABLED), None), Rejection::SkillDisabled { skill: skill(DISABLED) });
    assert_eq!(refused(None, Some(DISABLED)), Rejection::SkillDisabled { skill: skill(DISABLED) });
    assert_eq!(refused(None, Some("999")), Rejection::UnknownSkill { skill: "999".to_owned() });
}

#[test]
fn a_conversation_is_opened_once() {
    assert_eq!(World::open().refused(consumer(), Action::Open(opening())), Rejection::AlreadyOpen);
}

#[test]
fn an_anonymous_consumer_who_authenticates_steps_up_once() {
    let step_up = || Action::StepUp { identity: PrivateText::new("customer 12") };
    let mut world = World::open();
    let commit = world.when(consumer(), step_up());
    assert_eq!(commit.codes(), [Code::ConsumerStepUp]);
    assert!(world.state().authenticated);
    assert_eq!(commit.texts(), [] as [&str; 0], "nothing is said unless it is configured");
    assert_eq!(world.refused(consumer(), step_up()), Rejection::AlreadyAuthenticated);
}

#[test]
fn one_commit_fires_its_events_in_the_order_of_their_kinds() {
    let mut kinds = StateChangeEvent::ALL;
    kinds.sort_unstable();
    assert_eq!(kinds, StateChangeEvent::ALL);
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    world.sets_ttr(consumer(), convoke_domain::ttr::Ttr::Urgent);
    world.deploy(StateChangeEvent::ConversationRouting, &[]);
    let commit = world.returns(vec![
        convoke_domain::invocation::Returned::Close,
        transfer(Some(NIGHT), None),
        message("bye"),
    ]);
    assert_eq!(commit.codes(), [Code::EngagementTransferred, Code::SystemEndConversation]);
    let closed = commit.events.iter().position(|recorded| matches!(recorded.event, Event::Closed { .. }));
    let triggered = commit.events.iter().position(|recorded| matches!(recorded.event, Event::Triggered(_)));
    assert!(closed < triggered, "the change comes first, then what it fires");
}
