//! Which function answers, and what it means that the Controller Bot is off.

use convoke_domain::controller::select;
use convoke_domain::conversation::{Action, Actor, Event, Settlement, Settling, UnfiredReason};
use convoke_domain::function::Bindings;
use convoke_domain::invocation::{Answer, MessageFate, NotInvoked, Outcome, Returned, Silence};
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::state_change::StateChangeEvent;
use convoke_domain::ttr::Ttr;

use crate::kit::*;

const TTR: StateChangeEvent = StateChangeEvent::Ttr;

#[test]
fn the_function_of_the_conversations_skill_is_chosen() {
    let mut world = World::new();
    let (sales, night) = (world.deploy(TTR, &[SALES]), world.deploy(TTR, &[NIGHT]));
    let bindings = Bindings::of(&world.functions);
    let chosen =
        |id: &str| select(TTR, &skill(id), &world.account, &bindings).map(|binding| binding.function);
    assert_eq!(chosen(SALES), Ok(sales));
    assert_eq!(chosen(NIGHT), Ok(night));
    assert_eq!(chosen(DISABLED), Err(NotInvoked::OtherSkill));
}

#[test]
fn a_function_without_skills_answers_all() {
    let mut world = World::new();
    let all = world.deploy(TTR, &[]);
    let bindings = Bindings::of(&world.functions);
    let chosen = select(TTR, &skill(NIGHT), &world.account, &bindings).map(|binding| binding.function);
    assert_eq!(chosen, Ok(all));
}

#[test]
fn the_record_tells_apart_that_none_is_deployed_and_that_none_is_for_this_skill() {
    let mut none = World::served();
    let settled = none.sets_ttr(consumer(), Ttr::Urgent);
    assert_eq!(settled.settle().outcome, Outcome::NotInvoked { reason: NotInvoked::NoneDeployed });
    let mut other = World::served();
    other.deploy(TTR, &[NIGHT]);
    let settled = other.sets_ttr(consumer(), Ttr::Urgent);
    assert_eq!(settled.settle().outcome, Outcome::NotInvoked { reason: NotInvoked::OtherSkill });
    assert!(matches!(settled.message(), MessageFate::Automatic { .. }));
}

#[test]
fn routing_is_answered_by_the_function_of_the_target_skill() {
    let mut world = World::open();
    world.deploy(StateChangeEvent::ConversationRouting, &[NIGHT]);
    assert!(world.transfers(Some(NIGHT), None).settled().is_empty(), "it waits for its function");
    world.answers(Answer::Empty);
    let back = world.transfers(Some(SALES), None);
    assert_eq!(back.settle().outcome, Outcome::NotInvoked { reason: NotInvoked::OtherSkill });
}

#[test]
fn while_the_controller_bot_is_off_changes_are_recorded_and_nothing_else() {
    let mut world = World::new();
    world.account.controller_bot_enabled = false;
    world.deploy(StateChangeEvent::NewConversation, &[]);
    let commit = world.opens();
    assert_eq!(commit.kinds(), ["opened", "deadline_moved", "unfired"]);
    assert_eq!(commit.unfired(), [(Code::ConsumerOpenNewConversation, UnfiredReason::ControllerBotOff)]);
    let (at, off) = (StateChangeEvent::NewConversation, Err(NotInvoked::ControllerBotOff));
    let bindings = Bindings::of(&world.functions);
    assert_eq!(select(at, &skill(SALES), &world.account, &bindings), off);
    world.account.controller_bot_enabled = true;
    assert!(world.state().lane.is_empty(), "nothing is kept for later");
}

/// A function is running, another trigger waits behind it, and the bot is switched off.
fn switched_off() -> World {
    let mut world = World::served().with_function(TTR);
    world.sets_ttr(consumer(), Ttr::Urgent);
    world.sets_ttr(consumer(), Ttr::Normal);
    world.account.controller_bot_enabled = false;
    world
}

#[test]
fn an_answer_that_comes_after_the_bot_was_switched_off_is_dropped() {
    let mut world = switched_off();
    assert!(world.consumer_writes().settled().is_empty(), "a running answer is dropped when it settles");
    let commit = world.returns(vec![message("late"), Returned::Close]);
    let [dropped, waiting] = commit.settled()[..] else { panic!("both are settled: {commit:?}") };
    assert_eq!(dropped.outcome, Outcome::Dropped);
    assert_eq!((dropped.function, dropped.attempts), (Some(function_ref()), 2));
    assert_eq!(dropped.message, MessageFate::None { reason: Silence::ControllerBotOff });
    assert_eq!((dropped.commands.len(), dropped.commands_dropped), (0, 2));
    assert_eq!(waiting.outcome, Outcome::NotInvoked { reason: NotInvoked::ControllerBotOff });
    assert_eq!(waiting.message, MessageFate::None { reason: Silence::ControllerBotOff });
    assert!(commit.lines().is_empty() && world.state().is_open());
}

#[test]
fn a_failure_after_the_bot_was_switched_off_is_dropped_too() {
    let commit = switched_off().fails();
    assert_eq!(commit.settled()[0].outcome, Outcome::Dropped);
    assert!(commit.lines().is_empty());
}

#[test]
fn a_head_that_was_not_begun_when_the_bot_was_switched_off_is_settled_so() {
    let mut world = switched_off();
    let settlement = Settlement { trigger: world.head(), result: Settling::NothingToRun };
    let commit = world.when(Actor::System, Action::Settle(settlement));
    let reasons = commit.settled().into_iter().map(|settled| settled.outcome.clone());
    let off = Outcome::NotInvoked { reason: NotInvoked::ControllerBotOff };
    assert_eq!(reasons.collect::<Vec<_>>(), [off.clone(), off]);
    assert!(!commit.events.iter().any(|recorded| matches!(recorded.event, Event::LinePublished(_))));
}
