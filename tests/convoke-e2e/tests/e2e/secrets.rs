//! A secret's value is in nothing that Convoke says or keeps: looked for byte by byte.
//!
//! Functions do with it what functions do: send it, log it, throw it, die with it. Another system tells it to a function that
//! never read it, and a caller sends it along. What a function returns or writes on purpose is its own business.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use convoke_e2e::elapse;
use convoke_e2e::http::Http;
use convoke_e2e::receiver::{Answer, Receiver};
use convoke_e2e::server::{Process, all, command};
use reqwest::Method;
use serde_json::{Value, json};

/// The values, and the part of each by which it is found: the second has characters that JSON writes differently.
const PLAIN: &str = "plain-s3cr3t-9f2c61b7d0aa";
const PEM: &str = "-----BEGIN \"KEY\"-----\nMIIq-s3cr3t-5511c0ffee\n-----END-----\n";
const PARTS: [&str; 2] = [PLAIN, "MIIq-s3cr3t-5511c0ffee"];

const RUNS_WITHIN: Duration = Duration::from_mins(1);

/// What the functions do with their secrets; `OTHER` is another system.
const FUNCTIONS: [(&str, &str); 5] = [
    (
        "sends",
        "const { Toolbelt } = require('lp-faas-toolbelt');
         async function lambda(input, callback) {
           const { value } = await Toolbelt.SecretClient().readSecret('plain');
           const pem = (await Toolbelt.SecretClient().readSecret('pem')).value;
           console.info('using ' + value, { pem, list: [value] });
           const answer = await fetch('OTHER?key=' + value, { method: 'POST', headers: { 'x-key': value }, body: JSON.stringify({ value, pem }) });
           await Toolbelt.SecretClient().updateSecret({ key: 'plain', value });
           console.warn(await answer.text());
           callback(null, 'done');
         }",
    ),
    (
        "throws",
        "const { SecretClient } = require('core-functions-toolbelt');
         async function lambda() {
           const { value } = await new SecretClient().readSecret('pem');
           console.error(new Error(value));
           throw new TypeError('no order with ' + value);
         }",
    ),
    (
        "dies",
        "const { SecretClient } = require('core-functions-toolbelt');
         async function lambda() {
           const { value } = await new SecretClient().readSecret('plain');
           const all = [];
           for (;;) all.push(value.repeat(100000));
         }",
    ),
    (
        "is_told",
        "async function lambda(input) {
           const answer = await fetch('OTHER', { method: 'POST', body: '{}' });
           console.info('told', input.payload, await answer.text());
           return 'done';
         }",
    ),
    (
        "in_a_conversation",
        "const { SecretClient } = require('core-functions-toolbelt');
         async function lambda() {
           const { value } = await new SecretClient().readSecret('plain');
           console.info(value);
           throw new Error(value);
         }",
    ),
];

/// What the server says while it runs, all of it.
struct Heard {
    folder: tempfile::TempDir,
    process: Option<Process>,
    known: Value,
}

impl Heard {
    fn start() -> Result<Self> {
        let mut heard = Self { folder: tempfile::tempdir()?, process: None, known: Value::Null };
        heard.start_again()?;
        Ok(heard)
    }

    fn start_again(&mut self) -> Result<()> {
        let arguments = [
            "dev",
            "--listen",
            "127.0.0.1:0",
            "--tls-listen",
            "127.0.0.1:0",
            "--allow-private-egress",
            "--log",
            "trace",
        ];
        let mut server = command(self.folder.path(), &arguments);
        let log = File::options().create(true).append(true).open(self.folder.path().join("server.log"))?;
        server.env("CONVOKE_LOG_FORMAT", "json").env("RUST_BACKTRACE", "full");
        self.process = Some(Process::heard(server, log, "is ready")?);
        self.known =
            serde_json::from_str(&std::fs::read_to_string(self.folder.path().join(".convoke/cli.json"))?)?;
        Ok(())
    }

    fn http(&self, persona: &str) -> Http {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Http::new(
            &text(&self.known["url"]),
            &text(&self.known["account"]),
            &text(&self.known["tokens"][persona]),
        )
    }

    /// Everything that a command prints.
    fn said(&self, arguments: &[&str]) -> Result<String> {
        Ok(all(&convoke_e2e::server::run(self.folder.path(), arguments)?))
    }

    /// Ends the server where it stands, and looks through every file that is left.
    fn search(&mut self) -> Result<usize> {
        self.process.take().context("it runs")?.kill()?;
        let mut files = 0;
        look_through(self.folder.path(), &mut files)?;
        Ok(files)
    }
}

fn look_through(folder: &Path, files: &mut usize) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            look_through(&path, files)?;
            continue;
        }
        let bytes = std::fs::read(&path)?;
        for part in PARTS {
            let found = bytes.windows(part.len()).position(|window| window == part.as_bytes());
            let around =
                found.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(200)..at]).into_owned());
            ensure!(found.is_none(), "{} has it after: {}", path.display(), around.unwrap_or_default());
        }
        *files += 1;
    }
    Ok(())
}

