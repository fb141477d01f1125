//! Random conversations: whatever people, timers, functions and operators do at whatever times, these stay true.

use std::time::Duration;

use convoke_domain::conversation::{
    Action, Actor, Command, Conversation, Event, Failed, InSurvey, Open, Origin, ParticipantId, PrivateText,
    Rating, RatingStatus, Receipt, Recorded, Rejection, Role, Settlement, Settling, Stage, Timer, Triggered,
    replay,
};
use convoke_domain::id::InvocationId;
use convoke_domain::invocation::{Answer, CommandKind, Returned};
use convoke_domain::limits;
use convoke_domain::sequence::EventSeq;
use convoke_domain::state_change::StateChangeEvent;
use convoke_domain::ttr::Ttr;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::kit::*;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Happening {
    /// Somebody does something.
    Does(Actor, Action),
    /// The function that is running does something by a platform call.
    OwnCall(Actor, Action),
    /// The function at the lane's head ends.
    Settles(Settling),
    /// A function of some trigger ends, perhaps long after it was settled.
    SettlesAny(u64),
    /// The functions of these events are deployed, the others are not.
    Deploys(Vec<StateChangeEvent>),
    /// The Controller Bot is switched.
    Switches(bool),
}

fn actor() -> impl Strategy<Value = Actor> {
    select(vec![
        consumer(),
        consumer(),
        Actor::Consumer(FRIEND),
        by(ANNA),
        by(ANNA),
        by(BEN),
        by(MARA),
        by(SAM),
        by(DEV),
        Actor::System,
        Actor::ControllerBot,
    ])
}

fn participant() -> impl Strategy<Value = ParticipantId> {
    select(vec![
        ParticipantId::Consumer(CONSUMER),
        ParticipantId::Consumer(FRIEND),
        ParticipantId::User(user(ANNA)),
        ParticipantId::User(user(BEN)),
        ParticipantId::User(user(MARA)),
        ParticipantId::ControllerBot,
    ])
}

fn role() -> impl Strategy<Value = Role> {
    select(vec![
        Role::Consumer,
        Role::AssignedAgent,
        Role::Agent,
        Role::Manager,
        Role::Reader,
        Role::Controller,
        Role::BrandBot,
    ])
}

fn ttr() -> impl Strategy<Value = Ttr> {
    select(vec![Ttr::Urgent, Ttr::Normal, Ttr::Prioritized, Ttr::Custom(minutes(3))])
}

fn agent() -> impl Strategy<Value = u64> {
    select(vec![ANNA, BEN, SAM, DEV])
}

fn skill_id() -> impl Strategy<Value = &'static str> {
    select(vec![SALES, NIGHT, NIGHT, DISABLED, "999"])
}

fn action() -> impl Strategy<Value = Action> {
    let write = || {
        prop::option::of(0..4_u8).prop_map(|key| match key {
            Some(key) => Action::Publish(keyed("a line", &key.to_string())),
            None => Action::Publish(line("a line")),
        })
    };
    prop_oneof![
        6 => write(),
        1 => Just(Action::Open(opening_with("hello"))),
        2 => (participant(), role()).prop_map(|(participant, role)| Action::Join { participant, role }),
        2 => participant().prop_map(|participant| Action::Leave { participant }),
        3 => agent().prop_map(|agent| Action::Accept { agent: user(agent) }),
        2 => (prop::option::of(skill_id()), prop::option::of(agent()))
            .prop_map(|(to, agent)| Action::Transfer { skill: to.map(skill), agent: agent.map(user) }),
        2 => ttr().prop_map(|ttr| Action::SetTtr { ttr }),
        1 => prop::option::of(0..7_i64).prop_map(|day| Action::SetManualDeadline {
            deadline: day.map(|day| at(NOON) + jiff::SignedDuration::from_hours(24 * day)),
        }),
        1 => Just(Action::StepUp { identity: PrivateText::new("customer 12") }),
        1 => select(Timer::ALL.to_vec()).prop_map(|timer| Action::TimerDue { timer }),
        1 => Just(Action::Receive { receipt: Receipt::Read, lines: vec![0] }),
        2 => in_survey(),
    ]
}

