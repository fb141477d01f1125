//! `kill -9` under clients: what was acknowledged is there, and whoever comes back misses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use convoke_api::v1::conversation::OpenConversation;
use convoke_api::v1::event::Event;
use convoke_domain::id::ConversationId;
use convoke_e2e::elapse;
use convoke_e2e::live::{Live, problem};
use convoke_e2e::server::Dev;
use tokio::task::JoinSet;
use tokio::time::Instant;

const CONVERSATIONS: usize = 4;
const KILLS: u64 = 3;
const ACKNOWLEDGED_BETWEEN_KILLS: u64 = 200;
const COMES_BACK_WITHIN: Duration = Duration::from_mins(1);

/// Where to connect, as whom.
#[derive(Clone)]
struct Door {
    url: String,
    token: String,
}

impl Door {
    /// Connects, for as long as a restart may take.
    async fn enter(&self) -> Result<Live> {
        let deadline = Instant::now() + COMES_BACK_WITHIN;
        loop {
            match Live::connect(&self.url, "demo", &self.token).await {
                Ok(live) => return Ok(live),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => elapse(Duration::from_millis(20)).await,
            }
        }
    }
}

/// Writes numbered lines until told to stop; how many were acknowledged. A line whose acknowledgement was lost is sent
/// again with its key.
async fn write(
    door: Door,
    conversation: ConversationId,
    acknowledged: Arc<AtomicU64>,
    enough: Arc<AtomicBool>,
) -> Result<u64> {
    let mut live = door.enter().await?;
    let mut next = 0;
    while !enough.load(Ordering::Relaxed) {
        match live.say(conversation, &format!("line {next}"), Some(&format!("key-{next}"))).await {
            Ok(_) => {
                next += 1;
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) if problem(&error).is_some_and(|problem| problem.status < 500) => return Err(error),
            Err(_) => live = door.enter().await?,
        }
    }
    loop {
        match live.say(conversation, "the end", Some("the end")).await {
            Ok(_) => return Ok(next),
            Err(_) => live = door.enter().await?,
        }
    }
}

/// What a follower saw.
struct Seen {
    lines: Vec<u64>,
    returns: u32,
}

/// Follows until the last line; the numbers of the lines in their order, and how often it had to come back.
async fn follow(door: Door, conversation: ConversationId) -> Result<Seen> {
    let mut lines = Vec::new();
    let mut seen = 0;
    let mut returns = 0;
    loop {
        let mut feed = door.enter().await?;
        if feed.follow(conversation, seen).await.is_err() {
            continue;
        }
        while let Ok(event) = feed.event().await {
            ensure!(event.seq == seen + 1, "after {seen} came {}", event.seq);
            seen = event.seq;
            let Event::LinePublished { line: Some(line), .. } = event.event else { continue };
            if line == "the end" {
                return Ok(Seen { lines, returns });
            }
            if let Some(number) = line.strip_prefix("line ") {
                lines.push(number.parse()?);
            }
        }
        returns += 1;
    }
}

#[tokio::test]
async fn kill_nine_keeps_what_was_acknowledged_and_followers_miss_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut dev = Dev::start(folder.path(), &[])?;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let enough = Arc::new(AtomicBool::new(false));
    let (mut writing, mut following) = (JoinSet::new(), JoinSet::new());
    for nth in 0..CONVERSATIONS {
        let token = dev.http("admin").consumer(&format!("consumer-{nth}")).await?;
        let consumer = Door { url: dev.url().to_owned(), token };
        let agent = Door { url: dev.url().to_owned(), token: dev.token("agent").to_owned() };
        let conversation = consumer.enter().await?.open(OpenConversation::default()).await?.id;
        let (acknowledged, enough) = (Arc::clone(&acknowledged), Arc::clone(&enough));
        writing.spawn(async move { Ok((nth, write(consumer, conversation, acknowledged, enough).await?)) });
        following.spawn(async move { Ok((nth, follow(agent, conversation).await?)) });
    }
    for kill in 1..=KILLS {
        let enough = async {
            while acknowledged.load(Ordering::Relaxed) < kill * ACKNOWLEDGED_BETWEEN_KILLS {
                elapse(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(COMES_BACK_WITHIN, enough).await.context("the writers gave up")?;
        dev.kill()?;
        dev.start_again()?;
    }
    enough.store(true, Ordering::Relaxed);
    let written: Vec<Result<(usize, u64)>> = writing.join_all().await;
    let seen: Vec<Result<(usize, Seen)>> = following.join_all().await;
    let mut total = 0;
    let mut returned = 0;
    for seen in seen {
        let (nth, Seen { lines, returns }) = seen?;
        let count = written.iter().flatten().find(|(of, _)| *of == nth).context("its writer failed")?.1;
        let there = lines.len() as u64;
        ensure!(lines.into_iter().eq(0..there), "lines are missing or out of order");
        // The acknowledgement of the last one may have been lost with the process.
        ensure!((count..=count + 1).contains(&there), "{count} lines were acknowledged, {there} are there");
        total += count;
        returned += returns;
    }
    eprintln!("{KILLS} kills, {total} acknowledged lines, followers came back {returned} times");
    assert!(returned >= u32::try_from(CONVERSATIONS)?, "the followers lived through kills");
    dev.stop()
}
