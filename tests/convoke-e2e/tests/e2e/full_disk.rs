//! A disk that gets full: nothing is acknowledged that is not durable, reading goes on, and after room was made everything
//! acknowledged is there.
//!
//! The data directory lies on a small disk in memory, in a mount namespace of its own, so that no rights are needed. Where
//! the system does not allow that, a limit on the size of files stands in; the test says so.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use convoke_api::v1::conversation::OpenConversation;
use convoke_api::v1::event::Event;
use convoke_domain::id::ConversationId;
use convoke_e2e::http::Http;
use convoke_e2e::live::{Live, problem};
use convoke_e2e::server::{Process, binary, command};
use reqwest::Method;
use serde_json::{Value, json};

const DISK_MIB: u32 = 24;
/// What is taken away to make room again.
const BALLAST_MIB: u32 = 10;
/// Blocks of 512 bytes: where there is no small disk, no file gets larger than 10 MiB, until the limit is lifted.
const FILE_BLOCKS_MAX: u32 = 20_480;
/// Lines that fill the disk several times over.
const LINES_MAX: usize = 6_000;

/// Where the data lies, and how a process gets there.
enum Disk {
    /// In the mount namespace that this process keeps.
    Small { keeper: Child, _stays_open: ChildStdin, own_users: bool, path: PathBuf },
    /// In an ordinary folder, whose files may not grow while `limited`.
    Limited { path: PathBuf, limited: bool },
}

impl Disk {
    fn new(path: &Path) -> Self {
        for own_users in [true, false] {
            if let Ok(disk) = Self::mount(path, own_users) {
                return disk;
            }
        }
        Self::Limited { path: path.to_owned(), limited: true }
    }

    /// A process that mounts the disk where only it sees it, and stays until its input ends.
    fn mount(path: &Path, own_users: bool) -> Result<Self> {
        let script = format!(
            "mount -t tmpfs -o size={DISK_MIB}m tmpfs \"$0\" && \
             dd if=/dev/zero of=\"$0/ballast\" bs=1M count={BALLAST_MIB} status=none && echo mounted && cat"
        );
        let mut unshare = Command::new("unshare");
        unshare.arg(if own_users { "-rm" } else { "-m" }).args(["sh", "-c", &script]).arg(path);
        unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = unshare.spawn()?;
        let stays_open = keeper.stdin.take().context("its input is piped")?;
        let mut said = String::new();
        BufReader::new(keeper.stdout.take().context("its output is piped")?).read_line(&mut said)?;
        if said.trim() != "mounted" {
            drop(stays_open);
            keeper.wait()?;
            anyhow::bail!("not allowed");
        }
        Ok(Self::Small { keeper, _stays_open: stays_open, own_users, path: path.to_owned() })
    }

    /// A command that runs on the disk.
    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let (mut command, path, first) = match self {
            Self::Small { keeper, own_users, path, .. } => {
                let mut nsenter = Command::new("nsenter");
                nsenter.arg("-m").args(own_users.then_some("-U")).arg("--preserve-credentials");
                nsenter.args(["-t", &keeper.id().to_string(), "sh"]);
                (nsenter, path, "")
            }
            // A write beyond the limit fails instead of ending the process.
            Self::Limited { path, limited: true } => {
                (Command::new("sh"), path, "trap '' XFSZ; ulimit -f \"$LIMIT\"; ")
            }
            Self::Limited { path, limited: false } => (Command::new("sh"), path, ""),
        };
        let script = format!("{first}cd \"$0\" && exec \"$@\"");
        command.args(["-c", &script]).arg(path).arg(program).args(arguments);
        command.env("LIMIT", FILE_BLOCKS_MAX.to_string()).stdin(Stdio::null());
        command
    }

    fn make_room(&mut self) -> Result<()> {
        if let Self::Limited { limited, .. } = self {
            *limited = false;
            return Ok(());
        }
        let removed = self.command(Path::new("rm"), &["ballast"]).status()?;
        ensure!(removed.success(), "the ballast cannot be removed");
        Ok(())
    }

    fn start(&self) -> Result<(Process, Value)> {
        let arguments = ["dev", "--listen", "127.0.0.1:0", "--log", "off"];
        let mut start = self.command(&binary(), &arguments);
        for (name, _) in command(Path::new("."), &[]).get_envs() {
            start.env_remove(name);
        }
        let process = Process::of(start, "is ready")?;
        let known = self.command(Path::new("cat"), &[".convoke/cli.json"]).output()?;
        Ok((process, serde_json::from_slice(&known.stdout)?))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Small { keeper, .. } = self {
            // With it goes the disk.
            let _ = keeper.kill();
            let _ = keeper.wait();
        }
    }
}

