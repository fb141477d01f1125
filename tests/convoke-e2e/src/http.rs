//! The HTTP API of one account, as one caller.

use anyhow::{Context as _, Result, bail};
use convoke_api::v1::event::ConversationEvent;
use convoke_domain::id::ConversationId;
use reqwest::Method;
use serde_json::{Value, json};

/// A caller.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    base: String,
    account: String,
    token: String,
}

impl Http {
    /// The account of the server at `url`, with this token.
    pub fn new(url: &str, account: &str, token: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        Self { client, base: url.to_owned(), account: account.to_owned(), token: token.to_owned() }
    }

    /// Asks for something below the account; the status and the answer.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let path = format!("/api/v1/accounts/{}{path}", self.account);
        self.ask_server(method, &path, body).await
    }

    /// The same for any path.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn ask_server(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        request = request.bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await?;
        let value = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok((status, value))
    }

    /// Asks for something below the account and does not look at the answer, only at its status.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn status(&self, method: Method, path: &str, body: &Value) -> Result<u16> {
        let url = format!("{}/api/v1/accounts/{}{path}", self.base, self.account);
        let answer = self.client.request(method, url).bearer_auth(&self.token).json(body).send().await?;
        let status = answer.status().as_u16();
        answer.bytes().await?;
        Ok(status)
    }

    /// Asks for something that has to be done.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn ok(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let body = (!body.is_null()).then_some(body);
        let (status, answer) = self.ask(method.clone(), path, body).await?;
        if !(200..300).contains(&status) {
            bail!("{method} {path}: {status} {answer}");
        }
        Ok(answer)
    }

    /// Makes a function and deploys it.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn deploy(&self, function: &Value) -> Result<()> {
        let name = function["name"].as_str().context("a function has a name")?;
        self.ok(Method::POST, "/functions", function).await?;
        self.ok(Method::POST, &format!("/functions/{name}/deploy"), &Value::Null).await?;
        Ok(())
    }

    /// A token of a consumer with this name.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn consumer(&self, name: &str) -> Result<String> {
        let made = self.ok(Method::POST, "/consumers", &json!({ "name": name })).await?;
        Ok(made["token"].as_str().context("a consumer has a token")?.to_owned())
    }

    /// All events of a conversation as this caller sees them.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn events(&self, conversation: ConversationId) -> Result<Vec<ConversationEvent>> {
        let mut events = Vec::new();
        let mut from = "1".to_owned();
        loop {
            let path = format!("/conversations/{conversation}/events?from={from}&limit=1000");
            let page = self.ok(Method::GET, &path, &Value::Null).await?;
            let items: Vec<ConversationEvent> = serde_json::from_value(page["items"].clone())?;
            events.extend(items);
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut from),
                None => return Ok(events),
            }
        }
    }
}
