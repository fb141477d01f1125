//! What happened in a conversation, as clients see it.
//!
//! The same words as the recorded events, written for readers: places and times are there, ids are texts, and what a
//! [`Viewer`] must not see is left out. Events that a viewer does not see at all leave a gap in `seq`: it orders events,
//! it does not count them.

mod provenance;
mod settled;
mod shown;

use convoke_domain::conversation::{Recorded, UnfiredReason};
use convoke_domain::function::EventBinding;
use convoke_domain::id::{ConsumerId, SkillId, UserId};
use convoke_domain::state_change::CbotEventType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::provenance::{FunctionVersion, Provenance};
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
        /// Its survey closes because nobody answers it.
        SurveyExpiry,
    }
}

mirror! {
    /// What the text of a line is.
    LineForm = convoke_domain::conversation::LineForm {
        /// What a person reads.
        Text,
        /// The same with markup.
        Html,
        /// An event of the wire as it was sent, as JSON: a card, a file, a form.
        Object,
    }
}

mirror! {
    /// What somebody did with lines.
    Receipt = convoke_domain::conversation::Receipt {
        /// They arrived.
        Accept,
        /// They were read.
        Read,
        /// Something in them was opened.
        Access,
        /// They could not be shown.
        Nack,
        /// Something in them was used.
        Action,
        /// They were shown with what they link to.
        Enrich,
        /// They were on the screen.
        Viewed,
    }
}

mirror! {
    /// How much of a rating was filled in.
    RatingStatus = convoke_domain::conversation::RatingStatus {
        /// All of it.
        Filled,
        /// Some of it.
        PartiallyFilled,
        /// Nothing.
        Skipped,
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
        /// Ordinal of its dialog: 0 for the main one, 1 for a survey.
        dialog: u8,
        /// Its number in the dialog, from 0 and with gaps: what receipts name it by.
        sequence: u32,
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
        /// What the text is, if it is not simply text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        form: Option<LineForm>,
        /// Whether only agents and managers see it; never shown to consumers.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        private: bool,
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
    /// Somebody did something with lines of others.
    LinesReceived {
        /// Ordinal of their dialog: 0 for the main one, 1 for a survey.
        dialog: u8,
        /// Who.
        receiver: Party,
        /// What.
        receipt: Receipt,
        /// The wire sequences of the lines.
        lines: Vec<u32>,
    },
    /// Somebody on the brand's side wrote a note about it; not shown to consumers.
    Noted {
        /// The note; `null` once the consumer was erased.
        note: Option<String>,
    },
    /// The consumer said what they think of it.
    Rated {
        /// 1 to 5.
        rate: Option<u8>,
        /// Whether what they came for was solved.
        resolved: Option<bool>,
        /// How much was answered.
        status: RatingStatus,
    },
    /// The time to respond begins later, or as usual again; not shown to consumers.
    DelaySet {
        /// When it begins.
        until: Option<Timestamp>,
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
    /// After the close the consumer is asked about it, in a dialog of its own.
    SurveyOpened,
    /// The survey is over, and with it the conversation.
    SurveyClosed {
        /// By whom; the system, if nobody answered in time.
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
            Viewer::Staff => shown::event(recorded, viewer, names),
            Viewer::Consumer => shown::event(recorded, viewer, names).for_consumers()?,
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
