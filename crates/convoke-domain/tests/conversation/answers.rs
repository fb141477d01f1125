//! What an answer comes to: one message or none, the first command of each type, transfers, provenance.

use convoke_domain::conversation::{Actor, Event, ParticipantId, Role};
use convoke_domain::invocation::{Answer, CommandKind, Fate, MessageFate, Outcome, Returned, Silence};
use convoke_domain::limits;
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::state_change::StateChangeEvent;
use convoke_domain::ttr::Ttr;

use crate::kit::*;

/// A served conversation whose TTR function is running, with an automatic text of its own.
fn running() -> World {
    let mut world = World::served().with_function(StateChangeEvent::Ttr);
    world.has_text(Code::ConsumerAskedUrgentResponseTime, "automatic");
    world.sets_ttr(consumer(), Ttr::Urgent);
    world
}

fn malformed(kind: Option<CommandKind>) -> Returned {
    Returned::Malformed { kind, why: "`text` is a number".to_owned() }
}

fn fates(commands: Vec<Returned>) -> Vec<String> {
    running().returns(commands).fates().iter().map(|(_, fate)| code(fate)).collect()
}

#[test]
fn a_text_is_sent_as_it_is() {
    let mut world = running();
    let commit = world.says("hello {agentNickname}");
    assert_eq!(commit.texts(), ["hello {agentNickname}"], "macros belong to automatic messages");
    assert_eq!(*commit.message(), MessageFate::Sent { line: commit.lines()[0].0 });
    assert_eq!(commit.fates(), [(0, &Fate::Applied)]);
    assert_eq!(commit.kinds(), ["settled", "line_published"]);
}

#[test]
fn no_message_in_the_answer_means_the_automatic_one() {
    for answer in [
        Answer::Nothing,
        Answer::Commands(vec![transfer(None, Some("2"))]),
        Answer::Commands(vec![malformed(None)]),
        Answer::Commands(vec![malformed(Some(CommandKind::SystemMessage))]),
        Answer::Commands(vec![message(&"x".repeat(limits::LINE_BYTES_MAX + 1))]),
    ] {
        let commit = running().answers(answer.clone());
        let [first, ..] = commit.texts()[..] else { panic!("{answer:?} sends the automatic message") };
        assert_eq!(first, "automatic", "{answer:?}");
        assert!(matches!(commit.settled()[0].message, MessageFate::Automatic { .. }));
    }
}

#[test]
fn an_empty_list_or_an_empty_text_means_no_message_at_all() {
    for answer in [Answer::Empty, Answer::Commands(Vec::new()), Answer::Commands(vec![Returned::NoMessage])] {
        let commit = running().answers(answer.clone());
        assert_eq!(commit.texts(), [] as [&str; 0], "{answer:?}");
        assert_eq!(*commit.message(), MessageFate::Suppressed);
    }
}

#[test]
fn a_failure_means_the_automatic_message() {
    let commit = running().fails();
    assert_eq!(commit.texts(), ["automatic"]);
    let Outcome::Failed { code, detail } = &commit.settle().outcome else { panic!("it failed") };
    assert_eq!((code.as_str(), detail.reveal()), ("function.threw", Some("no such property")));
    assert_eq!(commit.settle().attempts, 2);
}

#[test]
fn a_disabled_or_missing_automatic_message_is_recorded_as_silence() {
    let mut world = running();
    let entries = &mut world.account.automatic_messages.entries;
    entries.get_mut(&Code::ConsumerAskedUrgentResponseTime).unwrap().enabled = false;
    assert_eq!(*world.answers(Answer::Nothing).message(), MessageFate::None { reason: Silence::Disabled });
    let mut world = running();
    world.account.automatic_messages.entries.clear();
    assert_eq!(*world.answers(Answer::Nothing).message(), MessageFate::None { reason: Silence::NoText });
}

#[test]
fn only_the_first_of_each_type_counts_even_if_it_is_rejected() {
    assert_eq!(
        fates(vec![message("one"), message("two"), Returned::NoMessage]),
        ["applied", "ignored", "ignored"]
    );
    assert_eq!(
        fates(vec![transfer(Some("999"), None), transfer(Some(NIGHT), None), message("m")]),
        ["skill.unknown", "ignored", "applied"]
    );
    assert_eq!(fates(vec![Returned::NoMessage, message("two")]), ["applied", "ignored"]);
    assert_eq!(
        fates(vec![malformed(Some(CommandKind::CloseConversation)), Returned::Close]),
        ["command.malformed", "ignored"]
    );
    assert_eq!(
        fates(vec![malformed(None), malformed(None), Returned::Close]),
        ["command.malformed", "command.malformed", "applied"]
    );
}

#[test]
fn a_rejected_first_message_is_replaced_by_the_automatic_one_and_not_by_the_second() {
    let commit = running().returns(vec![malformed(Some(CommandKind::SystemMessage)), message("second")]);
    assert_eq!(commit.texts(), ["automatic"]);
}

#[test]
fn commands_are_carried_out_as_message_transfer_close_in_whatever_order_they_came() {
    let commit = running().returns(vec![Returned::Close, transfer(Some(NIGHT), None), message("bye")]);
    let kinds = commit.kinds();
    assert_eq!(
        &kinds[..6],
        ["settled", "line_published", "participant_left", "skill_changed", "closed", "deadline_moved"]
    );
    assert_eq!(commit.triggers().next().unwrap().code, Code::EngagementTransferred);
}

