//! The live connection: what a client and the server send each other over one WebSocket.
//!
//! Every frame is one JSON object. A client's frame has an `id` of its own choice, and what is answered to it has the
//! same; answers come as they are ready, not in the order of the asks. What is asked is what the HTTP routes take, with the
//! same bodies, roles and error codes. The reference is `docs/reference/live.md`.

#[cfg(test)]
mod tests;

use convoke_domain::id::ConversationId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::body::parse_body;
use crate::limits::LIVE_ID_BYTES_MAX;
use crate::problem::{Invalid, Problem};
use crate::v1::board::{AgentPresence, Board, Card, NameOffer, Offer, SeeBoard, SetAvailability, Typing};
use crate::v1::conversation::{
    AcceptConversation, JoinConversation, OpenConversation, OpenedConversation, PublishLine,
    RateConversation, ReceiveLines, SetDeadline, SetNote, SetTtr, StepUp, TransferConversation, Written,
};
use crate::v1::event::ConversationEvent;
use crate::v1::participant::{ParticipantRef, Party, Role};

/// The subprotocol to ask for.
pub const PROTOCOL: &str = "convoke.v1";

/// Before a token that is shown as a subprotocol: pages cannot set headers on a WebSocket, and addresses get into logs.
pub const TOKEN_PROTOCOL: &str = "convoke.token.";

/// What is asked, with the id that its answer will have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The client's own, 1 to 64 bytes.
    pub id: String,
    /// What.
    pub ask: Ask,
}

/// What a client may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Whether anybody is there.
    Ping,
    /// All events of a conversation after a place, then what comes.
    Follow {
        /// Which.
        conversation: ConversationId,
        /// From where.
        from: Follow,
    },
    /// No more events of it.
    Unfollow {
        /// Which.
        conversation: ConversationId,
    },
    /// A new conversation.
    Open(OpenConversation),
    /// What is going on, and then what changes of it.
    Board(SeeBoard),
    /// Whether the caller takes conversations.
    SetAvailability(SetAvailability),
    /// An offer is taken.
    AcceptOffer(NameOffer),
    /// An offer is not taken.
    RejectOffer(NameOffer),
    /// Whether the caller is writing.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Whether.
        typing: Typing,
    },
    /// Something of a conversation.
    Act {
        /// Which.
        conversation: ConversationId,
        /// What.
        act: Act,
    },
}

/// What is asked of an open conversation: the writes of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Writes a line.
    Publish(PublishLine),
    /// Brings somebody in.
    Join(JoinConversation),
    /// Takes somebody out.
    Leave(LeaveConversation),
    /// Serves it from now on.
    Accept(AcceptConversation),
    /// Moves it.
    Transfer(TransferConversation),
    /// Says who the consumer is.
    StepUp(StepUp),
    /// Closes it.
    Close,
    /// Sets the time to respond.
    SetTtr(SetTtr),
    /// Promises an answer at a certain time.
    SetManualDeadline(SetDeadline),
    /// Notes something about it.
    SetNote(SetNote),
    /// Tells what became of lines of others.
    Receive(ReceiveLines),
    /// Says what the consumer thinks of it.
    Rate(RateConversation),
}

/// From where a conversation is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Follow {
    /// Only what comes after this event; 0 or nothing for all.
    pub after: u64,
}

/// Takes somebody out of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveConversation {
    /// Who: a consumer's id or a user's number.
    #[schema(value_type = String, example = "4711")]
    pub participant: ParticipantRef,
}

/// A frame of the client, as it is sent over a live connection.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiveRequest {
    /// The client's own, 1 to 64 bytes; what is answered has the same.
    #[schema(example = "17")]
    pub id: String,
    /// What is asked.
    pub r#type: LiveRequestType,
    /// The conversation it is about. `ping`, `open`, `board` and what is about offers and availability have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
    /// What the HTTP route of the same name takes; `follow` takes `Follow`, `leave` takes `LeaveConversation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub body: Option<Box<RawValue>>,
}

