//! Consumers over a WebSocket each, as windows in pages are.

use anyhow::{Context, Result, bail};
use convoke_api::v1::conversation::SetTtr;
use convoke_api::v1::event::{ConversationEvent, Event};
use convoke_api::v1::live::{Act, Ask, Follow, LiveMessage, Request};
use convoke_api::v1::participant::Role;
use convoke_api::v1::ttr::Ttr;
use convoke_domain::id::ConversationId;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{Consumer, Target};

/// Where consumers come in, and whoever may give them tokens.
pub(crate) struct Door {
    /// The server, without a path.
    pub(crate) url: String,
    /// The operator's token.
    pub(crate) operator: String,
    /// One for all: making it reads every certificate of the machine.
    pub(crate) http: reqwest::Client,
}

/// One with a connection of their own.
pub(crate) struct OverWebSocket {
    socket: WebSocketStream<TcpStream>,
    conversation: ConversationId,
    urgent: bool,
    asked: u64,
}

impl OverWebSocket {
    /// Connects the consumer of `target`, which is not urgent yet, and follows it.
    pub(crate) async fn connect(door: &Door, target: &Target) -> Result<Self> {
        let token = door.token(target).await?;
        let address = door.url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!("ws://{address}/api/v1/accounts/{}/live", target.account);
        let mut request = request.into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        let (socket, _) = client_async(request, stream).await?;
        let mut consumer = Self { socket, conversation: target.conversation, urgent: false, asked: 0 };
        let follow = Ask::Follow { conversation: target.conversation, from: Follow::default() };
        let asked = consumer.ask(follow).await?;
        loop {
            match consumer.next().await? {
                LiveMessage::Following { id, .. } if id == asked => return Ok(consumer),
                message => refused(message)?,
            }
        }
    }

    async fn ask(&mut self, ask: Ask) -> Result<String> {
        self.asked += 1;
        let request = Request { id: self.asked.to_string(), ask };
        self.socket.send(Message::text(request.to_json())).await?;
        Ok(request.id)
    }

    async fn next(&mut self) -> Result<LiveMessage> {
        loop {
            match self.socket.next().await.context("the connection broke")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(frame) => bail!("the server closed the connection: {frame:?}"),
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
            }
        }
    }
}

impl Consumer for OverWebSocket {
    async fn event(&mut self) -> Result<()> {
        self.urgent = !self.urgent;
        let ttr = if self.urgent { Ttr::Urgent } else { Ttr::Normal };
        let act = Act::SetTtr(SetTtr { ttr });
        let asked = self.ask(Ask::Act { conversation: self.conversation, act }).await?;
        let (mut recorded, mut answered) = (None, None);
        loop {
            match self.next().await? {
                LiveMessage::Written { id, written } if id == asked => recorded = Some(written.seq),
                LiveMessage::Event { event, .. } if is_answer(&event) => answered = Some(event.seq),
                message => refused(message)?,
            }
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

/// A failure if the message is one; other messages are not waited for.
fn refused(message: LiveMessage) -> Result<()> {
    match message {
        LiveMessage::Problem { problem, .. } | LiveMessage::Ended { problem, .. } => Err((*problem).into()),
        LiveMessage::Resync { .. } => bail!("the generator reads too slowly to measure anything"),
        LiveMessage::Pong { .. }
        | LiveMessage::Following { .. }
        | LiveMessage::Unfollowed { .. }
        | LiveMessage::Opened { .. }
        | LiveMessage::Written { .. }
        | LiveMessage::Event { .. } => Ok(()),
    }
}

impl Door {
    /// A token for the consumer of `target`.
    async fn token(&self, target: &Target) -> Result<String> {
        let path = format!("{}/api/v1/accounts/{}/consumers", self.url, target.account);
        let wanted = json!({ "name": target.consumer.to_string() });
        let request = self.http.post(path).bearer_auth(&self.operator).json(&wanted);
        let access: Value = request.send().await?.error_for_status()?.json().await?;
        Ok(access["token"].as_str().context("a consumer gets a token")?.to_owned())
    }
}
