//! The stored form of every kind of event, compared with the examples that are checked in. Events are stored for ever:
//! a difference here means that logs which people already have read differently.
//!
//! After adding a variant or an optional field, `CONVOKE_STORED_FORM=write` writes the examples anew; the difference
//! in version control then shows only what was added.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use convoke_domain::automatic_message::Language;
use convoke_domain::conversation::payload::{CloseReason, Delta, General, Idle, Listed, Payload, TtrValue};
use convoke_domain::conversation::{
    Actor, Audience, Cause, Closer, CommandKey, Delay, DelayKind, Event, Line, LineExtra, LineForm, Origin,
    ParticipantId, PrivateText, Provenance, Rating, RatingStatus, Receipt, Recorded, Role, Settled, Timer,
    Triggered, UnfiredReason,
};
use convoke_domain::id::InvocationId;
use convoke_domain::invocation::{
    CommandFate, CommandKind, Fate, FenceReason, MessageFate, NotInvoked, Outcome, Silence,
};
use convoke_domain::sequence::EventSeq;
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::state_change::StateChangeEvent;
use convoke_domain::ttr::Ttr;

use crate::kit::*;

const KINDS: [&str; 21] = [
    "opened",
    "line_published",
    "participant_joined",
    "participant_left",
    "skill_changed",
    "agent_suggested",
    "ttr_changed",
    "manual_deadline_set",
    "deadline_moved",
    "stepped_up",
    "idle_fired",
    "closed",
    "triggered",
    "unfired",
    "settled",
    "lines_received",
    "noted",
    "rated",
    "delay_set",
    "survey_opened",
    "survey_closed",
];

/// The kind of an event. A new variant stops the build here: it needs an example.
const fn kind_of(event: &Event) -> &'static str {
    KINDS[match event {
        Event::Opened { .. } => 0,
        Event::LinePublished(_) => 1,
        Event::ParticipantJoined { .. } => 2,
        Event::ParticipantLeft { .. } => 3,
        Event::SkillChanged { .. } => 4,
        Event::AgentSuggested { .. } => 5,
        Event::TtrChanged { .. } => 6,
        Event::ManualDeadlineSet { .. } => 7,
        Event::DeadlineMoved { .. } => 8,
        Event::SteppedUp { .. } => 9,
        Event::IdleFired { .. } => 10,
        Event::Closed { .. } => 11,
        Event::Triggered(_) => 12,
        Event::Unfired { .. } => 13,
        Event::Settled(_) => 14,
        Event::LinesReceived { .. } => 15,
        Event::Noted { .. } => 16,
        Event::Rated { .. } => 17,
        Event::DelaySet { .. } => 18,
        Event::SurveyOpened { .. } => 19,
        Event::SurveyClosed { .. } => 20,
    }]
}

fn seq(number: u64) -> EventSeq {
    EventSeq::new(number).expect("examples count from 1")
}

fn anna() -> ParticipantId {
    ParticipantId::User(user(ANNA))
}

fn own_cause() -> Cause {
    let invocation = InvocationId::Triggered { conversation: CONVERSATION, trigger: seq(3) };
    Cause { invocation, command: Some(0), depth: 1 }
}

fn origin() -> Origin {
    Origin {
        context_type: "SharkContext".to_owned(),
        visitor: 11,
        session: 12,
        campaign: 13,
        engagement: 14,
        language: Some("de-AT".parse::<Language>().expect("a language")),
        features: vec!["RICH_CONTENT".to_owned()],
        client_ip: PrivateText::new("192.0.2.1"),
    }
}

