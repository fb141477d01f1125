//! What happened in a conversation. Events are stored for ever: add variants and optional fields, never change one.
//!
//! Texts that people wrote and other personal data are [`PrivateText`], which the stored form seals with the
//! consumer's own key, so that erasing the key erases them and keeps order and provenance.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::automatic_message::Language;
use crate::conversation::field::{Delay, Rating};
use crate::conversation::line::{Audience, LineExtra, Receipt};
use crate::conversation::payload::Payload;
use crate::id::{ConsumerId, InvocationId, SkillId, UserId};
use crate::invocation::{CommandFate, FunctionRef, MessageFate, Outcome};
use crate::sequence::EventSeq;
use crate::state_change::{CbotEventType, StateChangeEvent};
use crate::ttr::Ttr;

/// An event with its place, time and cause: what the log holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its place in the conversation.
    pub seq: EventSeq,
    /// When it was decided, by the engine's clock.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// Which invocation caused it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Who does something to a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The customer.
    Consumer(ConsumerId),
    /// An agent, a manager, a bot: someone with a login.
    User(UserId),
    /// The system participant that speaks for functions.
    ControllerBot,
    /// A timer or an operator.
    System,
}

/// The invocation that caused a change, and how long the chain of causes already is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The invocation.
    pub invocation: InvocationId,
    /// The command of its answer, from 0; `None` for the automatic message and for the function's own calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u16>,
    /// 1 for what the answer to somebody's own act causes, then counting.
    pub depth: u8,
}

/// A text that belongs to a person: `None` once its key was erased.
///
/// Neither its `Debug` form nor its serialized one shows the text, so that it cannot reach a log or a file by accident:
/// whoever stores an event asks for [`Event::private_text`] and seals it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct PrivateText(Option<Arc<str>>);

impl Serialize for PrivateText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

impl PrivateText {
    /// A text to be kept private.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(Some(text.into()))
    }

    /// The text, or `None` if it was erased.
    pub fn reveal(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The text for a sealed copy, shared.
    pub fn shared(&self) -> Option<Arc<str>> {
        self.0.clone()
    }

    /// Puts a text back in.
    pub fn restore(&mut self, text: Option<Arc<str>>) {
        self.0 = text;
    }
}

impl std::fmt::Debug for PrivateText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "PrivateText(…)" } else { "PrivateText(erased)" })
    }
}

/// Someone in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParticipantId {
    /// A customer.
    Consumer(ConsumerId),
    /// Someone with a login.
    User(UserId),
    /// The system participant.
    ControllerBot,
}

impl From<ParticipantId> for Actor {
    fn from(participant: ParticipantId) -> Self {
        match participant {
            ParticipantId::Consumer(consumer) => Self::Consumer(consumer),
            ParticipantId::User(user) => Self::User(user),
            ParticipantId::ControllerBot => Self::ControllerBot,
        }
    }
}

/// What a participant is in this conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The customer who opened it, or one who joined.
    Consumer,
    /// The agent who serves it.
    AssignedAgent,
    /// Another agent who helps.
    Agent,
    /// A manager who joined.
    Manager,
    /// Someone who reads silently.
    Reader,
    /// The Controller Bot.
    Controller,
    /// A bot of the brand.
    BrandBot,
}

impl Role {
    /// Whether lines in this role are the brand's own words. The Controller Bot's are not: it neither answers nor
    /// takes the turn.
    pub const fn is_brand_side(self) -> bool {
        match self {
            Self::AssignedAgent | Self::Agent | Self::Manager | Self::BrandBot => true,
            Self::Consumer | Self::Reader | Self::Controller => false,
        }
    }
}

/// Which of the conversation's timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// Nobody takes it from the queue.
    AwaitingInQueue,
    /// The assigned agent does not answer.
    AgentNonResponsive,
    /// The consumer does not answer.
    ConsumerNonResponsive,
    /// It is closed because nothing happens any more.
    AutoClose,
    /// Its survey closes because nobody answers it.
    SurveyExpiry,
}

impl Timer {
    /// All timers.
    pub const ALL: [Self; 5] = [
        Self::AwaitingInQueue,
        Self::AgentNonResponsive,
        Self::ConsumerNonResponsive,
        Self::AutoClose,
        Self::SurveyExpiry,
    ];
}

/// What is known of where the consumer came from; carried into every payload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// Kind of the context, for instance `SharkContext`; the wire's word, ours to carry.
    pub context_type: String,
    /// Visitor number of the brand's pages, 0 if unknown.
    pub visitor: u64,
    /// Session number of the brand's pages, 0 if unknown.
    pub session: u64,
    /// Campaign number, 0 if none.
    pub campaign: u64,
    /// Engagement number, 0 if none.
    pub engagement: u64,
    /// Language of the conversation, as a BCP 47 tag; fixed when it is opened.
    pub language: Option<Language>,
    /// Features that the consumer's client declared.
    pub features: Vec<String>,
    /// Address of the consumer's client.
    pub client_ip: PrivateText,
}