/// What is asked over a live connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiveRequestType {
    /// Whether anybody is there.
    Ping,
    /// All events of a conversation after a place, then what comes.
    Follow,
    /// No more events of a conversation.
    Unfollow,
    /// A new conversation.
    Open,
    /// A line.
    Publish,
    /// Somebody comes in.
    Join,
    /// Somebody goes.
    Leave,
    /// An agent serves it.
    Accept,
    /// Another skill or agent.
    Transfer,
    /// Who the consumer is.
    StepUp,
    /// The end.
    Close,
    /// The time to respond.
    SetTtr,
    /// A promised time.
    SetManualDeadline,
    /// A note for agents and managers.
    SetNote,
    /// What became of lines of others.
    Receive,
    /// What the consumer thinks of it.
    Rate,
    /// What is going on, and then what changes of it.
    Board,
    /// Whether an agent takes conversations.
    SetAvailability,
    /// An agent takes what is offered.
    AcceptOffer,
    /// An agent does not take it.
    RejectOffer,
    /// Somebody is writing, or not any more.
    Typing,
}

/// A frame of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveMessage {
    /// Answers `ping`.
    Pong {
        /// Of the request.
        id: String,
    },
    /// Answers `follow`: events come from now on.
    Following {
        /// Of the request.
        id: String,
        /// Which.
        #[schema(value_type = String)]
        conversation: ConversationId,
    },
    /// Answers `unfollow`: no more events come.
    Unfollowed {
        /// Of the request.
        id: String,
        /// Which.
        #[schema(value_type = String)]
        conversation: ConversationId,
    },
    /// Answers `open`; it is recorded for good.
    Opened {
        /// Of the request.
        id: String,
        /// What was opened.
        opened: OpenedConversation,
    },
    /// Answers a write; it is recorded for good.
    Written {
        /// Of the request.
        id: String,
        /// What was recorded.
        written: Written,
    },
    /// Answers `board`: what is going on. What changes of it comes from now on.
    Board {
        /// Of the request.
        id: String,
        /// What is going on.
        board: Box<Board>,
    },
    /// Answers what is done at once and recorded nowhere: availability, a rejected offer, typing.
    Done {
        /// Of the request.
        id: String,
    },
    /// A conversation on the board is not as it was: this is how it is now. One that is closed or does not concern the
    /// caller any more is told once more, and then no longer.
    Card {
        /// The conversation.
        card: Box<Card>,
    },
    /// An offer to the caller is not as it was.
    Offer {
        /// The offer.
        offer: Box<Offer>,
    },
    /// Somebody's presence is not as it was.
    Presence {
        /// Whose, and how it is.
        agent: AgentPresence,
    },
    /// Somebody is writing, or not any more. Nobody keeps it.
    Typing {
        /// Where.
        #[schema(value_type = String)]
        conversation: ConversationId,
        /// Who.
        who: Party,
        /// As what.
        role: Role,
        /// Whether they are.
        typing: bool,
    },
    /// Answers a request that was refused; nothing of it was applied.
    Problem {
        /// Of the request; absent if it could not be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// What is wrong.
        problem: Box<Problem>,
    },
    /// Something happened in a conversation that is followed.
    Event {
        /// Which.
        #[schema(value_type = String)]
        conversation: ConversationId,
        /// What.
        event: Box<ConversationEvent>,
    },
    /// The client reads more slowly than the conversation changes, and is no longer told. Nothing is lost: follow again.
    Resync {
        /// Which.
        #[schema(value_type = String)]
        conversation: ConversationId,
        /// The last event that was told: follow after it.
        after: u64,
    },
    /// A conversation is no longer followed, because the caller may not see it any more or it cannot be read.
    Ended {
        /// Which.
        #[schema(value_type = String)]
        conversation: ConversationId,
        /// Why.
        problem: Box<Problem>,
    },
}

