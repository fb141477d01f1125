//! Consumers over a WebSocket each, as windows in pages are.

use anyhow::{Context, Result};
use convoke_api::v1::conversation::SetTtr;
use convoke_api::v1::event::{ConversationEvent, Event};
use convoke_api::v1::live::{Act, Ask, LiveMessage};
use convoke_api::v1::participant::Role;
use convoke_api::v1::ttr;
use convoke_domain::conversation::Conversation;
use convoke_domain::id::{AccountId, ConversationId};
use convoke_domain::ttr::Ttr;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::live::{Live, refused};
use super::{Consumer, Target};

/// How long tokens of the benchmark count: longer than it takes.
const TOKENS_LIVE: SignedDuration = SignedDuration::from_hours(24);

/// Where people come in, and whoever may give them tokens.
pub(crate) struct Door {
    /// The server, without a path.
    url: String,
    operator: &'static str,
    /// One for all: making it reads every certificate of the machine.
    http: reqwest::Client,
}

/// One with a connection of their own.
pub(crate) struct OverWebSocket {
    live: Live<TcpStream>,
    conversation: ConversationId,
    urgent: bool,
}

impl OverWebSocket {
    /// Connects the consumer of `target`, whose conversation is in this state, and follows what comes.
    pub(crate) async fn connect(door: &Door, target: &Target, state: &Conversation) -> Result<Self> {
        let token = door.consumer(&target.account, &target.consumer.to_string()).await?;
        let mut live = door.live(&target.account, &token).await?;
        live.follow(target.conversation, state.head.number()).await?;
        Ok(Self { live, conversation: target.conversation, urgent: state.ttr == Ttr::Urgent })
    }
}

impl Consumer for OverWebSocket {
    async fn event(&mut self) -> Result<()> {
        self.urgent = !self.urgent;
        let ttr = if self.urgent { ttr::Ttr::Urgent } else { ttr::Ttr::Normal };
        let act = Act::SetTtr(SetTtr { ttr });
        let asked = self.live.ask(Ask::Act { conversation: self.conversation, act }).await?;
        let (mut recorded, mut answered) = (None, None);
        loop {
            let message = self.live.next().await?;
            if let LiveMessage::Written { id, written } = &message
                && *id == asked
            {
                recorded = Some(written.seq);
            }
            if let LiveMessage::Event { event, .. } = &message
                && is_answer(event)
            {
                answered = Some(event.seq);
            }
            refused(message)?;
            // The answer to an earlier event may only now be told.
            if recorded.is_some() && answered > recorded {
                return Ok(());
            }
        }
    }
}

/// Whether it is a line of the Controller Bot.
fn is_answer(event: &ConversationEvent) -> bool {
    matches!(event.event, Event::LinePublished { role: Role::Controller, .. })
}

impl Door {
    /// The door of the server at `url`, whose operator has this token.
    pub(crate) fn at(url: String, operator: &'static str) -> Self {
        Self { url, operator, http: reqwest::Client::new() }
    }

    /// A live connection with this token.
    pub(crate) async fn live(&self, account: &AccountId, token: &str) -> Result<Live<TcpStream>> {
        let address = self.url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Live::open(stream, address, account, token).await
    }

    /// A token for the consumer of this name or id.
    pub(crate) async fn consumer(&self, account: &AccountId, name: &str) -> Result<String> {
        let access = self.ask(account, "consumers", &json!({ "name": name })).await?;
        Ok(access["token"].as_str().context("a consumer gets a token")?.to_owned())
    }

    /// A token of a program that may do what an agent may.
    pub(crate) async fn agent(&self, account: &AccountId, now: Timestamp) -> Result<String> {
        let wanted = json!({
            "name": "bench", "principal": { "kind": "application" }, "roles": ["agent"],
            "expires_at": now + TOKENS_LIVE,
        });
        let issued = self.ask(account, "tokens", &wanted).await?;
        Ok(issued["secret"].as_str().context("a token has a secret")?.to_owned())
    }

    async fn ask(&self, account: &AccountId, what: &str, wanted: &Value) -> Result<Value> {
        let path = format!("{}/api/v1/accounts/{account}/{what}", self.url);
        let request = self.http.post(path).bearer_auth(self.operator).json(wanted);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}
