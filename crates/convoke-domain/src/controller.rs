//! The Controller Bot's contract: which function answers a trigger, and what its answer asks for.
//!
//! Pure rules (DESIGN §3.2, §3.3, §3.5, §3.6): the first command of each type counts, whatever is wrong with it; the
//! rest is recorded as ignored. Carrying out is `conversation::settle`'s.

use crate::account::Account;
use crate::conversation::Failed;
use crate::function::{Binding, Bindings, NoFunction};
use crate::id::{SkillId, UserId};
use crate::invocation::{Answer, CommandFate, CommandKind, Fate, NotInvoked, Returned};
use crate::limits;
use crate::state_change::StateChangeEvent;

/// The function version that answers `event` for `skill`.
///
/// # Errors
/// Why none does.
pub fn select<'f>(
    event: StateChangeEvent,
    skill: &SkillId,
    account: &Account,
    functions: &'f Bindings,
) -> Result<&'f Binding, NotInvoked> {
    if !account.controller_bot_enabled {
        return Err(NotInvoked::ControllerBotOff);
    }
    functions.select(event, Some(skill)).map_err(|none| match none {
        NoFunction::NoneDeployed => NotInvoked::NoneDeployed,
        NoFunction::OtherSkill => NotInvoked::OtherSkill,
    })
}

/// What an answer asks for, before the conversation has a say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) message: PlannedMessage,
    pub(crate) transfer: Option<PlannedTransfer>,
    pub(crate) close: Option<u16>,
    /// Commands that came to nothing already.
    pub(crate) fates: Vec<CommandFate>,
    /// Commands beyond the recorded ones.
    pub(crate) dropped: u32,
}

/// The one message of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlannedMessage {
    /// The function's text, and its place in the answer.
    Text { index: u16, text: String },
    /// The account's own.
    Automatic,
    /// None at all.
    Suppressed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedTransfer {
    pub(crate) index: u16,
    pub(crate) skill: Option<SkillId>,
    pub(crate) agent: Option<UserId>,
}

impl Plan {
    /// The plan of a function that failed, or of none at all: the automatic message.
    pub(crate) const AUTOMATIC: Self = Self {
        message: PlannedMessage::Automatic,
        transfer: None,
        close: None,
        fates: Vec::new(),
        dropped: 0,
    };

    /// The plan of an answer that nobody wants any more: its commands are counted, none is looked at.
    pub(crate) fn dropped(result: &Result<Answer, Failed>) -> Self {
        let count = match result {
            Ok(Answer::Commands(commands)) => commands.len(),
            Ok(Answer::Nothing | Answer::Empty) | Err(_) => 0,
        };
        Self { dropped: u32::try_from(count).unwrap_or(u32::MAX), ..Self::AUTOMATIC }
    }
}

/// What `answer` asks for.
pub(crate) fn plan(answer: Answer, account: &Account) -> Plan {
    let commands = match answer {
        Answer::Nothing => return Plan::AUTOMATIC,
        Answer::Commands(commands) if !commands.is_empty() => commands,
        Answer::Empty | Answer::Commands(_) => {
            return Plan { message: PlannedMessage::Suppressed, ..Plan::AUTOMATIC };
        }
    };
    let mut plan = Plan::AUTOMATIC;
    let mut seen: Vec<CommandKind> = Vec::with_capacity(3);
    for (place, returned) in commands.into_iter().enumerate() {
        let Some(index) = u16::try_from(place).ok().filter(|_| place < limits::ANSWER_COMMANDS_MAX) else {
            plan.dropped = plan.dropped.saturating_add(1);
            continue;
        };
        let kind = returned.kind();
        let fate = match kind {
            Some(kind) if seen.contains(&kind) => Some(Fate::Ignored),
            _ => take(&mut plan, index, returned, account).err(),
        };
        seen.extend(kind);
        plan.fates.extend(fate.map(|fate| CommandFate { index, kind, fate }));
    }
    plan
}

/// Puts one command into the plan, or says why it is rejected.
fn take(plan: &mut Plan, index: u16, returned: Returned, account: &Account) -> Result<(), Fate> {
    match returned {
        Returned::Message(text) if text.len() > limits::LINE_BYTES_MAX => Err(rejected(
            "line.too_long",
            format!("the text has {} bytes; at most {} are allowed", text.len(), limits::LINE_BYTES_MAX),
        )),
        Returned::Message(text) => {
            plan.message = PlannedMessage::Text { index, text };
            Ok(())
        }
        Returned::NoMessage => {
            plan.message = PlannedMessage::Suppressed;
            plan.fates.push(CommandFate {
                index,
                kind: Some(CommandKind::SystemMessage),
                fate: Fate::Applied,
            });
            Ok(())
        }
        Returned::Transfer { skill, agent } => {
            let skill = skill.map(|skill| known_skill(&skill, account)).transpose()?;
            let agent = agent.map(|agent| known_agent(&agent, account)).transpose()?;
            plan.transfer = Some(PlannedTransfer { index, skill, agent });
            Ok(())
        }
        Returned::Close => {
            plan.close = Some(index);
            Ok(())
        }
        Returned::Malformed { why, .. } => Err(rejected(CommandRejection::Malformed.code(), shortened(why))),
    }
}

fn known_skill(text: &str, account: &Account) -> Result<SkillId, Fate> {
    text.parse()
        .ok()
        .filter(|skill| account.skill_exists(skill))
        .ok_or_else(|| rejected("skill.unknown", format!("the account has no skill {}", quoted(text))))
}

fn known_agent(text: &str, account: &Account) -> Result<UserId, Fate> {
    account
        .agent_by_text(text)
        .map(|(id, _)| id)
        .ok_or_else(|| rejected("agent.unknown", format!("the account has no agent {}", quoted(text))))
}

/// What a function wrote, as a record that is kept for ever may quote it.
fn quoted(text: &str) -> String {
    let mut start: String = text.chars().take(limits::QUOTED_CHARS_MAX).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    format!("\"{start}\"")
}

/// A reason, cut off where nobody reads on.
fn shortened(mut reason: String) -> String {
    if let Some((end, _)) = reason.char_indices().nth(limits::REASON_CHARS_MAX) {
        reason.truncate(end);
        reason.push('…');
    }
    reason
}

/// Why a command is rejected whatever the conversation is like.
enum CommandRejection {
    /// Its type is no command, or a field is of the wrong type.
    Malformed,
}

impl CommandRejection {
    const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "command.malformed",
        }
    }
}

/// A command that broke a rule.
pub(crate) fn rejected(code: &str, reason: impl Into<String>) -> Fate {
    Fate::Rejected { code: code.to_owned(), reason: reason.into() }
}