impl LiveMessage {
    /// The id of the request that it answers, if it answers one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Pong { id }
            | Self::Following { id, .. }
            | Self::Unfollowed { id, .. }
            | Self::Opened { id, .. }
            | Self::Written { id, .. }
            | Self::Board { id, .. }
            | Self::Done { id } => Some(id),
            Self::Problem { id, .. } => id.as_deref(),
            Self::Event { .. }
            | Self::Resync { .. }
            | Self::Ended { .. }
            | Self::Card { .. }
            | Self::Offer { .. }
            | Self::Presence { .. }
            | Self::Typing { .. } => None,
        }
    }
}

/// A frame that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its id, if that much could be read.
    pub id: Option<String>,
    /// What is wrong.
    pub invalid: Invalid,
}

impl Request {
    /// Reads a frame.
    ///
    /// # Errors
    /// Which field is wrong, and in whose request.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let frame: LiveRequest =
            parse_body(bytes).map_err(|invalid| Unreadable { id: id_of(bytes), invalid })?;
        if !(1..=LIVE_ID_BYTES_MAX).contains(&frame.id.len()) {
            let invalid = Invalid::field("id", format!("1 to {LIVE_ID_BYTES_MAX} bytes"));
            return Err(Unreadable { id: None, invalid });
        }
        match frame.ask() {
            Ok(ask) => Ok(Self { id: frame.id, ask }),
            Err(invalid) => Err(Unreadable { id: Some(frame.id), invalid }),
        }
    }

    /// The frame as it is sent.
    ///
    /// # Panics
    /// Never: requests are plain data.
    pub fn to_json(&self) -> String {
        let (r#type, conversation, body) = self.ask.parts();
        let frame = LiveRequest { id: self.id.clone(), r#type, conversation, body };
        serde_json::to_string(&frame).expect("requests are plain data")
    }
}

impl LiveRequest {
    fn ask(&self) -> Result<Ask, Invalid> {
        Ok(match self.r#type {
            LiveRequestType::Ping => self.without_body(Ask::Ping)?,
            LiveRequestType::Follow => {
                Ask::Follow { conversation: self.conversation()?, from: self.body_or_default()? }
            }
            LiveRequestType::Unfollow => {
                self.without_body(Ask::Unfollow { conversation: self.conversation()? })?
            }
            LiveRequestType::Open => Ask::Open(self.body_or_default()?),
            LiveRequestType::Publish => self.act(Act::Publish(self.body()?))?,
            LiveRequestType::Join => self.act(Act::Join(self.body()?))?,
            LiveRequestType::Leave => self.act(Act::Leave(self.body()?))?,
            LiveRequestType::Accept => self.act(Act::Accept(self.body_or_default()?))?,
            LiveRequestType::Transfer => self.act(Act::Transfer(self.body()?))?,
            LiveRequestType::StepUp => self.act(Act::StepUp(self.body()?))?,
            LiveRequestType::Close => self.without_body(self.act(Act::Close)?)?,
            LiveRequestType::SetTtr => self.act(Act::SetTtr(self.body()?))?,
            LiveRequestType::SetManualDeadline => self.act(Act::SetManualDeadline(self.body()?))?,
            LiveRequestType::SetNote => self.act(Act::SetNote(self.body()?))?,
            LiveRequestType::Receive => self.act(Act::Receive(self.body()?))?,
            LiveRequestType::Rate => self.act(Act::Rate(self.body_or_default()?))?,
            LiveRequestType::Board => Ask::Board(self.body_or_default()?),
            LiveRequestType::SetAvailability => Ask::SetAvailability(self.body()?),
            LiveRequestType::AcceptOffer => Ask::AcceptOffer(self.body()?),
            LiveRequestType::RejectOffer => Ask::RejectOffer(self.body()?),
            LiveRequestType::Typing => {
                Ask::Typing { conversation: self.conversation()?, typing: self.body()? }
            }
        })
    }

    fn act(&self, act: Act) -> Result<Ask, Invalid> {
        Ok(Ask::Act { conversation: self.conversation()?, act })
    }

    fn conversation(&self) -> Result<ConversationId, Invalid> {
        self.conversation.ok_or_else(|| Invalid::field("conversation", "name the conversation"))
    }

    fn body<T: DeserializeOwned>(&self) -> Result<T, Invalid> {
        let body = self.body.as_ref().ok_or_else(|| Invalid::field("body", "is missing"))?;
        parse_body(body.get().as_bytes()).map_err(in_body)
    }

    fn body_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Invalid> {
        if self.body.is_some() { self.body() } else { Ok(T::default()) }
    }

    fn without_body(&self, ask: Ask) -> Result<Ask, Invalid> {
        if self.body.is_some() { Err(Invalid::field("body", "takes none")) } else { Ok(ask) }
    }
}