/// Examples of people's acts.
fn acts() -> Vec<Event> {
    let published = |key: Option<&str>, provenance: Option<Provenance>| {
        Event::LinePublished(Line {
            dialog: 0,
            wire_sequence: 4,
            author: if provenance.is_none() {
                ParticipantId::Consumer(CONSUMER)
            } else {
                ParticipantId::ControllerBot
            },
            role: if provenance.is_none() { Role::Consumer } else { Role::Controller },
            text: PrivateText::new("hello"),
            in_off_hours: true,
            key: key.and_then(CommandKey::new),
            provenance,
            extra: None,
        })
    };
    let provenance = Provenance {
        trigger: seq(3),
        code: Code::YouAreConnectedTo,
        function: Some(function_ref()),
        attempt: 1,
        command: Some(0),
    };
    let roles = [
        Role::Consumer,
        Role::AssignedAgent,
        Role::Agent,
        Role::Manager,
        Role::Reader,
        Role::Controller,
        Role::BrandBot,
    ];
    let mut acts = vec![
        Event::Opened {
            consumer: CONSUMER,
            skill: skill(SALES),
            authenticated: true,
            in_off_hours: false,
            first_conversation: true,
            origin: origin().into(),
        },
        published(Some("key-1"), None),
        published(None, Some(provenance.clone())),
        published(None, Some(Provenance { function: None, attempt: 0, command: None, ..provenance })),
        Event::ParticipantLeft { participant: anna(), role: Role::AssignedAgent },
        Event::SkillChanged { from: skill(SALES), to: skill(NIGHT) },
        Event::AgentSuggested { agent: user(ANNA) },
        Event::TtrChanged { from: Ttr::Normal, to: Ttr::Urgent },
        Event::TtrChanged { from: Ttr::Prioritized, to: Ttr::Custom(Duration::from_secs(90)) },
        Event::ManualDeadlineSet { deadline: Some(at(NOON)) },
        Event::ManualDeadlineSet { deadline: None },
        Event::DeadlineMoved { deadline: Some(at("2026-06-08T12:20:00.5Z")) },
        Event::DeadlineMoved { deadline: None },
        Event::SteppedUp { consumer: CONSUMER, identity: PrivateText::new("customer 12") },
    ];
    acts.extend(roles.map(|role| Event::ParticipantJoined { participant: anna(), role }));
    // The survey's timer never fires idleness.
    let idle = Timer::ALL.into_iter().filter(|timer| *timer != Timer::SurveyExpiry);
    acts.extend(idle.map(|timer| Event::IdleFired { timer, base: at(NOON), count: 2 }));
    acts.extend(closers().map(|by| Event::Closed { by }));
    acts
}

fn closers() -> [Closer; 5] {
    [
        Closer::Agent(user(ANNA)),
        Closer::Consumer(CONSUMER),
        Closer::ControllerBot,
        Closer::AutoClose,
        Closer::Operator,
    ]
}

/// Examples of what happens to surveys.
fn surveys() -> Vec<Event> {
    let mut surveys = vec![Event::SurveyOpened { revision: 3 }];
    surveys.extend(closers().map(|by| Event::SurveyClosed { by }));
    surveys
}

