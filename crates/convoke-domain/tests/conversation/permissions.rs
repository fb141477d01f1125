//! Who may do what.

use convoke_domain::conversation::{Action, Actor, Open, ParticipantId, PrivateText, Rejection, Role};
use convoke_domain::limits;
use convoke_domain::ttr::Ttr;

use crate::kit::*;

fn participant(number: u64) -> ParticipantId {
    ParticipantId::User(user(number))
}

#[test]
fn who_takes_no_part_may_do_nothing() {
    for action in [
        Action::Publish(line("x")),
        Action::Leave { participant: participant(ANNA) },
        Action::Transfer { skill: Some(skill(NIGHT)), agent: None },
        Action::SetTtr { ttr: Ttr::Urgent },
        Action::SetManualDeadline { deadline: None },
        Action::Close,
        Action::Accept { agent: user(BEN) },
        Action::Join { participant: participant(BEN), role: Role::Agent },
        Action::StepUp { identity: PrivateText::new("x") },
    ] {
        for actor in [by(MARA), Actor::Consumer(FRIEND)] {
            let refusal = World::served().refused(actor, action.clone());
            assert_eq!(refusal, Rejection::NotAParticipant, "{action:?}");
        }
    }
}

#[test]
fn a_consumer_does_not_do_the_brands_work() {
    for action in [
        Action::Transfer { skill: Some(skill(NIGHT)), agent: None },
        Action::SetManualDeadline { deadline: None },
        Action::Leave { participant: participant(ANNA) },
        Action::Join { participant: participant(BEN), role: Role::Agent },
        Action::Join { participant: ParticipantId::Consumer(FRIEND), role: Role::Consumer },
        Action::Accept { agent: user(BEN) },
    ] {
        let refusal = World::served().refused(consumer(), action.clone());
        assert_eq!(refusal, Rejection::NotAllowed { role: Role::Consumer }, "{action:?}");
    }
}

#[test]
fn a_reader_only_reads() {
    for action in [
        Action::Publish(line("x")),
        Action::Transfer { skill: Some(skill(NIGHT)), agent: None },
        Action::SetTtr { ttr: Ttr::Urgent },
        Action::Close,
        Action::Leave { participant: participant(ANNA) },
    ] {
        let mut world = World::served();
        world.joins(MARA, Role::Reader);
        let refusal = world.refused(by(MARA), action.clone());
        assert_eq!(refusal, Rejection::NotAllowed { role: Role::Reader }, "{action:?}");
    }
}

#[test]
fn a_consumer_opens_only_their_own_conversation_and_the_brand_opens_for_anyone() {
    let refusal = World::new().refused(Actor::Consumer(FRIEND), Action::Open(opening()));
    assert_eq!(refusal, Rejection::NotAllowed { role: Role::Consumer });
    let first_line = Some(line("hello"));
    let commit = World::new().when(by(ANNA), Action::Open(Open { first_line, ..opening() }));
    assert_eq!(commit.lines()[0].1.author, ParticipantId::Consumer(CONSUMER));
    assert_eq!(commit.trigger().payload.general.originator, by(ANNA));
}

#[test]
fn only_who_serves_for_the_brand_joins_and_accepts() {
    for who in [DEV, GONE, 99] {
        let unknown = Rejection::UnknownAgent { agent: who.to_string() };
        let join = Action::Join { participant: participant(who), role: Role::Agent };
        assert_eq!(World::open().refused(by(who), join), unknown);
        assert_eq!(World::open().refused(by(who), Action::Accept { agent: user(who) }), unknown);
    }
}

#[test]
fn an_agent_accepts_what_is_free_and_within_their_skills() {
    let refusal = World::served().refused(by(BEN), Action::Accept { agent: user(BEN) });
    assert_eq!(refusal, Rejection::AlreadyAssigned);
    let mut world = World::open();
    world.transfers(Some(NIGHT), None);
    let refusal = world.refused(by(SAM), Action::Accept { agent: user(SAM) });
    assert_eq!(refusal, Rejection::AgentLacksSkill { agent: user(SAM), skill: skill(NIGHT) });
}

#[test]
fn nobody_joins_as_assigned_agent_as_controller_or_as_somebody_else() {
    for (participant, role) in [
        (participant(BEN), Role::AssignedAgent),
        (participant(BEN), Role::Controller),
        (participant(BEN), Role::Consumer),
        (ParticipantId::Consumer(FRIEND), Role::Agent),
        (ParticipantId::ControllerBot, Role::Controller),
    ] {
        let refusal = World::served().refused(Actor::System, Action::Join { participant, role });
        assert_eq!(refusal, Rejection::RoleNotJoinable { role }, "{participant:?}");
    }
}

#[test]
fn the_assigned_agent_leaves_before_taking_another_role() {
    let join = Action::Join { participant: participant(ANNA), role: Role::Reader };
    assert_eq!(World::served().refused(by(ANNA), join), Rejection::AlreadyAssigned);
}

#[test]
fn the_controller_bot_never_leaves_and_who_is_not_there_cannot() {
    let bot = Action::Leave { participant: ParticipantId::ControllerBot };
    let refusal = World::served().refused(Actor::System, bot);
    assert_eq!(refusal, Rejection::NotAllowed { role: Role::Controller });
    let absent = Action::Leave { participant: participant(BEN) };
    assert_eq!(World::served().refused(by(ANNA), absent), Rejection::NoSuchParticipant);
}

#[test]
fn a_conversation_has_a_bounded_number_of_participants() {
    let mut world = World::open();
    for number in 1_000.. {
        let someone = world.account.users[&user(ANNA)].clone();
        world.account.users.insert(user(number), someone);
        if world.state().participants.len() == limits::PARTICIPANTS_MAX {
            let join = Action::Join { participant: participant(number), role: Role::Reader };
            assert_eq!(world.refused(by(number), join), Rejection::TooManyParticipants);
            break;
        }
        world.joins(number, Role::Reader);
    }
}

#[test]
fn a_line_has_something_and_not_too_much_in_it() {
    let mut world = World::open();
    for text in ["", " \n\t "] {
        assert_eq!(world.refused(consumer(), Action::Publish(line(text))), Rejection::EmptyLine);
    }
    let bytes = limits::LINE_BYTES_MAX + 1;
    let long = line(&"x".repeat(bytes));
    assert_eq!(world.refused(consumer(), Action::Publish(long)), Rejection::LineTooLong { bytes });
    world.when(consumer(), Action::Publish(line(&"x".repeat(limits::LINE_BYTES_MAX))));
    let opening = Action::Open(opening_with(" "));
    assert_eq!(World::new().refused(consumer(), opening), Rejection::EmptyLine);
}

#[test]
fn an_operator_transfers_and_closes_without_taking_part_and_writes_nothing() {
    let mut world = World::served();
    world.transfers(Some(NIGHT), None);
    assert_eq!(world.refused(Actor::System, Action::Publish(line("x"))), Rejection::NotAParticipant);
    world.when(Actor::System, Action::Close);
}