impl Ask {
    /// The name, conversation and body that it is sent with.
    fn parts(&self) -> (LiveRequestType, Option<ConversationId>, Option<Box<RawValue>>) {
        match self {
            Self::Ping => (LiveRequestType::Ping, None, None),
            Self::Follow { conversation, from } => (LiveRequestType::Follow, Some(*conversation), raw(from)),
            Self::Unfollow { conversation } => (LiveRequestType::Unfollow, Some(*conversation), None),
            Self::Open(open) => (LiveRequestType::Open, None, raw(open)),
            Self::Board(see) => (LiveRequestType::Board, None, raw(see)),
            Self::SetAvailability(set) => (LiveRequestType::SetAvailability, None, raw(set)),
            Self::AcceptOffer(offer) => (LiveRequestType::AcceptOffer, None, raw(offer)),
            Self::RejectOffer(offer) => (LiveRequestType::RejectOffer, None, raw(offer)),
            Self::Typing { conversation, typing } => {
                (LiveRequestType::Typing, Some(*conversation), raw(typing))
            }
            Self::Act { conversation, act } => {
                let (r#type, body) = act.parts();
                (r#type, Some(*conversation), body)
            }
        }
    }
}

impl Act {
    fn parts(&self) -> (LiveRequestType, Option<Box<RawValue>>) {
        match self {
            Self::Publish(body) => (LiveRequestType::Publish, raw(body)),
            Self::Join(body) => (LiveRequestType::Join, raw(body)),
            Self::Leave(body) => (LiveRequestType::Leave, raw(body)),
            Self::Accept(body) => (LiveRequestType::Accept, raw(body)),
            Self::Transfer(body) => (LiveRequestType::Transfer, raw(body)),
            Self::StepUp(body) => (LiveRequestType::StepUp, raw(body)),
            Self::Close => (LiveRequestType::Close, None),
            Self::SetTtr(body) => (LiveRequestType::SetTtr, raw(body)),
            Self::SetManualDeadline(body) => (LiveRequestType::SetManualDeadline, raw(body)),
            Self::SetNote(body) => (LiveRequestType::SetNote, raw(body)),
            Self::Receive(body) => (LiveRequestType::Receive, raw(body)),
            Self::Rate(body) => (LiveRequestType::Rate, raw(body)),
        }
    }
}

fn raw(body: &impl Serialize) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(body).ok()
}

/// The id of a frame whose rest is wrong: its sender should learn which of the requests it was.
fn id_of(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Only {
        id: String,
    }
    let only: Only = serde_json::from_slice(bytes).ok()?;
    (1..=LIVE_ID_BYTES_MAX).contains(&only.id.len()).then_some(only.id)
}

/// The same with the fields named from the frame on.
fn in_body(mut invalid: Invalid) -> Invalid {
    for error in &mut invalid.errors {
        error.field =
            if error.field.is_empty() { "body".to_owned() } else { format!("body.{}", error.field) };
    }
    invalid
}
