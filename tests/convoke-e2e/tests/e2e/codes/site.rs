//! A server of its own with an account, whose storage can be made to fail.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use convoke_e2e::server::{Process, binary};
use reqwest::header::HOST;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// The account.
pub(super) const ACCOUNT: &str = "acme";
/// Another one, to be called too often: what it has used up is missed by nobody.
pub(super) const FLOODED: &str = "flooded";
/// A host name of the first generation, and one of the second: the server answers in the words of the one it is called by.
pub(super) const V1: &str = "faasgw.example.test";
pub(super) const V2: &str = "fninvocations.example.test";

/// Memory of all functions together, in MiB: one that holds most of it leaves nothing to the next.
const MEMORY_MIB: &str = "256";
/// Calls per second of an account: twice as many at once are let in, so that a flood of some hundred is not.
const CALLS_PER_SECOND: &str = "100";

/// See the module.
pub(super) struct Site {
    _folder: tempfile::TempDir,
    process: Process,
    client: Client,
    pub(super) url: String,
    operator: String,
}

impl Site {
    /// Starts it.
    pub(super) async fn open() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let process = Process::of(command(folder.path()), "Convoke listens on")?;
        let word = |after: &str| {
            let rest = process.printed.split(after).nth(1).context("it says so when it starts")?;
            Ok::<_, anyhow::Error>(rest.split_whitespace().next().unwrap_or_default().to_owned())
        };
        let (operator, url) = (word("shown this once:")?, word("listens on")?);
        let client = Client::builder().no_proxy().build()?;
        let site = Self { _folder: folder, process, client, url, operator };
        site.native(Method::POST, "", &json!({"id": ACCOUNT, "name": "Acme"})).await?;
        site.native(Method::POST, "", &json!({"id": FLOODED, "name": "Flooded"})).await?;
        site.native(Method::PUT, "/settings", &json!({"egress": {"mode": "any"}})).await?;
        Ok(site)
    }

    /// Asks something of the native API, which has to be done.
    pub(super) async fn native(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let of_account = if path.is_empty() { String::new() } else { format!("/{ACCOUNT}{path}") };
        let mut asked =
            self.client.request(method.clone(), format!("{}/api/v1/accounts{of_account}", self.url));
        asked = asked.bearer_auth(&self.operator);
        if !body.is_null() {
            asked = asked.json(body);
        }
        let answer = asked.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{method} {path}: {status} {text}");
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }

    /// Asks something of a plane by a host name; the status and the code that the answer has in that generation's words.
    pub(super) async fn ask(&self, host: &str, token: Option<&str>, ask: Ask<'_>) -> Result<(u16, String)> {
        self.ask_of(ACCOUNT, host, token, ask).await
    }

    /// The same, of an account.
    pub(super) async fn ask_of(
        &self,
        account: &str,
        host: &str,
        token: Option<&str>,
        ask: Ask<'_>,
    ) -> Result<(u16, String)> {
        let Ask(method, path, body) = ask;
        let url = format!("{}/api/account/{account}{path}", self.url);
        let mut asked = self.client.request(method, url).header(HOST, host).body(body.to_owned());
        if let Some(token) = token {
            asked = asked.bearer_auth(token);
        }
        let answer = asked.send().await?;
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_str(&answer.text().await?).unwrap_or_default();
        let code = ["errorCode", "code"].iter().find_map(|key| body[key].as_str());
        Ok((status, code.unwrap_or_default().to_owned()))
    }

    /// The token that may everything.
    pub(super) fn token(&self) -> &str {
        &self.operator
    }

    /// Makes a function and deploys it; its UUID.
    pub(super) async fn deploy(&self, name: &str, source: &str, memory_mib: u32) -> Result<String> {
        let uuid = self.save(name, source, memory_mib).await?;
        self.native(Method::POST, &format!("/functions/{name}/deploy"), &Value::Null).await?;
        Ok(uuid)
    }

    /// Makes a function; its UUID.
    pub(super) async fn save(&self, name: &str, source: &str, memory_mib: u32) -> Result<String> {
        let settings = json!({"hold_ms": 0, "wall_ms": 30_000, "cpu_ms": 2_000, "memory_mib": memory_mib});
        let function = json!({"name": name, "source": source, "settings": settings});
        self.native(Method::POST, "/functions", &function).await?;
        let url = format!("{}/api/account/{ACCOUNT}/lambdas?v=1", self.url);
        let all: Value = self.client.get(url).bearer_auth(&self.operator).send().await?.json().await?;
        let found = all.as_array().and_then(|all| all.iter().find(|lambda| lambda["name"] == name));
        Ok(found.and_then(|lambda| lambda["uuid"].as_str()).context("a function is listed")?.to_owned())
    }

    /// From now on every write to a file fails, as on a disk that is full.
    pub(super) fn fill_the_disk(&self) -> Result<()> {
        let pid = self.process.id().to_string();
        let limited = Command::new("prlimit").args(["--pid", &pid, "--fsize=0"]).status()?;
        ensure!(limited.success(), "the size of files cannot be limited");
        Ok(())
    }
}

/// Method, path below the account, body.
pub(super) struct Ask<'a>(pub(super) Method, pub(super) &'a str, pub(super) &'a str);

fn command(folder: &Path) -> Command {
    let mut command = Command::new("sh");
    // A write beyond the limit fails instead of ending the process.
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(binary());
    command.args(["serve", "--data", "data", "--listen", "127.0.0.1:0", "--log", "off"]);
    command.args(["--allow-private-egress", "--function-memory-mib-max", MEMORY_MIB]);
    command.args(["--calls-per-second", CALLS_PER_SECOND]).current_dir(folder);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CONVOKE_")) {
        command.env_remove(name);
    }
    command
}
