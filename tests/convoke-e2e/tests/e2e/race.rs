//! The documented race over real sockets: a function that announces the agent, and an agent who answers at once (G4).
//!
//! Each run has its own WebSocket. The function takes, and the agent waits, 0 to twice the hold; all runs go on at the
//! same time. Draws within the machine's own jitter are drawn again: of those nobody can say who was first.

use std::time::Duration;

use anyhow::{Result, ensure};
use convoke_api::v1::conversation::{AcceptConversation, OpenConversation, PublishLine};
use convoke_api::v1::event::{ConversationEvent, Event};
use convoke_api::v1::live::Act;
use convoke_domain::id::ConversationId;
use convoke_domain::state_change::CbotEventType;
use convoke_e2e::dice::Dice;
use convoke_e2e::elapse;
use convoke_e2e::live::Live;
use convoke_e2e::server::Dev;
use serde_json::json;
use tokio::task::JoinSet;

/// The skill of the demo account without functions.
const WORKSHOP: &str = "654321";
const HOLD_MS: u64 = 1_000;
/// Closer than this, a loaded machine decides who is first.
const JITTER_MS: u64 = 200;
/// Starts are spread, so that the server's time goes to waiting and not to opening.
const BETWEEN_STARTS: Duration = Duration::from_millis(15);

const ANNOUNCES: &str = r#"
function lambda(input, callback) {
  const delay = input.payload.general.campaignInfo.id;
  const answer = [{ type: "systemMessage", text: "You are connected to Grace" }];
  if (delay === 0) callback(null, answer);
  else setTimeout(() => callback(null, answer), delay);
}
"#;

/// What all runs came to.
#[derive(Debug, Default)]
struct Tally {
    runs: u32,
    faster_applied: u32,
    faster_fenced: u32,
    slower_agent_first_fenced: u32,
    slower_agent_first_applied: u32,
    slower_agent_later_applied: u32,
    slower_agent_later_fenced: u32,
    agent_lines_lost: u32,
    gaps: u32,
    violations: u32,
}

/// How long the function takes and how long the agent waits, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Draw {
    function: u64,
    agent: u64,
}

impl Draw {
    fn new(dice: &mut Dice) -> Self {
        loop {
            let draw = Self { function: dice.roll(2 * HOLD_MS), agent: dice.roll(2 * HOLD_MS) };
            let after_hold = draw.agent.max(HOLD_MS);
            let slower = draw.function > HOLD_MS;
            if draw.function.abs_diff(HOLD_MS) > JITTER_MS
                && (!slower || draw.function.abs_diff(after_hold) > JITTER_MS)
            {
                return draw;
            }
        }
    }
}

/// What one run left in the log.
#[derive(Debug)]
struct Left {
    message: Option<u64>,
    line: Option<u64>,
    trigger: u64,
    has_gaps: bool,
}

async fn race(settings: serde_json::Value, runs: u32) -> Result<Tally> {
    let folder = tempfile::tempdir()?;
    let mut dev = Dev::start(folder.path(), &[])?;
    let function = json!({
        "name": "announces", "event": "controllerbot_messaging_participants_change",
        "skills": [WORKSHOP], "source": ANNOUNCES, "settings": settings,
    });
    dev.http("admin").deploy(&function).await?;
    let mut dice = Dice::new(42);
    let mut racing = JoinSet::new();
    for nth in 0..runs {
        let draw = Draw::new(&mut dice);
        let (url, token, http) = (dev.url().to_owned(), dev.token("agent").to_owned(), dev.http("manager"));
        racing.spawn(async move {
            elapse(BETWEEN_STARTS * nth).await;
            let mut agent = Live::connect(&url, "demo", &token).await?;
            let (conversation, seen) = run(&mut agent, draw).await?;
            let log = http.events(conversation).await?;
            ensure!(log.starts_with(&seen), "the follower saw something else than the log");
            anyhow::Ok((draw, left(&log)))
        });
    }
    let mut tally = Tally::default();
    while let Some(done) = racing.join_next().await {
        let (draw, left) = done??;
        tally.count(draw, &left);
    }
    dev.stop()?;
    Ok(tally)
}