/// What is done in a survey, and what ends one.
fn in_survey() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => Just(Action::InSurvey(InSurvey::Publish(line("fine")))),
        1 => Just(Action::InSurvey(InSurvey::Receive { receipt: Receipt::Read, lines: vec![0] })),
        1 => Just(Action::InSurvey(InSurvey::Close)),
        1 => prop::option::of(0..7_u8).prop_map(|rate| {
            let status = if rate.is_some() { RatingStatus::Filled } else { RatingStatus::Skipped };
            Action::Rate { rating: Rating { rate, resolved: None, status } }
        }),
    ]
}

fn returned() -> impl Strategy<Value = Returned> {
    prop_oneof![
        4 => Just(message("a text")),
        1 => Just(Returned::NoMessage),
        3 => (prop::option::of(skill_id()), prop::option::of(agent())).prop_map(|(to, agent)| {
            transfer(to, agent.map(|agent| agent.to_string()).as_deref())
        }),
        1 => Just(Returned::Malformed { kind: Some(CommandKind::Transfer), why: "odd".to_owned() }),
        1 => Just(Returned::Close),
    ]
}

fn settling() -> impl Strategy<Value = Settling> {
    let answer = prop_oneof![
        1 => Just(Answer::Nothing),
        1 => Just(Answer::Empty),
        4 => prop::collection::vec(returned(), 0..4).prop_map(Answer::Commands),
    ];
    let failed = || Failed { code: "function.threw".to_owned(), detail: PrivateText::new("why") };
    prop_oneof![
        6 => answer.prop_map(|answer| ran(Ok(answer), None)),
        1 => Just(()).prop_map(move |()| ran(Err(failed()), None)),
        1 => Just(Settling::NothingToRun),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        12 => (actor(), action()).prop_map(|(actor, action)| Happening::Does(actor, action)),
        2 => (actor(), action()).prop_map(|(actor, action)| Happening::OwnCall(actor, action)),
        6 => settling().prop_map(Happening::Settles),
        1 => (1..40_u64).prop_map(Happening::SettlesAny),
        1 => prop::sample::subsequence(StateChangeEvent::ALL.to_vec(), 0..=8).prop_map(Happening::Deploys),
        1 => prop::bool::weighted(0.8).prop_map(Happening::Switches),
    ]
}

/// How much time passes before it happens, and what happens.
fn story() -> impl Strategy<Value = Vec<(u64, Happening)>> {
    // Often none at all: what happens at one instant must be told apart by its order.
    let pause = select(vec![0, 0, 0, 1, 30, 60, 300, 600, 3_600, 40_000]);
    let end = select(vec![Action::Close, Action::CloseMain, Action::CloseMain]);
    let ended = (actor(), end).prop_map(|(actor, action)| Happening::Does(actor, action));
    (
        prop::collection::vec((pause.clone(), happening()), 1..60),
        prop::collection::vec((pause.clone(), ended), 0..2),
        prop::collection::vec((pause, happening()), 0..12),
    )
        .prop_map(|(mut before, end, after)| {
            before.extend(end);
            before.extend(after);
            before
        })
}

/// A brand where every event has a function, and a conversation.
fn begun() -> World {
    let mut world = World::new();
    for event in StateChangeEvent::ALL {
        world.deploy(event, &[]);
    }
    world.account.idle.awaiting_in_queue.repeat = 3;
    world.account.survey.enabled = true;
    let origin = Origin { features: vec!["MULTI_DIALOG".to_owned()], ..Origin::default() };
    world.when(consumer(), Action::Open(Open { origin, ..opening() }));
    world
}

