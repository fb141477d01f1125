//! Who takes part: one event per commit, the code is the first that holds, some come and go in silence.

use convoke_domain::conversation::{Action, Actor, ParticipantId, Role};
use convoke_domain::state_change::CbotEventType as Code;

use crate::kit::*;

fn friend() -> ParticipantId {
    ParticipantId::Consumer(FRIEND)
}

#[test]
fn a_new_assigned_agent_connects() {
    let mut world = World::open();
    let commit = world.accepts(ANNA);
    assert_eq!(commit.codes(), [Code::YouAreConnectedTo]);
    let listed = &commit.trigger().payload.participants;
    let anna = ParticipantId::User(user(ANNA));
    assert!(!listed.old.iter().any(|one| one.id == anna));
    assert!(listed.new.iter().any(|one| one.id == anna && one.role == Role::AssignedAgent));
}

#[test]
fn accepting_twice_connects_once() {
    assert!(World::served().accepts(ANNA).events.is_empty());
}

#[test]
fn a_helper_who_takes_over_connects_and_does_not_leave() {
    let mut world = World::open();
    world.joins(BEN, Role::Agent);
    assert_eq!(world.accepts(BEN).codes(), [Code::YouAreConnectedTo]);
}

#[test]
fn an_assigned_agent_who_leaves_puts_it_back_to_its_queue() {
    let mut world = World::served();
    world.after(minutes(3));
    let commit = world.leaves(ANNA);
    assert_eq!(commit.codes(), [Code::BackToQueue]);
    assert_eq!(commit.trigger().payload.general.back_to_queue_at, Some(world.now));
    assert_eq!(commit.trigger().payload.general.originator_role, Some(Role::AssignedAgent));
    assert_eq!(world.state().assigned_agent(), None);
}

#[test]
fn agents_managers_and_bots_join_and_leave() {
    for (who, role) in [(BEN, Role::Agent), (MARA, Role::Manager), (BEN, Role::BrandBot)] {
        let mut world = World::served();
        assert_eq!(world.joins(who, role).codes(), [Code::AnotherAgentJoinedConversation], "{role:?}");
        assert!(world.joins(who, role).events.is_empty(), "joining twice is joining once");
        assert_eq!(world.leaves(who).codes(), [Code::JoinedAgentLeftConversation], "{role:?}");
    }
}

#[test]
fn readers_come_and_go_in_silence() {
    let mut world = World::served();
    assert_eq!(world.joins(MARA, Role::Reader).kinds(), ["participant_joined"]);
    assert_eq!(world.leaves(MARA).kinds(), ["participant_left"]);
}

#[test]
fn a_reader_who_begins_to_help_joins_and_a_helper_who_only_reads_leaves() {
    let mut world = World::served();
    world.joins(MARA, Role::Reader);
    assert_eq!(world.joins(MARA, Role::Manager).codes(), [Code::AnotherAgentJoinedConversation]);
    assert_eq!(world.joins(MARA, Role::Agent).codes(), [], "another role on the same side");
    assert_eq!(world.joins(MARA, Role::Reader).codes(), [Code::JoinedAgentLeftConversation]);
}

#[test]
fn consumers_who_join_and_leave_after_the_opening_have_codes_of_ours() {
    let mut world = World::served();
    let joined = world.when(by(ANNA), Action::Join { participant: friend(), role: Role::Consumer });
    assert_eq!(joined.codes(), [Code::ConsumerJoinedConversation]);
    let left = world.when(Actor::Consumer(FRIEND), Action::Leave { participant: friend() });
    assert_eq!(left.codes(), [Code::ConsumerLeftConversation]);
}

#[test]
fn handing_over_to_another_agent_of_the_skill_is_back_to_queue_and_asks_that_agent() {
    let mut world = World::served();
    let commit = world.transfers(None, Some(BEN));
    assert_eq!(commit.codes(), [Code::BackToQueue]);
    assert_eq!(world.state().suggested_agent, Some(user(BEN)));
    world.accepts(BEN);
    assert_eq!(world.state().suggested_agent, None, "who serves it need not be asked");
}
