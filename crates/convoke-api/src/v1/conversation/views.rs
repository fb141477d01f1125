//! How conversations are.

use convoke_domain::conversation::{self as domain, Closer, Conversation as Domain, LaneEntry, Reply};
use convoke_domain::function::EventBinding;
use convoke_domain::id::{ConsumerId, ConversationId, InvocationId, SkillId, UserId};
use convoke_domain::state_change::CbotEventType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::explain::Names;
use crate::v1::event::RatingStatus;
use crate::v1::participant::{ParticipantRef, Party, Role, Viewer};
use crate::v1::ttr::Ttr;

/// A write that is recorded for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Written {
    /// The conversation's last event now.
    pub seq: u64,
    /// Place of the line, if one was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Whether the key was used before: then this is the line of that time, and nothing was written.
    #[serde(default)]
    pub duplicate: bool,
}

impl Written {
    /// What the asker is told when `seq` is the conversation's last event.
    pub const fn of(seq: u64, reply: Reply) -> Self {
        match reply {
            Reply::Done => Self { seq, line: None, duplicate: false },
            Reply::Line(line) => Self { seq, line: Some(line.number()), duplicate: false },
            Reply::Duplicate(line) => Self { seq, line: Some(line.number()), duplicate: true },
        }
    }
}

/// A conversation that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenedConversation {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ConversationId,
    /// Its consumer.
    #[schema(value_type = String)]
    pub consumer: ConsumerId,
    /// What was recorded.
    #[serde(flatten)]
    pub written: Written,
}

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationSummary {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ConversationId,
    /// Its consumer.
    #[schema(value_type = Option<String>)]
    pub consumer: Option<ConsumerId>,
    /// The skill it is routed to.
    #[schema(value_type = Option<String>)]
    pub skill: Option<SkillId>,
    /// Whether it is open; a survey keeps it so after its close.
    pub open: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

mirror! {
    /// Who closed a conversation, in the contract's three kinds.
    Closing = convoke_domain::conversation::payload::CloseReason {
        /// An agent or a manager.
        Agent,
        /// A consumer.
        Consumer,
        /// A function, the auto-close, an operator.
        System,
    }
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Closed {
    /// Who closed it.
    pub by: Closing,
    /// In words, for instance `auto-close`.
    pub what: String,
    /// When.
    pub at: Timestamp,
}

impl Closed {
    pub(crate) fn words(closer: Closer) -> &'static str {
        match closer {
            Closer::Agent(_) => "agent",
            Closer::Consumer(_) => "consumer",
            Closer::ControllerBot => "Controller Bot",
            Closer::AutoClose => "auto-close",
            Closer::Operator => "operator",
        }
    }
}

/// What a consumer thinks of how they were served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rating {
    /// 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<u8>,
    /// Whether what they came for was solved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<bool>,
    /// How much was answered.
    pub status: RatingStatus,
}

/// The survey after a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Survey {
    /// Whether it waits for the consumer.
    pub open: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
}

/// Someone who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Participant {
    /// Who.
    #[serde(flatten)]
    pub party: Party,
    /// As what.
    pub role: Role,
    /// The form in which requests name them; not shown to consumers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub participant: Option<ParticipantRef>,
}

/// A trigger whose answer is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PendingTrigger {
    /// Its place.
    pub trigger: u64,
    /// The event.
    #[schema(value_type = String, example = "controllerbot_messaging_new_conversation")]
    pub event: EventBinding,
    /// What exactly happened.
    #[schema(value_type = String)]
    pub code: CbotEventType,
    /// The invocation that answers it.
    #[schema(value_type = String)]
    pub invocation: InvocationId,
}

/// A conversation as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conversation {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ConversationId,
    /// Its last event.
    pub seq: u64,
    /// The consumer who opened it.
    #[schema(value_type = String)]
    pub consumer: ConsumerId,
    /// Whether the consumer is known by an identity of the brand.
    pub authenticated: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When something last happened that restarts the auto-close.
    pub changed_at: Timestamp,
    /// Whether lines are welcome.
    pub open: bool,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// The survey that followed the close.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<Survey>,
    /// What the consumer thinks of it, once they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// The skill that serves it.
    #[schema(value_type = String)]
    pub skill: SkillId,
    /// The agent who serves it; not shown to consumers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub assigned_agent: Option<UserId>,
    /// The agent to be asked first; not shown to consumers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub suggested_agent: Option<UserId>,
    /// Who takes part; consumers do not see silent readers.
    pub participants: Vec<Participant>,
    /// The time to respond.
    pub ttr: Ttr,
    /// Until when the brand should answer; absent while it is the consumer's turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// The time that an agent promised; not shown to consumers, whose deadline follows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual_deadline: Option<Timestamp>,
    /// What agents and managers noted about it; not shown to consumers, absent once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Triggers whose answer is awaited, oldest first; not shown to consumers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<PendingTrigger>,
}

impl Conversation {
    /// The conversation as `viewer` sees it.
    pub fn of(state: &Domain, viewer: Viewer, names: &dyn Names) -> Self {
        let staff = viewer == Viewer::Staff;
        let closed = state.closed().map(|(by, at)| {
            let reason = convoke_domain::conversation::payload::CloseReason::from(by);
            Closed { by: reason.into(), what: Closed::words(by).to_owned(), at }
        });
        let participants = state.participants.iter().map(|(id, role)| Participant {
            party: Party::of((*id).into(), viewer, names),
            role: (*role).into(),
            participant: staff.then_some(ParticipantRef(*id)),
        });
        let pending = state.lane.iter().filter(|_| staff).map(|entry| pending(state, entry));
        Self {
            id: state.id,
            seq: state.head.number(),
            consumer: state.consumer,
            authenticated: state.authenticated,
            opened_at: state.opened_at,
            changed_at: state.changed_at,
            open: state.is_open(),
            closed,
            survey: state.survey.map(survey),
            rating: state.rating.map(rating),
            skill: state.skill.clone(),
            assigned_agent: state.assigned_agent().filter(|_| staff),
            suggested_agent: state.suggested_agent.filter(|_| staff),
            participants: participants.filter(|one| staff || one.role != Role::Reader).collect(),
            ttr: state.ttr.into(),
            deadline: state.deadline,
            manual_deadline: state.manual_deadline.filter(|_| staff),
            note: state.note.reveal().filter(|note| staff && !note.is_empty()).map(str::to_owned),
            pending: pending.collect(),
        }
    }
}

fn survey(survey: domain::Survey) -> Survey {
    Survey {
        open: survey.closed.is_none(),
        opened_at: survey.opened_at,
        closed_at: survey.closed.map(|closed| closed.at),
    }
}

fn rating(domain::Rating { rate, resolved, status }: domain::Rating) -> Rating {
    Rating { rate, resolved, status: status.into() }
}

fn pending(state: &Domain, entry: &LaneEntry) -> PendingTrigger {
    PendingTrigger {
        trigger: entry.trigger.number(),
        event: EventBinding::StateChange(entry.event),
        code: entry.code,
        invocation: state.invocation(entry.trigger),
    }
}