#[test]
fn a_transfer_names_skill_or_agent_or_both() {
    for (target, agent, skill_after, suggested) in [
        (Some(NIGHT), None, NIGHT, None),
        (None, Some("2"), SALES, Some(BEN)),
        (Some(NIGHT), Some("2"), NIGHT, Some(BEN)),
        (None, Some("demo.2"), SALES, Some(BEN)),
        (None, Some("00000000-0000-0000-0000-000000000002"), SALES, Some(BEN)),
        (Some(NIGHT), Some("1"), NIGHT, Some(ANNA)),
    ] {
        let mut world = running();
        let commit = world.returns(vec![transfer(target, agent), Returned::NoMessage]);
        assert_eq!(code(commit.settled()[0].commands.first().map(|one| &one.fate).unwrap()), "applied");
        assert_eq!(world.state().skill, skill(skill_after));
        assert_eq!(world.state().suggested_agent, suggested.map(user));
        assert_eq!(world.state().assigned_agent(), None);
    }
}

#[test]
fn a_transfer_that_cannot_be_is_rejected_with_a_reason() {
    for (target, agent, expected) in [
        (Some("999"), None, "skill.unknown"),
        (Some("sales"), None, "skill.unknown"),
        (Some(DISABLED), None, "skill.disabled"),
        (None, Some("77"), "agent.unknown"),
        (None, Some("other.2"), "agent.unknown"),
        (None, Some("5"), "agent.unknown"),
        (None, Some("6"), "agent.unknown"),
        (Some(NIGHT), Some("4"), "agent.lacks_skill"),
    ] {
        let mut world = running();
        let commit = world.returns(vec![transfer(target, agent), message("m")]);
        assert_eq!(code(commit.fates()[0].1), expected, "{target:?} {agent:?}");
        assert_eq!(commit.texts(), ["m"], "the others still apply");
        assert_eq!(world.state().assigned_agent(), Some(user(ANNA)));
    }
}

#[test]
fn a_transfer_to_where_it_is_changes_nothing() {
    for (target, agent) in
        [(Some(SALES), None), (None, Some("1")), (Some(SALES), Some("demo.1")), (None, None)]
    {
        let mut world = running();
        let commit = world.returns(vec![transfer(target, agent), Returned::NoMessage]);
        assert_eq!(code(commit.fates()[0].1), "no change");
        assert_eq!(commit.kinds(), ["settled"]);
    }
}

#[test]
fn a_reason_quotes_no_more_than_a_person_reads() {
    let commit = running().returns(vec![
        transfer(Some(&"9".repeat(100_000)), None),
        Returned::Malformed { kind: None, why: "ü".repeat(100_000) },
    ]);
    for (_, fate) in commit.fates() {
        let Fate::Rejected { reason, .. } = fate else { panic!("both are rejected") };
        assert!(reason.chars().count() <= limits::REASON_CHARS_MAX + 1, "{}", reason.len());
    }
}

#[test]
fn commands_beyond_the_recorded_ones_are_counted() {
    let commit = running().returns(vec![Returned::Close; limits::ANSWER_COMMANDS_MAX + 5]);
    assert_eq!(commit.settled()[0].commands.len(), limits::ANSWER_COMMANDS_MAX);
    assert_eq!(commit.settled()[0].commands_dropped, 5);
}

#[test]
fn an_automatic_line_knows_event_version_attempt_and_command() {
    let mut world = running();
    let trigger = world.head();
    let commit = world.returns(vec![transfer(None, None), message("m")]);
    let line = commit.lines()[0].1;
    assert_eq!((line.author, line.role), (ParticipantId::ControllerBot, Role::Controller));
    let provenance = line.provenance.as_ref().unwrap();
    assert_eq!((provenance.trigger, provenance.code), (trigger, Code::ConsumerAskedUrgentResponseTime));
    assert_eq!((provenance.function, provenance.attempt), (Some(function_ref()), 2));
    assert_eq!(provenance.command, Some(1));
    let recorded = commit.events.iter().find(|one| matches!(one.event, Event::LinePublished(_))).unwrap();
    assert_eq!(recorded.by, Actor::ControllerBot);
    assert_eq!(recorded.cause.unwrap().invocation, world.state().invocation(trigger));
}

#[test]
fn the_accounts_own_message_knows_its_event_and_that_no_function_wrote_it() {
    let commit = running().fails();
    let provenance = commit.lines()[0].1.provenance.as_ref().unwrap();
    assert_eq!((provenance.function, provenance.attempt, provenance.command), (None, 0, None));
    assert_eq!(provenance.code, Code::ConsumerAskedUrgentResponseTime);
}

#[test]
fn the_automatic_message_names_the_agent_who_serves_now() {
    let mut world = World::open();
    assert_eq!(world.accepts(ANNA).texts(), ["You are now talking to Anna."]);
}

#[test]
fn an_agent_who_is_gone_again_is_not_announced() {
    let mut world = World::open().with_function(StateChangeEvent::ParticipantsChange);
    world.accepts(ANNA);
    world.leaves(ANNA);
    assert_eq!(*world.fails().message(), MessageFate::None { reason: Silence::NoAgent });
}
