//! Webhooks against real receivers: nothing is lost when the process dies, and nothing reaches where it must not.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use convoke_e2e::elapse;
use convoke_e2e::http::Http;
use convoke_e2e::receiver::{Answer, Receiver};
use convoke_e2e::server::Dev;
use reqwest::Method;
use serde_json::{Value, json};

const CONVERSATIONS: usize = 3;
const LINES: usize = 8;
const COMES_WITHIN: Duration = Duration::from_mins(1);

/// Makes a webhook that is told of lines; its path.
async fn webhook(admin: &Http, url: &str) -> Result<String> {
    let settings = json!({"egress": {"mode": "listed", "domains": ["127.0.0.1"]}});
    admin.ok(Method::PUT, "/settings", &settings).await?;
    let define = json!({"name": "test", "url": url, "topics": ["content"]});
    let made = admin.ok(Method::POST, "/webhooks", &define).await?;
    Ok(format!("/webhooks/{}", made["id"].as_str().context("a webhook has an id")?))
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) -> Result<()> {
    let waiting = async {
        while !holds() {
            elapse(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(COMES_WITHIN, waiting).await.with_context(|| format!("it did not come: {what}"))
}

/// The lines of consumers that were taken, in their order, each once, of one conversation.
fn told(taken: &[Value], conversation: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut lines = Vec::new();
    for letter in taken.iter().filter(|letter| letter["subject"] == conversation) {
        let line = letter["data"]["line"].as_str().unwrap_or_default();
        if line.starts_with("line ") && !ids.contains(&letter["id"]) {
            ids.push(letter["id"].clone());
            lines.push(line.to_owned());
        }
    }
    lines
}

#[tokio::test]
async fn what_was_not_told_when_the_process_died_is_told_afterwards_in_order() -> Result<()> {
    let receiver = Receiver::start(Answer::Status(503)).await?;
    let folder = tempfile::tempdir()?;
    let mut dev = Dev::start(folder.path(), &["--allow-private-egress"])?;
    webhook(&dev.http("admin"), &receiver.url).await?;
    let mut conversations = Vec::new();
    for nth in 0..CONVERSATIONS {
        let token = dev.http("admin").consumer(&format!("consumer-{nth}")).await?;
        let consumer = Http::new(dev.url(), "demo", &token);
        let opened = consumer.ok(Method::POST, "/conversations", &json!({})).await?;
        let id = opened["id"].as_str().context("a conversation has an id")?.to_owned();
        for line in 0..LINES {
            let body = json!({"text": format!("line {line}")});
            consumer.ok(Method::POST, &format!("/conversations/{id}/lines"), &body).await?;
        }
        conversations.push(id);
    }
    until("a first attempt", || receiver.refused() > 0).await?;
    dev.kill()?;
    ensure!(receiver.taken().is_empty());
    receiver.answer(Answer::Status(200));
    dev.start_again()?;
    let expected: Vec<String> = (0..LINES).map(|line| format!("line {line}")).collect();
    for id in &conversations {
        until("every line", || told(&receiver.taken(), id).len() == LINES).await?;
        assert_eq!(told(&receiver.taken(), id), expected, "in their order");
    }
    dev.stop()
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_receiver_that_does_not_answer_is_given_up() -> Result<()> {
    let elsewhere = Receiver::start(Answer::Status(200)).await?;
    let receiver = Receiver::start(Answer::Redirect(elsewhere.url.clone())).await?;
    let folder = tempfile::tempdir()?;
    let mut dev = Dev::start(folder.path(), &["--allow-private-egress"])?;
    let admin = dev.http("admin");
    let path = format!("{}/test", webhook(&admin, &receiver.url).await?);
    let test = async || admin.ok(Method::POST, &path, &Value::Null).await;
    assert_eq!(test().await?, json!({"delivered": false, "status": 307, "reason": "status"}));
    ensure!(elsewhere.taken().is_empty() && elsewhere.refused() == 0, "nothing is sent on");
    receiver.answer(Answer::Never);
    assert_eq!(test().await?, json!({"delivered": false, "reason": "timed_out"}));
    receiver.answer(Answer::Status(201));
    assert_eq!(test().await?, json!({"delivered": true, "status": 201}));
    dev.stop()
}

#[tokio::test]
async fn an_address_of_the_own_network_is_not_reached_unless_the_operator_lets_it() -> Result<()> {
    let receiver = Receiver::start(Answer::Status(200)).await?;
    let folder = tempfile::tempdir()?;
    let mut dev = Dev::start(folder.path(), &[])?;
    let admin = dev.http("admin");
    let path = format!("{}/test", webhook(&admin, &receiver.url).await?);
    let refused = admin.ok(Method::POST, &path, &Value::Null).await?;
    assert_eq!(refused, json!({"delivered": false, "reason": "address_not_allowed"}));
    let nobody = json!({"egress": {"mode": "listed", "domains": []}});
    admin.ok(Method::PUT, "/settings", &nobody).await?;
    let refused = admin.ok(Method::POST, &path, &Value::Null).await?;
    assert_eq!(refused, json!({"delivered": false, "reason": "host_not_allowed"}));
    ensure!(receiver.taken().is_empty(), "nothing arrived");
    dev.stop()
}
