//! Triggers wait in one order, only the first is answered, each once; causes are counted; floods are refused.

use convoke_domain::conversation::{
    Action, Actor, Cause, Command, Event, Rejection, Settlement, Settling, UnfiredReason,
};
use convoke_domain::id::InvocationId;
use convoke_domain::invocation::{Answer, MessageFate, NotInvoked, Outcome};
use convoke_domain::limits;
use convoke_domain::sequence::EventSeq;
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::state_change::StateChangeEvent;
use convoke_domain::ttr::Ttr;

use crate::kit::*;

fn settling(trigger: EventSeq) -> Action {
    Action::Settle(Settlement { trigger, result: ran(Ok(Answer::Nothing), None) })
}

#[test]
fn what_no_function_answers_is_settled_in_the_same_step() {
    let mut world = World::new();
    let commit = world.opens();
    assert_eq!(commit.kinds(), ["opened", "deadline_moved", "triggered", "settled", "line_published"]);
    let settled = commit.settle();
    assert_eq!(settled.outcome, Outcome::NotInvoked { reason: NotInvoked::NoneDeployed });
    assert_eq!(world.state().cursor, Some(settled.trigger));
    assert_eq!(settled.message, MessageFate::Automatic { line: commit.lines()[0].0 });
    assert!(world.state().lane.is_empty());
}

#[test]
fn what_a_function_answers_waits_and_what_comes_later_waits_behind_it() {
    let mut world = World::open().with_function(StateChangeEvent::Ttr);
    let urgent = world.sets_ttr(consumer(), Ttr::Urgent);
    assert!(urgent.settled().is_empty());
    let connected = world.accepts(ANNA);
    assert!(connected.settled().is_empty(), "no function answers it, but it is not its turn");
    let commit = world.answers(Answer::Nothing);
    let codes: Vec<Code> = commit.settled().iter().map(|settled| settled.code).collect();
    assert_eq!(codes, [Code::ConsumerAskedUrgentResponseTime, Code::YouAreConnectedTo]);
    assert!(world.state().lane.is_empty());
}

#[test]
fn only_the_head_is_answered_and_only_once() {
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    world.sets_ttr(consumer(), Ttr::Urgent);
    world.sets_ttr(consumer(), Ttr::Normal);
    let (first, second) = (world.state().lane[0].trigger, world.state().lane[1].trigger);
    assert_eq!(world.refused(Actor::System, settling(second)), Rejection::CursorMoved);
    world.when(Actor::System, settling(first));
    assert_eq!(world.state().cursor, Some(first));
    assert_eq!(world.refused(Actor::System, settling(first)), Rejection::CursorMoved);
    world.when(Actor::System, settling(second));
    assert_eq!(world.state().cursor, Some(second));
    assert_eq!(world.refused(Actor::System, settling(second)), Rejection::CursorMoved);
}

#[test]
fn a_running_function_is_settled_by_its_own_answer_though_it_was_undeployed() {
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    world.sets_ttr(consumer(), Ttr::Urgent);
    world.undeploy();
    assert!(world.consumer_writes().settled().is_empty(), "somebody else's step leaves the head alone");
    let commit = world.says("as you wish");
    assert_eq!(commit.texts(), ["as you wish"]);
    assert_eq!(commit.settle().outcome, Outcome::Answered);
}

#[test]
fn a_head_whose_function_is_gone_is_settled_with_the_automatic_message() {
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    world.sets_ttr(consumer(), Ttr::Urgent);
    world.undeploy();
    let settlement = Settlement { trigger: world.head(), result: Settling::NothingToRun };
    let commit = world.when(Actor::System, Action::Settle(settlement));
    assert_eq!(commit.settle().outcome, Outcome::NotInvoked { reason: NotInvoked::NoneDeployed });
    assert!(matches!(commit.message(), MessageFate::Automatic { .. }));
}

#[test]
fn an_answers_own_changes_fire_one_deeper_and_name_their_cause() {
    let mut world = World::open().with_function(StateChangeEvent::Ttr);
    world.deploy(StateChangeEvent::ConversationRouting, &[]);
    let trigger = world.sets_ttr(consumer(), Ttr::Urgent).events.last().unwrap().seq;
    let commit = world.returns(vec![transfer(Some(NIGHT), None)]);
    assert_eq!(commit.trigger().depth, 1);
    let invocation = InvocationId::Triggered { conversation: CONVERSATION, trigger };
    let moved = commit.events.iter().find(|one| matches!(one.event, Event::SkillChanged { .. })).unwrap();
    assert_eq!(moved.cause, Some(Cause { invocation, command: Some(0), depth: 1 }));
    assert_eq!(moved.by, Actor::ControllerBot);
    assert_eq!(world.returns(vec![transfer(Some(SALES), None)]).trigger().depth, 2);
}

