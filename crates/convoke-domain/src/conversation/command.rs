//! What can be asked of a conversation, and why it may refuse.

use jiff::Timestamp;

use crate::account::FencePolicy;
use crate::conversation::event::{Actor, Cause, CommandKey, Origin, ParticipantId, PrivateText, Role, Timer};
use crate::conversation::field::{Delay, Rating};
use crate::conversation::line::{LineExtra, Receipt};
use crate::id::{ConsumerId, ConversationId, SkillId, UserId};
use crate::invocation::{Answer, FunctionRef};
use crate::limits;
use crate::sequence::EventSeq;
use crate::ttr::Ttr;

/// Something that is asked of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// By whom.
    pub by: Actor,
    /// The invocation that asks, if one does.
    pub cause: Option<Cause>,
    /// What.
    pub action: Action,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Open it.
    Open(Open),
    /// Write a line.
    Publish(NewLine),
    /// Bring somebody in, or give them another role.
    Join {
        /// Who.
        participant: ParticipantId,
        /// As what; never as assigned agent, that is [`Action::Accept`].
        role: Role,
    },
    /// Take somebody out; the assigned agent's leaving puts it back to its queue.
    Leave {
        /// Who.
        participant: ParticipantId,
    },
    /// Serve it from now on.
    Accept {
        /// The agent.
        agent: UserId,
    },
    /// Move it.
    Transfer {
        /// To this skill; without it the skill stays.
        skill: Option<SkillId>,
        /// To this agent first.
        agent: Option<UserId>,
    },
    /// Set the time to respond.
    SetTtr {
        /// To what.
        ttr: Ttr,
    },
    /// Promise an answer at a certain time, or take the promise back.
    SetManualDeadline {
        /// The time.
        deadline: Option<Timestamp>,
    },
    /// The assigned agent gives it away: back to its queue, or somewhere else. Refused if `from` does not serve it.
    HandOver {
        /// Who serves it now.
        from: UserId,
        /// To this skill; without it the skill stays.
        skill: Option<SkillId>,
        /// To this agent first.
        agent: Option<UserId>,
    },
    /// Tell what became of lines of others.
    Receive {
        /// What.
        receipt: Receipt,
        /// The wire sequences of the lines.
        lines: Vec<u32>,
    },
    /// Note something about it.
    Note {
        /// The note; empty to take it away.
        note: String,
    },
    /// Say what one thinks of it.
    Rate {
        /// What.
        rating: Rating,
    },
    /// Let the time to respond begin later, or as usual again.
    SetDelay {
        /// The delay.
        delay: Option<Delay>,
    },
    /// All of these or nothing, in their order, as one change.
    Together(Vec<Action>),
    /// The consumer proved who they are.
    StepUp {
        /// The brand's own id of the person.
        identity: PrivateText,
    },
    /// Close it, with all its dialogs.
    Close,
    /// Close its main dialog. The consumer is asked about it then if the skill has a survey, their client can show one,
    /// and they did not say what they think before.
    CloseMain,
    /// Do something in its survey.
    InSurvey(InSurvey),
    /// A timer came due.
    TimerDue {
        /// Which.
        timer: Timer,
    },
    /// Answer the oldest unsettled trigger.
    Settle(Settlement),
}

/// What is done in the survey of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InSurvey {
    /// Write a line; the consumer's side only.
    Publish(NewLine),
    /// Tell what became of its lines.
    Receive {
        /// What.
        receipt: Receipt,
        /// The wire sequences of the lines.
        lines: Vec<u32>,
    },
    /// Close it, and the conversation with it.
    Close,
}

/// How a conversation begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its id, made by the shell's entropy.
    pub id: ConversationId,
    /// Who opens it.
    pub consumer: ConsumerId,
    /// Whether the consumer is known by an identity of the brand.
    pub authenticated: bool,
    /// The skill; without it the account's default skill.
    pub skill: Option<SkillId>,
    /// Where the consumer came from.
    pub origin: Origin,
    /// What the consumer writes first.
    pub first_line: Option<NewLine>,
}

/// A line to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// What.
    pub text: String,
    /// The client's key, so that a retry is the same line.
    pub key: Option<CommandKey>,
    /// What sets it apart from a plain text for everybody.
    pub extra: Option<LineExtra>,
}

/// The answer to a trigger, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Which trigger.
    pub trigger: EventSeq,
    /// How it ended.
    pub result: Settling,
}

/// How the work on a trigger ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settling {
    /// There was no function for it when its turn came; why is looked up when it settles.
    NothingToRun,
    /// The function ended.
    Ran {
        /// Which version ran.
        function: FunctionRef,
        /// Its own fence policy, if it has one.
        fence_policy: Option<FencePolicy>,
        /// How many attempts there were.
        attempts: u8,
        /// Its answer, or how the last attempt failed.
        result: Result<Answer, Failed>,
    },
}

/// How the last attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Stable code, for instance `function.threw`.
    pub code: String,
    /// What the function said about it.
    pub detail: PrivateText,
}