fn is_clean(said: &str, what: &str) -> Result<()> {
    for part in PARTS {
        ensure!(!said.contains(part), "{what} shows it: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_secrets_value_is_in_no_answer_log_recording_file_or_crash() -> Result<()> {
    let mut heard = Heard::start()?;
    let other_system =
        Receiver::start(Answer::Text(json!({ "your_key": PLAIN, "pem": PEM }).to_string())).await?;
    let admin = heard.http("admin");
    admin
        .ok(
            Method::PUT,
            "/settings",
            &json!({ "egress": { "mode": "any" }, "run_log": { "days": 9, "keep_tests": true } }),
        )
        .await?;
    for (name, value) in [("plain", PLAIN), ("pem", PEM)] {
        let set = admin.ok(Method::PUT, &format!("/secrets/{name}"), &json!({ "value": value })).await?;
        is_clean(&set.to_string(), "the answer to setting it")?;
    }
    work(&admin, &other_system.url).await?;
    // The other system did get it: what follows is no test of a function that did nothing.
    let taken = other_system.taken();
    assert!(taken.iter().any(|body| body["value"] == PLAIN && body["pem"] == PEM), "{taken:?}");

    let recordings = read_everything(&heard, &admin).await?;
    assert!(recordings.contains("[secret plain 1]") && recordings.contains("[secret pem 1]"), "{recordings}");

    let files = heard.search()?;
    assert!(files > 4, "there is a database, a run log, what was said: {files} files");
    heard.start_again()?;
    heard.search()?;
    Ok(())
}

/// Calls, tests and a conversation.
async fn work(admin: &Http, other_system: &str) -> Result<()> {
    for (name, source) in FUNCTIONS {
        let mut function = json!({ "name": name, "source": source.replace("OTHER", other_system) });
        if name == "in_a_conversation" {
            admin.ok(Method::POST, "/functions/new_conversation/undeploy", &Value::Null).await?;
            admin.ok(Method::DELETE, "/functions/new_conversation", &Value::Null).await?;
            function["event"] = json!("controllerbot_messaging_new_conversation");
        }
        admin.deploy(&function).await?;
    }
    for name in ["sends", "throws", "dies", "is_told"] {
        let input = json!({ "input": { "headers": [{ "key": "x-their-key", "value": PLAIN }], "payload": { "key": PEM } } });
        let (_, ran) = admin.ask(Method::POST, &format!("/functions/{name}/invoke"), Some(&input)).await?;
        is_clean_unless_told(name, &ran)?;
        let test = json!({ "inspect": true, "network": true });
        let (_, ran) = admin.ask(Method::POST, &format!("/functions/{name}/test"), Some(&test)).await?;
        is_clean_unless_told(name, &ran)?;
    }
    admin.consumer("ada").await?;
    let opened = json!({ "consumer": "ada", "line": { "text": "Hello" } });
    let (status, answer) = admin.ask(Method::POST, "/conversations", Some(&opened)).await?;
    ensure!(status < 300, "{answer}");
    Ok(())
}

/// A function that logs what its caller sent shows its caller that.
fn is_clean_unless_told(name: &str, ran: &Value) -> Result<()> {
    if name == "is_told" { Ok(()) } else { is_clean(&ran.to_string(), name) }
}

/// The runs of all functions, once each of them has one: that of the conversation begins by itself.
async fn every_run(admin: &Http) -> Result<Vec<Value>> {
    let ran = async {
        loop {
            let page = admin.ok(Method::GET, "/invocations?limit=100", &Value::Null).await?;
            is_clean(&page.to_string(), "the run log")?;
            let runs = page["items"].as_array().context("there are runs")?;
            let ran = |name: &str| runs.iter().any(|run| run["function"]["name"] == name);
            if FUNCTIONS.iter().all(|(name, _)| ran(name)) {
                return Ok(runs.clone());
            }
            elapse(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(RUNS_WITHIN, ran).await.context("not each function ran")?
}

/// All that can be read of what happened; gives the recordings.
async fn read_everything(heard: &Heard, admin: &Http) -> Result<String> {
    let runs = every_run(admin).await?;
    let mut recordings = String::new();
    for run in &runs {
        let invocation = run["invocation"].as_str().context("a run has an invocation")?;
        let attempt = run["attempt"].as_u64().unwrap_or(1);
        let path = format!("/invocations/{invocation}/recordings/{attempt}");
        recordings.push_str(&admin.ok(Method::GET, &path, &Value::Null).await?.to_string());
        is_clean(&heard.said(&["invocation", "show", invocation])?, "invocation show")?;
    }
    is_clean(&recordings, "the recordings")?;
    for path in
        ["/logs", "/activity", "/activity/functions", "/settings", "/secrets", "/metrics", "/functions"]
    {
        is_clean(&admin.ok(Method::GET, path, &Value::Null).await?.to_string(), path)?;
    }
    let conversations = admin.ok(Method::GET, "/conversations", &Value::Null).await?;
    let conversation =
        conversations["items"][0]["id"].as_str().context("there is a conversation")?.to_owned();
    for arguments in [
        vec!["conversation", "explain", &conversation],
        vec!["logs", "--level", "debug"],
        vec!["activity", "--functions"],
        vec!["secret", "list", "-o", "json"],
    ] {
        is_clean(&heard.said(&arguments)?, &arguments.join(" "))?;
    }
    Ok(recordings)
}