/// Where an automatic line comes from: event → function version → attempt → command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The trigger that was answered.
    pub trigger: EventSeq,
    /// What exactly had happened.
    pub code: CbotEventType,
    /// The function version that answered; `None` for the account's own automatic message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionRef>,
    /// The attempt that answered, from 1; 0 if none did.
    pub attempt: u8,
    /// Place of the command in the answer; `None` for the automatic message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u16>,
}

/// A client's own name for a command, so that a retry is not done twice. At most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandKey(Arc<str>);

impl CommandKey {
    /// The key, unless it is empty or longer than [`crate::limits::COMMAND_KEY_BYTES_MAX`].
    pub fn new(text: &str) -> Option<Self> {
        (1..=crate::limits::COMMAND_KEY_BYTES_MAX).contains(&text.len()).then(|| Self(text.into()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One published message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Ordinal of its dialog: [`crate::id::DialogId::MAIN`] or [`crate::id::DialogId::SURVEY`].
    pub dialog: u8,
    /// The wire's own sequence within the dialog, from 0.
    pub wire_sequence: u32,
    /// Who wrote it.
    pub author: ParticipantId,
    /// In which role.
    pub role: Role,
    /// What was written.
    pub text: PrivateText,
    /// Whether the conversation's skill was off shift.
    pub in_off_hours: bool,
    /// The client's key of the publish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<CommandKey>,
    /// For lines of the Controller Bot: where they come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// What sets it apart from a plain text for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Arc<LineExtra>>,
}

impl Line {
    /// Who sees it.
    pub fn audience(&self) -> Audience {
        self.extra.as_ref().map_or(Audience::All, |extra| extra.audience)
    }

    /// Whether it is the brand's answer: its own words, for the consumer too.
    pub fn answers(&self) -> bool {
        self.role.is_brand_side() && self.audience() == Audience::All
    }
}

/// Who closed a conversation, or its survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closer {
    /// An agent or a manager.
    Agent(UserId),
    /// A consumer.
    Consumer(ConsumerId),
    /// A function, through the Controller Bot.
    ControllerBot,
    /// Nothing happened for the account's auto-close time, or in a survey until it expired.
    AutoClose,
    /// An operator.
    Operator,
}

/// Why a state change event fired nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnfiredReason {
    /// The account's Controller Bot was off.
    ControllerBotOff,
    /// The consumer's previous conversation was auto-closed less than 48 hours before.
    AfterAutoclose,
    /// The chain of causes was deeper than [`crate::limits::CAUSE_DEPTH_MAX`].
    CauseDepth,
}

/// A recorded fact of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A consumer opened it.
    Opened {
        /// Who.
        consumer: ConsumerId,
        /// The skill it waits for.
        skill: SkillId,
        /// Whether the consumer is known by an identity of the brand.
        authenticated: bool,
        /// Whether the skill was off shift.
        in_off_hours: bool,
        /// Whether it is this consumer's first conversation ever.
        first_conversation: bool,
        /// Where the consumer came from.
        origin: Arc<Origin>,
    },
    /// Somebody wrote.
    LinePublished(Line),
    /// Somebody joined, or took another role.
    ParticipantJoined {
        /// Who.
        participant: ParticipantId,
        /// As what.
        role: Role,
    },
    /// Somebody left.
    ParticipantLeft {
        /// Who.
        participant: ParticipantId,
        /// As what.
        role: Role,
    },
    /// It waits for another skill now.
    SkillChanged {
        /// The skill before.
        from: SkillId,
        /// The skill now.
        to: SkillId,
    },
    /// It is to be offered to this agent first.
    AgentSuggested {
        /// The agent.
        agent: UserId,
    },
    /// The time to respond changed.
    TtrChanged {
        /// Before.
        from: Ttr,
        /// Now.
        to: Ttr,
    },
    /// An agent promised an answer at a certain time, or took the promise back.
    ManualDeadlineSet {
        /// The promised time.
        deadline: Option<Timestamp>,
    },
    /// The effective deadline for the next answer of the brand moved.
    DeadlineMoved {
        /// The deadline; `None` while it is the consumer's turn.
        deadline: Option<Timestamp>,
    },
    /// An anonymous consumer authenticated.
    SteppedUp {
        /// Who.
        consumer: ConsumerId,
        /// The brand's own id of the person.
        identity: PrivateText,
    },
    /// Somebody did something with lines of others.
    LinesReceived {
        /// Ordinal of their dialog, 0 for the main one.
        dialog: u8,
        /// The wire's own sequence within the dialog, shared with lines.
        wire_sequence: u32,
        /// Who.
        by_whom: ParticipantId,
        /// In which role.
        role: Role,
        /// What.
        receipt: Receipt,
        /// The wire sequences of the lines.
        lines: Vec<u32>,
    },
    /// Somebody on the brand's side wrote a note about it.
    Noted {
        /// The note; empty if it was taken away.
        note: PrivateText,
    },
    /// The consumer said what they think of it.
    Rated {
        /// What they think.
        rating: Rating,
    },
    /// The time to respond begins later, or as usual again.
    DelaySet {
        /// The delay.
        delay: Option<Delay>,
    },
    /// An idle time passed.
    IdleFired {
        /// Which.
        timer: Timer,
        /// From when it was counted.
        base: Timestamp,
        /// How many times for this base, from 1.
        count: u8,
    },
    /// Its main dialog was closed, and with it the conversation unless a survey follows.
    Closed {
        /// By whom. Stored under its own name: `by` is who did it, of every record.
        #[serde(rename = "closer")]
        by: Closer,
    },
    /// After the close the consumer is asked about it, in a dialog of its own.
    SurveyOpened {
        /// Which revision of the account's survey it is.
        revision: u32,
    },
    /// The survey is over, and with it the conversation.
    SurveyClosed {
        /// By whom.
        #[serde(rename = "closer")]
        by: Closer,
    },
    /// A state change event fired: somebody has to answer it.
    Triggered(Triggered),
    /// A state change event happened and fired nothing.
    Unfired {
        /// The event.
        event: StateChangeEvent,
        /// What exactly happened.
        code: CbotEventType,
        /// Why nothing was fired.
        reason: UnfiredReason,
    },
    /// A trigger was answered, once and for all.
    Settled(Settled),
}

