//! What happened in a conversation, as clients see it.
//!
//! The same words as the recorded events, written for readers: places and times are there, ids are texts, and what a
//! [`Viewer`] must not see is left out. Events that a viewer does not see at all leave a gap in `seq`: it orders events,
//! it does not count them.

mod settled;

use convoke_domain::conversation::{
    self as domain, Closer, PrivateText, Provenance as DomainProvenance, Recorded, UnfiredReason,
};
use convoke_domain::function::EventBinding;
use convoke_domain::id::{ConsumerId, FunctionId, SkillId, UserId};
use convoke_domain::invocation::FunctionRef;
use convoke_domain::state_change::CbotEventType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::settled::{CommandFate, Fate, MessageFate, MessageFateType, Outcome, OutcomeType, Settled};
use super::conversation::Closing;
use super::participant::{Cause, Party, Role, Viewer};
use super::ttr::Ttr;
use crate::explain::{Names, describe};

mirror! {
    /// Which of a conversation's timers.
    Timer = convoke_domain::conversation::Timer {
        /// Nobody takes it from the queue.
        AwaitingInQueue,
        /// The assigned agent does not answer.
        AgentNonResponsive,
        /// The consumer does not answer.
        ConsumerNonResponsive,
        /// It is closed because nothing happens any more.
        AutoClose,
    }
}

/// A version of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FunctionVersion {
    /// The function.
    #[schema(value_type = String)]
    pub id: FunctionId,
    /// Its name, while it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its frozen version.
    pub version: u32,
}

impl FunctionVersion {
    /// The version with the function's name, if it is known.
    pub fn of(function: FunctionRef, names: &dyn Names) -> Self {
        Self {
            id: function.function,
            name: names.function(function.function),
            version: function.version.number(),
        }
    }
}

/// Where an automatic line comes from: event → function version → attempt → command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provenance {
    /// The trigger that was answered.
    pub trigger: u64,
    /// What exactly had happened.
    #[schema(value_type = String)]
    pub code: CbotEventType,
    /// The version that answered; absent for the account's own automatic message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionVersion>,
    /// The attempt that answered, from 1; 0 if none did.
    pub attempt: u8,
    /// Place of the command in the answer; absent for the automatic message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u16>,
}

impl Provenance {
    fn of(provenance: &DomainProvenance, names: &dyn Names) -> Self {
        Self {
            trigger: provenance.trigger.number(),
            code: provenance.code,
            function: provenance.function.map(|function| FunctionVersion::of(function, names)),
            attempt: provenance.attempt,
            command: provenance.command,
        }
    }
}

/// An event of a conversation with its place, time and cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationEvent {
    /// Its place in the conversation; a client that was away asks for what came after the last it has.
    pub seq: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// Who did it.
    pub by: Party,
    /// Which invocation caused it, if one did; not shown to consumers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The same as a sentence; not shown to consumers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened. Clients skip types that they do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A consumer opened the conversation.
    Opened {
        /// Who.
        #[schema(value_type = String)]
        consumer: ConsumerId,
        /// The skill it waits for.
        #[schema(value_type = String)]
        skill: SkillId,
        /// Whether the consumer is known by an identity of the brand.
        authenticated: bool,
        /// Whether the skill was off shift.
        in_off_hours: bool,
        /// Whether it is this consumer's first conversation ever.
        first_conversation: bool,
    },
    /// Somebody wrote.
    LinePublished {
        /// Ordinal of its dialog, 0 for the main one.
        dialog: u8,
        /// Who wrote it.
        author: Party,
        /// In which role.
        role: Role,
        /// What was written; `null` once the consumer was erased.
        line: Option<String>,
        /// Whether the skill was off shift.
        in_off_hours: bool,
        /// The key of the publish; not shown to consumers other than by their own answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// Where a line of the Controller Bot comes from; not shown to consumers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provenance: Option<Provenance>,
    },
    /// Somebody joined, or took another role.
    ParticipantJoined {
        /// Who.
        participant: Party,
        /// As what.
        role: Role,
    },
    /// Somebody left.
    ParticipantLeft {
        /// Who.
        participant: Party,
        /// As what.
        role: Role,
    },
    /// It waits for another skill now.
    SkillChanged {
        /// The skill before.
        #[schema(value_type = String)]
        from: SkillId,
        /// The skill now.
        #[schema(value_type = String)]
        to: SkillId,
    },
    /// It is to be offered to this agent first.
    AgentSuggested {
        /// The agent.
        #[schema(value_type = String)]
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
        /// The deadline; `null` while it is the consumer's turn.
        deadline: Option<Timestamp>,
    },
    /// An anonymous consumer authenticated.
    SteppedUp {
        /// Who.
        #[schema(value_type = String)]
        consumer: ConsumerId,
        /// The brand's own id of the person; not shown to consumers, absent once erased.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
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
    /// It was closed.
    Closed {
        /// By whom.
        closed_by: Closing,
    },
    /// A state change event fired: somebody has to answer it.
    Triggered {
        /// The event.
        #[schema(value_type = String)]
        event: EventBinding,
        /// What exactly happened.
        #[schema(value_type = String)]
        code: CbotEventType,
        /// The skill that selects the function.
        #[schema(value_type = String)]
        skill: SkillId,
        /// How long the chain of causes is; 0 for somebody's own act.
        depth: u8,
    },
    /// A state change event happened and fired nothing.
    Unfired {
        /// The event.
        #[schema(value_type = String)]
        event: EventBinding,
        /// What exactly happened.
        #[schema(value_type = String)]
        code: CbotEventType,
        /// Why nothing was fired.
        reason: Unfired,
    },
    /// A trigger was answered, once and for all.
    Settled(Settled),
}

