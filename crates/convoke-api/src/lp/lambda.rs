//! Functions as the first generation knows them (functions contract §3.3).

use std::collections::BTreeSet;

use convoke_domain::account::Author;
use convoke_domain::function::{
    DeploymentRecord, DeploymentResult, Draft, EventBinding, Function, FunctionState, VersionNumber,
};
use convoke_domain::id::{FunctionId, SkillId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{function_uuid, time};
use crate::problem::Invalid;

/// Says who somebody is, in the words that people know them by.
pub type Named<'a> = &'a dyn Fn(&Author) -> String;

/// A function.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lambda {
    uuid: String,
    version: u32,
    name: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    sample_payload: Value,
    state: &'static str,
    runtime: Runtime,
    created_at: String,
    created_by: String,
    updated_at: String,
    updated_by: String,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    skills: BTreeSet<SkillId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_deployment: Option<LastDeployment>,
    implementation: Implementation,
}

/// What functions run on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Runtime {
    uuid: String,
    name: &'static str,
    base_image_name: &'static str,
}

impl Runtime {
    /// The only one there is.
    pub fn only() -> Self {
        Self { uuid: Uuid::from_u128(1).to_string(), name: RUNTIME, base_image_name: "convoke" }
    }
}

/// The API that functions are written against, as clients know it.
pub(super) const RUNTIME: &str = "Node.js 20";

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct LastDeployment {
    uuid: String,
    name: String,
    #[serde(rename = "lambdaUUID")]
    lambda_uuid: String,
    lambda_version: u32,
    image_name: &'static str,
    deployment_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_error: Option<DeploymentError>,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployed_at: Option<String>,
    created_by: String,
    updated_by: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct DeploymentError {
    #[serde(rename = "errorCode")]
    code: String,
    #[serde(rename = "errorMsg")]
    message: String,
    #[serde(rename = "errorLogs")]
    logs: [(); 0],
}

/// A function's code and what it sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Implementation {
    code: String,
    // Every library is always there.
    dependencies: Vec<Value>,
    environment_variables: Vec<Variable>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Variable {
    key: String,
    value: String,
}

impl Lambda {
    /// The function `id` of an account; `sample` is what its event delivers.
    pub fn of(id: FunctionId, function: &Function, named: Named<'_>, sample: Value) -> Self {
        Self {
            uuid: function_uuid(id),
            version: draft_version(function),
            name: function.name.clone(),
            description: function.description.clone(),
            event_id: function.event.map(|event| event.event_id().to_owned()),
            sample_payload: sample,
            state: state(function.state()),
            runtime: Runtime::only(),
            created_at: time(function.created.at),
            created_by: named(&function.created.by),
            updated_at: time(function.updated.at),
            updated_by: named(&function.updated.by),
            skills: function.skills.clone(),
            last_deployment: function
                .deployments
                .back()
                .map(|last| last_deployment(id, function, last, named)),
            implementation: (&function.draft).into(),
        }
    }
}

/// The number that the draft has as a version, or will have.
pub(super) fn draft_version(function: &Function) -> u32 {
    let last = function.last_version.map_or(0, VersionNumber::number);
    let newest = function.last_version.and_then(|version| function.versions.get(&version));
    if newest.is_some_and(|version| version.is_copy_of(&function.draft)) { last } else { last + 1 }
}

/// A function's state in the words of both generations.
pub const fn state(state: FunctionState) -> &'static str {
    match state {
        FunctionState::Draft => "Draft",
        FunctionState::Productive => "Productive",
        FunctionState::Modified => "Modified",
        FunctionState::BuildError => "Build Error",
        FunctionState::DeployError => "Deploy Error",
    }
}

fn last_deployment(
    id: FunctionId,
    function: &Function,
    last: &DeploymentRecord,
    named: Named<'_>,
) -> LastDeployment {
    let at = time(last.asked.at);
    let by = named(&last.asked.by);
    let (lambda_version, deployment_state, deployment_error) = match &last.result {
        DeploymentResult::Successful { version, .. } => (version.number(), "Deployment Successful", None),
        DeploymentResult::Failed { failure, .. } => {
            let error = DeploymentError {
                code: failure.problem.code.clone(),
                message: failure.problem.message.clone(),
                logs: [],
            };
            (draft_version(function), "Deployment Failed", Some(error))
        }
    };
    LastDeployment {
        uuid: last.id.uuid().to_string(),
        name: function.name.clone(),
        lambda_uuid: function_uuid(id),
        lambda_version,
        image_name: "convoke",
        deployment_state,
        deployed_at: deployment_error.is_none().then(|| at.clone()),
        deployment_error,
        created_at: at.clone(),
        updated_at: at,
        created_by: by.clone(),
        updated_by: by,
    }
}

impl From<&Draft> for Implementation {
    fn from(draft: &Draft) -> Self {
        let variable = |(key, value): (&String, &String)| Variable { key: key.clone(), value: value.clone() };
        Self {
            code: draft.source.to_string(),
            dependencies: Vec::new(),
            environment_variables: draft.environment.iter().map(variable).collect(),
        }
    }
}

/// A function as a tool wants it to be. What the server decides by itself (state, version, times) is not read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SaveLambda {
    /// Its name; it cannot be changed later.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    event_id: Option<String>,
    /// The skills in whose conversations it answers; left out, they stay.
    pub skills: Option<BTreeSet<SkillId>>,
    implementation: Implementation,
}

impl SaveLambda {
    /// The event that it names; no event, an empty one and the tools' words for none are the same.
    ///
    /// # Errors
    /// If there is no such event.
    pub fn event(&self) -> Result<Option<EventBinding>, Invalid> {
        event(self.event_id.as_deref())
    }

    /// Its draft, with the settings of the `present` one.
    pub fn into_draft(self, present: Option<&Draft>) -> Draft {
        let variables = self.implementation.environment_variables.into_iter();
        Draft {
            source: self.implementation.code.into(),
            // One without a name is how the tools write none.
            environment: variables
                .filter(|variable| !variable.key.is_empty())
                .map(|variable| (variable.key, variable.value))
                .collect(),
            settings: present.map(|present| present.settings).unwrap_or_default(),
        }
    }
}

pub(super) fn event(id: Option<&str>) -> Result<Option<EventBinding>, Invalid> {
    match id {
        None | Some("" | "No Event") => Ok(None),
        Some(id) => id.parse().map(Some).map_err(|error: convoke_domain::function::UnknownBinding| {
            Invalid::field("eventId", error.to_string())
        }),
    }
}
