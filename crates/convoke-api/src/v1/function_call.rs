//! Saving a function in one request, and calling it.

use std::collections::{BTreeMap, BTreeSet};

use convoke_domain::function::{Command, Function};
use convoke_domain::id::{FunctionId, SkillId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::function::{FunctionSettings, SaveDraft, UpdateFunction};
use super::run::FunctionInput;

/// Saves a function: its draft, which answers nothing until it is deployed, and its description and skills, which
/// count at once. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SaveFunction {
    /// JavaScript or TypeScript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// All environment variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<BTreeMap<String, String>>,
    /// Hold, fence and budgets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<FunctionSettings>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The skills in whose conversations it answers; none means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<String>>)]
    pub skills: Option<BTreeSet<SkillId>>,
}

impl SaveFunction {
    /// The commands that save it over `present`, none for what is left out.
    pub fn into_commands(self, id: FunctionId, present: &Function) -> Vec<Command> {
        let draft = SaveDraft { source: self.source, environment: self.environment, settings: self.settings };
        let update = UpdateFunction { description: self.description, skills: self.skills };
        let mut commands = update.into_commands(id);
        if draft != SaveDraft::default() {
            commands.push(draft.into_command(id, &present.draft));
        }
        commands
    }
}

/// Calls the deployed version of a function.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InvokeFunction {
    /// The whole input.
    pub input: FunctionInput,
}

/// Calls every deployed function that listens to an event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InvokeEvent {
    /// The whole input.
    pub input: FunctionInput,
    /// Only functions that answer for this skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub skill: Option<SkillId>,
}

/// Whether anything would answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Implemented {
    /// Whether a deployed function listens to the event.
    pub implemented: bool,
}