mirror! {
    /// Why a state change event fired nothing.
    Unfired = UnfiredReason {
        /// The account's Controller Bot was off.
        ControllerBotOff,
        /// The consumer's previous conversation was auto-closed less than 48 hours before.
        AfterAutoclose,
        /// The chain of causes was too deep.
        CauseDepth,
    }
}

impl ConversationEvent {
    /// The event as `viewer` sees it; `None` if they do not see it at all.
    pub fn of(recorded: &Recorded, viewer: Viewer, names: &dyn Names) -> Option<Self> {
        let staff = viewer == Viewer::Staff;
        let event = match viewer {
            Viewer::Staff => event(recorded, viewer, names),
            Viewer::Consumer => event(recorded, viewer, names).for_consumers()?,
        };
        Some(Self {
            seq: recorded.seq.number(),
            at: recorded.at,
            by: Party::of(recorded.by, viewer, names),
            cause: recorded.cause.filter(|_| staff).map(Into::into),
            text: staff.then(|| describe(recorded, names)),
            event,
        })
    }
}

impl Event {
    /// What a consumer sees of it. A new kind of event is hidden until somebody decides that it is not.
    fn for_consumers(self) -> Option<Self> {
        match self {
            Self::LinePublished { dialog, author, role, line, in_off_hours, .. } => {
                Some(Self::LinePublished {
                    dialog,
                    author,
                    role,
                    line,
                    in_off_hours,
                    key: None,
                    provenance: None,
                })
            }
            Self::SteppedUp { consumer, .. } => Some(Self::SteppedUp { consumer, identity: None }),
            Self::ParticipantJoined { role: Role::Reader, .. }
            | Self::ParticipantLeft { role: Role::Reader, .. }
            | Self::AgentSuggested { .. }
            | Self::ManualDeadlineSet { .. }
            | Self::IdleFired { .. }
            | Self::Triggered { .. }
            | Self::Unfired { .. }
            | Self::Settled(_) => None,
            shown @ (Self::Opened { .. }
            | Self::ParticipantJoined { .. }
            | Self::ParticipantLeft { .. }
            | Self::SkillChanged { .. }
            | Self::TtrChanged { .. }
            | Self::DeadlineMoved { .. }
            | Self::Closed { .. }) => Some(shown),
        }
    }
}

fn event(recorded: &Recorded, viewer: Viewer, names: &dyn Names) -> Event {
    match recorded.event.clone() {
        domain::Event::Opened {
            consumer, skill, authenticated, in_off_hours, first_conversation, ..
        } => Event::Opened { consumer, skill, authenticated, in_off_hours, first_conversation },
        domain::Event::LinePublished(line) => line_published(&line, viewer, names),
        domain::Event::ParticipantJoined { participant, role } => Event::ParticipantJoined {
            participant: Party::of(participant.into(), viewer, names),
            role: role.into(),
        },
        domain::Event::ParticipantLeft { participant, role } => Event::ParticipantLeft {
            participant: Party::of(participant.into(), viewer, names),
            role: role.into(),
        },
        domain::Event::SkillChanged { from, to } => Event::SkillChanged { from, to },
        domain::Event::AgentSuggested { agent } => Event::AgentSuggested { agent },
        domain::Event::TtrChanged { from, to } => Event::TtrChanged { from: from.into(), to: to.into() },
        domain::Event::ManualDeadlineSet { deadline } => Event::ManualDeadlineSet { deadline },
        domain::Event::DeadlineMoved { deadline } => Event::DeadlineMoved { deadline },
        domain::Event::SteppedUp { consumer, identity } => {
            Event::SteppedUp { consumer, identity: revealed(&identity) }
        }
        domain::Event::IdleFired { timer, base, count } => {
            Event::IdleFired { timer: timer.into(), base, count }
        }
        domain::Event::Closed { by } => Event::Closed { closed_by: closing(by) },
        domain::Event::Triggered(triggered) => Event::Triggered {
            event: EventBinding::StateChange(triggered.event),
            code: triggered.code,
            skill: triggered.skill,
            depth: triggered.depth,
        },
        domain::Event::Unfired { event, code, reason } => {
            Event::Unfired { event: EventBinding::StateChange(event), code, reason: reason.into() }
        }
        domain::Event::Settled(settled) => Event::Settled(Settled::of(&settled, names)),
    }
}

fn line_published(line: &domain::Line, viewer: Viewer, names: &dyn Names) -> Event {
    Event::LinePublished {
        dialog: line.dialog,
        author: Party::of(line.author.into(), viewer, names),
        role: line.role.into(),
        line: revealed(&line.text),
        in_off_hours: line.in_off_hours,
        key: line.key.as_ref().map(|key| key.as_str().to_owned()),
        provenance: line.provenance.as_ref().map(|provenance| Provenance::of(provenance, names)),
    }
}

fn closing(by: Closer) -> Closing {
    convoke_domain::conversation::payload::CloseReason::from(by).into()
}

fn revealed(text: &PrivateText) -> Option<String> {
    text.reveal().map(str::to_owned)
}
