//! A live connection, as a careful client keeps one.

#![expect(clippy::wildcard_enum_match_arm, reason = "whatever is not expected is an error here")]

use anyhow::{Context as _, Result, bail};
use convoke_api::problem::Problem;
use convoke_api::v1::conversation::{OpenConversation, OpenedConversation, PublishLine, Written};
use convoke_api::v1::event::ConversationEvent;
use convoke_api::v1::live::{Act, Ask, Follow, LiveMessage, Request};
use convoke_domain::id::ConversationId;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

/// One WebSocket, and the events that came on it.
#[derive(Debug)]
pub struct Live {
    socket: WebSocketStream<TcpStream>,
    asked: u64,
    /// What came while something else was waited for, in its order.
    pub events: Vec<ConversationEvent>,
}

impl Live {
    /// Connects to the account of the server at `url` with a token.
    ///
    /// # Errors
    /// If nobody answers, or not with a WebSocket.
    pub async fn connect(url: &str, account: &str, token: &str) -> Result<Self> {
        let address = url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{address}/api/v1/accounts/{account}/live").into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        let (socket, _) = client_async(request, stream).await?;
        Ok(Self { socket, asked: 0, events: Vec::new() })
    }

    /// Sends a request; gives its id.
    ///
    /// # Errors
    /// If the connection is broken.
    pub async fn ask(&mut self, ask: Ask) -> Result<String> {
        self.asked += 1;
        let request = Request { id: self.asked.to_string(), ask };
        self.socket.send(Message::text(request.to_json())).await?;
        Ok(request.id)
    }

    /// The next message.
    ///
    /// # Errors
    /// If the connection ends.
    pub async fn next(&mut self) -> Result<LiveMessage> {
        loop {
            match self.socket.next().await.context("the connection broke")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(frame) => bail!("closed: {frame:?}"),
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
            }
        }
    }

    /// The answer to a request. Events that come before it are kept.
    ///
    /// # Errors
    /// If the connection ends.
    pub async fn answer(&mut self, to: &str) -> Result<LiveMessage> {
        loop {
            let message = self.next().await?;
            match &message {
                LiveMessage::Event { event, .. } => self.events.push(ConversationEvent::clone(event)),
                LiveMessage::Problem { id: None, problem } => bail!("{problem}"),
                message if message.id() == Some(to) => break Ok(message.clone()),
                other => bail!("an answer to nothing: {other:?}"),
            }
        }
    }

    /// The next event, one that came already or one to wait for.
    ///
    /// # Errors
    /// If the connection ends.
    pub async fn event(&mut self) -> Result<ConversationEvent> {
        if !self.events.is_empty() {
            return Ok(self.events.remove(0));
        }
        match self.next().await? {
            LiveMessage::Event { event, .. } => Ok(*event),
            other => bail!("not an event: {other:?}"),
        }
    }

    /// Opens a conversation.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn open(&mut self, open: OpenConversation) -> Result<OpenedConversation> {
        let asked = self.ask(Ask::Open(open)).await?;
        match self.answer(&asked).await? {
            LiveMessage::Opened { opened, .. } => Ok(opened),
            other => Err(refusal(other)),
        }
    }

    /// Follows a conversation from after a place on.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn follow(&mut self, conversation: ConversationId, after: u64) -> Result<()> {
        let asked = self.ask(Ask::Follow { conversation, from: Follow { after } }).await?;
        match self.answer(&asked).await? {
            LiveMessage::Following { .. } => Ok(()),
            other => Err(refusal(other)),
        }
    }

    /// Does something in a conversation.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn act(&mut self, conversation: ConversationId, act: Act) -> Result<Written> {
        let asked = self.ask(Ask::Act { conversation, act }).await?;
        match self.answer(&asked).await? {
            LiveMessage::Written { written, .. } => Ok(written),
            other => Err(refusal(other)),
        }
    }

    /// Writes a line, with a key of one's own.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn say(
        &mut self,
        conversation: ConversationId,
        text: &str,
        key: Option<&str>,
    ) -> Result<Written> {
        let line = PublishLine { text: text.to_owned(), key: key.map(str::to_owned), private: false };
        self.act(conversation, Act::Publish(line)).await
    }
}

/// The problem that a refusal carries; `None` for any other error, as a broken connection.
pub fn problem(error: &anyhow::Error) -> Option<&Problem> {
    error.downcast_ref()
}

fn refusal(message: LiveMessage) -> anyhow::Error {
    match message {
        LiveMessage::Problem { problem, .. } => (*problem).into(),
        other => anyhow::anyhow!("not an answer to this: {other:?}"),
    }
}