fn attempt(world: &mut World, happening: Happening) -> Result<(), Rejection> {
    let settle = |trigger, result| Command {
        by: Actor::System,
        cause: None,
        action: Action::Settle(Settlement { trigger, result }),
    };
    let head = world.state().lane.front().map(|entry| entry.trigger);
    match happening {
        Happening::Does(by, action) => world.try_do(Command { by, cause: None, action }).map(drop),
        Happening::OwnCall(by, action) => match head {
            Some(_) => world.try_do(world.as_own(Command { by, cause: None, action })).map(drop),
            None => Ok(()),
        },
        Happening::Settles(result) => match head {
            Some(trigger) => world.try_do(settle(trigger, result)).map(drop),
            None => Ok(()),
        },
        Happening::SettlesAny(trigger) => {
            let trigger = EventSeq::new(trigger).expect("generated from 1");
            world.try_do(settle(trigger, ran(Ok(Answer::Nothing), None))).map(drop)
        }
        Happening::Deploys(events) => {
            world.undeploy();
            for event in events {
                world.deploy(event, &[]);
            }
            Ok(())
        }
        Happening::Switches(on) => {
            world.account.controller_bot_enabled = on;
            Ok(())
        }
    }
}

/// The conversation after a story; each step is checked against the one before.
fn told(story: Vec<(u64, Happening)>) -> World {
    let mut world = begun();
    for (pause, happening) in story {
        world.after(Duration::from_secs(pause));
        let before = world.state().clone();
        // A refusal is as good as any other end: nothing happened then.
        if attempt(&mut world, happening).is_err() {
            assert_eq!(world.state(), &before);
        }
        check_step(&before, world.state());
    }
    world
}

fn check_step(before: &Conversation, after: &Conversation) {
    if let Stage::Closed { .. } = before.stage {
        assert_eq!(after.stage, before.stage, "closed stays closed");
        assert_eq!(after.survey.is_some(), before.survey.is_some(), "a survey opens with the close or never");
    }
    assert!(!after.is_open() || after.survey.is_none(), "nobody is asked while they are served");
    if before.is_over() {
        assert_eq!(after.ended_at(), before.ended_at(), "what is over stays over");
    }
    assert!(after.cursor >= before.cursor && after.cursor.is_none_or(|cursor| cursor <= after.head));
    let assigned = after.participants.values().filter(|role| **role == Role::AssignedAgent);
    assert!(assigned.count() <= 1, "at most one agent serves it");
    assert_eq!(after.assigned_at.is_some(), after.assigned_agent().is_some());
    assert!(after.lane.len() <= limits::LANE_MAX + 2, "the lane is bounded");
    assert!(after.keys.len() <= limits::COMMAND_KEYS_MAX);
    assert!(after.participants.len() <= limits::PARTICIPANTS_MAX);
}

fn triggers(log: &[Recorded]) -> impl Iterator<Item = (&Recorded, &Triggered)> {
    log.iter().filter_map(|recorded| {
        if let Event::Triggered(triggered) = &recorded.event { Some((recorded, triggered)) } else { None }
    })
}

/// Every trigger is settled at most once, and in the order in which they fired.
fn check_lane(world: &World) {
    let fired: Vec<EventSeq> = triggers(&world.log).map(|(recorded, _)| recorded.seq).collect();
    let settled: Vec<EventSeq> =
        world
            .log
            .iter()
            .filter_map(|recorded| {
                if let Event::Settled(settled) = &recorded.event { Some(settled.trigger) } else { None }
            })
            .collect();
    let waiting: Vec<EventSeq> = world.state().lane.iter().map(|entry| entry.trigger).collect();
    assert_eq!(fired, [settled.clone(), waiting].concat());
    assert_eq!(world.state().cursor, settled.last().copied());
}

/// G4: between a trigger and the message that answers it nobody of the brand wrote, but for the function itself.
fn check_no_race(log: &[Recorded]) {
    for recorded in log {
        let Event::LinePublished(answer) = &recorded.event else { continue };
        let Some(provenance) = &answer.provenance else { continue };
        let own = InvocationId::Triggered { conversation: CONVERSATION, trigger: provenance.trigger };
        let between = log.iter().filter(|one| one.seq > provenance.trigger && one.seq < recorded.seq);
        for one in between.filter(|one| one.cause.is_none_or(|cause| cause.invocation != own)) {
            let brand = matches!(&one.event, Event::LinePublished(line) if line.role.is_brand_side());
            assert!(!brand, "{} overtook the answer to {}", one.seq, provenance.trigger);
        }
    }
}

