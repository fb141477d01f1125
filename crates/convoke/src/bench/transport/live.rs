//! A live connection of the native API, over whatever carries it.

use anyhow::{Context, Result, bail};
use convoke_api::v1::live::{Ask, Follow, LiveMessage, Request};
use convoke_domain::id::{AccountId, ConversationId};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// What a connection keeps to read into, in bytes. The library clears all of it for each read, and its own choice of
/// 128 KiB would make the generator the largest part of what is measured.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// One connection.
pub(crate) struct Live<S> {
    socket: WebSocketStream<S>,
    asked: u64,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Live<S> {
    /// Opens it over `stream`, which leads to `address`, with a token of the account.
    pub(crate) async fn open(stream: S, address: &str, account: &AccountId, token: &str) -> Result<Self> {
        let request = format!("ws://{address}/api/v1/accounts/{account}/live");
        let mut request = request.into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        Ok(Self { socket, asked: 0 })
    }

    /// Asks for something; the answer has the id that this gives.
    pub(crate) async fn ask(&mut self, ask: Ask) -> Result<String> {
        self.asked += 1;
        let request = Request { id: self.asked.to_string(), ask };
        self.socket.send(Message::text(request.to_json())).await?;
        Ok(request.id)
    }

    /// What the server says next.
    pub(crate) async fn next(&mut self) -> Result<LiveMessage> {
        loop {
            match self.socket.next().await.context("the connection broke")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(frame) => bail!("the server closed the connection: {frame:?}"),
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Follows what comes after this event of a conversation.
    pub(crate) async fn follow(&mut self, conversation: ConversationId, after: u64) -> Result<()> {
        let asked = self.ask(Ask::Follow { conversation, from: Follow { after } }).await?;
        loop {
            let message = self.next().await?;
            if matches!(&message, LiveMessage::Following { id, .. } if *id == asked) {
                return Ok(());
            }
            refused(message)?;
        }
    }
}

/// A failure if the message is one; other messages are not waited for.
pub(crate) fn refused(message: LiveMessage) -> Result<()> {
    match message {
        LiveMessage::Problem { problem, .. } | LiveMessage::Ended { problem, .. } => Err((*problem).into()),
        LiveMessage::Resync { .. } => bail!("the generator reads too slowly to measure anything"),
        LiveMessage::Pong { .. }
        | LiveMessage::Following { .. }
        | LiveMessage::Unfollowed { .. }
        | LiveMessage::Opened { .. }
        | LiveMessage::Written { .. }
        | LiveMessage::Board { .. }
        | LiveMessage::Done { .. }
        | LiveMessage::Card { .. }
        | LiveMessage::Offer { .. }
        | LiveMessage::Presence { .. }
        | LiveMessage::Typing { .. }
        | LiveMessage::Event { .. } => Ok(()),
    }
}
