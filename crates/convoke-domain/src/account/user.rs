//! Those who work for the brand, people and bots, and what they may do.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{Pid, SkillId};
use crate::limits;

/// What someone may do. A user or a token has any number of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    /// Everything in one account.
    Administrator,
    /// Allow-list, secrets, reports (functions contract §6.4).
    FaasAdmin,
    /// Functions, deployments, schedules.
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

impl UserRole {
    /// All roles.
    pub const ALL: [Self; 7] = [
        Self::Administrator,
        Self::FaasAdmin,
        Self::FaasDeveloper,
        Self::FaasInvocation,
        Self::Agent,
        Self::AgentManager,
        Self::Operator,
    ];

    /// The name that people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::FaasAdmin => "functions administrator",
            Self::FaasDeveloper => "functions developer",
            Self::FaasInvocation => "functions invoker",
            Self::Agent => "agent",
            Self::AgentManager => "agent manager",
            Self::Operator => "operator",
        }
    }
}

/// Someone who works for the brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// What they log in with; unique in the account.
    pub login_name: String,
    /// What consumers see, and the macro `{agentNickname}`.
    pub nickname: String,
    /// The participant id on the wire; unique in the account.
    pub pid: Pid,
    /// The skills that they serve.
    pub skills: BTreeSet<SkillId>,
    /// What they may do.
    pub roles: BTreeSet<UserRole>,
    /// Whether they may log in and be given conversations.
    pub enabled: bool,
    /// How many conversations they serve at once before no more are offered, at most [`limits::USER_LOAD_MAX`]; none named:
    /// [`limits::USER_LOAD_USUAL`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_max: Option<u16>,
}

impl User {
    /// How many conversations they serve at once before no more are offered.
    pub fn load_max(&self) -> usize {
        usize::from(self.load_max.unwrap_or(limits::USER_LOAD_USUAL))
    }

    /// Whether conversations can be assigned to them: enabled, and an agent or a manager.
    pub fn serves(&self) -> bool {
        self.enabled
            && (self.roles.contains(&UserRole::Agent) || self.roles.contains(&UserRole::AgentManager))
    }
}