/// What a payload says before and after is what was so before and after the commit.
fn check_payloads(log: &[Recorded]) {
    let mut state: Option<Conversation> = None;
    for recorded in log {
        if let Event::Triggered(triggered) = &recorded.event {
            let now = state.as_ref().expect("a trigger follows an opening");
            let payload = &triggered.payload;
            assert_eq!(payload.general.code, triggered.code);
            assert_eq!(triggered.event, triggered.code.event());
            assert_eq!(payload.routing.new, now.skill);
            assert_eq!(triggered.skill, now.skill);
            assert_eq!(payload.ttr.new.ttr, now.ttr);
            assert_eq!(payload.participants.new.len(), now.participants.len());
            assert_eq!(payload.general.open.new, now.is_open());
            assert_eq!(payload.closed_by.is_some(), !now.is_open());
            assert_eq!(payload.general.deadline, now.deadline);
            let routed = triggered.event == StateChangeEvent::ConversationRouting;
            assert!(!routed || payload.routing.old != payload.routing.new);
            let ended = triggered.event == StateChangeEvent::ConversationEnd;
            // One commit may do several things, so only its own section is sure to differ.
            assert!(!ended || (payload.general.open.old && !payload.general.open.new));
            let opened = triggered.event == StateChangeEvent::NewConversation;
            assert_eq!(opened, payload.participants.old.is_empty());
            assert_eq!(opened, !payload.general.open.old);
            assert!(triggered.depth <= limits::CAUSE_DEPTH_MAX);
        }
        state = replay(CONVERSATION, state, [recorded]);
    }
}

/// Lines and receipts count from 0 in each dialog, openings and ends fire once.
fn check_counts(log: &[Recorded]) {
    let mut next = [0, 0];
    for recorded in log {
        let (dialog, sequence) = if let Event::LinePublished(line) = &recorded.event {
            (line.dialog, line.wire_sequence)
        } else if let Event::LinesReceived { dialog, wire_sequence, .. } = &recorded.event {
            (*dialog, *wire_sequence)
        } else {
            continue;
        };
        let next = &mut next[usize::from(dialog)];
        assert_eq!(sequence, *next, "each dialog counts for itself");
        *next += 1;
    }
    for once in [StateChangeEvent::NewConversation, StateChangeEvent::ConversationEnd] {
        assert!(triggers(log).filter(|(_, triggered)| triggered.event == once).count() <= 1);
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 2_000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(384))]

    #[test]
    fn whatever_happens_the_rules_of_the_log_hold(story in story()) {
        let world = told(story);
        let replayed = replay(CONVERSATION, None, &world.log);
        prop_assert_eq!(replayed.as_ref(), world.state.as_ref());
        check_lane(&world);
        check_no_race(&world.log);
        check_payloads(&world.log);
    }
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn whatever_is_stored_reads_back(story in story()) {
        let world = told(story);
        check_counts(&world.log);
        for recorded in &world.log {
            let text = recorded.event.private_text().and_then(PrivateText::shared);
            let stored = serde_json::to_string(recorded).unwrap();
            if let Some(text) = text.as_deref() {
                prop_assert!(!stored.contains(text), "{} is in {}", text, stored);
            }
            let mut read: Recorded = serde_json::from_str(&stored).unwrap();
            if let Some(place) = read.event.private_text_mut() {
                place.restore(text);
            }
            prop_assert_eq!(&read, recorded);
        }
        let stored = serde_json::to_string(world.state()).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Conversation>(&stored).unwrap(), world.state());
    }

    #[test]
    fn events_in_any_order_and_number_lead_somewhere(
        story in story(),
        other in story(),
        picks in prop::collection::vec((any::<Index>(), any::<u32>()), 1..80),
    ) {
        let mut events = told(story).log;
        events.extend(told(other).log);
        let from = picks.first().map_or(0, |(pick, _)| pick.index(events.len()));
        let mut state = replay(CONVERSATION, None, &events[..from]);
        for (pick, seq) in &picks {
            let mut recorded = pick.get(&events).clone();
            recorded.seq = EventSeq::new(u64::from(*seq) + 1).unwrap();
            let opened = state.is_some() || matches!(recorded.event, Event::Opened { .. });
            state = replay(CONVERSATION, state, [&recorded]);
            prop_assert_eq!(state.as_ref().map(|state| state.head), opened.then_some(recorded.seq));
        }
    }
}
