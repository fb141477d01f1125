//! Accounts.

use convoke_domain::account::{Account as Domain, Command};
use convoke_domain::automatic_message::Language;
use convoke_domain::id::{AccountId, SkillId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAccount {
    /// Its id, for ever: 1 to 20 letters, digits or `_`.
    #[schema(value_type = String, example = "demo")]
    pub id: AccountId,
    /// The name that people know it by.
    #[schema(example = "Demo")]
    pub name: String,
    /// The language of last resort for automatic messages; English if left out.
    #[serde(default = "Language::english")]
    #[schema(value_type = String, example = "en")]
    pub default_language: Language,
}

impl CreateAccount {
    /// The command that opens it.
    pub fn into_command(self) -> Command {
        Command::Create { id: self.id, name: self.name, default_language: self.default_language }
    }
}

/// A brand's tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its id.
    #[schema(value_type = String, example = "demo")]
    pub id: AccountId,
    /// The name that people know it by.
    pub name: String,
    /// Whether the Controller Bot acts.
    pub controller_bot_enabled: bool,
    /// Whether somebody whom nobody knows may write in a consumer window.
    pub window_enabled: bool,
    /// The language of last resort for automatic messages.
    #[schema(value_type = String, example = "en")]
    pub default_language: Language,
    /// The skill of conversations that are opened without one.
    #[schema(value_type = Option<String>, example = "123456")]
    pub default_skill: Option<SkillId>,
    /// How many skills it has.
    pub skills: usize,
    /// How many users it has.
    pub users: usize,
}

impl From<&Domain> for Account {
    fn from(account: &Domain) -> Self {
        Self {
            id: account.id.clone(),
            name: account.name.clone(),
            controller_bot_enabled: account.controller_bot_enabled,
            window_enabled: account.window.enabled,
            default_language: account.default_language.clone(),
            default_skill: account.default_skill.clone(),
            skills: account.skills.len(),
            users: account.users.len(),
        }
    }
}
