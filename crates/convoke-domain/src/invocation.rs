//! What an invocation came to: its answer as the function returned it, and the fate of each command.
//!
//! An outcome is written once. How a function runs is the engine's and the sandbox's business; which commands are
//! carried out is decided in [`crate::controller`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::automatic_message::NoMessage;
use crate::conversation::event::PrivateText;
use crate::function::VersionNumber;
use crate::id::{FunctionId, SkillId, UserId};
use crate::sequence::EventSeq;

/// A version of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FunctionRef {
    /// The function.
    pub function: FunctionId,
    /// Its frozen version.
    pub version: VersionNumber,
}

/// What a function returned, as far as the contract knows it (DESIGN §3.3, §3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing that is a command: `undefined`, `null`, a string, a number, an object without a type. The automatic
    /// message goes out.
    Nothing,
    /// The empty list: do nothing, say nothing.
    Empty,
    /// Commands, in the order they were returned.
    Commands(Vec<Returned>),
}

/// One element of a returned list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    /// `systemMessage` with a text that is not empty after trimming.
    Message(String),
    /// `systemMessage` whose text is empty or `[]`: send nothing, not even the automatic message.
    NoMessage,
    /// `transfer`; the ids as they were written.
    Transfer {
        /// The target skill; without it the skill stays.
        skill: Option<String>,
        /// The agent: a user id, `account.userId` or a pid.
        agent: Option<String>,
    },
    /// `closeConversation`.
    Close,
    /// Something with a type that is no command, or a field of the wrong type.
    Malformed {
        /// Which command it tried to be, if that could be told.
        kind: Option<CommandKind>,
        /// What is wrong, for a person.
        why: String,
    },
}

impl Returned {
    /// Which command this is.
    pub fn kind(&self) -> Option<CommandKind> {
        match self {
            Self::Message(_) | Self::NoMessage => Some(CommandKind::SystemMessage),
            Self::Transfer { .. } => Some(CommandKind::Transfer),
            Self::Close => Some(CommandKind::CloseConversation),
            Self::Malformed { kind, .. } => *kind,
        }
    }
}

/// The three callback commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CommandKind {
    /// Send a message as the Controller Bot.
    #[serde(rename = "systemMessage")]
    SystemMessage,
    /// Move the conversation to another skill or agent.
    #[serde(rename = "transfer")]
    Transfer,
    /// Close the conversation.
    #[serde(rename = "closeConversation")]
    CloseConversation,
}

impl CommandKind {
    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SystemMessage => "systemMessage",
            Self::Transfer => "transfer",
            Self::CloseConversation => "closeConversation",
        }
    }
}

/// A command that can be carried out: its ids exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum CallbackCommand {
    /// Send this text.
    SystemMessage {
        /// The text.
        text: String,
    },
    /// Move the conversation.
    Transfer {
        /// To this skill.
        skill: Option<SkillId>,
        /// To this agent first.
        agent: Option<UserId>,
    },
    /// Close the conversation.
    CloseConversation,
}

/// How the attempts on a trigger ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing was invoked.
    NotInvoked {
        /// Why.
        reason: NotInvoked,
    },
    /// The function answered.
    Answered,
    /// The function answered or failed, but the Controller Bot was switched off meanwhile.
    Dropped,
    /// The last attempt failed.
    Failed {
        /// The stable code of the ending, for instance `function.threw`.
        code: String,
        /// What the function said about it; it may quote a person.
        detail: PrivateText,
    },
}

impl Outcome {
    pub(crate) const fn private_text(&self) -> Option<&PrivateText> {
        match self {
            Self::Failed { detail, .. } => Some(detail),
            Self::NotInvoked { .. } | Self::Answered | Self::Dropped => None,
        }
    }

    pub(crate) const fn private_text_mut(&mut self) -> Option<&mut PrivateText> {
        match self {
            Self::Failed { detail, .. } => Some(detail),
            Self::NotInvoked { .. } | Self::Answered | Self::Dropped => None,
        }
    }
}

/// Why no function ran for a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotInvoked {
    /// No function is deployed for the event.
    NoneDeployed,
    /// Functions are deployed for the event, none for the conversation's skill.
    OtherSkill,
    /// The Controller Bot was switched off before the function began.
    ControllerBotOff,
}

/// Which message a settled trigger sent, or why none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MessageFate {
    /// The function's own text.
    Sent {
        /// The line.
        line: EventSeq,
    },
    /// The account's automatic message.
    Automatic {
        /// The line.
        line: EventSeq,
    },
    /// The function asked for none.
    Suppressed,
    /// The automatic message was due, and there is none.
    None {
        /// Why.
        reason: Silence,
    },
    /// A message was due and would have come too late.
    Fenced {
        /// What had happened meanwhile.
        reason: FenceReason,
    },
    /// A message was due and the conversation is closed.
    Closed,
}

