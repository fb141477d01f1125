//! Automatic messages.

use std::collections::BTreeMap;

use convoke_domain::account::{Account, Command};
use convoke_domain::automatic_message::{self as domain, Language};
use convoke_domain::id::SkillId;
use convoke_domain::state_change::CbotEventType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an automatic message is set to: of the account, or of one skill instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAutomaticMessage {
    /// Whether it is sent; yes if left out. Disabled at a skill means none there, whatever the account has.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The texts by language tag. Macros are `{expectedResponseTime}` and `{agentNickname}`; no HTML.
    #[schema(value_type = BTreeMap<String, String>)]
    pub texts: BTreeMap<Language, String>,
}

const fn yes() -> bool {
    true
}

impl SetAutomaticMessage {
    /// The command that sets the message for `code` so, of `skill` or of the account.
    pub fn into_command(self, code: CbotEventType, skill: Option<SkillId>) -> Command {
        let message = domain::AutomaticMessage { enabled: self.enabled, texts: self.texts };
        Command::SetAutomaticMessage { code, skill, message }
    }
}

/// The account's own text for a change, sent when no function supplied one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AutomaticMessage {
    /// What exactly has to happen.
    #[schema(value_type = String, example = "YOU_ARE_CONNECTED_TO")]
    pub code: CbotEventType,
    /// The skill whose own it is; absent for the account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub skill: Option<SkillId>,
    /// What it is set to.
    #[serde(flatten)]
    pub settings: SetAutomaticMessage,
}

impl AutomaticMessage {
    /// All of an account: its own first, then those of skills.
    pub fn all(account: &Account) -> impl Iterator<Item = Self> {
        let own = account.automatic_messages.entries.iter().map(|(code, message)| (None, code, message));
        let skilled = account.skill_messages.iter().flat_map(|(skill, messages)| {
            messages.entries.iter().map(move |(code, message)| (Some(skill.clone()), code, message))
        });
        own.chain(skilled).map(|(skill, &code, message)| Self {
            code,
            skill,
            settings: SetAutomaticMessage { enabled: message.enabled, texts: message.texts.clone() },
        })
    }
}
