//! One live connection: reads requests, answers them, tells what happens in the conversations that are followed.
//!
//! ```text
//!  frame ──▶ asks: who may, what ──▶ under way (bounded) ──┐
//!                      follow ──▶ feeds (bounded) ─────────┼──▶ messages ──▶ frame
//!                      board ───▶ seat: what changed ──────┘
//! ```
//!
//! A single task does all of it, so that what is written waits for the client and nothing piles up: a follower that does
//! not keep up with its conversation is told so and follows again. Requests about one conversation are asked in the order
//! they came. It promises that a request is answered exactly once, unless the connection ends. It ends when the token
//! does not count any more, when the client is silent or does not read, and when the server stops.

mod asks;
mod follows;
mod seated;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::pin::pin;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use convoke_api::error_code::ErrorCode;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::live::{Ask, LiveMessage, Request};
use convoke_engine::OfferId;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::time::{Instant, interval_at, timeout};
use tracing::debug;

use self::asks::Asked;
use self::follows::{Follows, Heard};
use crate::board::Seat;
use crate::caller::{Peer, Tenant};
use crate::guard::still_admitted;
use crate::limits;
use crate::problem::ApiError;
use crate::server::Shared;

/// A client, and everything it waits for.
pub(crate) struct Connection {
    server: Shared,
    tenant: Tenant,
    token: String,
    peer: Option<Peer>,
    under_way: FuturesUnordered<Asked>,
    follows: Follows,
    /// The client's place at the board, if it asked for one.
    seat: Option<Seat>,
    /// News of the board that are still to be written; the next ones are taken when there are none.
    told: VecDeque<LiveMessage>,
    heard_at: Instant,
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The client closed it, or it broke.
    Gone,
    /// The server stops.
    Stopping,
    /// The token does not count any more.
    NotAdmitted,
    /// The client said nothing for too long.
    Silent,
    /// What came is no frame, or far too large.
    Unreadable,
    /// The client does not read.
    NotRead,
}

impl Connection {
    pub(crate) fn new(server: Shared, tenant: Tenant, token: String, peer: Option<Peer>) -> Self {
        Self {
            server,
            tenant,
            token,
            peer,
            under_way: FuturesUnordered::new(),
            follows: Follows::default(),
            seat: None,
            told: VecDeque::new(),
            heard_at: Instant::now(),
        }
    }

    /// Serves the client until one of them has enough.
    pub(crate) async fn run(mut self, mut socket: WebSocket) {
        let end = self.serve(&mut socket).await;
        debug!(?end, "a live connection ended");
        if let Some(frame) = end.frame() {
            // Best effort: whoever does not read gets none.
            let closing = socket.send(Message::Close(Some(frame)));
            let _ = timeout(limits::LIVE_WRITE_TIME_MAX, closing).await;
        }
    }

    async fn serve(&mut self, socket: &mut WebSocket) -> End {
        let stopping = self.server.stopping.clone();
        let mut stopped = pin!(stopping.cancelled());
        let mut ping = interval_at(Instant::now() + limits::LIVE_PING, limits::LIVE_PING);
        loop {
            let told = tokio::select! {
                () = &mut stopped => Err(End::Stopping),
                frame = socket.recv() => self.on_frame(frame).map(|message| message.as_ref().map(as_frame)),
                Some(answered) = self.under_way.next(), if !self.under_way.is_empty() => {
                    Ok(Some(as_frame(&self.answered(answered))))
                }
                Some(heard) = self.follows.next(), if !self.follows.is_empty() => {
                    self.on_heard(heard).map(|message| Some(as_frame(&message)))
                }
                news = seated::news(self.seat.as_ref()), if self.told.is_empty() => self.on_news(news),
                () = std::future::ready(()), if !self.told.is_empty() => {
                    Ok(self.told.pop_front().as_ref().map(as_frame))
                }
                _ = ping.tick() => self.on_silence(),
            };
            let written = match told {
                Ok(Some(frame)) => self.write(socket, frame).await,
                Ok(None) => Ok(()),
                Err(end) => Err(end),
            };
            if let Err(end) = written {
                return end;
            }
        }
    }

