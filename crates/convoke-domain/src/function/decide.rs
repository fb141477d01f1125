//! What a command causes among an account's functions.

use std::collections::BTreeSet;

use super::evolve::evolve;
use super::{
    BindingRule, Command, Context, Draft, Event, EventBinding, Function, FunctionSettings, Functions,
    Rejection, SourceCheck, VersionNumber,
};
use crate::account::{Account, Stamp, UserRole};
use crate::decider::Decider;
use crate::id::{DeploymentId, FunctionId, SkillId};
use crate::limits;

/// The machine of an account's functions.
#[derive(Debug, Clone, Copy)]
pub enum FunctionMachine {}

impl Decider for FunctionMachine {
    type State = Functions;
    type Command = Command;
    type Event = Event;
    type Context<'a> = Context<'a>;
    type Rejection = Rejection;

    fn initial() -> Functions {
        Functions::default()
    }

    fn decide(state: &Functions, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        const DEVELOPMENT: &[UserRole] =
            &[UserRole::Operator, UserRole::Administrator, UserRole::FaasDeveloper];
        if !context.actor.has_any(DEVELOPMENT) {
            return Err(Rejection::RoleMissing { needs: "functions developer" });
        }
        let stamp = Stamp::new(context.now, context.actor);
        match command {
            Command::Create { id, name, description, event, skills, draft } => {
                let created = Event::Created { id, name, description, event, skills, draft, stamp };
                create(state, &created, context).map(|()| vec![created])
            }
            Command::SaveDraft { id, draft } => {
                let function = known(state, id)?;
                check_draft(&draft)?;
                Ok(if function.draft == draft {
                    vec![]
                } else {
                    vec![Event::DraftSaved { id, draft, stamp }]
                })
            }
            Command::SetSkills { id, skills } => {
                let function = known(state, id)?;
                check_skills(&skills, context.account)?;
                check_binding(state, id, function.event, &skills)?;
                Ok(if function.skills == skills {
                    vec![]
                } else {
                    vec![Event::SkillsSet { id, skills, stamp }]
                })
            }
            Command::SetDescription { id, description } => {
                let function = known(state, id)?;
                check_description(&description)?;
                let same = function.description == description;
                Ok(if same { vec![] } else { vec![Event::DescriptionSet { id, description, stamp }] })
            }
            Command::Deploy { id, deployment, check } => {
                deploy(known(state, id)?, id, deployment, check, context)
            }
            Command::Rollback { id, deployment, version } => {
                rollback(known(state, id)?, id, deployment, version, context)
            }
            Command::Undeploy { id } => match known(state, id)? {
                Function { deployed: Some(_), .. } => Ok(vec![Event::Undeployed { id, stamp }]),
                Function { name, .. } => Err(Rejection::NotDeployed(name.clone())),
            },
            Command::Delete { id } => match known(state, id)? {
                Function { deployed: None, .. } => Ok(vec![Event::Deleted { id }]),
                Function { name, .. } => Err(Rejection::StillDeployed(name.clone())),
            },
        }
    }

    fn evolve(state: Functions, event: &Event) -> Functions {
        evolve(state, event)
    }
}

/// Something that the developer should know, although the deployment succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeployWarning {
    /// The function answers a change of conversations, and the Controller Bot does not act.
    #[error(
        "the account's Controller Bot is off: the function will not run until an administrator switches it on"
    )]
    ControllerBotOff,
}

/// What to warn of when `function` is deployed.
pub fn deploy_warning(function: &Function, account: &Account) -> Option<DeployWarning> {
    let messaging = matches!(function.event, Some(EventBinding::StateChange(_)));
    (messaging && !account.controller_bot_enabled).then_some(DeployWarning::ControllerBotOff)
}

fn known(state: &Functions, id: FunctionId) -> Result<&Function, Rejection> {
    state.get(id).ok_or(Rejection::FunctionUnknown(id))
}

