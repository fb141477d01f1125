//! A real `convoke` for tests: started as its users start it, waited for by what it prints, ended by signals.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The binary under test.
pub(crate) const CONVOKE: &str = env!("CARGO_BIN_EXE_convoke");

/// A folder with a development server in it.
pub(crate) struct Dev {
    pub(crate) folder: tempfile::TempDir,
    server: Option<Server>,
}

/// A running server process.
pub(crate) struct Server {
    child: Child,
    /// What it printed until it was ready.
    pub(crate) printed: String,
    // Read to the end, so that the server can always write.
    rest: Option<std::thread::JoinHandle<()>>,
}

impl Dev {
    /// An empty folder with a server that was just started.
    pub(crate) fn start() -> Self {
        let mut dev = Self { folder: tempfile::tempdir().unwrap(), server: None };
        dev.restart();
        dev
    }

    /// Ends the server, if it runs, and starts it again.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.server =
            Some(Server::start(self.path(), &["dev", "--listen", "127.0.0.1:0", "--test-clock"], "ready"));
    }

    /// Ends the server in an orderly way.
    pub(crate) fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            assert!(server.stop().success(), "an orderly end is a success");
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The server's address.
    pub(crate) fn url(&self) -> String {
        let known = std::fs::read_to_string(self.path().join(".convoke/cli.json")).unwrap();
        serde_json::from_str::<Value>(&known).unwrap()["url"].as_str().unwrap().to_owned()
    }

    /// Runs a command in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        convoke(self.path(), arguments)
    }

    /// Runs a command with something on its standard input.
    pub(crate) fn with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = command(self.path(), arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs a command that has to succeed; gives what it printed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", all(&output));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Runs a command that has to succeed; gives what it printed as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["-o", "json"]].concat();
        serde_json::from_str(&self.ok(&arguments)).unwrap()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill();
        }
    }
}

impl Server {
    /// Starts a server and waits for the line with `ready`.
    pub(crate) fn start(folder: &Path, arguments: &[&str], ready: &str) -> Self {
        let mut child =
            command(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        while !printed.contains(ready) {
            let read = lines.read_line(&mut printed).unwrap();
            assert!(read > 0, "the server ended before it was ready: {printed}");
        }
        let rest = std::thread::spawn(move || {
            let mut rest = Vec::new();
            // Whatever it is, it only has to be taken.
            let _ = lines.read_to_end(&mut rest);
        });
        Self { child, printed, rest: Some(rest) }
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) -> std::process::ExitStatus {
        let asked =
            Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status().unwrap();
        assert!(asked.success());
        let status = self.child.wait().unwrap();
        self.rest.take().map(std::thread::JoinHandle::join);
        status
    }

    /// Ends it as a power loss would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A `convoke` that runs in this folder.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(CONVOKE);
    command.args(arguments);
    in_folder(command, folder)
}

/// Runs in this folder, without input, and knows nothing of the servers that a developer has elsewhere.
pub(crate) fn in_folder(mut command: Command, folder: &Path) -> Command {
    // A session that the developer has is not the test's.
    command.current_dir(folder).stdin(Stdio::null()).env("XDG_CONFIG_HOME", folder);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CONVOKE_")) {
        command.env_remove(name);
    }
    command
}

/// Runs `convoke` to its end.
pub(crate) fn convoke(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Everything a command printed.
pub(crate) fn all(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