fn http(known: &Value, persona: &str) -> Http {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Http::new(&text(&known["url"]), "demo", &text(&known["tokens"][persona]))
}

/// Writes until it is refused; how many lines were acknowledged.
async fn fill(live: &mut Live, conversation: ConversationId) -> Result<usize> {
    let filler = "x".repeat(8_000);
    for number in 0..LINES_MAX {
        match live.say(conversation, &format!("{number} {filler}"), None).await {
            Ok(_) => {}
            Err(error) => {
                let refused = problem(&error).context("a refusal, not a broken connection")?;
                assert_eq!((refused.code.as_str(), refused.status), ("storage.unavailable", 503));
                return Ok(number);
            }
        }
    }
    anyhow::bail!("{LINES_MAX} lines do not fill the disk")
}

/// How many numbered lines there are, all in order from 0.
async fn kept(http: &Http, conversation: ConversationId) -> Result<usize> {
    let mut kept = 0;
    for event in http.events(conversation).await? {
        let Event::LinePublished { line: Some(line), .. } = event.event else { continue };
        if let Some((number, _)) = line.split_once(" x") {
            ensure!(number == kept.to_string(), "line {kept} is missing before {number}");
            kept += 1;
        }
    }
    Ok(kept)
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_loses_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut disk = Disk::new(folder.path());
    if matches!(disk, Disk::Limited { .. }) {
        eprintln!("no small disk can be mounted here: a limit on the size of files stands in");
    }
    let (process, known) = disk.start()?;
    let manager = http(&known, "manager");
    let token = http(&known, "admin").consumer("ada").await?;
    let url = known["url"].as_str().context("the server has an address")?;
    let mut live = Live::connect(url, "demo", &token).await?;
    let conversation = live.open(OpenConversation::default()).await?.id;

    let acknowledged = fill(&mut live, conversation).await?;

    let (status, health) = manager.ask_server(Method::GET, "/readyz", None).await?;
    assert_eq!(status, 503, "{health}");
    let parts = health["parts"].as_array().context("health has parts")?;
    let storage = parts.iter().find(|part| part["name"] == "storage").context("storage is one of them")?;
    assert_eq!(storage["status"], "unavailable", "{health}");
    let why = storage["detail"].as_str().unwrap_or_default();
    assert!(why.contains("full") || why.contains("disk I/O"), "it says why: {health}");
    assert_eq!(kept(&manager, conversation).await?, acknowledged, "reading goes on");
    let (status, refused) = manager.ask(Method::POST, "/conversations", Some(&json!({}))).await?;
    assert_eq!((status, refused["code"].as_str()), (503, Some("storage.unavailable")));

    drop(live);
    disk.make_room()?;
    process.stop()?;
    let (process, known) = disk.start()?;
    let manager = http(&known, "manager");
    eprintln!("{acknowledged} lines were acknowledged before the disk was full");
    assert!(acknowledged > 100);
    // The one that was refused may have become durable all the same: refused does not mean forgotten.
    let now = kept(&manager, conversation).await?;
    assert!((acknowledged..=acknowledged + 1).contains(&now), "{acknowledged} acknowledged, {now} there");
    let (status, health) = manager.ask_server(Method::GET, "/readyz", None).await?;
    assert_eq!(status, 200, "{health}");
    manager.ok(Method::POST, "/conversations", &json!({})).await?;
    assert!(process.stop()?.success());
    Ok(())
}
