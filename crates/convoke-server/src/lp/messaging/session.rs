//! One socket: takes in frames, writes what there is to say, ends when it has to.

use std::collections::VecDeque;
use std::pin::pin;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use convoke_api::lp::messaging::{
    Dialect, Refused, Request, change, chat_state, message, message_of, response,
};
use convoke_domain::conversation::{Actor, Conversation, ParticipantId};
use convoke_domain::id::{ConsumerId, ConversationId, UserId};
use convoke_engine::{CardView, ChatState, EngineError, Follower, Following, News};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::{Instant, interval_at, timeout};
use tracing::{debug, error};

use super::asks::{Answered, Under};
use super::dialogs::{Dialogs, Ear};
use super::offers;
use super::subscriptions::{Interest, Subscriptions};
use crate::caller::{Peer, Tenant};
use crate::guard::still_admitted;
use crate::limits;
use crate::server::Shared;

/// The type of every response that refuses.
pub(super) const ERROR: &str = ".ReqBody$ErrorResp";
/// Closes that ask for a new token (messaging contract §1.3).
const NEW_TOKEN_NEEDED: u16 = 4401;

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
    /// Conversations that are being opened.
    pub(super) opening: usize,
    pub(super) out: VecDeque<String>,
    heard_at: Instant,
}

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
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
    /// What has to be told cannot be read.
    Failed,
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
            dialogs.begin(conversation, Some(head), 0);
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
            opening: 0,
            out: VecDeque::new(),
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
    fn admitted(&self) -> bool {
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

    /// Tells what changed. What is told is as it is by now, not as it was when it changed.
    async fn on_news(&mut self, news: News) -> Result<(), End> {
        let is_agent = matches!(self.side, Side::Agent(_));
        if is_agent && !self.admitted() {
            return Err(End::NotAdmitted);
        }
        self.refresh();
        let account = &self.tenant.view.account;
        if let Some(subscription) = &self.offers {
            for offer in news.offers {
                self.out.push_back(offers::offers(subscription, &[offer], account));
            }
        }
        if let Some((subscription, of)) = &self.presences {
            let concerned = news.presences.iter().filter(|agent| of.is_none_or(|of| of == **agent));
            let changed: Vec<_> = concerned.map(|agent| (*agent, self.follower.presence(*agent))).collect();
            if !changed.is_empty() {
                self.out.push_back(offers::presences(subscription, &changed, account));
            }
        }
        for conversation in news.conversations {
            self.on_changed(conversation).await?;
        }
        for state in &news.chat {
            self.tell_chat_state(state);
        }
        let follower = &self.follower;
        let is_open = |id| follower.card(id).is_some_and(|card| card.state.is_open());
        self.dialogs.tidy(is_open);
        Ok(())
    }

    /// Names, skills and roles may have changed since.
    pub(super) fn refresh(&mut self) {
        if let Some(view) = self.server.handle.account(self.tenant.id()) {
            self.tenant.view = view;
        }
    }

    /// A conversation is not as it was: subscriptions first, then lines.
    async fn on_changed(&mut self, conversation: ConversationId) -> Result<(), End> {
        let Some(card) = self.follower.card(conversation) else { return Ok(()) };
        for (subscription, changed) in self.subscriptions.changed(&card.state) {
            let told =
                change(self.dialect, changed, &card.state, self.last_line(&card), &self.tenant.view.account);
            self.notify_of_changes(&subscription, &[told]);
        }
        self.notice(&card);
        if let Some(place) = self.dialogs.place(conversation) {
            let events = self.follower.events_since(conversation, place.seen).await.map_err(failed)?;
            let ear = self.ear();
            let told = self.dialogs.told(conversation, ear, &events);
            let account = &self.tenant.view.account;
            let messages: Vec<Value> = told
                .into_iter()
                .filter_map(|event| message_of(self.dialect, event, conversation, account))
                .collect();
            for some in messages.chunks(limits::MESSAGES_AT_ONCE) {
                self.out.extend(message(self.dialect, conversation, some));
            }
        }
        Ok(())
    }

    /// An agent who takes part in a conversation is told its lines from their joining on.
    fn notice(&mut self, card: &CardView) {
        let Side::Agent(user) = self.side else { return };
        let (own, id) = (ParticipantId::User(user), card.state.id);
        if self.dialogs.place(id).is_none() && card.state.participants.contains_key(&own) {
            let latest = self.follower.latest(id);
            self.dialogs.notice(id, own, card.state.head, &latest);
        }
    }

    /// The last line of a conversation that this side sees.
    pub(super) fn last_line<'c>(
        &self,
        card: &'c CardView,
    ) -> Option<&'c convoke_domain::conversation::Recorded> {
        match self.ear() {
            Ear::Agent(_) => card.last_line.as_deref(),
            Ear::Consumer { automatic: true } => card.last_public_line.as_deref(),
            Ear::Consumer { automatic: false } => card.last_spoken_line.as_deref(),
        }
    }

    fn tell_chat_state(&mut self, state: &ChatState) {
        let known = self.dialogs.place(state.conversation).is_some();
        if known && state.who != self.participant() {
            let account = &self.tenant.view.account;
            let told =
                chat_state(self.dialect, state.conversation, state.who, state.role, state.state, account);
            self.out.extend(message(self.dialect, state.conversation, &[told]));
        }
    }

    pub(super) fn notify_of_changes(&mut self, subscription: &str, changes: &[Value]) {
        let mut body = json!({"subscriptionId": subscription, "changes": changes});
        if self.dialect == Dialect::Consumer {
            body["sentTs"] = json!(self.server.handle.now().as_millisecond());
        }
        let kind = self.dialect.notification_of_change();
        self.out.push_back(convoke_api::lp::messaging::notification(kind, &body));
    }

    /// Lets the board tell of what the subscriptions are about.
    pub(super) fn look_at_interest(&self) {
        let Interest { everything, agents, consumers } = self.subscriptions.interest();
        self.follower.look_at(everything, agents, consumers);
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

/// The log cannot be read: what comes next cannot be told, so the client has to begin anew.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
pub(super) fn failed(error: EngineError) -> End {
    error!(%error, "a conversation could not be read for its followers");
    End::Failed
}

impl End {
    /// How the client is told; `None` if nobody is there to hear it.
    fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::Stopping => (close_code::AWAY, "the server stops"),
            Self::NotAdmitted => (NEW_TOKEN_NEEDED, "the token does not count any more"),
            Self::Silent => (close_code::POLICY, "nothing was heard for a minute"),
            Self::Unreadable => (close_code::PROTOCOL, "this is no frame of text, or far too large"),
            Self::NotRead => (close_code::POLICY, "what was written was not read"),
            Self::Failed => (close_code::ERROR, "a conversation could not be read"),
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}