/// Examples of what only the wire's clients do.
fn wire_acts() -> Vec<Event> {
    let extra = LineExtra {
        form: LineForm::Object,
        audience: Audience::BrandSide,
        metadata: Some(r#"[{"type":"ActionReason","reason":"r"}]"#.into()),
    };
    let mut acts = vec![
        Event::LinePublished(Line {
            dialog: 0,
            wire_sequence: 5,
            author: anna(),
            role: Role::AssignedAgent,
            text: PrivateText::new(r#"{"type":"RichContentEvent","content":{}}"#),
            in_off_hours: false,
            key: None,
            provenance: None,
            extra: Some(extra.into()),
        }),
        Event::Noted { note: PrivateText::new("calls back at noon") },
        Event::DelaySet { delay: None },
    ];
    acts.extend(Receipt::ALL.map(|receipt| Event::LinesReceived {
        dialog: 0,
        wire_sequence: 6,
        by_whom: anna(),
        role: Role::AssignedAgent,
        receipt,
        lines: vec![4, 5],
    }));
    acts.extend(
        RatingStatus::ALL
            .map(|status| Event::Rated { rating: Rating { rate: Some(5), resolved: Some(true), status } }),
    );
    acts.extend(DelayKind::ALL.map(|kind| Event::DelaySet { delay: Some(Delay { kind, until: at(NOON) }) }));
    acts
}

fn payload() -> Payload {
    let listed = |id, role| Listed { id, role };
    Payload {
        general: General {
            code: Code::EngagementTransferred,
            conversation: CONVERSATION,
            dialog: 0,
            session: 12,
            visitor: 11,
            started_at: at(NOON),
            deadline: Some(at("2026-06-08T12:20:00Z")),
            manual_deadline: None,
            open: Delta { old: true, new: true },
            context_type: "SharkContext".to_owned(),
            campaign: 13,
            engagement: 14,
            language: origin().language,
            features: origin().features,
            in_off_hours: false,
            originator: by(ANNA),
            originator_role: Some(Role::AssignedAgent),
            at: at("2026-06-08T12:01:00Z"),
            client_ip: PrivateText::new("192.0.2.1"),
            last_composer: Some(Role::BrandBot),
            last_line_at: Some(at(NOON)),
            last_brand_line_at: Some(at(NOON)),
            back_to_queue_at: None,
        },
        first_conversation: true,
        opened_in_off_hours: false,
        closed_by: Some(CloseReason::System),
        idle: Idle {
            last_consumer_line_at: Some(at(NOON)),
            agent: minutes(5),
            consumer: minutes(10),
            queue: minutes(5),
        },
        routing: Delta { old: skill(SALES), new: skill(NIGHT) },
        participants: Delta {
            old: vec![listed(ParticipantId::Consumer(CONSUMER), Role::Consumer), listed(anna(), Role::Agent)],
            new: vec![listed(ParticipantId::ControllerBot, Role::Controller)],
        },
        ttr: Delta {
            old: TtrValue { ttr: Ttr::Normal, value: minutes(20) },
            new: TtrValue { ttr: Ttr::Custom(Duration::from_secs(90)), value: Duration::from_secs(90) },
        },
    }
}

/// Examples of what the platform records about state change events.
fn firings() -> Vec<Event> {
    let mut firings = vec![Event::Triggered(Triggered {
        event: StateChangeEvent::ConversationRouting,
        code: Code::EngagementTransferred,
        skill: skill(NIGHT),
        depth: 1,
        payload: payload().into(),
    })];
    let reasons = [UnfiredReason::ControllerBotOff, UnfiredReason::AfterAutoclose, UnfiredReason::CauseDepth];
    let code = Code::ConsumerOpenNewConversation;
    firings.extend(reasons.map(|reason| Event::Unfired { event: code.event(), code, reason }));
    // Every event and every code has a word that is stored.
    firings.extend(Code::ALL.iter().map(|code| Event::Unfired {
        event: code.event(),
        code: *code,
        reason: UnfiredReason::ControllerBotOff,
    }));
    firings
}

/// Examples of settles: every outcome, every fate of a message, every fate of a command.
fn settles() -> Vec<Event> {
    let outcomes = [
        Outcome::NotInvoked { reason: NotInvoked::NoneDeployed },
        Outcome::NotInvoked { reason: NotInvoked::OtherSkill },
        Outcome::NotInvoked { reason: NotInvoked::ControllerBotOff },
        Outcome::Answered,
        Outcome::Dropped,
        Outcome::Failed { code: "function.threw".to_owned(), detail: PrivateText::new("no such property") },
    ];
    let silences = [
        Silence::Disabled,
        Silence::NoText,
        Silence::Overdue,
        Silence::NoDeadline,
        Silence::NoAgent,
        Silence::AlreadyTold,
        Silence::ControllerBotOff,
    ];
    let reasons = [
        FenceReason::BrandWrote,
        FenceReason::ConsumerWrote,
        FenceReason::AgentAssigned,
        FenceReason::SkillChanged,
        FenceReason::AgentChanged,
    ];
    let mut messages = vec![MessageFate::Sent { line: seq(9) }, MessageFate::Automatic { line: seq(9) }];
    messages.extend([MessageFate::Suppressed, MessageFate::Closed]);
    messages.extend(silences.map(|reason| MessageFate::None { reason }));
    messages.extend(reasons.map(|reason| MessageFate::Fenced { reason }));
    let settled = |outcome, message, commands, commands_dropped| {
        Event::Settled(Settled {
            trigger: seq(3),
            code: Code::YouAreConnectedTo,
            function: (outcome == Outcome::Answered).then(function_ref),
            attempts: 1,
            outcome,
            message,
            commands,
            commands_dropped,
        })
    };
    let fate = |index, kind, fate| CommandFate { index, kind, fate };
    let rejected = || Fate::Rejected { code: "skill.unknown".to_owned(), reason: "there is none".to_owned() };
    let fates = vec![
        fate(0, Some(CommandKind::SystemMessage), Fate::Applied),
        fate(1, Some(CommandKind::SystemMessage), Fate::Ignored),
        fate(2, Some(CommandKind::Transfer), Fate::NoChange),
        fate(3, Some(CommandKind::CloseConversation), Fate::Fenced { reason: FenceReason::BrandWrote }),
        fate(4, None, rejected()),
    ];
    let mut settles: Vec<Event> =
        outcomes.map(|outcome| settled(outcome, MessageFate::Suppressed, Vec::new(), 0)).into();
    settles.extend(messages.into_iter().map(|message| settled(Outcome::Answered, message, Vec::new(), 0)));
    settles.push(settled(Outcome::Answered, MessageFate::Sent { line: seq(9) }, fates, 3));
    settles
}

/// All examples by kind, in the envelopes in which they are stored.
fn examples() -> BTreeMap<&'static str, Vec<Recorded>> {
    let actors = [Actor::Consumer(CONSUMER), by(ANNA), Actor::ControllerBot, Actor::System];
    let causes = [
        None,
        Some(own_cause()),
        Some(Cause { command: None, ..own_cause() }),
        Some(Cause { invocation: InvocationId::Direct(uuid::Uuid::from_u128(5)), ..own_cause() }),
    ];
    let mut examples: BTreeMap<&'static str, Vec<Recorded>> = BTreeMap::new();
    // New kinds come last: the place of an example is part of it.
    let all = acts().into_iter().chain(firings()).chain(settles()).chain(wire_acts()).chain(surveys());
    for (place, event) in all.enumerate() {
        let recorded = Recorded {
            seq: seq(place as u64 + 1),
            at: at("2026-06-08T12:00:00.123456789Z"),
            by: actors[place % actors.len()],
            cause: causes[place / 2 % causes.len()],
            event,
        };
        examples.entry(kind_of(&recorded.event)).or_default().push(recorded);
    }
    examples
}

/// As the open part of a record holds it: what people wrote is sealed apart.
fn without_words(mut recorded: Recorded) -> Recorded {
    if let Some(text) = recorded.event.private_text_mut() {
        text.restore(None);
    }
    recorded
}

fn file(kind: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "stored_form", &format!("{kind}.json")].iter().collect()
}