/// One firing of a state change event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triggered {
    /// The event.
    pub event: StateChangeEvent,
    /// What exactly happened.
    pub code: CbotEventType,
    /// The skill after the change, which selects the function.
    pub skill: SkillId,
    /// How long the chain of causes is; 0 for somebody's own act.
    pub depth: u8,
    /// The state at that commit, as the function will see it.
    pub payload: Arc<Payload>,
}

/// What came of a trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The trigger.
    pub trigger: EventSeq,
    /// Its code.
    pub code: CbotEventType,
    /// The function version that was chosen, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionRef>,
    /// How often it was attempted.
    pub attempts: u8,
    /// How that ended.
    pub outcome: Outcome,
    /// Which message was sent, or why none.
    pub message: MessageFate,
    /// What became of each returned command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandFate>,
    /// Further commands that were returned and not even recorded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub commands_dropped: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Event {
    /// The private text of this event, if its kind has one: the stored form seals it apart.
    pub fn private_text(&self) -> Option<&PrivateText> {
        match self {
            Self::Opened { origin, .. } => Some(&origin.client_ip),
            Self::LinePublished(line) => Some(&line.text),
            Self::SteppedUp { identity, .. } => Some(identity),
            Self::Noted { note } => Some(note),
            Self::Triggered(triggered) => Some(&triggered.payload.general.client_ip),
            Self::Settled(settled) => settled.outcome.private_text(),
            Self::ParticipantJoined { .. }
            | Self::ParticipantLeft { .. }
            | Self::SkillChanged { .. }
            | Self::AgentSuggested { .. }
            | Self::TtrChanged { .. }
            | Self::ManualDeadlineSet { .. }
            | Self::DeadlineMoved { .. }
            | Self::LinesReceived { .. }
            | Self::Rated { .. }
            | Self::DelaySet { .. }
            | Self::IdleFired { .. }
            | Self::Closed { .. }
            | Self::SurveyOpened { .. }
            | Self::SurveyClosed { .. }
            | Self::Unfired { .. } => None,
        }
    }

    /// The same text, to put it back into an event that was read.
    pub fn private_text_mut(&mut self) -> Option<&mut PrivateText> {
        match self {
            Self::Opened { origin, .. } => Some(&mut Arc::make_mut(origin).client_ip),
            Self::LinePublished(line) => Some(&mut line.text),
            Self::SteppedUp { identity, .. } => Some(identity),
            Self::Noted { note } => Some(note),
            Self::Triggered(triggered) => Some(&mut Arc::make_mut(&mut triggered.payload).general.client_ip),
            Self::Settled(settled) => settled.outcome.private_text_mut(),
            Self::ParticipantJoined { .. }
            | Self::ParticipantLeft { .. }
            | Self::SkillChanged { .. }
            | Self::AgentSuggested { .. }
            | Self::TtrChanged { .. }
            | Self::ManualDeadlineSet { .. }
            | Self::DeadlineMoved { .. }
            | Self::LinesReceived { .. }
            | Self::Rated { .. }
            | Self::DelaySet { .. }
            | Self::IdleFired { .. }
            | Self::Closed { .. }
            | Self::SurveyOpened { .. }
            | Self::SurveyClosed { .. }
            | Self::Unfired { .. } => None,
        }
    }
}
