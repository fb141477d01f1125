//! The fence: what happened after the trigger and was not caused by its own invocation makes an answer come too late.

use convoke_domain::account::FencePolicy;
use convoke_domain::conversation::{Action, Actor, ParticipantId, Role, Timer};
use convoke_domain::invocation::{Answer, FenceReason, MessageFate, Returned};
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::state_change::StateChangeEvent;
use convoke_domain::ttr::Ttr;

use crate::kit::*;

/// What may happen while a function runs.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Meanwhile {
    Nothing,
    AgentWrites,
    ManagerWrites,
    BotOfTheBrandWrites,
    ConsumerWrites,
    ControllerBotWrites,
    AgentLeaves,
    SkillChanges,
    TtrChanges,
    ReaderJoins,
    HelperJoins,
}

const ALL: [Meanwhile; 11] = [
    Meanwhile::Nothing,
    Meanwhile::AgentWrites,
    Meanwhile::ManagerWrites,
    Meanwhile::BotOfTheBrandWrites,
    Meanwhile::ConsumerWrites,
    Meanwhile::ControllerBotWrites,
    Meanwhile::AgentLeaves,
    Meanwhile::SkillChanges,
    Meanwhile::TtrChanges,
    Meanwhile::ReaderJoins,
    Meanwhile::HelperJoins,
];

/// A served conversation with a manager and a bot, whose TTR function is running.
fn running() -> World {
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    world.joins(MARA, Role::Manager);
    world.joins(BEN, Role::BrandBot);
    world.sets_ttr(consumer(), Ttr::Urgent);
    world
}

fn happens(world: &mut World, meanwhile: Meanwhile) {
    match meanwhile {
        Meanwhile::Nothing => {}
        Meanwhile::AgentWrites => drop(world.writes(ANNA)),
        Meanwhile::ManagerWrites => drop(world.writes(MARA)),
        Meanwhile::BotOfTheBrandWrites => drop(world.writes(BEN)),
        Meanwhile::ConsumerWrites => drop(world.consumer_writes()),
        Meanwhile::ControllerBotWrites => drop(world.when(Actor::ControllerBot, Action::Publish(line("…")))),
        Meanwhile::AgentLeaves => drop(world.leaves(ANNA)),
        Meanwhile::SkillChanges => drop(world.transfers(Some(NIGHT), None)),
        Meanwhile::TtrChanges => drop(world.sets_ttr(consumer(), Ttr::Normal)),
        Meanwhile::ReaderJoins => drop(world.joins(SAM, Role::Reader)),
        Meanwhile::HelperJoins => drop(world.joins(SAM, Role::Agent)),
    }
}

/// The fate of one command, for everything that may happen meanwhile.
fn fates(command: &Returned, policy: FencePolicy) -> Vec<(Meanwhile, String)> {
    let of = |meanwhile| {
        let mut world = running();
        happens(&mut world, meanwhile);
        let commit = world.ran(Ok(Answer::Commands(vec![command.clone()])), Some(policy));
        (meanwhile, code(&commit.settled()[0].commands[0].fate))
    };
    ALL.into_iter().map(of).filter(|(_, fate)| fate != "applied").collect()
}

fn fenced(meanwhile: Meanwhile, reason: FenceReason) -> (Meanwhile, String) {
    (meanwhile, format!("fenced: {reason:?}"))
}

#[test]
fn a_message_is_dropped_if_the_brand_wrote() {
    assert_eq!(
        fates(&message("m"), FencePolicy::Fence),
        [
            fenced(Meanwhile::AgentWrites, FenceReason::BrandWrote),
            fenced(Meanwhile::ManagerWrites, FenceReason::BrandWrote),
            fenced(Meanwhile::BotOfTheBrandWrites, FenceReason::BrandWrote),
        ]
    );
}

#[test]
fn a_transfer_is_dropped_if_skill_or_assigned_agent_changed() {
    assert_eq!(
        fates(&transfer(None, Some("4")), FencePolicy::Fence),
        [
            fenced(Meanwhile::AgentLeaves, FenceReason::AgentChanged),
            fenced(Meanwhile::SkillChanges, FenceReason::SkillChanged),
        ]
    );
}

#[test]
fn a_close_is_dropped_if_anybody_but_the_controller_bot_wrote_or_the_agent_changed() {
    assert_eq!(
        fates(&Returned::Close, FencePolicy::Fence),
        [
            fenced(Meanwhile::AgentWrites, FenceReason::BrandWrote),
            fenced(Meanwhile::ManagerWrites, FenceReason::BrandWrote),
            fenced(Meanwhile::BotOfTheBrandWrites, FenceReason::BrandWrote),
            fenced(Meanwhile::ConsumerWrites, FenceReason::ConsumerWrote),
            fenced(Meanwhile::AgentLeaves, FenceReason::AgentChanged),
            fenced(Meanwhile::SkillChanges, FenceReason::AgentChanged),
        ]
    );
}

#[test]
fn the_policy_that_applies_skips_the_checks() {
    assert_eq!(fates(&message("m"), FencePolicy::Apply), []);
    assert_eq!(fates(&transfer(Some(SALES), Some("2")), FencePolicy::Apply), []);
    assert_eq!(fates(&Returned::Close, FencePolicy::Apply), []);
}

