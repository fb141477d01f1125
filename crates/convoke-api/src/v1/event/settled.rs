//! What came of a trigger, as staff see it.

use convoke_domain::conversation::Settled as DomainSettled;
use convoke_domain::invocation::{self as domain, CommandKind};
use convoke_domain::state_change::CbotEventType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::FunctionVersion;
use crate::explain::{Names, words};

/// What came of a trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Settled {
    /// The trigger.
    pub trigger: u64,
    /// Its code.
    #[schema(value_type = String)]
    pub code: CbotEventType,
    /// The version that was chosen, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionVersion>,
    /// How often it was attempted.
    pub attempts: u8,
    /// How that ended.
    pub outcome: Outcome,
    /// Which message was sent, or why none.
    pub message: MessageFate,
    /// What became of each returned command.
    pub commands: Vec<CommandFate>,
    /// Further commands that were returned and not recorded.
    pub commands_dropped: u32,
}

impl Settled {
    /// The settled trigger with names.
    pub fn of(settled: &DomainSettled, names: &dyn Names) -> Self {
        Self {
            trigger: settled.trigger.number(),
            code: settled.code,
            function: settled.function.map(|function| FunctionVersion::of(function, names)),
            attempts: settled.attempts,
            outcome: Outcome::of(&settled.outcome),
            message: MessageFate::of(&settled.message),
            commands: settled.commands.iter().map(CommandFate::of).collect(),
            commands_dropped: settled.commands_dropped,
        }
    }
}

/// How the attempts on a trigger ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// `not_invoked`, `answered`, `dropped` or `failed`.
    pub r#type: OutcomeType,
    /// For `failed`, the stable code; for `not_invoked`, the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the function said about its failure; absent once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// In words.
    pub text: String,
}

/// The kinds of outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeType {
    /// Nothing was invoked.
    NotInvoked,
    /// The function answered.
    Answered,
    /// The Controller Bot was switched off meanwhile.
    Dropped,
    /// The last attempt failed.
    Failed,
}

impl Outcome {
    fn of(outcome: &domain::Outcome) -> Self {
        let (r#type, code, detail) = match outcome {
            domain::Outcome::NotInvoked { reason } => {
                (OutcomeType::NotInvoked, Some(words::not_invoked_code(*reason).to_owned()), None)
            }
            domain::Outcome::Answered => (OutcomeType::Answered, None, None),
            domain::Outcome::Dropped => (OutcomeType::Dropped, None, None),
            domain::Outcome::Failed { code, detail } => {
                (OutcomeType::Failed, Some(code.clone()), detail.reveal().map(str::to_owned))
            }
        };
        Self { r#type, code, detail, text: words::outcome(outcome) }
    }
}

/// Which message a settled trigger sent, or why none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageFate {
    /// `sent`, `automatic`, `suppressed`, `none`, `fenced` or `closed`.
    pub r#type: MessageFateType,
    /// The line, if one was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// In words.
    pub text: String,
}

/// The kinds of fates of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageFateType {
    /// The function's own text.
    Sent,
    /// The account's automatic message.
    Automatic,
    /// The function asked for none.
    Suppressed,
    /// The automatic message was due, and there is none.
    None,
    /// It would have come too late.
    Fenced,
    /// The conversation is closed.
    Closed,
}

impl MessageFate {
    fn of(fate: &domain::MessageFate) -> Self {
        let (r#type, line) = match fate {
            domain::MessageFate::Sent { line } => (MessageFateType::Sent, Some(line.number())),
            domain::MessageFate::Automatic { line } => (MessageFateType::Automatic, Some(line.number())),
            domain::MessageFate::Suppressed => (MessageFateType::Suppressed, None),
            domain::MessageFate::None { .. } => (MessageFateType::None, None),
            domain::MessageFate::Fenced { .. } => (MessageFateType::Fenced, None),
            domain::MessageFate::Closed => (MessageFateType::Closed, None),
        };
        Self { r#type, line, text: words::message(fate) }
    }
}

/// What became of one returned command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommandFate {
    /// Place in the answer, from 0.
    pub index: u16,
    /// The command's type, if it has a known one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "systemMessage")]
    pub command: Option<CommandKind>,
    /// What became of it.
    pub fate: Fate,
    /// The stable code of a rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// In words.
    pub text: String,
}

/// The possible fates of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It was carried out.
    Applied,
    /// Not the first of its type.
    Ignored,
    /// It asked for what already is.
    NoChange,
    /// It broke a rule.
    Rejected,
    /// It would have come too late.
    Fenced,
}

impl CommandFate {
    fn of(command: &domain::CommandFate) -> Self {
        let (fate, code) = match &command.fate {
            domain::Fate::Applied => (Fate::Applied, None),
            domain::Fate::Ignored => (Fate::Ignored, None),
            domain::Fate::NoChange => (Fate::NoChange, None),
            domain::Fate::Rejected { code, .. } => (Fate::Rejected, Some(code.clone())),
            domain::Fate::Fenced { .. } => (Fate::Fenced, None),
        };
        Self { index: command.index, command: command.kind, fate, code, text: words::command(command) }
    }
}