/// An expected refusal by the rules of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such conversation.
    #[error("there is no such conversation")]
    NotFound,
    /// An id was used twice.
    #[error("this conversation is already open")]
    AlreadyOpen,
    /// It has ended.
    #[error("the conversation is closed; open a new one")]
    Closed,
    /// It has no such dialog.
    #[error("the conversation has no such dialog")]
    NoSuchDialog,
    /// Too many triggers are unsettled, or too many writes wait.
    #[error("the conversation has too much to do; try again in a moment")]
    Busy,
    /// The actor takes no part in it.
    #[error("you take no part in this conversation; join it first")]
    NotAParticipant,
    /// The actor's role does not allow it.
    #[error("{role:?} may not do this")]
    NotAllowed {
        /// The role.
        role: Role,
    },
    /// Whoever is to leave takes no part.
    #[error("the participant takes no part in this conversation")]
    NoSuchParticipant,
    /// A role that cannot be joined in.
    #[error("nobody joins as {role:?}; an agent accepts, the Controller Bot is there")]
    RoleNotJoinable {
        /// The role.
        role: Role,
    },
    /// Too many participants.
    #[error("a conversation has at most {} participants", limits::PARTICIPANTS_MAX)]
    TooManyParticipants,
    /// Another agent serves it.
    #[error("another agent serves this conversation")]
    AlreadyAssigned,
    /// No such skill.
    #[error("the account has no skill {skill}; define it first")]
    UnknownSkill {
        /// The id.
        skill: String,
    },
    /// A skill that takes no conversations.
    #[error("skill {skill} is disabled; enable it or name another")]
    SkillDisabled {
        /// The skill.
        skill: SkillId,
    },
    /// No skill was named and the account has no default.
    #[error("name a skill: the account has no default skill")]
    NoDefaultSkill,
    /// No such agent.
    #[error("the account has no agent {agent}")]
    UnknownAgent {
        /// The id.
        agent: String,
    },
    /// The agent does not have the skill.
    #[error("agent {agent} does not have skill {skill}")]
    AgentLacksSkill {
        /// The agent.
        agent: UserId,
        /// The skill.
        skill: SkillId,
    },
    /// Nothing was written.
    #[error("the line is empty; write something")]
    EmptyLine,
    /// Too much was written.
    #[error("the line has {bytes} bytes; at most {} are allowed", limits::LINE_BYTES_MAX)]
    LineTooLong {
        /// How much.
        bytes: usize,
    },
    /// A consumer asked for a time to respond that only agents set.
    #[error("a consumer marks a conversation as urgent or normal; other times are set by agents")]
    TtrNotForConsumers,
    /// A rating that cannot be.
    #[error("a rating is from 1 to 5")]
    RateOutOfRange,
    /// Too many lines at once.
    #[error("a receipt names 1 to {} lines", limits::RECEIVED_LINES_MAX)]
    ReceivedLines,
    /// Too many changes at once, or changes that cannot be made with others.
    #[error(
        "at most {} changes are made together, and openings, lines and timers alone",
        limits::CHANGES_TOGETHER_MAX
    )]
    NotTogether,
    /// A promise in the past.
    #[error("the promised time is in the past")]
    DeadlineInThePast,
    /// The consumer is known already.
    #[error("the consumer is authenticated already")]
    AlreadyAuthenticated,
    /// The trigger was settled before: the answer is dropped.
    #[error("this trigger is settled already")]
    CursorMoved,
}

impl Rejection {
    /// The stable code that clients match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "conversation.not_found",
            Self::AlreadyOpen => "conversation.already_open",
            Self::Closed => "conversation.closed",
            Self::NoSuchDialog => "dialog.unknown",
            Self::Busy => "conversation.busy",
            Self::NotAParticipant => "participant.not_in_conversation",
            Self::NotAllowed { .. } => "participant.role_not_allowed",
            Self::NoSuchParticipant => "participant.unknown",
            Self::RoleNotJoinable { .. } => "participant.role_not_joinable",
            Self::TooManyParticipants => "participant.too_many",
            Self::AlreadyAssigned => "conversation.already_assigned",
            Self::UnknownSkill { .. } => "skill.unknown",
            Self::SkillDisabled { .. } => "skill.disabled",
            Self::NoDefaultSkill => "skill.no_default",
            Self::UnknownAgent { .. } => "agent.unknown",
            Self::AgentLacksSkill { .. } => "agent.lacks_skill",
            Self::EmptyLine => "line.empty",
            Self::LineTooLong { .. } => "line.too_long",
            Self::TtrNotForConsumers => "ttr.not_for_consumers",
            Self::RateOutOfRange => "rating.out_of_range",
            Self::ReceivedLines => "receipt.lines_invalid",
            Self::NotTogether => "conversation.changes_not_together",
            Self::DeadlineInThePast => "ttr.deadline_in_the_past",
            Self::AlreadyAuthenticated => "consumer.already_authenticated",
            Self::CursorMoved => "trigger.already_settled",
        }
    }
}

/// What is known of a consumer's earlier conversations; one writer per consumer keeps it true.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConsumerHistory {
    /// How many conversations they opened before.
    pub opened: u64,
    /// When the last of them was auto-closed; `None` if it ended otherwise or not yet.
    pub auto_closed_at: Option<Timestamp>,
}
