//! What needs a process of its own: memory that nobody has used before, a server that starts, one that is killed.

use std::fs;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use super::center::MASTER_KEY;
use super::recovery::Filled;
use super::sockets::Listening;
use super::{recovery, sockets, waiting};
use crate::secrets::{MASTER_KEY_VARIABLE, hex};

/// What a process that the benchmark started has to do; nothing in the one that a person started.
#[derive(Debug, Args)]
pub(crate) struct Part {
    /// Measure the memory of so many waiting invocations
    #[arg(long = "part-waiting", hide = true)]
    waiting: Option<u32>,
    /// Open so many conversations in --part-dir, and wait to be killed
    #[arg(long = "part-filling", hide = true, requires = "dir")]
    filling: Option<usize>,
    /// Listen with TLS in --part-dir
    #[arg(long = "part-listening", hide = true, requires = "dir")]
    listening: bool,
    #[arg(long = "part-dir", hide = true)]
    dir: Option<PathBuf>,
}

impl Part {
    /// What it found out, if it is one.
    pub(crate) fn run(&self) -> Result<Option<String>> {
        if let Some(count) = self.waiting {
            return Ok(Some(waiting::bytes_each(count)?.to_string()));
        }
        let Some(dir) = &self.dir else { return Ok(None) };
        if self.listening {
            sockets::listen(dir)?;
        } else if let Some(count) = self.filling {
            recovery::fill(dir, count)?;
            until_left()?;
        }
        Ok(Some(String::new()))
    }
}

/// Waits to be killed. If that does not happen, whoever started it is gone, and with them the other end of standard input.
pub(crate) fn until_left() -> Result<()> {
    stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Memory of each of `count` waiting invocations, in bytes, in a process of its own.
pub(crate) fn waiting(count: u32) -> Result<u64> {
    let output =
        ourselves("bench")?.args(["--part-waiting", &count.to_string()]).stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the measuring process failed: {said}");
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Opens `count` conversations in `dir` in a process of its own, and kills it while functions are still to answer.
pub(crate) fn fill_and_kill(dir: &Path, count: usize) -> Result<Filled> {
    let mut command = ourselves("bench")?;
    command.args(["--part-filling", &count.to_string(), "--part-dir"]).arg(dir).stdin(Stdio::piped());
    let mut filling = Killed::start(command)?;
    let answer = filling.line(|line| line.starts_with('{'))?;
    Ok(serde_json::from_str(&answer)?)
}

/// Does `work` with a process of its own that listens with TLS in `dir`, and kills it.
pub(crate) fn listening<T>(dir: &Path, work: impl FnOnce(&Listening) -> Result<T>) -> Result<T> {
    let mut command = ourselves("bench")?;
    command.args(["--part-listening", "--part-dir"]).arg(dir).stdin(Stdio::piped());
    let mut listening = Killed::start(command)?;
    let found = listening.line(|line| line.starts_with('{'))?;
    work(&serde_json::from_str(&found)?)
}

/// Memory that a process has for itself, in bytes.
pub(crate) fn private_bytes(process: u32) -> Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"));
    let rollup = rollup.context("this needs Linux's /proc")?;
    let kibibytes = |name: &str| -> Result<u64> {
        let line =
            rollup.lines().find(|line| line.starts_with(name)).context("no such line in smaps_rollup")?;
        Ok(line.split_whitespace().nth(1).context("no number in smaps_rollup")?.parse()?)
    };
    Ok((kibibytes("Private_Clean:")? + kibibytes("Private_Dirty:")?) * 1024)
}

/// How long `convoke serve` takes on what is in `dir` until it says that it listens.
pub(crate) fn serve(dir: &Path) -> Result<Duration> {
    let mut command = ourselves("serve")?;
    command.arg("--data").arg(dir).args(["--listen", "127.0.0.1:0", "--log", "error"]);
    command.env_clear().env(MASTER_KEY_VARIABLE, hex(&MASTER_KEY)).stdin(Stdio::null());
    let began = Instant::now();
    Killed::start(command)?.line(|line| line.starts_with("Convoke listens on"))?;
    Ok(began.elapsed())
}

fn ourselves(command: &str) -> Result<Command> {
    let mut ourselves = Command::new(std::env::current_exe()?);
    ourselves.arg(command);
    Ok(ourselves)
}

/// A process that is killed, as nothing can catch it, when this is dropped.
struct Killed {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Killed {
    fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start ourselves again")?;
        let output = BufReader::new(child.stdout.take().context("its output is ours")?);
        Ok(Self { child, output })
    }

    /// The first line that it says and `wanted` wants.
    fn line(&mut self, wanted: impl Fn(&str) -> bool) -> Result<String> {
        for line in (&mut self.output).lines() {
            let line = line?;
            if wanted(&line) {
                return Ok(line);
            }
        }
        bail!("the process that was started ended: {}", self.child.wait()?)
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
