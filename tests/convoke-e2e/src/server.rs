//! The built binary as a process: started as its users start it, ended in an orderly way or as a power loss would.
//!
//! The binary lies beside the tests in the target directory, or where `CONVOKE_BIN` says.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::http::Http;

/// A running `convoke dev` and what it told about itself.
#[derive(Debug)]
pub struct Dev {
    folder: PathBuf,
    arguments: Vec<String>,
    process: Option<Process>,
    /// What the commands know: address, account, tokens.
    pub known: Value,
}

/// A process of the binary.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// What it printed until it was ready.
    pub printed: String,
    // Read to the end, so that the process can always write.
    rest: Option<std::thread::JoinHandle<()>>,
}

impl Dev {
    /// Starts `convoke dev` in this folder, on a free port, with further arguments.
    ///
    /// # Errors
    /// If it does not get ready.
    pub fn start(folder: &Path, arguments: &[&str]) -> Result<Self> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut dev = Self { folder: folder.to_owned(), arguments, process: None, known: Value::Null };
        dev.start_on("127.0.0.1:0")?;
        Ok(dev)
    }

    /// Starts it again on the address that it had.
    ///
    /// # Errors
    /// If it does not get ready.
    pub fn start_again(&mut self) -> Result<()> {
        let address = self.url().trim_start_matches("http://").to_owned();
        self.start_on(&address)
    }

    fn start_on(&mut self, address: &str) -> Result<()> {
        let mut arguments = vec!["dev", "--listen", address];
        arguments.extend(self.arguments.iter().map(String::as_str));
        self.process = Some(Process::start(&self.folder, &arguments, "is ready")?);
        let text = std::fs::read_to_string(self.folder.join(".convoke/cli.json"))?;
        self.known = serde_json::from_str(&text)?;
        Ok(())
    }

    /// Ends it as a power loss would.
    ///
    /// # Errors
    /// If there is no process to end.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().context("it does not run")?.kill()
    }

    /// Ends it in an orderly way.
    ///
    /// # Errors
    /// If it does not end well.
    pub fn stop(&mut self) -> Result<()> {
        let status = self.process.take().context("it does not run")?.stop()?;
        ensure!(status.success(), "an orderly end is a success: {status}");
        Ok(())
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.known["url"].as_str().unwrap_or_default()
    }

    /// The token of `agent`, `manager`, `admin` or `operator`.
    pub fn token(&self, persona: &str) -> &str {
        self.known["tokens"][persona].as_str().unwrap_or_default()
    }

    /// The API as one of them, in the demo account.
    pub fn http(&self, persona: &str) -> Http {
        Http::new(self.url(), self.known["account"].as_str().unwrap_or_default(), self.token(persona))
    }

    /// Runs a command in its folder, to its end.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        run(&self.folder, arguments)
    }

    /// Runs a command that has to succeed; gives what it printed.
    ///
    /// # Errors
    /// If it does not succeed.
    pub fn ok(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments)?;
        ensure!(output.status.success(), "{arguments:?}: {}", all(&output));
        Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
    }
}

impl Process {
    /// Starts the binary and waits for a line with `ready`.
    ///
    /// # Errors
    /// If it ends before.
    pub fn start(folder: &Path, arguments: &[&str], ready: &str) -> Result<Self> {
        Self::of(command(folder, arguments), ready)
    }

    /// The same for a command that was put together elsewhere.
    ///
    /// # Errors
    /// If it ends before.
    pub fn of(command: Command, ready: &str) -> Result<Self> {
        Self::spawned(command, Stdio::inherit(), ready)
    }

    /// The same, with what it logs written to a file.
    ///
    /// # Errors
    /// If it ends before.
    pub fn heard(command: Command, log: std::fs::File, ready: &str) -> Result<Self> {
        Self::spawned(command, Stdio::from(log), ready)
    }

    fn spawned(mut command: Command, log: Stdio, ready: &str) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("its output is piped")?);
        let mut printed = String::new();
        while !printed.contains(ready) {
            let read = lines.read_line(&mut printed)?;
            ensure!(read > 0, "the server ended before it was ready: {printed}");
        }
        let rest = std::thread::spawn(move || {
            let mut rest = Vec::new();
            // Whatever it is, it only has to be taken.
            let _ = lines.read_to_end(&mut rest);
        });
        Ok(Self { child, printed, rest: Some(rest) })
    }

    /// Its number, for what is done to it from outside.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub fn stop(mut self) -> Result<ExitStatus> {
        let kill = format!("kill -TERM {}", self.child.id());
        ensure!(Command::new("sh").args(["-c", &kill]).status()?.success(), "it takes no signals");
        let status = self.child.wait()?;
        self.rest.take().map(std::thread::JoinHandle::join);
        Ok(status)
    }

    /// Ends it as a power loss would.
    ///
    /// # Errors
    /// If it is not there any more.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, ready to be run in this folder, without input, and without what a developer's environment tells it.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CONVOKE_")) {
        command.env_remove(name);
    }
    command
}

/// Runs the binary to its end.
///
/// # Errors
/// If it cannot be run.
pub fn run(folder: &Path, arguments: &[&str]) -> Result<Output> {
    Ok(command(folder, arguments).output()?)
}

/// Everything a command printed.
pub fn all(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// Where the binary is.
///
/// # Panics
/// If a test does not know where it lies itself.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CONVOKE_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test knows where it lies");
    // target/<profile>/deps/<test>
    let profile = test.ancestors().nth(2).expect("tests lie two folders below the profile's");
    profile.join("convoke")
}
