//! A test run shows which calls a function would make before the first of them is made.

use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context as _, Result};
use convoke_e2e::receiver::{Answer, Receiver};
use convoke_e2e::server::{Dev, all, binary, command};
use reqwest::Method;
use serde_json::{Value, json};

const SHOWN: &str = "nothing of this was sent yet";
const QUESTION: &str = "Make these calls";

/// A function whose only work is one call to another system.
async fn site(folder: &Path) -> Result<(Dev, Receiver)> {
    let dev = Dev::start(folder, &["--allow-private-egress"])?;
    let other_system = Receiver::start(Answer::Status(201)).await?;
    let admin = dev.http("admin");
    admin.ok(Method::PUT, "/settings", &json!({ "egress": { "mode": "any" } })).await?;
    let source = format!(
        "async function lambda() {{ const answer = await fetch('{}', {{ method: 'POST', body: '{{}}' }}); return answer.status; }}",
        other_system.url
    );
    admin.ok(Method::POST, "/functions", &json!({ "name": "orders", "source": source })).await?;
    Ok((dev, other_system))
}

/// Runs a command as a person does, at a terminal, who then types something.
fn at_a_terminal(folder: &Path, arguments: &[&str], typed: &str) -> Result<Output> {
    let line = format!("'{}' {}", binary().display(), arguments.join(" "));
    let person = command(folder, &[]);
    let mut terminal = std::process::Command::new("script");
    terminal.args(["-q", "-e", "-c", &line, "/dev/null"]).current_dir(folder);
    for (name, value) in person.get_envs() {
        match value {
            Some(value) => terminal.env(name, value),
            None => terminal.env_remove(name),
        };
    }
    let mut child = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    std::io::Write::write_all(&mut child.stdin.take().context("it is piped")?, typed.as_bytes())?;
    Ok(child.wait_with_output()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_asked_before_the_first_call_is_made() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (mut dev, other_system) = site(folder.path()).await?;
    let test = ["function", "test", "orders"];

    let refused = at_a_terminal(folder.path(), &test, "n\n")?;
    let said = all(&refused);
    assert!(said.contains(SHOWN) && said.contains("POST 127.0.0.1") && said.contains(QUESTION), "{said}");
    assert_eq!(other_system.taken(), Vec::<Value>::new(), "who says no has called nobody");

    let agreed = at_a_terminal(folder.path(), &test, "y\n")?;
    assert!(agreed.status.success() && all(&agreed).contains("201"), "{}", all(&agreed));
    assert_eq!(other_system.taken().len(), 1);
    dev.stop()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_sees_the_calls_first_and_may_refuse_them_or_wave_them_through() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (mut dev, other_system) = site(folder.path()).await?;

    let refused = dev.run(&["function", "test", "orders", "--no-network"])?;
    let said = all(&refused);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("POST 127.0.0.1") && !said.contains(QUESTION), "{said}");
    assert_eq!(other_system.taken().len(), 0, "without the network nothing is sent");

    let shown = dev.run(&["function", "test", "orders"])?;
    let said = all(&shown);
    assert!(said.contains(SHOWN) && !said.contains(QUESTION) && shown.status.success(), "{said}");
    assert_eq!(other_system.taken().len(), 1);

    let waved = dev.run(&["function", "test", "orders", "--yes"])?;
    assert!(!all(&waved).contains(SHOWN) && waved.status.success(), "{}", all(&waved));
    assert_eq!(other_system.taken().len(), 2);
    dev.stop()
}
