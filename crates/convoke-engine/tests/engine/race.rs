//! The documented race: a function that announces the agent, and an agent who answers at once (G4).
//!
//! Delay of the function and of the agent are uniform in 0 to twice the hold; the clock is moved, so ten thousand runs
//! take seconds. The last test switches the protection off and counts how often the race is lost: a check that could
//! not fail would prove nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::kit::{Center, after, agent, elapse};
use convoke_domain::account::{Command as AccountCommand, FencePolicy};
use convoke_domain::conversation::{Actor, Event, Recorded, Role};
use convoke_domain::function::FunctionSettings;
use convoke_domain::sequence::EventSeq;
use convoke_domain::state_change::StateChangeEvent;

const HOLD_MS: u32 = 250;

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    faster_applied: u32,
    faster_fenced: u32,
    slower_agent_first_fenced: u32,
    slower_agent_first_applied: u32,
    slower_agent_later_applied: u32,
    slower_agent_later_fenced: u32,
    agent_lines_lost: u32,
    violations: u32,
}

/// A repeatable sequence of numbers below `below`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

async fn race(hold_ms: u32, policy: FencePolicy, runs: u32, seed: u64) -> Tally {
    let center = Center::open().await;
    center.configure(AccountCommand::SetFencePolicy { policy }).await;
    let delay = Arc::new(AtomicU64::new(0));
    let takes = Arc::clone(&delay);
    let settings = FunctionSettings { hold_ms, ..FunctionSettings::default() };
    center
        .deploy(StateChangeEvent::ParticipantsChange, settings, move |_| {
            after(Duration::from_millis(takes.load(Ordering::Relaxed)), "You are connected to Kim")
        })
        .await;
    let mut dice = Dice(seed);
    let mut tally = Tally::default();
    let span = u64::from(HOLD_MS) * 2;
    for _ in 0..runs {
        let (function, answer) = (dice.roll(span), dice.roll(span));
        if function == answer || function == u64::from(HOLD_MS) {
            // A tie says nothing about who is faster.
            continue;
        }
        delay.store(function, Ordering::Relaxed);
        one_run(&center, function, answer, &mut tally).await;
    }
    tally
}

async fn one_run(center: &Center, function: u64, answer: u64, tally: &mut Tally) {
    let (id, _) = center.conversation("hi").await;
    center.quiet(id).await;
    center.accept(id).await.unwrap();
    elapse(Duration::from_millis(answer)).await;
    center.say(id, Actor::User(agent()), "I am Kim").await.unwrap();
    let log = center.quiet(id).await;
    let (trigger, message) = (trigger(&log), announcement(&log));
    let agent_line = agent_line(&log);
    tally.agent_lines_lost += u32::from(agent_line.is_none());
    let violated =
        matches!((message, agent_line), (Some(message), Some(line)) if trigger < line && line < message);
    tally.violations += u32::from(violated);
    let hold = u64::from(HOLD_MS);
    *match (function < hold, answer < function, message.is_some()) {
        (true, _, true) => &mut tally.faster_applied,
        (true, _, false) => &mut tally.faster_fenced,
        (false, true, false) => &mut tally.slower_agent_first_fenced,
        (false, true, true) => &mut tally.slower_agent_first_applied,
        (false, false, true) => &mut tally.slower_agent_later_applied,
        (false, false, false) => &mut tally.slower_agent_later_fenced,
    } += 1;
}

fn trigger(log: &[Recorded]) -> EventSeq {
    let fired = |recorded: &&Recorded| match &recorded.event {
        Event::Triggered(triggered) => triggered.event == StateChangeEvent::ParticipantsChange,
        _ => false,
    };
    log.iter().find(fired).map(|recorded| recorded.seq).unwrap()
}

fn announcement(log: &[Recorded]) -> Option<EventSeq> {
    line(log, "You are connected to Kim")
}

fn agent_line(log: &[Recorded]) -> Option<EventSeq> {
    line(log, "I am Kim")
}

