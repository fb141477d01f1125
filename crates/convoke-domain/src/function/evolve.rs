//! The functions after an event. Total: an event that fits nothing changes nothing.

use std::collections::VecDeque;

use super::{Deployment, DeploymentRecord, DeploymentResult, Event, Function, Functions, Version};
use crate::account::Stamp;
use crate::id::FunctionId;
use crate::limits;

/// The functions after `event`.
pub(super) fn evolve(mut state: Functions, event: &Event) -> Functions {
    match event {
        Event::Created { id, name, description, event, skills, draft, stamp } => {
            state.functions.entry(*id).or_insert_with(|| Function {
                name: name.clone(),
                description: description.clone(),
                event: *event,
                skills: skills.clone(),
                draft: draft.clone(),
                draft_revision: 1,
                versions: std::collections::BTreeMap::new(),
                last_version: None,
                deployed: None,
                deployments: VecDeque::new(),
                created: *stamp,
                updated: *stamp,
            });
        }
        Event::Deleted { id } => drop(state.functions.remove(id)),
        Event::DraftSaved { id, .. }
        | Event::SkillsSet { id, .. }
        | Event::DescriptionSet { id, .. }
        | Event::VersionFrozen { id, .. }
        | Event::Deployed { id, .. }
        | Event::DeploymentFailed { id, .. }
        | Event::Undeployed { id, .. } => apply(&mut state, *id, event),
    }
    state
}

fn apply(state: &mut Functions, id: FunctionId, event: &Event) {
    let Some(function) = state.functions.get_mut(&id) else { return };
    match event {
        Event::Created { .. } | Event::Deleted { .. } => {}
        Event::DraftSaved { draft, stamp, .. } => {
            function.updated = *stamp;
            function.draft = draft.clone();
            function.draft_revision = function.draft_revision.saturating_add(1);
        }
        Event::SkillsSet { skills, stamp, .. } => {
            function.updated = *stamp;
            function.skills.clone_from(skills);
        }
        Event::DescriptionSet { description, stamp, .. } => {
            function.updated = *stamp;
            function.description.clone_from(description);
        }
        Event::VersionFrozen { version, source_sha256, at, by, .. } => {
            let draft = &function.draft;
            // A version never changes: the first one with a number stays.
            function.versions.entry(*version).or_insert_with(|| Version {
                source: draft.source.clone(),
                environment: draft.environment.clone(),
                settings: draft.settings,
                source_sha256: source_sha256.clone(),
                created_at: *at,
                created_by: *by,
            });
            function.last_version = function.last_version.max(Some(*version));
        }
        Event::Deployed { deployment, version, at, by, .. } => {
            let asked = Stamp { at: *at, by: *by };
            end_deployment(function, asked);
            function.deployed = Some(Deployment { id: *deployment, version: *version, at: *at });
            let result = DeploymentResult::Successful { version: *version, ended: None };
            remember(function, DeploymentRecord { id: *deployment, asked, result });
            forget_old_versions(function);
        }
        Event::DeploymentFailed { deployment, draft_revision, failure, stamp, .. } => {
            let result =
                DeploymentResult::Failed { draft_revision: *draft_revision, failure: failure.clone() };
            remember(function, DeploymentRecord { id: *deployment, asked: *stamp, result });
        }
        Event::Undeployed { stamp, .. } => {
            end_deployment(function, *stamp);
            function.deployed = None;
            forget_old_versions(function);
        }
    }
}

/// What answered until now does so no longer.
fn end_deployment(function: &mut Function, stamp: Stamp) {
    for record in &mut function.deployments {
        if let DeploymentResult::Successful { ended: ended @ None, .. } = &mut record.result {
            *ended = Some(stamp);
        }
    }
}

fn remember(function: &mut Function, record: DeploymentRecord) {
    function.deployments.push_back(record);
    while function.deployments.len() > limits::DEPLOYMENTS_KEPT {
        function.deployments.pop_front();
    }
}

/// Keeps the newest versions. The deployed one is among them: what is frozen is deployed at once, and only what is
/// kept can be deployed again.
fn forget_old_versions(function: &mut Function) {
    let too_many = function.versions.len().saturating_sub(limits::VERSIONS_KEPT);
    let oldest_kept = function.versions.keys().nth(too_many).copied();
    function.versions.retain(|&number, _| Some(number) >= oldest_kept);
}
