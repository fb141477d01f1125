//! Functions: drafts, versions, deployments.

mod comparison;
mod history;
mod requests;

use std::collections::{BTreeMap, BTreeSet};

use convoke_domain::function::{
    Deployment as DomainDeployment, Draft as DomainDraft, EventBinding, Function as Domain,
    FunctionSettings as DomainSettings, Version as DomainVersion, VersionNumber,
};
use convoke_domain::id::{DeploymentId, FunctionId, SkillId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::comparison::{FunctionDiff, Side, UnknownSide};
pub use self::history::{DeploymentOutcome, DeploymentRecord, SourceProblem};
pub use self::requests::{CreateFunction, Rollback, SaveDraft, UpdateFunction};
use super::author::{Author, Stamp};
use super::settings::FencePolicy;
use crate::platform_error::PlatformError;

mirror! {
    /// Where a function is in its life.
    FunctionState = convoke_domain::function::FunctionState {
        /// Not deployed.
        Draft,
        /// Deployed as it is being edited.
        Productive,
        /// Deployed, with saved edits that are not.
        Modified,
        /// The draft was to be deployed, and its source cannot be read. What was deployed before answers on.
        BuildError,
        /// The draft was to be deployed, and its top level failed. What was deployed before answers on.
        DeployError,
    }
}

/// How a function runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FunctionSettings {
    /// How long writes to the conversation wait for the answer, 0 to 2,000 ms.
    #[schema(example = 250)]
    pub hold_ms: u32,
    /// What happens to an overtaken answer; absent: what the account says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fence_policy: Option<FencePolicy>,
    /// Wall time of one attempt, up to 30,000 ms.
    #[schema(example = 30000)]
    pub wall_ms: u32,
    /// CPU time of one attempt, up to 2,000 ms.
    #[schema(example = 2000)]
    pub cpu_ms: u32,
    /// Memory of one invocation, 16 to 256 MiB.
    #[schema(example = 64)]
    pub memory_mib: u32,
}

impl Default for FunctionSettings {
    fn default() -> Self {
        DomainSettings::default().into()
    }
}

impl From<DomainSettings> for FunctionSettings {
    fn from(settings: DomainSettings) -> Self {
        Self {
            hold_ms: settings.hold_ms,
            fence_policy: settings.fence_policy.map(Into::into),
            wall_ms: settings.wall_ms,
            cpu_ms: settings.cpu_ms,
            memory_mib: settings.memory_mib,
        }
    }
}

impl From<FunctionSettings> for DomainSettings {
    fn from(settings: FunctionSettings) -> Self {
        Self {
            hold_ms: settings.hold_ms,
            fence_policy: settings.fence_policy.map(Into::into),
            wall_ms: settings.wall_ms,
            cpu_ms: settings.cpu_ms,
            memory_mib: settings.memory_mib,
        }
    }
}

/// A version made to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deployment {
    /// Its id.
    #[schema(value_type = String)]
    pub id: DeploymentId,
    /// What answers.
    pub version: u32,
    /// Since when.
    pub at: Timestamp,
}

impl From<&DomainDeployment> for Deployment {
    fn from(deployment: &DomainDeployment) -> Self {
        Self { id: deployment.id, version: deployment.version.number(), at: deployment.at }
    }
}

/// A function without its sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Function {
    /// Its id.
    #[schema(value_type = String)]
    pub id: FunctionId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it answers; absent: only calls and tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub event: Option<EventBinding>,
    /// The skills in whose conversations it answers; none means all.
    #[schema(value_type = BTreeSet<String>)]
    pub skills: BTreeSet<SkillId>,
    /// Where it is in its life.
    pub state: FunctionState,
    /// Why the last deployment failed, as long as the draft was not saved since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<SourceProblem>,
    /// What answers now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed: Option<Deployment>,
    /// How often the draft was saved, from 1.
    pub draft_revision: u64,
    /// Numbers of the kept versions, oldest first.
    pub versions: Vec<u32>,
    /// When it was created, and by whom.
    pub created: Stamp,
    /// When draft, description or skills were last changed, and by whom.
    pub updated: Stamp,
}

impl Function {
    /// The function `id` of an account.
    pub fn of(id: FunctionId, function: &Domain) -> Self {
        Self {
            id,
            name: function.name.clone(),
            description: function.description.clone(),
            event: function.event,
            skills: function.skills.clone(),
            state: function.state().into(),
            failure: function.failure().map(|failure| (&failure.problem).into()),
            deployed: function.deployed.as_ref().map(Into::into),
            draft_revision: function.draft_revision,
            versions: function.versions.keys().map(|version| version.number()).collect(),
            created: function.created.into(),
            updated: function.updated.into(),
        }
    }
}

/// What is being edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    /// JavaScript or TypeScript.
    pub source: String,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// Hold, fence and budgets.
    pub settings: FunctionSettings,
}

impl From<&DomainDraft> for Draft {
    fn from(draft: &DomainDraft) -> Self {
        Self {
            source: draft.source.to_string(),
            environment: draft.environment.clone(),
            settings: draft.settings.into(),
        }
    }
}

/// A function with its draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FunctionDetail {
    /// The function.
    #[serde(flatten)]
    pub function: Function,
    /// What is being edited.
    pub draft: Draft,
}

impl FunctionDetail {
    /// The function `id` of an account.
    pub fn of(id: FunctionId, function: &Domain) -> Self {
        Self { function: Function::of(id, function), draft: (&function.draft).into() }
    }
}

/// A function as it was saved, and what keeps its draft from being deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SavedFunction {
    /// The function.
    #[serde(flatten)]
    pub function: FunctionDetail,
    /// What is wrong with the source, in the order of its places. The draft is saved nevertheless; deployed it would
    /// fail.
    #[serde(default)]
    pub problems: Vec<SourceProblem>,
}

/// A frozen copy of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// Its number, from 1.
    pub version: u32,
    /// As the draft was.
    #[serde(flatten)]
    pub draft: Draft,
    /// SHA-256 of the source.
    pub source_sha256: String,
    /// When it was frozen.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Author,
}

impl Version {
    /// The version `number` of a function.
    pub fn of(number: VersionNumber, version: &DomainVersion) -> Self {
        Self {
            version: number.number(),
            draft: Draft {
                source: version.source.to_string(),
                environment: version.environment.clone(),
                settings: version.settings.into(),
            },
            source_sha256: version.source_sha256.clone(),
            created_at: version.created_at,
            created_by: version.created_by.into(),
        }
    }
}

/// A deployment that succeeded, and what to know about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deployed {
    /// The function as it is now.
    pub function: Function,
    /// What its author should know.
    pub warnings: Vec<Warning>,
}

/// Something that is no error and should be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// Stable code.
    #[schema(example = "controller_bot.off")]
    pub code: String,
    /// What it means here.
    pub message: String,
}

impl Deployed {
    /// The deployed function `id`. Warns when the account's Controller Bot is off and the function waits for it.
    pub fn of(id: FunctionId, function: &Domain, controller_bot_off: bool) -> Self {
        let waits = matches!(function.event, Some(EventBinding::StateChange(_)));
        let warning = Warning {
            code: PlatformError::ControllerBotOff.code().to_owned(),
            message: "the account's Controller Bot is off: no conversation invokes the function until it is switched on"
                .to_owned(),
        };
        let warnings = (waits && controller_bot_off).then_some(warning).into_iter().collect();
        Self { function: Function::of(id, function), warnings }
    }
}
