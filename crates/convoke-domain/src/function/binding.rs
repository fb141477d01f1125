//! Which deployed function answers which state change event: an index computed once per change of the functions, so
//! that a trigger costs two look-ups.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{EventBinding, FunctionSettings, Functions, VersionNumber};
use crate::id::{DeploymentId, FunctionId, SkillId};
use crate::state_change::StateChangeEvent;

/// A deployed function as a trigger needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The function.
    pub function: FunctionId,
    /// Its name.
    pub name: String,
    /// The deployment that answers.
    pub deployment: DeploymentId,
    /// The version of that.
    pub version: VersionNumber,
    /// The settings of that version.
    pub settings: FunctionSettings,
}

/// Why no function answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoFunction {
    /// No function is deployed for the event.
    #[error("no function is deployed for this event")]
    NoneDeployed,
    /// Functions are deployed for the event, all of them for other skills.
    #[error("the functions deployed for this event are for other skills")]
    OtherSkill,
}

/// The index from event and skill to the deployed function.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bindings {
    events: BTreeMap<StateChangeEvent, EventFunctions>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct EventFunctions {
    every_skill: Option<Binding>,
    functions: Vec<Binding>,
    by_skill: BTreeMap<SkillId, usize>,
}

impl Bindings {
    /// The index of what is deployed in `functions`.
    pub fn of(functions: &Functions) -> Self {
        let mut bindings = Self::default();
        for (&id, function) in &functions.functions {
            let (Some(EventBinding::StateChange(event)), Some(deployed)) =
                (function.event, &function.deployed)
            else {
                continue;
            };
            let Some(version) = function.versions.get(&deployed.version) else { continue };
            let binding = Binding {
                function: id,
                name: function.name.clone(),
                deployment: deployed.id,
                version: deployed.version,
                settings: version.settings,
            };
            let answering = bindings.events.entry(event).or_default();
            if function.skills.is_empty() {
                answering.every_skill = Some(binding);
            } else {
                let index = answering.functions.len();
                answering.functions.push(binding);
                answering.by_skill.extend(function.skills.iter().map(|skill| (skill.clone(), index)));
            }
        }
        bindings
    }

    /// The function that answers `event` in a conversation with `skill`.
    ///
    /// # Errors
    /// Why none does; that is no failure.
    pub fn select(&self, event: StateChangeEvent, skill: Option<&SkillId>) -> Result<&Binding, NoFunction> {
        let answering = self.events.get(&event).ok_or(NoFunction::NoneDeployed)?;
        let own =
            skill.and_then(|skill| answering.by_skill.get(skill)).and_then(|&at| answering.functions.get(at));
        own.or(answering.every_skill.as_ref()).ok_or(NoFunction::OtherSkill)
    }
}