fn line(log: &[Recorded], text: &str) -> Option<EventSeq> {
    log.iter().find_map(|recorded| match &recorded.event {
        Event::LinePublished(line) if line.text.reveal() == Some(text) => Some(recorded.seq),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn race_ten_thousand_times_and_never_speak_after_the_agent() {
    let tally = race(HOLD_MS, FencePolicy::Fence, 10_000, 42).await;
    eprintln!("{tally:?}");
    assert_eq!(tally.faster_fenced, 0, "a function faster than its hold is always applied");
    assert_eq!(tally.slower_agent_first_applied, 0, "a slower one is fenced by the agent's answer");
    assert_eq!(tally.slower_agent_later_fenced, 0, "a slower one before the agent is applied");
    assert_eq!(tally.agent_lines_lost, 0);
    assert_eq!(tally.violations, 0);
    assert!(tally.faster_applied > 4_000 && tally.slower_agent_first_fenced > 3_000, "{tally:?}");
    assert!(tally.slower_agent_later_applied > 900, "{tally:?}");
}

#[tokio::test(start_paused = true)]
async fn race_without_hold_and_fence_is_lost_often() {
    let runs = 1_000;
    let tally = race(0, FencePolicy::Apply, runs, 42).await;
    eprintln!("{tally:?}");
    assert!(tally.violations * 5 > runs, "more than a fifth: {tally:?}");
    assert_eq!(tally.agent_lines_lost, 0);
}

#[tokio::test(start_paused = true)]
async fn writes_wait_for_the_hold_and_go_on_in_the_order_of_their_arrival() {
    let center = Center::open().await;
    center
        .deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| {
            after(Duration::from_millis(100), "Hello!")
        })
        .await;
    let (id, consumer) = center.conversation("one").await;
    let by = Actor::Consumer(consumer);
    let began = tokio::time::Instant::now();
    let (two, three) = tokio::join!(center.say(id, by, "two"), center.say(id, by, "three"));
    assert!(two.unwrap().head < three.unwrap().head);
    assert_eq!(began.elapsed(), Duration::from_millis(100), "the hold ends with the lane");
    let said: Vec<String> =
        crate::kit::lines(&center.log(id).await).into_iter().map(|(_, text)| text).collect();
    assert_eq!(said, ["one", "Hello!", "two", "three"]);
}

#[tokio::test(start_paused = true)]
async fn a_hold_ends_after_its_time_however_slow_the_function_is() {
    let center = Center::open().await;
    center
        .deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| {
            after(Duration::from_secs(20), "Hello!")
        })
        .await;
    let (id, consumer) = center.conversation("one").await;
    let began = tokio::time::Instant::now();
    center.say(id, Actor::Consumer(consumer), "two").await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_millis(250));
    let said: Vec<String> =
        crate::kit::lines(&center.quiet(id).await).into_iter().map(|(_, text)| text).collect();
    assert_eq!(said, ["one", "two", "Hello!"], "a consumer's line does not fence a message");
}

#[tokio::test(start_paused = true)]
async fn the_sixty_fifth_waiting_write_is_told_that_the_conversation_is_busy() {
    let center = Center::open().await;
    center
        .deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| {
            after(Duration::from_secs(5), "Hello!")
        })
        .await;
    let (id, consumer) = center.conversation("one").await;
    let by = Actor::Consumer(consumer);
    let center = Arc::new(center);
    let mut waiting = tokio::task::JoinSet::new();
    for nth in 0..65 {
        let center = Arc::clone(&center);
        waiting.spawn(async move { center.say(id, by, &format!("line {nth}")).await });
    }
    let answers = waiting.join_all().await;
    let busy: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert_eq!(busy.len(), 1);
    assert_eq!(busy[0].code(), "node.busy");
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_holds_keeps_nobody_waiting_longer_than_two_seconds() {
    let center = Center::open().await;
    let settings = FunctionSettings { hold_ms: 2_000, ..FunctionSettings::default() };
    let transfer = |to: &'static str| {
        move |_: &convoke_engine::ports::Job| {
            let json = format!(r#"[{{"type":"transfer","skillId":"{to}"}}]"#);
            (Duration::from_millis(1_500), convoke_engine::ports::Ending::Returned(Some(json)))
        }
    };
    center.deploy(StateChangeEvent::NewConversation, settings, transfer("2")).await;
    center.deploy(StateChangeEvent::ConversationRouting, settings, transfer("1")).await;
    let (id, consumer) = center.conversation("one").await;
    let began = tokio::time::Instant::now();
    center.say(id, Actor::Consumer(consumer), "two").await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    assert!(crate::kit::lines(&center.log(id).await).iter().any(|(role, _)| *role == Role::Consumer));
}
