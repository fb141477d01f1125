//! What is asked of functions.

use std::collections::{BTreeMap, BTreeSet};

use convoke_domain::function::{Command, Draft as DomainDraft, EventBinding, VersionNumber};
use convoke_domain::id::{DeploymentId, FunctionId, SkillId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::FunctionSettings;
use crate::platform_error::PlatformError;
use crate::problem::Invalid;
use crate::v1::template::Template;

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