/// Why an automatic message that was due was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// It is disabled for the account or the skill.
    Disabled,
    /// There is no text for it.
    NoText,
    /// Its text names the expected response time, and that has passed.
    Overdue,
    /// Its text names the expected response time, and there is none.
    NoDeadline,
    /// Its text names the agent, and there is none.
    NoAgent,
    /// It was sent in this off-hours period already.
    AlreadyTold,
    /// The Controller Bot is off.
    ControllerBotOff,
}

impl From<NoMessage> for Silence {
    fn from(none: NoMessage) -> Self {
        match none {
            NoMessage::Disabled => Self::Disabled,
            NoMessage::NoText => Self::NoText,
            NoMessage::Overdue => Self::Overdue,
            NoMessage::NoDeadline => Self::NoDeadline,
            NoMessage::NoAgent => Self::NoAgent,
        }
    }
}

/// What had happened between a trigger and its settle, so that a command was dropped (DESIGN §4, Fence).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FenceReason {
    /// Somebody on the brand's side wrote.
    BrandWrote,
    /// The consumer wrote.
    ConsumerWrote,
    /// An agent was assigned.
    AgentAssigned,
    /// The skill changed.
    SkillChanged,
    /// The assigned agent changed.
    AgentChanged,
}

/// What became of one returned command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandFate {
    /// Place in the answer, from 0.
    pub index: u16,
    /// Which command; `None` if its type is unknown.
    pub kind: Option<CommandKind>,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// The possible fates of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Fate {
    /// It was carried out.
    Applied,
    /// Not the first of its type.
    Ignored,
    /// It asked for what already is.
    NoChange,
    /// It broke a rule.
    Rejected {
        /// Stable code, for instance `skill.unknown`.
        code: String,
        /// What was wrong, for a person.
        reason: String,
    },
    /// It would have come too late.
    Fenced {
        /// What had happened meanwhile.
        reason: FenceReason,
    },
}

/// Whether and when a failed attempt is followed by another (DESIGN §3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// After this wait, before jitter.
    After(Duration),
    /// Not again.
    Never,
}

/// How an attempt failed, as far as retrying is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptFailure {
    /// The function threw, rejected, or called back with an error.
    Threw,
    /// It ran longer than its wall time.
    TimedOut,
    /// No sandbox could be had: not the function's fault and not counted.
    HostUnavailable,
    /// It ended in a way that would only repeat: CPU or memory exhausted, never completes, a result nobody can use.
    Final,
}

/// Whether to attempt again after `failure`, given how often each kind already happened.
///
/// Attempts are counted from 1 and include the one that just failed.
pub fn retry(failure: AttemptFailure, attempts: u8, timeouts: u8, unavailable: u8) -> Retry {
    const BACKOFF: [Duration; 3] =
        [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900)];
    let wait = |nth: u8| BACKOFF.get(usize::from(nth.saturating_sub(1))).copied();
    let after = match failure {
        AttemptFailure::Threw => wait(attempts),
        AttemptFailure::TimedOut if timeouts <= 1 => wait(attempts),
        AttemptFailure::HostUnavailable => wait(unavailable.clamp(1, 3)),
        AttemptFailure::TimedOut | AttemptFailure::Final => None,
    };
    after.map_or(Retry::Never, Retry::After)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throwing_function_is_tried_again_three_times_with_growing_waits() {
        let waits: Vec<Retry> = (1..=4).map(|attempt| retry(AttemptFailure::Threw, attempt, 0, 0)).collect();
        let after = |millis| Retry::After(Duration::from_millis(millis));
        assert_eq!(waits, [after(100), after(300), after(900), Retry::Never]);
    }

    #[test]
    fn a_timeout_is_tried_again_once() {
        assert_ne!(retry(AttemptFailure::TimedOut, 1, 1, 0), Retry::Never);
        assert_eq!(retry(AttemptFailure::TimedOut, 2, 2, 0), Retry::Never);
    }

    #[test]
    fn an_ending_that_would_only_repeat_is_never_tried_again() {
        assert_eq!(retry(AttemptFailure::Final, 1, 0, 0), Retry::Never);
    }

    #[test]
    fn an_unavailable_host_does_not_use_up_attempts() {
        assert_ne!(retry(AttemptFailure::HostUnavailable, 0, 0, 40), Retry::Never);
    }
}