#[test]
fn a_chain_of_more_than_eight_causes_fires_nothing_and_says_so() {
    let mut world = World::open().with_function(StateChangeEvent::ConversationRouting);
    world.transfers(Some(NIGHT), None);
    for depth in 1..=8 {
        let target = if depth % 2 == 0 { NIGHT } else { SALES };
        assert_eq!(world.returns(vec![transfer(Some(target), None)]).trigger().depth, depth);
    }
    let commit = world.returns(vec![transfer(Some(SALES), None)]);
    assert_eq!(commit.unfired(), [(Code::EngagementTransferred, UnfiredReason::CauseDepth)]);
    assert_eq!(world.state().skill, skill(SALES), "the command itself is carried out");
    assert!(world.state().lane.is_empty());
}

#[test]
fn a_functions_own_calls_carry_their_depth() {
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    world.sets_ttr(consumer(), Ttr::Urgent);
    let commit = world.own_call(Actor::System, Action::Transfer { skill: Some(skill(NIGHT)), agent: None });
    assert_eq!(commit.trigger().depth, 1);
    let far = Cause {
        invocation: InvocationId::Direct(uuid::Uuid::from_u128(1)),
        command: None,
        depth: limits::CAUSE_DEPTH_MAX + 1,
    };
    let command = Command { by: Actor::System, cause: Some(far), action: Action::Close };
    let commit = world.try_do(command).unwrap();
    assert_eq!(commit.unfired(), [(Code::SystemEndConversation, UnfiredReason::CauseDepth)]);
}

/// A conversation whose lane is full: its head is still running.
fn flooded() -> World {
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    for round in 0..limits::LANE_MAX {
        world.sets_ttr(consumer(), if round % 2 == 0 { Ttr::Urgent } else { Ttr::Normal });
    }
    world
}

#[test]
fn a_flooded_conversation_refuses_what_fires_more() {
    let mut world = flooded();
    assert_eq!(world.state().lane.len(), limits::LANE_MAX);
    assert_eq!(world.refused(consumer(), Action::SetTtr { ttr: Ttr::Urgent }), Rejection::Busy);
    assert_eq!(world.refused(consumer(), Action::Close), Rejection::Busy);
    world.answers(Answer::Nothing);
    world.when(consumer(), Action::Close);
}

#[test]
fn a_flooded_conversation_still_takes_lines_and_knows_retries() {
    let mut world = flooded();
    world.when(consumer(), Action::Publish(keyed("anyone?", "1")));
    let again = world.when(consumer(), Action::Publish(keyed("anyone?", "1")));
    assert!(again.events.is_empty());
}

#[test]
fn a_command_that_changes_nothing_records_nothing() {
    let mut world = World::served();
    world.when(consumer(), Action::Publish(keyed("hello", "1")));
    world.account.ttr.normal = minutes(45);
    assert!(world.when(consumer(), Action::Publish(keyed("hello", "1"))).events.is_empty());
    assert!(world.accepts(ANNA).events.is_empty());
    assert!(world.timer(convoke_domain::conversation::Timer::AutoClose).events.is_empty());
}

#[test]
fn there_is_nothing_to_ask_of_a_conversation_that_is_not_there() {
    for action in [Action::Close, Action::Publish(line("x")), settling(EventSeq::FIRST)] {
        assert_eq!(World::new().refused(consumer(), action), Rejection::NotFound);
    }
}

#[test]
fn the_same_key_of_another_author_is_another_line() {
    let mut world = World::served();
    let first = world.when(consumer(), Action::Publish(keyed("hello", "1")));
    let second = world.when(by(ANNA), Action::Publish(keyed("good day", "1")));
    assert_eq!(second.texts(), ["good day"]);
    assert_ne!(first.reply, second.reply);
}

#[test]
fn keys_are_forgotten_only_after_many_others() {
    let mut world = World::served();
    for round in 0..limits::COMMAND_KEYS_MAX {
        world.when(consumer(), Action::Publish(keyed("hello", &round.to_string())));
    }
    assert!(world.when(consumer(), Action::Publish(keyed("hello", "0"))).events.is_empty());
    world.when(consumer(), Action::Publish(keyed("hello", "new")));
    assert_eq!(world.state().keys.len(), limits::COMMAND_KEYS_MAX);
}

#[test]
fn wire_sequences_count_lines_only() {
    let mut world = World::open();
    let mut places = Vec::new();
    for commit in [world.consumer_writes(), world.accepts(ANNA), world.writes(ANNA)] {
        places.extend(commit.lines().iter().map(|(_, line)| line.wire_sequence));
    }
    // The welcome was 0.
    assert_eq!(places, [1, 2, 3], "a line, the automatic message, a line");
}