/// Checks a new function.
fn create(state: &Functions, created: &Event, context: &Context<'_>) -> Result<(), Rejection> {
    let Event::Created { id, name, description, event, skills, draft, stamp: _ } = created else {
        return Ok(());
    };
    if state.get(*id).is_some() {
        return Err(Rejection::FunctionExists(*id));
    }
    if state.functions.len() >= limits::FUNCTIONS_MAX {
        return Err(Rejection::TooManyFunctions);
    }
    let good = (1..=limits::FUNCTION_NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !good {
        return Err(Rejection::NameInvalid(name.clone()));
    }
    if let Some((_, other)) = state.by_name(name) {
        return Err(Rejection::NameTaken(other.name.clone()));
    }
    check_description(description)?;
    check_draft(draft)?;
    check_skills(skills, context.account)?;
    check_binding(state, *id, *event, skills)
}

fn check_description(description: &str) -> Result<(), Rejection> {
    let good = description.chars().count() <= limits::FUNCTION_DESCRIPTION_CHARS_MAX;
    if good { Ok(()) } else { Err(Rejection::DescriptionTooLong) }
}

fn check_skills(skills: &BTreeSet<SkillId>, account: &Account) -> Result<(), Rejection> {
    if skills.len() > limits::FUNCTION_SKILLS_MAX {
        return Err(Rejection::TooManySkills);
    }
    match skills.iter().find(|skill| !account.skill_exists(skill)) {
        Some(unknown) => Err(Rejection::SkillUnknown(unknown.clone())),
        None => Ok(()),
    }
}

/// Checks the rule between the functions of one event, drafts included: what is saved today is deployed tomorrow.
fn check_binding(
    state: &Functions,
    id: FunctionId,
    event: Option<EventBinding>,
    skills: &BTreeSet<SkillId>,
) -> Result<(), Rejection> {
    let Some(event) = event else { return Ok(()) };
    let mut others =
        state.functions.iter().filter(|&(&other, function)| other != id && function.event == Some(event));
    match event.rule() {
        BindingRule::AtMost(max) if others.clone().count() >= max => Err(Rejection::EventFull { event, max }),
        BindingRule::AtMost(_) => Ok(()),
        BindingRule::DisjointSkills => {
            others.try_for_each(|(&other, function)| check_pair(event, other, function, skills))
        }
    }
}

fn check_pair(
    event: EventBinding,
    other: FunctionId,
    function: &Function,
    skills: &BTreeSet<SkillId>,
) -> Result<(), Rejection> {
    let name = function.name.clone();
    if skills.is_empty() || function.skills.is_empty() {
        let theirs = function.skills.iter().cloned().collect();
        return Err(Rejection::DefaultBesideSkilled { other, name, event, theirs });
    }
    let shared: Vec<SkillId> = function.skills.intersection(skills).cloned().collect();
    if shared.is_empty() { Ok(()) } else { Err(Rejection::SkillsOverlap { other, name, event, shared }) }
}

fn check_draft(draft: &Draft) -> Result<(), Rejection> {
    let chars = draft.source.chars().count();
    if draft.source.trim().is_empty() {
        return Err(Rejection::SourceEmpty);
    }
    if chars > limits::SOURCE_CHARS_MAX {
        return Err(Rejection::SourceTooLong { chars });
    }
    if draft.environment.len() > limits::ENVIRONMENT_MAX {
        return Err(Rejection::TooManyVariables);
    }
    draft.environment.iter().try_for_each(|(name, value)| check_variable(name, value))?;
    check_settings(&draft.settings)
}

/// Names that the platform sets itself, or that mean something else to JavaScript objects.
const RESERVED: &[&str] = &["BRAND_ID", "LAMBDA_UUID", "__proto__", "constructor", "prototype"];

/// Whatever the platform sets, or will set one day.
const RESERVED_PREFIXES: [&str; 2] = ["CONVOKE_", "X_LIVEPERSON_"];

fn check_variable(name: &str, value: &str) -> Result<(), Rejection> {
    let good = (1..=limits::ENVIRONMENT_NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if !good {
        return Err(Rejection::VariableInvalid(name.to_owned()));
    }
    if RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        return Err(Rejection::VariableReserved(name.to_owned()));
    }
    if value.chars().count() > limits::ENVIRONMENT_VALUE_CHARS_MAX {
        return Err(Rejection::VariableTooLong(name.to_owned()));
    }
    Ok(())
}

fn check_settings(settings: &FunctionSettings) -> Result<(), Rejection> {
    let bounds = [
        ("hold_ms", settings.hold_ms, 0, limits::HOLD_MS_MAX),
        ("wall_ms", settings.wall_ms, limits::BUDGET_MS_MIN, limits::WALL_MS_MAX),
        ("cpu_ms", settings.cpu_ms, limits::BUDGET_MS_MIN, limits::CPU_MS_MAX),
        ("memory_mib", settings.memory_mib, limits::MEMORY_MIB_MIN, limits::MEMORY_MIB_MAX),
    ];
    match bounds.into_iter().find(|&(_, value, min, max)| !(min..=max).contains(&value)) {
        Some((setting, _, min, max)) => Err(Rejection::SettingOutOfRange { setting, min, max }),
        None => Ok(()),
    }
}

fn deploy(
    function: &Function,
    id: FunctionId,
    deployment: DeploymentId,
    check: SourceCheck,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    if check.draft_revision != function.draft_revision {
        return Err(Rejection::DraftChanged);
    }
    let stamp = Stamp::new(context.now, context.actor);
    let source_sha256 = match check.result {
        Ok(source_sha256) => source_sha256,
        // A fact worth keeping: until the draft is saved again, the function says so.
        Err(failure) => {
            let draft_revision = function.draft_revision;
            return Ok(vec![Event::DeploymentFailed { id, deployment, draft_revision, failure, stamp }]);
        }
    };
    if function.deployed_version().is_some_and(|(_, version)| version.is_copy_of(&function.draft)) {
        return Ok(vec![]);
    }
    let Stamp { at, by } = stamp;
    let last = function.versions.last_key_value().filter(|(_, version)| version.is_copy_of(&function.draft));
    if let Some((&version, _)) = last {
        return Ok(vec![Event::Deployed { id, deployment, version, at, by }]);
    }
    let version = VersionNumber::after(function.last_version);
    Ok(vec![
        Event::VersionFrozen { id, version, source_sha256, at, by },
        Event::Deployed { id, deployment, version, at, by },
    ])
}

fn rollback(
    function: &Function,
    id: FunctionId,
    deployment: DeploymentId,
    version: VersionNumber,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    if !function.versions.contains_key(&version) {
        return Err(Rejection::VersionUnknown { version, kept: function.versions.keys().copied().collect() });
    }
    if function.deployed.as_ref().is_some_and(|deployed| deployed.version == version) {
        return Ok(vec![]);
    }
    let Stamp { at, by } = Stamp::new(context.now, context.actor);
    Ok(vec![Event::Deployed { id, deployment, version, at, by }])
}