/// One run: opens, accepts, waits, answers, and follows until the trigger is settled.
async fn run(agent: &mut Live, draw: Draw) -> Result<(ConversationId, Vec<ConversationEvent>)> {
    let line = PublishLine { text: "Hello, my kettle is broken".to_owned(), key: None, private: false };
    let open = OpenConversation {
        skill: Some(WORKSHOP.parse()?),
        line: Some(line),
        campaign: draw.function,
        ..OpenConversation::default()
    };
    let conversation = agent.open(open).await?.id;
    agent.follow(conversation, 0).await?;
    agent.act(conversation, Act::Accept(AcceptConversation::default())).await?;
    elapse(Duration::from_millis(draw.agent)).await;
    let answered = agent.say(conversation, "I am Grace", None).await?.line;
    let mut seen = Vec::new();
    let mut settled = false;
    while !settled || seen.last().is_none_or(|last: &ConversationEvent| Some(last.seq) < answered) {
        let event = agent.event().await?;
        settled |= matches!(&event.event, Event::Settled(settled) if settled.code == CbotEventType::YouAreConnectedTo);
        seen.push(event);
    }
    Ok((conversation, seen))
}

fn left(log: &[ConversationEvent]) -> Left {
    let line = |text: &str| {
        let is = |event: &&ConversationEvent| matches!(&event.event, Event::LinePublished { line: Some(line), .. } if line == text);
        log.iter().find(is).map(|event| event.seq)
    };
    let fired = |event: &&ConversationEvent| matches!(&event.event, Event::Triggered { code, .. } if *code == CbotEventType::YouAreConnectedTo);
    Left {
        message: line("You are connected to Grace"),
        line: line("I am Grace"),
        trigger: log.iter().find(fired).map_or(0, |event| event.seq),
        has_gaps: !log.iter().map(|event| event.seq).eq(1..=log.len() as u64),
    }
}

impl Tally {
    fn count(&mut self, draw: Draw, left: &Left) {
        self.runs += 1;
        self.agent_lines_lost += u32::from(left.line.is_none());
        self.gaps += u32::from(left.has_gaps || left.trigger == 0);
        let between = matches!((left.message, left.line), (Some(message), Some(line)) if left.trigger < line && line < message);
        self.violations += u32::from(between);
        let faster = draw.function < HOLD_MS;
        let agent_first = draw.agent.max(HOLD_MS) < draw.function;
        *match (faster, agent_first, left.message.is_some()) {
            (true, _, true) => &mut self.faster_applied,
            (true, _, false) => &mut self.faster_fenced,
            (false, true, false) => &mut self.slower_agent_first_fenced,
            (false, true, true) => &mut self.slower_agent_first_applied,
            (false, false, true) => &mut self.slower_agent_later_applied,
            (false, false, false) => &mut self.slower_agent_later_fenced,
        } += 1;
    }
}

#[tokio::test]
async fn race_over_300_sockets_and_never_speak_after_the_agent() -> Result<()> {
    let tally = race(json!({"hold_ms": HOLD_MS, "fence_policy": "fence"}), 300).await?;
    eprintln!("{tally:?}");
    assert_eq!(tally.runs, 300);
    assert_eq!(tally.faster_fenced, 0, "a function faster than its hold is always applied");
    assert_eq!(tally.slower_agent_first_applied, 0, "a slower one is fenced by the agent's answer");
    assert_eq!(tally.slower_agent_later_fenced, 0, "a slower one before the agent is applied");
    assert_eq!((tally.agent_lines_lost, tally.gaps, tally.violations), (0, 0, 0));
    assert!(tally.faster_applied > 100, "{tally:?}");
    assert!(tally.slower_agent_first_fenced > 50 && tally.slower_agent_later_applied > 10, "{tally:?}");
    Ok(())
}

#[tokio::test]
async fn race_over_sockets_without_hold_and_fence_is_lost_often() -> Result<()> {
    let tally = race(json!({"hold_ms": 0, "fence_policy": "apply"}), 100).await?;
    eprintln!("{tally:?}");
    assert!(tally.violations * 5 > tally.runs, "more than a fifth: {tally:?}");
    assert_eq!((tally.agent_lines_lost, tally.gaps), (0, 0));
    Ok(())
}
