//! Those who work for the brand, people and bots.

use std::collections::BTreeSet;
use std::fmt;

use convoke_domain::account::{Command, User as Domain};
use convoke_domain::id::{SkillId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

mirror! {
    /// What someone may do.
    UserRole = convoke_domain::account::UserRole {
        /// Everything in one account.
        Administrator,
        /// Allow-list, secrets, reports.
        FaasAdmin,
        /// Functions and deployments.
        FaasDeveloper,
        /// Invoking functions.
        FaasInvocation,
        /// Taking and answering conversations.
        Agent,
        /// Overseeing conversations, and taking part in any.
        AgentManager,
        /// Running the installation: every account.
        Operator,
    }
}

/// What a user is set to. Defining one that exists replaces them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefineUser {
    /// What they log in with; unique in the account.
    #[schema(example = "grace")]
    pub login_name: String,
    /// What consumers see.
    #[schema(example = "Grace")]
    pub nickname: String,
    /// The participant id on the wire; left out, it stays or a new one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<Uuid>,
    /// The skills that they serve.
    #[serde(default)]
    #[schema(value_type = BTreeSet<String>)]
    pub skills: BTreeSet<SkillId>,
    /// What they may do.
    pub roles: BTreeSet<UserRole>,
    /// Whether they may log in and be given conversations; yes if left out.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How many conversations they serve at once before no more are offered, at most 1000; 10 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1000)]
    pub load_max: Option<u16>,
}

const fn yes() -> bool {
    true
}

impl DefineUser {
    /// The command that defines the user `id` so; `pid` counts where the request names none.
    pub fn into_command(self, id: UserId, pid: Uuid) -> Command {
        let user = Domain {
            login_name: self.login_name,
            nickname: self.nickname,
            pid: self.pid.unwrap_or(pid),
            skills: self.skills,
            roles: self.roles.into_iter().map(Into::into).collect(),
            enabled: self.enabled,
            load_max: self.load_max,
        };
        Command::DefineUser { id, user }
    }
}

/// A user's new password. Its `Debug` form shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The new password, 12 to 128 characters.
    pub password: String,
    /// The present one. Users who change their own have to say it; administrators do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<String>,
}

impl fmt::Debug for SetPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetPassword(…)")
    }
}

/// Someone who works for the brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Their number in the account.
    #[schema(value_type = String, example = "4711")]
    pub id: UserId,
    /// What they are set to.
    #[serde(flatten)]
    pub settings: DefineUser,
}

impl User {
    /// The user `id` of an account.
    pub fn of(id: UserId, user: &Domain) -> Self {
        let settings = DefineUser {
            login_name: user.login_name.clone(),
            nickname: user.nickname.clone(),
            pid: Some(user.pid),
            skills: user.skills.clone(),
            roles: user.roles.iter().copied().map(Into::into).collect(),
            enabled: user.enabled,
            load_max: user.load_max,
        };
        Self { id, settings }
    }
}
