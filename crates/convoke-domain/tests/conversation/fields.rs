//! What is kept with a conversation besides its talk, several changes as one, and lines that are more than a text.

use convoke_domain::conversation::{
    Action, Actor, Audience, Delay, DelayKind, Event, LineExtra, NewLine, Rating, RatingStatus, Receipt,
    Rejection, Role,
};
use convoke_domain::limits;
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::ttr::Ttr;
use jiff::SignedDuration;

use crate::kit::*;

fn among_agents(text: &str) -> Action {
    let extra = LineExtra { audience: Audience::BrandSide, ..LineExtra::default() };
    Action::Publish(NewLine { extra: Some(extra), ..line(text) })
}

fn rating(rate: u8) -> Action {
    Action::Rate { rating: Rating { rate: Some(rate), resolved: None, status: RatingStatus::Filled } }
}

#[test]
fn what_agents_say_among_themselves_answers_nobody() {
    let mut world = World::served();
    world.consumer_writes();
    let before = world.state().clone();
    world.when(by(ANNA), among_agents("he is angry"));
    let after = world.state();
    assert_eq!((after.talk, after.deadline), (before.talk, before.deadline));
    assert_eq!(after.next_wire_sequence, before.next_wire_sequence + 1);
    let refusal = world.refused(consumer(), among_agents("me too"));
    assert_eq!(refusal, Rejection::NotAllowed { role: Role::Consumer });
}

#[test]
fn changes_made_together_are_one_change_or_none() {
    let mut world = World::served();
    let urgent = Action::SetTtr { ttr: Ttr::Urgent };
    let away = Action::HandOver { from: user(ANNA), skill: Some(skill(NIGHT)), agent: None };
    let commit = world.when(by(ANNA), Action::Together(vec![urgent.clone(), away]));
    let fired: Vec<Code> = commit
        .events
        .iter()
        .filter_map(|recorded| {
            if let Event::Triggered(triggered) = &recorded.event { Some(triggered.code) } else { None }
        })
        .collect();
    assert_eq!(fired, [Code::EngagementTransferred, Code::AgentUpdatedResponseTime]);
    let mut world = World::served();
    let before = world.state().clone();
    let gone = Action::HandOver { from: user(BEN), skill: None, agent: None };
    assert_eq!(world.refused(by(ANNA), Action::Together(vec![urgent, gone])), Rejection::NoSuchParticipant);
    assert_eq!(*world.state(), before);
    for actions in [vec![Action::Publish(line("x"))], vec![Action::Close; limits::CHANGES_TOGETHER_MAX + 1]] {
        assert_eq!(world.refused(by(ANNA), Action::Together(actions)), Rejection::NotTogether);
    }
}

#[test]
fn who_hands_over_without_a_skill_puts_it_back_to_its_queue() {
    let mut world = World::served();
    world.when(by(ANNA), Action::HandOver { from: user(ANNA), skill: None, agent: None });
    assert_eq!(world.state().assigned_agent(), None);
    assert!(world.state().back_to_queue_at.is_some());
}

#[test]
fn receipts_take_a_sequence_and_nobodys_turn() {
    let mut world = World::served();
    world.consumer_writes();
    let before = world.state().clone();
    world.when(by(ANNA), Action::Receive { receipt: Receipt::Read, lines: vec![0] });
    let after = world.state();
    assert_eq!(after.next_wire_sequence, before.next_wire_sequence + 1);
    assert_eq!(
        (after.talk, after.deadline, after.changed_at),
        (before.talk, before.deadline, before.changed_at)
    );
    let none = Action::Receive { receipt: Receipt::Read, lines: Vec::new() };
    assert_eq!(world.refused(by(ANNA), none), Rejection::ReceivedLines);
    let stranger = Action::Receive { receipt: Receipt::Read, lines: vec![0] };
    assert_eq!(world.refused(by(MARA), stranger), Rejection::NotAParticipant);
}

#[test]
fn the_consumer_rates_also_after_the_end_and_nobody_else_does() {
    let mut world = World::served();
    assert_eq!(world.refused(consumer(), rating(6)), Rejection::RateOutOfRange);
    assert_eq!(world.refused(by(ANNA), rating(5)), Rejection::NotAllowed { role: Role::AssignedAgent });
    world.when(Actor::System, Action::Close);
    world.when(consumer(), rating(4));
    assert_eq!(world.state().rating.and_then(|rating| rating.rate), Some(4));
}

#[test]
fn a_delay_lets_the_time_to_respond_begin_later() {
    let mut world = World::served();
    world.consumer_writes();
    let before = world.state().deadline.expect("an answer is due");
    let until = world.now + SignedDuration::from_mins(30);
    let delay = Some(Delay { kind: DelayKind::Custom, until });
    world.when(by(ANNA), Action::SetDelay { delay });
    assert_eq!(world.state().deadline, Some(before + SignedDuration::from_mins(30)));
    world.when(by(ANNA), Action::SetDelay { delay: None });
    assert_eq!(world.state().deadline, Some(before));
}

#[test]
fn a_note_is_the_brands_own() {
    let mut world = World::served();
    world.when(by(ANNA), Action::Note { note: "calls back".to_owned() });
    assert_eq!(world.state().note.reveal(), Some("calls back"));
    let refusal = world.refused(consumer(), Action::Note { note: "x".to_owned() });
    assert_eq!(refusal, Rejection::NotAllowed { role: Role::Consumer });
}