#[test]
fn the_accounts_policy_counts_where_the_function_has_none() {
    let mut world = running();
    world.account.fence_policy = FencePolicy::Apply;
    world.writes(ANNA);
    assert_eq!(world.says("m").texts(), ["m"]);
}

#[test]
fn a_fenced_message_is_not_replaced_and_the_automatic_one_is_fenced_too() {
    let mut own = running();
    own.writes(ANNA);
    let commit = own.says("m");
    assert_eq!(*commit.message(), MessageFate::Fenced { reason: FenceReason::BrandWrote });
    assert!(commit.lines().is_empty());
    let mut automatic = running();
    automatic.writes(ANNA);
    let commit = automatic.fails();
    assert_eq!(*commit.message(), MessageFate::Fenced { reason: FenceReason::BrandWrote });
    assert!(commit.lines().is_empty());
}

#[test]
fn each_command_is_fenced_on_its_own() {
    let mut world = running();
    world.writes(ANNA);
    let commit = world.returns(vec![message("m"), transfer(Some(NIGHT), None), Returned::Close]);
    let fates: Vec<String> = commit.settled()[0].commands.iter().map(|one| code(&one.fate)).collect();
    assert_eq!(fates, ["fenced: BrandWrote", "applied", "fenced: BrandWrote"]);
}

/// An idle timer's function is running.
fn idle(timer: Timer) -> World {
    let mut world = World::open().with_function(StateChangeEvent::ConversationIdle);
    if timer == Timer::ConsumerNonResponsive {
        world.accepts(ANNA);
        world.writes(ANNA);
    }
    world.after(minutes(10)).timer(timer);
    world
}

#[test]
fn a_message_to_a_silent_consumer_is_dropped_if_they_wrote() {
    let mut world = idle(Timer::ConsumerNonResponsive);
    world.consumer_writes();
    let fate = world.says("are you there?").settle().message.clone();
    assert_eq!(fate, MessageFate::Fenced { reason: FenceReason::ConsumerWrote });
}

#[test]
fn a_message_to_who_waits_in_the_queue_is_dropped_if_an_agent_was_assigned() {
    let mut world = idle(Timer::AwaitingInQueue);
    world.accepts(ANNA);
    let commit = world.says("please wait");
    assert_eq!(commit.settled()[0].message, MessageFate::Fenced { reason: FenceReason::AgentAssigned });
    let mut written = idle(Timer::AwaitingInQueue);
    written.consumer_writes();
    assert_eq!(written.says("please wait").texts(), ["please wait"]);
}

#[test]
fn what_the_invocation_does_itself_does_not_fence_it() {
    let mut world = running();
    world.own_call(by(MARA), Action::Publish(line("written by the function")));
    world.own_call(by(MARA), Action::Leave { participant: ParticipantId::User(user(ANNA)) });
    let commit = world.returns(vec![message("m"), transfer(Some(NIGHT), None), Returned::Close]);
    let fates: Vec<String> = commit.settled()[0].commands.iter().map(|one| code(&one.fate)).collect();
    assert_eq!(fates, ["applied"; 3]);
}

#[test]
fn what_the_invocation_does_itself_fences_the_triggers_behind_it() {
    let mut world = running();
    world.sets_ttr(consumer(), Ttr::Normal);
    world.own_call(by(MARA), Action::Publish(line("written by the function")));
    assert_eq!(world.says("first").texts(), ["first"]);
    assert_eq!(*world.says("second").message(), MessageFate::Fenced { reason: FenceReason::BrandWrote });
}

#[test]
fn what_happened_before_a_trigger_does_not_fence_it() {
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    world.writes(ANNA);
    world.sets_ttr(consumer(), Ttr::Urgent);
    assert_eq!(world.says("m").texts(), ["m"]);
}

#[test]
fn an_answer_that_moves_the_conversation_fences_the_transfer_of_the_next_trigger() {
    let mut world = running();
    world.sets_ttr(consumer(), Ttr::Normal);
    world.returns(vec![transfer(Some(NIGHT), None)]);
    let commit = world.returns(vec![transfer(Some(SALES), None), Returned::NoMessage]);
    assert_eq!(code(&commit.settled()[0].commands[0].fate), "fenced: SkillChanged");
    assert_eq!(world.state().skill, skill(NIGHT));
}

#[test]
fn the_documented_race_of_a_greeting_after_the_answer_cannot_happen() {
    let mut world = World::open();
    world.deploy(StateChangeEvent::ParticipantsChange, &[]);
    assert_eq!(world.accepts(ANNA).codes(), [Code::YouAreConnectedTo]);
    world.writes(ANNA);
    assert!(world.says("you are connected to Anna").lines().is_empty());
}

#[test]
fn an_agent_who_took_it_fences_transfer_and_close_but_not_the_message() {
    let mut world = World::open().with_function(StateChangeEvent::Ttr);
    world.sets_ttr(consumer(), Ttr::Urgent);
    world.accepts(ANNA);
    let commit = world.returns(vec![message("m"), transfer(Some(NIGHT), None), Returned::Close]);
    let fates: Vec<String> = commit.fates().iter().map(|(_, fate)| code(fate)).collect();
    assert_eq!(fates, ["applied", "fenced: AgentChanged", "fenced: AgentChanged"]);
}
