//! Functions as the second generation knows them (functions contract §4.2).

use std::collections::{BTreeMap, BTreeSet};

use convoke_domain::function::{Draft, EventBinding, Function, VersionNumber};
use convoke_domain::id::{FunctionId, SkillId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::lambda::{Named, RUNTIME, draft_version, event, state};
use super::{function_uuid, time};
use crate::problem::Invalid;

/// A function without its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    uuid: String,
    name: String,
    description: String,
    state: &'static str,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    skills: BTreeSet<SkillId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    size: &'static str,
    is_comp_v1: bool,
    created_at: String,
    created_by: String,
    updated_at: String,
    updated_by: String,
}

/// A function with its versions, what is being edited first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WithVersions {
    #[serde(flatten)]
    meta: Meta,
    versions: Vec<Manifest>,
}

/// A function with what is being edited.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WithManifest {
    #[serde(flatten)]
    meta: Meta,
    manifest: Manifest,
}

/// What runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    id: String,
    version: u32,
    runtime: &'static str,
    spec: &'static str,
    code: String,
    custom_dependencies: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    created_at: String,
    created_by: String,
    updated_at: String,
    updated_by: String,
}

/// A version that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    id: String,
    uuid: String,
    function_uuid: String,
    #[serde(rename = "manifestUUID")]
    manifest_uuid: String,
    manifest_version: u32,
    #[serde(rename = "deploymentState")]
    state: &'static str,
    created_at: String,
    updated_at: String,
    deployed_at: String,
    created_by: String,
    updated_by: String,
    function_size: &'static str,
}

impl Meta {
    /// The function `id` of an account.
    pub fn of(id: FunctionId, function: &Function, named: Named<'_>) -> Self {
        Self {
            uuid: function_uuid(id),
            name: function.name.clone(),
            description: function.description.clone(),
            state: state(function.state()),
            skills: function.skills.clone(),
            event_id: function.event.map(|event| event.event_id().to_owned()),
            size: size(&function.draft),
            is_comp_v1: takes_callback(&function.draft.source),
            created_at: time(function.created.at),
            created_by: named(&function.created.by),
            updated_at: time(function.updated.at),
            updated_by: named(&function.updated.by),
        }
    }
}

impl WithVersions {
    /// The function `id` of an account.
    pub fn of(id: FunctionId, function: &Function, named: Named<'_>) -> Self {
        let draft = Manifest::draft(id, function, named);
        let kept = function.versions.iter().rev().filter(|(number, _)| number.number() != draft.version);
        let kept = kept.map(|(number, version)| {
            let copy = Draft {
                source: version.source.clone(),
                environment: version.environment.clone(),
                settings: version.settings,
            };
            Manifest::of(id, number.number(), &copy, (version.created_at, named(&version.created_by)))
        });
        Self {
            meta: Meta::of(id, function, named),
            versions: std::iter::once(draft.clone()).chain(kept).collect(),
        }
    }
}

impl WithManifest {
    /// The function `id` of an account.
    pub fn of(id: FunctionId, function: &Function, named: Named<'_>) -> Self {
        Self { meta: Meta::of(id, function, named), manifest: Manifest::draft(id, function, named) }
    }
}

impl Manifest {
    /// What is being edited.
    pub fn draft(id: FunctionId, function: &Function, named: Named<'_>) -> Self {
        let updated = (function.updated.at, named(&function.updated.by));
        Self::of(id, draft_version(function), &function.draft, updated)
    }

    fn of(id: FunctionId, version: u32, draft: &Draft, (at, by): (Timestamp, String)) -> Self {
        Self {
            id: manifest_id(id, version),
            version,
            runtime: RUNTIME,
            spec: "2.0.0",
            code: draft.source.to_string(),
            custom_dependencies: BTreeMap::new(),
            environment: draft.environment.clone(),
            created_at: time(at),
            created_by: by.clone(),
            updated_at: time(at),
            updated_by: by,
        }
    }
}

impl Deployment {
    /// What answers of the function `id`, if something does.
    pub fn of(id: FunctionId, function: &Function, named: Named<'_>) -> Option<Self> {
        let deployment = function.deployed.as_ref()?;
        let at = time(deployment.at);
        let record = function.deployments.iter().rev().find(|record| record.id == deployment.id);
        let by = record.map(|record| named(&record.asked.by)).unwrap_or_default();
        Some(Self {
            id: deployment.id.uuid().to_string(),
            uuid: deployment.id.uuid().to_string(),
            function_uuid: function_uuid(id),
            manifest_uuid: manifest_id(id, deployment.version.number()),
            manifest_version: deployment.version.number(),
            state: "successful",
            created_at: at.clone(),
            updated_at: at.clone(),
            deployed_at: at,
            created_by: by.clone(),
            updated_by: by,
            function_size: size(&function.draft),
        })
    }
}

/// A version of a function has an id of its own on the wire: the function's, moved by the version's number.
fn manifest_id(id: FunctionId, version: u32) -> String {
    Uuid::from_u128(id.bits().wrapping_add(u128::from(version))).to_string()
}

/// The size class that holds the function's memory.
fn size(draft: &Draft) -> &'static str {
    match draft.settings.memory_mib {
        0..=64 => "S",
        65..=128 => "M",
        _ => "L",
    }
}

/// Whether `lambda` is declared with a second parameter: then it answers by a callback.
fn takes_callback(source: &str) -> bool {
    let mut declared =
        source.match_indices("lambda").map(|(at, name)| source[at + name.len()..].trim_start());
    let parameters = declared.find_map(|rest| {
        let rest = rest
            .strip_prefix('=')
            .map_or(rest, |rest| rest.trim_start().trim_start_matches("async").trim_start());
        rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(parameters, _)| parameters)
    });
    parameters.is_some_and(|parameters| parameters.contains(','))
}

/// A new function of the second generation, without code yet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateFunction {
    /// Its name; it cannot be changed later.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    event_id: Option<String>,
    /// The skills in whose conversations it answers.
    #[serde(default)]
    pub skills: BTreeSet<SkillId>,
}

impl CreateFunction {
    /// The event that it names.
    ///
    /// # Errors
    /// If there is no such event.
    pub fn event(&self) -> Result<Option<EventBinding>, Invalid> {
        event(self.event_id.as_deref())
    }
}

/// Changes that need no deployment; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct UpdateMeta {
    /// What it is for.
    pub description: Option<String>,
    /// The skills in whose conversations it answers.
    pub skills: Option<BTreeSet<SkillId>>,
}

/// New code or variables; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SaveManifest {
    code: Option<String>,
    environment: Option<BTreeMap<String, String>>,
}

impl SaveManifest {
    /// The draft with it.
    pub fn into_draft(self, present: &Draft) -> Draft {
        Draft {
            source: self.code.map_or_else(|| present.source.clone(), Into::into),
            environment: self.environment.unwrap_or_else(|| present.environment.clone()),
            settings: present.settings,
        }
    }
}

/// The code of a function that has none yet: it answers nothing.
pub const EMPTY_FUNCTION: &str = "async function lambda(input) {\n  return null;\n}\n";

/// The number of a version as a path names it.
pub fn version_number(text: &str) -> Option<VersionNumber> {
    text.parse().ok().and_then(VersionNumber::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_parameter_is_a_callback() {
        for source in ["function lambda(input, callback) {}", "const lambda = async (input, cb) => {}"] {
            assert!(takes_callback(source), "{source}");
        }
        for source in [EMPTY_FUNCTION, "exports.lambda = async (input) => f(1, 2)", "lambda"] {
            assert!(!takes_callback(source), "{source}");
        }
    }
}