    /// Takes in a frame; what is to be said at once, if anything.
    fn on_frame(&mut self, frame: Option<Result<Message, axum::Error>>) -> Result<Option<LiveMessage>, End> {
        self.heard_at = Instant::now();
        match frame {
            Some(Ok(Message::Text(text))) => self.on_request(text.as_bytes()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Binary(_))) => {
                Ok(Some(refused(None, ApiError::field("", "requests are text frames with one JSON object"))))
            }
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(_)) => Err(End::Unreadable),
        }
    }

    fn on_request(&mut self, bytes: &[u8]) -> Result<Option<LiveMessage>, End> {
        if !still_admitted(&self.server, &self.token, &self.tenant.caller) {
            return Err(End::NotAdmitted);
        }
        if bytes.len() > limits::LIVE_FRAME_BYTES_MAX {
            let detail = format!("a frame has at most {} bytes", limits::LIVE_FRAME_BYTES_MAX);
            return Ok(Some(refused(None, Problem::new(PlatformError::TooLarge, detail).into())));
        }
        let request = match Request::read(bytes) {
            Ok(request) => request,
            Err(unreadable) => return Ok(Some(refused(unreadable.id, unreadable.invalid.into()))),
        };
        Ok(self.ask(request))
    }

    /// Begins what is asked, or answers it at once.
    fn ask(&mut self, Request { id, ask }: Request) -> Option<LiveMessage> {
        if let Err(error) = asks::permit(&self.tenant.caller, &ask) {
            return Some(refused(Some(id), error));
        }
        match &ask {
            Ask::Ping => return Some(LiveMessage::Pong { id }),
            Ask::Unfollow { conversation } => {
                self.follows.stop(*conversation);
                return Some(LiveMessage::Unfollowed { id, conversation: *conversation });
            }
            Ask::SetAvailability(_) | Ask::RejectOffer(_) | Ask::Typing { .. } => {
                return Some(self.say_in_person(id, &ask));
            }
            Ask::Follow { .. } | Ask::Open(_) | Ask::Act { .. } | Ask::Board(_) | Ask::AcceptOffer(_) => {}
        }
        if self.under_way.len() >= limits::LIVE_REQUESTS_MAX {
            let detail = format!("at most {} requests may be under way", limits::LIVE_REQUESTS_MAX);
            return Some(refused(Some(id), Problem::new(PlatformError::TooManyRequests, detail).into()));
        }
        let (server, tenant) = (self.server.clone(), self.tenant.clone());
        let asked = match ask {
            Ask::Follow { conversation, from } => {
                let Some(place) = self.follows.begin(conversation) else {
                    return Some(refused(Some(id), too_many_followed()));
                };
                let token = self.token.clone();
                asks::follow(server, tenant, token, id, place, from.after).boxed()
            }
            Ask::Open(open) => asks::open(server, tenant, self.peer, id, open).boxed(),
            Ask::Act { conversation, act } => asks::act(server, tenant, id, conversation, act).boxed(),
            Ask::Board(see) => asks::board(server, tenant, id, see).boxed(),
            Ask::AcceptOffer(named) => match self.begin_accept(&OfferId::named(&named.offer)) {
                Ok(accepting) => asks::take(server, tenant, id, accepting).boxed(),
                Err(error) => return Some(refused(Some(id), error)),
            },
            Ask::Ping
            | Ask::Unfollow { .. }
            | Ask::SetAvailability(_)
            | Ask::RejectOffer(_)
            | Ask::Typing { .. } => return None,
        };
        self.under_way.push(asked);
        None
    }

    fn on_heard(&mut self, heard: Heard) -> Result<LiveMessage, End> {
        self.follows.heard(heard).ok_or(End::NotAdmitted)
    }

    fn on_silence(&self) -> Result<Option<Message>, End> {
        if self.heard_at.elapsed() >= limits::LIVE_SILENCE_MAX {
            return Err(End::Silent);
        }
        // Whoever is told nothing for long is looked at here.
        if !still_admitted(&self.server, &self.token, &self.tenant.caller) {
            return Err(End::NotAdmitted);
        }
        Ok(Some(Message::Ping(Bytes::new())))
    }

    /// Writes a frame, and after it what is ready by now, so that many small messages are one write.
    async fn write(&mut self, socket: &mut WebSocket, first: Message) -> Result<(), End> {
        let writing = async {
            socket.feed(first).await.map_err(|_| End::Gone)?;
            for _ in 1..limits::LIVE_BATCH_MAX {
                let Some(message) = self.ready()? else { break };
                socket.feed(as_frame(&message)).await.map_err(|_| End::Gone)?;
            }
            socket.flush().await.map_err(|_| End::Gone)
        };
        timeout(limits::LIVE_WRITE_TIME_MAX, writing).await.unwrap_or(Err(End::NotRead))
    }

    /// What is there without waiting.
    fn ready(&mut self) -> Result<Option<LiveMessage>, End> {
        if let Some(Some(answered)) = self.under_way.next().now_or_never() {
            return Ok(Some(self.answered(answered)));
        }
        if let Some(told) = self.told.pop_front() {
            return Ok(Some(told));
        }
        match self.follows.next().now_or_never() {
            Some(Some(heard)) => self.on_heard(heard).map(Some),
            Some(None) | None => Ok(None),
        }
    }
}

impl End {
    /// How the client is told; `None` if nobody is there to hear it.
    fn frame(self) -> Option<CloseFrame> {
        let (code, error) = match self {
            Self::Gone => return None,
            Self::Stopping => (close_code::AWAY, PlatformError::Stopping),
            Self::NotAdmitted => (close_code::POLICY, PlatformError::AuthRequired),
            Self::Silent => (close_code::POLICY, PlatformError::RequestTimedOut),
            Self::Unreadable => (close_code::PROTOCOL, PlatformError::RequestInvalid),
            Self::NotRead => (close_code::POLICY, PlatformError::SubscriptionTooSlow),
        };
        Some(CloseFrame { code, reason: ErrorCode::from(error).code().into() })
    }
}

fn as_frame(message: &LiveMessage) -> Message {
    let text = serde_json::to_string(message).expect("messages are plain data");
    Message::Text(text.into())
}

fn refused(id: Option<String>, error: ApiError) -> LiveMessage {
    LiveMessage::Problem { id, problem: Box::new(error.into_problem()) }
}

fn too_many_followed() -> ApiError {
    let detail = format!("one connection follows at most {} conversations", limits::LIVE_FOLLOWED_MAX);
    Problem::new(PlatformError::TooManyRequests, detail).into()
}
