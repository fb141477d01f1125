//! The end: who closes, what fires, what is allowed afterwards; and the auto-close.

use convoke_domain::conversation::payload::CloseReason;
use convoke_domain::conversation::{
    Action, Actor, Closer, ParticipantId, Rejection, Reply, Role, Stage, Timer,
};
use convoke_domain::invocation::{MessageFate, Returned, Silence};
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::state_change::StateChangeEvent;
use convoke_domain::ttr::Ttr;
use jiff::SignedDuration;

use crate::kit::*;

#[test]
fn each_closer_has_a_code_and_a_reason() {
    for (actor, code, reason) in [
        (consumer(), Code::ConsumerEndConversation, CloseReason::Consumer),
        (by(ANNA), Code::AgentEndConversation, CloseReason::Agent),
        (Actor::System, Code::SystemEndConversation, CloseReason::System),
        (Actor::ControllerBot, Code::SystemEndConversation, CloseReason::System),
    ] {
        let mut world = World::served();
        let commit = world.when(actor, Action::Close);
        assert_eq!(commit.codes(), [code]);
        let payload = &commit.trigger().payload;
        assert_eq!(payload.closed_by, Some(reason));
        assert!(payload.general.open.old && !payload.general.open.new);
        assert_eq!(*commit.message(), MessageFate::None { reason: Silence::NoText });
    }
}

#[test]
fn a_closed_conversation_stays_closed() {
    let mut world = World::served();
    world.when(consumer(), Action::Close);
    for action in [
        Action::Publish(line("one more thing")),
        Action::Close,
        Action::Join { participant: ParticipantId::User(user(MARA)), role: Role::Manager },
        Action::Leave { participant: ParticipantId::User(user(ANNA)) },
        Action::Accept { agent: user(BEN) },
        Action::Transfer { skill: Some(skill(NIGHT)), agent: None },
        Action::SetTtr { ttr: Ttr::Urgent },
        Action::SetManualDeadline { deadline: None },
    ] {
        assert_eq!(world.refused(by(ANNA), action.clone()), Rejection::Closed, "{action:?}");
    }
}

#[test]
fn a_retry_of_a_line_before_the_end_is_still_the_same_line() {
    let mut world = World::open();
    let Reply::Line(place) = world.when(consumer(), Action::Publish(keyed("bye", "1"))).reply else {
        panic!("a line has a place")
    };
    world.when(consumer(), Action::Close);
    let again = world.when(consumer(), Action::Publish(keyed("bye", "1")));
    assert_eq!((again.reply, again.events.len()), (Reply::Duplicate(place), 0));
}

#[test]
fn the_function_of_the_end_may_send_one_last_message_and_nothing_else() {
    let mut world = World::served().with_function(StateChangeEvent::ConversationEnd);
    world.when(consumer(), Action::Close);
    let commit = world.returns(vec![message("good bye"), transfer(Some(NIGHT), None), Returned::Close]);
    assert_eq!(commit.texts(), ["good bye"]);
    let codes: Vec<String> = commit.fates().iter().map(|(_, fate)| code(fate)).collect();
    assert_eq!(codes, ["applied", "conversation.closed", "conversation.closed"]);
}

#[test]
fn what_settles_after_the_end_is_rejected_for_every_other_event() {
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    world.sets_ttr(consumer(), Ttr::Urgent);
    world.when(consumer(), Action::Close);
    let commit = world.returns(vec![message("soon"), transfer(Some(NIGHT), None), Returned::Close]);
    let ttr = commit.settled()[0];
    assert_eq!(ttr.message, MessageFate::Closed);
    let codes: Vec<String> = ttr.commands.iter().map(|fate| code(&fate.fate)).collect();
    assert_eq!(codes, ["conversation.closed"; 3]);
    assert_eq!(commit.texts(), [] as [&str; 0]);
}

#[test]
fn an_automatic_message_is_not_sent_after_the_end_unless_it_is_the_ends() {
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    world.has_text(Code::ConsumerEndConversation, "you left");
    world.sets_ttr(consumer(), Ttr::Urgent);
    world.when(consumer(), Action::Close);
    let commit = world.fails();
    assert_eq!(commit.texts(), ["you left"]);
    assert_eq!(commit.settled()[0].message, MessageFate::Closed);
}

#[test]
fn a_conversation_is_closed_when_the_consumer_owes_a_line_for_too_long() {
    let mut world = World::served();
    world.account.auto_close = minutes(30);
    world.consumer_writes();
    assert_eq!(world.due(Timer::AutoClose), None, "it is the brand's turn");
    world.writes(ANNA);
    assert_eq!(world.due_in(Timer::AutoClose), Some(SignedDuration::from_mins(30)));
    let commit = world.after(minutes(30)).timer(Timer::AutoClose);
    assert_eq!(commit.codes(), [Code::SystemEndConversation]);
    assert!(matches!(world.state().stage, Stage::Closed { by: Closer::AutoClose, .. }));
}

#[test]
fn any_change_restarts_the_auto_close_and_a_promise_stops_it() {
    let mut world = World::served();
    world.account.auto_close = minutes(30);
    world.writes(ANNA);
    world.after(minutes(20)).joins(MARA, Role::Reader);
    assert_eq!(world.due_in(Timer::AutoClose), Some(SignedDuration::from_mins(30)));
    world.after(minutes(20)).leaves(ANNA);
    assert_eq!(world.due_in(Timer::AutoClose), Some(SignedDuration::from_mins(30)));
    world.after(minutes(20)).when(Actor::ControllerBot, Action::Publish(line("still there?")));
    assert_eq!(
        world.due_in(Timer::AutoClose),
        Some(SignedDuration::from_mins(10)),
        "the bot changes nothing"
    );
    let deadline = Some(at("2026-06-12T12:00:00Z"));
    world.when(Actor::System, Action::SetManualDeadline { deadline });
    assert_eq!(world.due(Timer::AutoClose), None);
}
