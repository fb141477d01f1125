//! The functions after an event. Total: an event that fits nothing changes nothing.

use super::schedule::evolve::{end_of, remove_of};
use super::{Deployment, Event, Function, Functions, Version};
use crate::id::FunctionId;
use crate::limits;

/// The functions after `event`.
pub(super) fn evolve(mut state: Functions, event: &Event) -> Functions {
    match event {
        Event::Created { id, name, description, event, skills, draft } => {
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
            });
        }
        Event::Deleted { id } => {
            state.functions.remove(id);
            remove_of(&mut state, *id);
        }
        Event::ScheduleDefined { .. }
        | Event::SchedulePaused { .. }
        | Event::ScheduleResumed { .. }
        | Event::ScheduleRemoved { .. }
        | Event::ScheduleFired { .. }
        | Event::ScheduleSkipped { .. }
        | Event::ScheduleFinished { .. } => super::schedule::evolve::apply(&mut state, event),
        Event::DraftSaved { id, .. }
        | Event::SkillsSet { id, .. }
        | Event::DescriptionSet { id, .. }
        | Event::VersionFrozen { id, .. }
        | Event::Deployed { id, .. }
        | Event::Undeployed { id } => apply(&mut state, *id, event),
    }
    state
}

fn apply(state: &mut Functions, id: FunctionId, event: &Event) {
    if let Event::Undeployed { .. } = event {
        end_of(state, id);
    }
    let Some(function) = state.functions.get_mut(&id) else { return };
    match event {
        Event::Created { .. }
        | Event::Deleted { .. }
        | Event::ScheduleDefined { .. }
        | Event::SchedulePaused { .. }
        | Event::ScheduleResumed { .. }
        | Event::ScheduleRemoved { .. }
        | Event::ScheduleFired { .. }
        | Event::ScheduleSkipped { .. }
        | Event::ScheduleFinished { .. } => {}
        Event::DraftSaved { draft, .. } => {
            function.draft = draft.clone();
            function.draft_revision = function.draft_revision.saturating_add(1);
        }
        Event::SkillsSet { skills, .. } => function.skills.clone_from(skills),
        Event::DescriptionSet { description, .. } => function.description.clone_from(description),
        Event::VersionFrozen { version, source_sha256, at, .. } => {
            let draft = &function.draft;
            // A version never changes: the first one with a number stays.
            function.versions.entry(*version).or_insert_with(|| Version {
                source: draft.source.clone(),
                environment: draft.environment.clone(),
                settings: draft.settings,
                source_sha256: source_sha256.clone(),
                created_at: *at,
            });
            function.last_version = function.last_version.max(Some(*version));
        }
        Event::Deployed { deployment, version, at, .. } => {
            function.deployed = Some(Deployment { id: *deployment, version: *version, at: *at });
            forget_old_versions(function);
        }
        Event::Undeployed { .. } => {
            function.deployed = None;
            forget_old_versions(function);
        }
    }
}

/// Keeps the newest versions. The deployed one is among them: what is frozen is deployed at once, and only what is
/// kept can be deployed again.
fn forget_old_versions(function: &mut Function) {
    let too_many = function.versions.len().saturating_sub(limits::VERSIONS_KEPT);
    let oldest_kept = function.versions.keys().nth(too_many).copied();
    function.versions.retain(|&number, _| Some(number) >= oldest_kept);
}
