//! Functions: drafts, versions, deployments.

use std::collections::{BTreeMap, BTreeSet};

use convoke_domain::function::{
    Command, Deployment as DomainDeployment, Draft as DomainDraft, EventBinding, Function as Domain,
    FunctionSettings as DomainSettings, Version as DomainVersion, VersionNumber,
};
use convoke_domain::id::{DeploymentId, FunctionId, SkillId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::settings::FencePolicy;
use super::template::Template;
use crate::platform_error::PlatformError;
use crate::problem::Invalid;

mirror! {
    /// Where a function is in its life.
    FunctionState = convoke_domain::function::FunctionState {
        /// Not deployed.
        Draft,
        /// Deployed as it is being edited.
        Productive,
        /// Deployed, with saved edits that are not.
        Modified,
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

/// A new function: with its own source, or from a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateFunction {
    /// Letters, digits and `_`; unique in the account without regard to case.
    #[schema(example = "greet_workshop")]
    pub name: String,
    /// What it is for; left out, that of the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it answers, for ever; left out, that of the template, and without one only calls and tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "controllerbot_messaging_new_conversation")]
    pub event: Option<EventBinding>,
    /// The skills in whose conversations it answers; none means all.
    #[serde(default)]
    #[schema(value_type = BTreeSet<String>)]
    pub skills: BTreeSet<SkillId>,
    /// Id of the template to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "new-conversation")]
    pub template: Option<String>,
    /// JavaScript or TypeScript; left out, that of the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Environment variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Hold, fence and budgets.
    #[serde(default)]
    pub settings: FunctionSettings,
}

impl CreateFunction {
    /// The command that creates the function `id`; `template` is the one that the request names, if there is such.
    ///
    /// # Errors
    /// A template that is not there, or neither source nor template.
    pub fn into_command(self, id: FunctionId, template: Option<&Template>) -> Result<Command, Invalid> {
        if let (Some(wanted), None) = (&self.template, template) {
            let code = PlatformError::TemplateUnknown.code();
            return Err(Invalid::field("template", format!("there is no template \"{wanted}\" ({code})")));
        }
        let source = self.source.or_else(|| template.map(|template| template.source.clone()));
        let source = source
            .ok_or_else(|| Invalid::field("source", "send a source, or name a template to begin with"))?;
        let description = self.description.or_else(|| template.map(|template| template.description.clone()));
        Ok(Command::Create {
            id,
            name: self.name,
            description: description.unwrap_or_default(),
            event: self.event.or_else(|| template.and_then(|template| template.event)),
            skills: self.skills,
            draft: DomainDraft {
                source: source.into(),
                environment: self.environment,
                settings: self.settings.into(),
            },
        })
    }
}

/// Saves the draft; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SaveDraft {
    /// JavaScript or TypeScript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// All environment variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<BTreeMap<String, String>>,
    /// Hold, fence and budgets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<FunctionSettings>,
}

impl SaveDraft {
    /// The command that saves it over the present draft.
    pub fn into_command(self, id: FunctionId, present: &DomainDraft) -> Command {
        let draft = DomainDraft {
            source: self.source.map_or_else(|| present.source.clone(), Into::into),
            environment: self.environment.unwrap_or_else(|| present.environment.clone()),
            settings: self.settings.map_or(present.settings, Into::into),
        };
        Command::SaveDraft { id, draft }
    }
}

/// Changes that need no deployment; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateFunction {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The skills in whose conversations it answers; none means all. Takes effect at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<String>>)]
    pub skills: Option<BTreeSet<SkillId>>,
}

impl UpdateFunction {
    /// One command for each change; the first that is refused ends the update.
    pub fn into_commands(self, id: FunctionId) -> Vec<Command> {
        let description = self.description.map(|description| Command::SetDescription { id, description });
        let skills = self.skills.map(|skills| Command::SetSkills { id, skills });
        skills.into_iter().chain(description).collect()
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
    /// What answers now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed: Option<Deployment>,
    /// How often the draft was saved, from 1.
    pub draft_revision: u64,
    /// Numbers of the kept versions, oldest first.
    pub versions: Vec<u32>,
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
            deployed: function.deployed.as_ref().map(Into::into),
            draft_revision: function.draft_revision,
            versions: function.versions.keys().map(|version| version.number()).collect(),
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
        }
    }
}

/// Lets a kept version answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// Its number.
    #[schema(example = 3)]
    pub version: u32,
}

impl Rollback {
    /// The command that lets it answer.
    ///
    /// # Errors
    /// Version 0.
    pub fn into_command(self, id: FunctionId, deployment: DeploymentId) -> Result<Command, Invalid> {
        let version = VersionNumber::new(self.version)
            .ok_or_else(|| Invalid::field("version", "versions are counted from 1"))?;
        Ok(Command::Rollback { id, deployment, version })
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