#[test]
fn every_kind_of_event_has_an_example() {
    let examples = examples();
    for (kind, recorded) in &examples {
        let stored = serde_json::to_value(&recorded[0]).unwrap();
        assert_eq!(stored["type"], *kind);
    }
    let mut kinds = KINDS.to_vec();
    kinds.sort_unstable();
    assert_eq!(examples.into_keys().collect::<Vec<_>>(), kinds);
}

#[test]
fn events_are_written_as_they_were_written_ever_since() {
    for (kind, recorded) in examples() {
        let written = serde_json::to_value(&recorded).unwrap();
        if std::env::var_os("CONVOKE_STORED_FORM").is_some_and(|mode| mode == "write") {
            fs::write(file(kind), format!("{written:#}\n")).unwrap();
        }
        let stored = fs::read_to_string(file(kind)).unwrap_or_else(|error| panic!("{kind}: {error}"));
        let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
        assert_eq!(written, stored, "the stored form of {kind} changed");
    }
}

#[test]
fn events_that_were_written_read_as_they_were_meant() {
    for (kind, recorded) in examples() {
        let stored = fs::read_to_string(file(kind)).unwrap_or_else(|error| panic!("{kind}: {error}"));
        let read: Vec<Recorded> =
            serde_json::from_str(&stored).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(
            read,
            recorded.into_iter().map(without_words).collect::<Vec<_>>(),
            "{kind} reads differently"
        );
    }
}

#[test]
fn fields_that_an_older_version_did_not_write_may_be_missing() {
    let stored = r#"{"seq":1,"at":"2026-06-08T12:00:00Z","by":"system","type":"line_published","dialog":0,
        "wire_sequence":0,"author":"controller_bot","role":"controller","text":null,"in_off_hours":false}"#;
    let read: Recorded = serde_json::from_str(stored).unwrap();
    let Event::LinePublished(line) = read.event else { panic!("it is a line") };
    assert_eq!((line.text.reveal(), line.key, line.provenance), (None, None, None), "an erased line");
}
