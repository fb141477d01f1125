//! What the Controller Bot would do with an answer, told before it is done.
//!
//! It says what each command comes to as far as the account knows: whether skills and agents exist, which command of a
//! type counts. What the conversation will say (closed, overtaken, the agent's skills) is only known when it happens.

use convoke_domain::account::Account;
use convoke_domain::invocation::{Answer, CommandKind, Returned};
use convoke_domain::limits::{ANSWER_COMMANDS_MAX, LINE_BYTES_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the Controller Bot would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BotPlan {
    /// Which message it would send.
    pub message: PlannedMessage,
    /// The returned commands, in their order.
    pub commands: Vec<PlannedCommand>,
    /// Further commands that would not be looked at.
    pub commands_dropped: usize,
}

/// Which message would be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlannedMessage {
    /// The function's own text.
    Own,
    /// The account's automatic message.
    Automatic,
    /// None at all.
    Suppressed,
}

/// One returned command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedCommand {
    /// Place in the answer, from 0.
    pub index: usize,
    /// The command's type, if it has a known one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "transfer")]
    pub command: Option<CommandKind>,
    /// Whether it would be tried.
    pub would: Would,
    /// What would happen, in words.
    pub text: String,
}

/// What would become of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Would {
    /// It would be carried out, unless the conversation has moved on.
    Apply,
    /// Not the first of its type.
    Ignore,
    /// It breaks a rule.
    Reject,
}

impl BotPlan {
    /// What `account`'s Controller Bot would do with `answer`.
    pub fn of(answer: &Answer, account: &Account) -> Self {
        let returned = match answer {
            Answer::Nothing => return Self::only(PlannedMessage::Automatic),
            Answer::Empty => return Self::only(PlannedMessage::Suppressed),
            Answer::Commands(returned) => returned,
        };
        let mut plan = Self::only(PlannedMessage::Automatic);
        let mut seen: Vec<CommandKind> = Vec::with_capacity(3);
        for (index, one) in returned.iter().take(ANSWER_COMMANDS_MAX).enumerate() {
            let command = one.kind();
            let (would, text) = if command.is_some_and(|kind| seen.contains(&kind)) {
                (Would::Ignore, "ignored: only the first of each type counts".to_owned())
            } else {
                seen.extend(command);
                plan.consider(one, account)
            };
            plan.commands.push(PlannedCommand { index, command, would, text });
        }
        plan.commands_dropped = returned.len().saturating_sub(ANSWER_COMMANDS_MAX);
        plan
    }

    const fn only(message: PlannedMessage) -> Self {
        Self { message, commands: Vec::new(), commands_dropped: 0 }
    }

    fn consider(&mut self, one: &Returned, account: &Account) -> (Would, String) {
        match one {
            Returned::Message(text) if text.len() > LINE_BYTES_MAX => (
                Would::Reject,
                format!("the text has {} bytes; at most {LINE_BYTES_MAX} are allowed", text.len()),
            ),
            Returned::Message(text) => {
                self.message = PlannedMessage::Own;
                (Would::Apply, format!("send “{text}”"))
            }
            Returned::NoMessage => {
                self.message = PlannedMessage::Suppressed;
                (Would::Apply, "send nothing, not even the automatic message".to_owned())
            }
            Returned::Transfer { skill, agent } => transfer(skill.as_deref(), agent.as_deref(), account),
            Returned::Close => (Would::Apply, "close the conversation".to_owned()),
            Returned::Malformed { why, .. } => (Would::Reject, why.clone()),
        }
    }
}

fn transfer(skill: Option<&str>, agent: Option<&str>, account: &Account) -> (Would, String) {
    let mut targets = Vec::with_capacity(2);
    if let Some(text) = skill {
        let known = text.parse().ok().and_then(|id| account.skill(&id));
        let Some(known) = known else {
            return (Would::Reject, format!("the account has no skill \"{text}\""));
        };
        targets.push(format!("skill {text} ({})", known.name));
    }
    if let Some(text) = agent {
        let Some((id, user)) = account.agent_by_text(text) else {
            return (Would::Reject, format!("the account has no agent \"{text}\""));
        };
        targets.push(format!("agent {id} ({})", user.nickname));
    }
    (Would::Apply, format!("transfer to {}", targets.join(" and ")))
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::Skill;
    use convoke_domain::automatic_message::Language;

    use super::*;
    use crate::functions::parse_answer;

    fn plan(json: &str) -> BotPlan {
        let mut account = Account::new("demo".parse().unwrap(), "Demo".to_owned(), Language::english());
        account.skills.insert("123456".parse().unwrap(), Skill::named("Sales"));
        BotPlan::of(&parse_answer(Some(json)), &account)
    }

    #[test]
    fn the_three_commands_are_told_in_words() {
        let plan = plan(
            r#"[{"type":"systemMessage","text":"your message"},{"type":"transfer","skillId":"123456"},
                {"type":"closeConversation"}]"#,
        );
        let texts: Vec<&str> = plan.commands.iter().map(|command| command.text.as_str()).collect();
        assert_eq!(
            texts,
            ["send “your message”", "transfer to skill 123456 (Sales)", "close the conversation"]
        );
        assert_eq!(plan.message, PlannedMessage::Own);
    }

    #[test]
    fn a_rejected_message_leaves_the_automatic_one() {
        let plan = plan(r#"[{"type":"systemMessage","text":7},{"type":"systemMessage","text":"too late"}]"#);
        assert_eq!(plan.message, PlannedMessage::Automatic);
        assert_eq!(
            plan.commands.iter().map(|command| command.would).collect::<Vec<_>>(),
            [Would::Reject, Would::Ignore]
        );
    }

    #[test]
    fn an_unknown_skill_is_said_before_it_happens() {
        assert_eq!(plan(r#"{"type":"transfer","skillId":"9"}"#).commands[0].would, Would::Reject);
    }

    #[test]
    fn the_empty_list_says_nothing_and_no_answer_the_automatic_message() {
        assert_eq!(plan("[]").message, PlannedMessage::Suppressed);
        assert_eq!(plan("null").message, PlannedMessage::Automatic);
    }
}
