//! One socket: takes in frames, writes what there is to say, ends when it has to.

use std::collections::VecDeque;
use std::pin::pin;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use convoke_api::lp::messaging::{Dialect, Refused, Request, response};
use convoke_domain::conversation::{Actor, Conversation, ParticipantId};
use convoke_domain::id::{ConsumerId, DialogId, UserId};
use convoke_engine::{EngineError, Follower, Following};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::time::{Instant, interval_at, timeout};
use tracing::debug;

use super::asks::{Answered, Under};
use super::dialogs::{Dialogs, Ear};
use super::end::End;
use super::subscriptions::Subscriptions;
use crate::caller::{Peer, Tenant};
use crate::guard::still_admitted;
use crate::limits;
use crate::server::Shared;

/// The type of every response that refuses.
pub(super) const ERROR: &str = ".ReqBody$ErrorResp";

/// Whose socket it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lp) enum Side {
    /// Someone who works for the brand.
    Agent(UserId),
    /// A customer.
    Consumer {
        /// Who.
        consumer: ConsumerId,
        /// Whether the brand knows who they are.
        authenticated: bool,
        /// What their client can show.
        features: Vec<String>,
    },
}

/// A socket, and what it is told.
pub(in crate::lp) struct Session {
    pub(super) server: Shared,
    pub(super) tenant: Tenant,
    pub(super) token: String,
    pub(super) side: Side,
    pub(super) dialect: Dialect,
    pub(super) peer: Option<Peer>,
    pub(super) follower: Follower,
    pub(super) subscriptions: Subscriptions,
    pub(super) dialogs: Dialogs,
    /// The subscription to offers.
    pub(super) offers: Option<String>,
    /// The subscription to presences, and of whom; of all without anybody.
    pub(super) presences: Option<(String, Option<UserId>)>,
    pub(super) under_way: FuturesUnordered<Under>,
    pub(super) out: VecDeque<String>,
    /// Whether the brand's own application speaks for the consumer.
    pub(in crate::lp) vouched: bool,
    heard_at: Instant,
}

impl Session {
    /// Goes to the account's board.
    pub(in crate::lp) async fn begin(
        server: Shared,
        tenant: Tenant,
        token: String,
        side: Side,
        dialect: Dialect,
        peer: Option<Peer>,
    ) -> Result<Self, EngineError> {
        let who = match side {
            Side::Agent(user) => Following::Agent(user),
            Side::Consumer { consumer, .. } => Following::Consumer(consumer),
        };
        let (follower, present) = server.handle.at_board(tenant.id(), who).await?;
        let mut dialogs = Dialogs::default();
        for (conversation, head) in present {
            dialogs.begin(DialogId::main(conversation), Some(head), 0);
        }
        Ok(Self {
            server,
            tenant,
            token,
            side,
            dialect,
            peer,
            follower,
            subscriptions: Subscriptions::default(),
            dialogs,
            offers: None,
            presences: None,
            under_way: FuturesUnordered::new(),
            out: VecDeque::new(),
            vouched: false,
            heard_at: Instant::now(),
        })
    }

    /// Serves the client until one of them has enough; first what it asked already.
    pub(super) async fn run(mut self, mut socket: WebSocket, waiting: Vec<Request>) {
        let end = match self.begin_with(&mut socket, waiting).await {
            Ok(()) => self.serve(&mut socket).await,
            Err(end) => end,
        };
        debug!(?end, "a messaging socket ended");
        if let Some(frame) = end.frame() {
            // Best effort: whoever does not read gets none.
            let closing = socket.send(Message::Close(Some(frame)));
            let _ = timeout(limits::LIVE_WRITE_TIME_MAX, closing).await;
        }
    }

    /// Does one request without a socket, to its end: the body of its response. Whatever else there was to tell is not.
    pub(in crate::lp) async fn answer(&mut self, request: &Request) -> Result<Value, Refused> {
        let ended = |_: End| Refused::unavailable();
        self.ask(request.clone()).await.map_err(ended)?;
        while let Some(answered) = self.under_way.next().await {
            self.answered(answered).await.map_err(ended)?;
        }
        let frames = self.out.drain(..).filter_map(|frame| serde_json::from_str::<Value>(&frame).ok());
        let mut responses = frames.filter(|frame| frame["reqId"] == request.id.as_str());
        let mut response = responses.next_back().ok_or_else(Refused::unavailable)?;
        let body = response["body"].take();
        match response["code"].as_u64().and_then(|code| u16::try_from(code).ok()) {
            Some(code) if code < 400 => Ok(body),
            code => Err(Refused::told(code.unwrap_or(500), &body)),
        }
    }

