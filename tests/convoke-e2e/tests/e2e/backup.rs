//! Operations on a directory that is in use: a copy while it is written to, and a second process.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use convoke_api::v1::conversation::OpenConversation;
use convoke_api::v1::event::Event;
use convoke_domain::id::ConversationId;
use convoke_e2e::live::Live;
use convoke_e2e::server::{Dev, Process, all, command, run};
use convoke_e2e::{elapse, http::Http};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;

/// Ways to start on the directory that is in use.
const SECOND: [&[&str]; 2] =
    [&["dev", "--listen", "127.0.0.1:0"], &["serve", "--data", ".convoke", "--listen", "127.0.0.1:0"]];
const WRITES_WITHIN: Duration = Duration::from_mins(1);

/// Somebody who writes without pause.
struct Writer {
    conversation: ConversationId,
    acknowledged: Arc<AtomicU64>,
    enough: Arc<AtomicBool>,
    writing: JoinSet<Result<()>>,
}

impl Writer {
    async fn start(dev: &Dev) -> Result<Self> {
        let token = dev.http("admin").consumer("ada").await?;
        let mut live = Live::connect(dev.url(), "demo", &token).await?;
        let conversation = live.open(OpenConversation::default()).await?.id;
        let (acknowledged, enough) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let mut writing = JoinSet::new();
        let (count, stop) = (Arc::clone(&acknowledged), Arc::clone(&enough));
        writing.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let text = format!("line {}", count.load(Ordering::Relaxed));
                live.say(conversation, &text, None).await?;
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
        Ok(Self { conversation, acknowledged, enough, writing })
    }

    /// Waits until this many more lines are acknowledged; how many are in all.
    async fn more(&self, lines: u64) -> Result<u64> {
        let wanted = self.acknowledged.load(Ordering::Relaxed) + lines;
        let writing = async {
            while self.acknowledged.load(Ordering::Relaxed) < wanted {
                elapse(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(WRITES_WITHIN, writing).await.context("the writer gave up")?;
        Ok(self.acknowledged.load(Ordering::Relaxed))
    }

    async fn stop(mut self) -> Result<u64> {
        self.enough.store(true, Ordering::Relaxed);
        self.writing.join_next().await.context("it writes")???;
        Ok(self.acknowledged.load(Ordering::Relaxed))
    }
}

/// Runs a command beside the tests' own tasks.
fn beside(folder: &Path, arguments: &'static [&'static str]) -> JoinHandle<Result<std::process::Output>> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || run(&folder, arguments))
}

/// The numbered lines of a conversation, in their order.
async fn lines(http: &Http, conversation: ConversationId) -> Result<Vec<u64>> {
    let mut lines = Vec::new();
    for event in http.events(conversation).await? {
        if let Event::LinePublished { line: Some(line), .. } = event.event
            && let Some(number) = line.strip_prefix("line ")
        {
            lines.push(number.parse()?);
        }
    }
    Ok(lines)
}

#[tokio::test]
async fn a_backup_under_load_is_sound_and_has_all_that_was_acknowledged_before() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut dev = Dev::start(folder.path(), &[])?;
    let writer = Writer::start(&dev).await?;
    let before = writer.more(200).await?;
    let copied = beside(folder.path(), &["backup", "copy/.convoke", "--with-key"]).await??;
    ensure!(copied.status.success(), "{}", all(&copied));
    writer.more(50).await?;
    let conversation = writer.conversation;
    let written = writer.stop().await?;
    dev.stop()?;

    let checked = run(folder.path(), &["doctor", "--data", "copy/.convoke", "-o", "json"])?;
    ensure!(checked.status.success(), "{}", all(&checked));
    let report: Value = serde_json::from_slice(&checked.stdout)?;
    assert_eq!(report["sound"], true, "{report}");

    let mut restored = Dev::start(&folder.path().join("copy"), &[])?;
    let kept = lines(&restored.http("manager"), conversation).await?;
    let count = kept.len() as u64;
    eprintln!("{before} lines before the backup, {count} in the copy, {written} in all");
    assert!(kept.into_iter().eq(0..count), "the copy is a state that there was");
    assert!((before..=written).contains(&count), "{before} <= {count} <= {written}");
    restored.stop()
}

#[tokio::test]
async fn a_second_process_is_refused_and_the_first_does_not_notice() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut dev = Dev::start(folder.path(), &[])?;
    let writer = Writer::start(&dev).await?;
    writer.more(20).await?;
    for arguments in SECOND {
        let second = beside(folder.path(), arguments).await??;
        assert_eq!(second.status.code(), Some(1));
        assert!(all(&second).contains("in use by process"), "{}", all(&second));
    }
    writer.more(20).await?;
    let (conversation, written) = (writer.conversation, writer.stop().await?);
    assert!(lines(&dev.http("manager"), conversation).await?.into_iter().eq(0..written));
    dev.stop()?;
    // Whoever ended gives the directory free.
    let next = Process::of(command(folder.path(), &["dev", "--listen", "127.0.0.1:0"]), "is ready")?;
    assert!(next.stop()?.success());
    Ok(())
}