    async fn begin_with(&mut self, socket: &mut WebSocket, waiting: Vec<Request>) -> Result<(), End> {
        for request in waiting {
            self.ask(request).await?;
        }
        self.write(socket).await
    }

    async fn serve(&mut self, socket: &mut WebSocket) -> End {
        let stopping = self.server.stopping.clone();
        let mut stopped = pin!(stopping.cancelled());
        let mut ping = interval_at(Instant::now() + limits::LIVE_PING, limits::LIVE_PING);
        loop {
            let done = tokio::select! {
                () = &mut stopped => Err(End::Stopping),
                frame = socket.recv() => self.on_frame(frame).await,
                Some(answered) = self.under_way.next(), if !self.under_way.is_empty() => self.answered(answered).await,
                news = self.follower.news() => self.on_news(news).await,
                _ = ping.tick() => self.on_silence(socket).await,
            };
            let written = match done {
                Ok(()) => self.write(socket).await,
                Err(end) => Err(end),
            };
            if let Err(end) = written {
                return end;
            }
        }
    }

    async fn on_frame(&mut self, frame: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.heard_at = Instant::now();
        let text = match frame {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Binary(_)) | Err(_)) => return Err(End::Unreadable),
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
        };
        if !self.admitted() {
            return Err(End::NotAdmitted);
        }
        if text.len() > limits::LIVE_FRAME_BYTES_MAX {
            let refused =
                Refused::invalid("frame", format!("at most {} bytes", limits::LIVE_FRAME_BYTES_MAX));
            self.refuse("", &refused);
            return Ok(());
        }
        match Request::read(text.as_bytes()) {
            Ok(request) => self.ask(request).await,
            Err(unreadable) => {
                self.refuse(unreadable.id.as_deref().unwrap_or_default(), &unreadable.refused);
                Ok(())
            }
        }
    }

    /// Whether the token still counts for as much.
    pub(super) fn admitted(&self) -> bool {
        still_admitted(&self.server, &self.token, &self.tenant.caller)
    }

    async fn on_silence(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        if !self.admitted() {
            return Err(End::NotAdmitted);
        }
        if self.heard_at.elapsed() >= limits::LIVE_SILENCE_MAX {
            return Err(End::Silent);
        }
        let ping = socket.send(Message::Ping(Bytes::new()));
        match timeout(limits::LIVE_WRITE_TIME_MAX, ping).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::NotRead),
        }
    }

    /// Names, skills and roles may have changed since.
    pub(super) fn refresh(&mut self) {
        if let Some(view) = self.server.handle.account(self.tenant.id()) {
            self.tenant.view = view;
        }
    }

    pub(super) fn participant(&self) -> ParticipantId {
        match self.side {
            Side::Agent(user) => ParticipantId::User(user),
            Side::Consumer { consumer, .. } => ParticipantId::Consumer(consumer),
        }
    }

    pub(super) fn actor(&self) -> Actor {
        Actor::from(self.participant())
    }

    pub(super) fn ear(&self) -> Ear {
        match &self.side {
            Side::Agent(user) => Ear::Agent(ParticipantId::User(*user)),
            Side::Consumer { features, .. } => {
                Ear::Consumer { automatic: features.iter().any(|feature| feature == "AUTO_MESSAGES") }
            }
        }
    }

    /// Whether this side may know of a conversation.
    pub(super) fn sees(&self, state: &Conversation) -> bool {
        match self.side {
            Side::Agent(_) => true,
            Side::Consumer { consumer, .. } => {
                state.consumer == consumer
                    || state.participants.contains_key(&ParticipantId::Consumer(consumer))
            }
        }
    }

    pub(super) fn respond(&mut self, id: &str, code: u16, kind: &str, body: &Value) {
        self.out.push_back(response(id, code, kind, body));
    }

    pub(super) fn refuse(&mut self, id: &str, refused: &Refused) {
        self.respond(id, refused.status, ERROR, &refused.body());
    }

    /// Answers what is ready by now, and writes all of it.
    async fn write(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        while let Some(Some(answered)) = self.under_way.next().now_or_never() {
            self.answered(answered).await?;
        }
        if self.out.is_empty() {
            return Ok(());
        }
        let out = &mut self.out;
        let writing = async {
            while let Some(text) = out.pop_front() {
                socket.feed(Message::Text(text.into())).await?;
            }
            socket.flush().await
        };
        match timeout(limits::LIVE_WRITE_TIME_MAX, writing).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::NotRead),
        }
    }

    pub(super) async fn answered(&mut self, answered: Answered) -> Result<(), End> {
        self.on_answered(answered).await
    }
}
