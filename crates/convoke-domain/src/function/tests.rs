//! The life of a function: drafts, versions, deployments, rollbacks.

mod choice;
mod properties;
mod refusals;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::*;
use crate::account::{Account, Actor, Author, FencePolicy, Principal, Skill, Stamp, UserRole};
use crate::decider::Decider;
use crate::id::{DeploymentId, FunctionId, SkillId};
use crate::limits;
use crate::state_change::StateChangeEvent;

const SKILLS: u32 = 9;

fn account() -> Account {
    let mut account = Account::new("demo".parse().unwrap(), "Demo".to_owned(), "en".parse().unwrap());
    for number in 1..=SKILLS {
        account.skills.insert(skill(number), Skill::named(format!("Skill {number}")));
    }
    account
}

fn now() -> Timestamp {
    "2026-06-10T12:00:00Z".parse().unwrap()
}

fn skill(number: u32) -> SkillId {
    number.to_string().parse().unwrap()
}

fn skills(numbers: &[u32]) -> BTreeSet<SkillId> {
    numbers.iter().copied().map(skill).collect()
}

fn id(number: u32) -> FunctionId {
    FunctionId::from_bits(u128::from(number))
}

fn deployment(number: u32) -> DeploymentId {
    DeploymentId::from_bits(u128::from(number))
}

fn version(number: u32) -> VersionNumber {
    VersionNumber::new(number).unwrap()
}

fn draft(source: &str) -> Draft {
    Draft { source: source.into(), environment: BTreeMap::new(), settings: FunctionSettings::default() }
}

const ROUTING: EventBinding = EventBinding::StateChange(StateChangeEvent::ConversationRouting);

/// Function `number`, named after it, for `event` and these skills.
fn create(number: u32, event: Option<EventBinding>, numbers: &[u32]) -> Command {
    Command::Create {
        id: id(number),
        name: format!("function_{number}"),
        description: String::new(),
        event,
        skills: skills(numbers),
        draft: draft("source 1"),
    }
}

fn save(number: u32, source: &str) -> Command {
    Command::SaveDraft { id: id(number), draft: draft(source) }
}

fn checked(draft_revision: u64) -> SourceCheck {
    SourceCheck { draft_revision, result: Ok("0".repeat(64)) }
}

fn deploy(number: u32, draft_revision: u64) -> Command {
    Command::Deploy { id: id(number), deployment: deployment(7), check: checked(draft_revision) }
}

fn rollback(number: u32, to: u32) -> Command {
    Command::Rollback { id: id(number), deployment: deployment(8), version: version(to) }
}

fn decide_on(state: &Functions, command: Command) -> Result<Vec<Event>, Rejection> {
    let (account, actor) = (account(), Actor::System);
    FunctionMachine::decide(state, command, &Context { now: now(), actor: &actor, account: &account })
}

/// The functions after these commands, each accepted.
fn given(commands: impl IntoIterator<Item = Command>) -> Functions {
    commands.into_iter().fold(FunctionMachine::initial(), |state, command| {
        let events =
            decide_on(&state, command.clone()).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        events.iter().fold(state, FunctionMachine::evolve)
    })
}

fn refused(given: &Functions, command: Command) -> Rejection {
    decide_on(given, command).unwrap_err()
}

fn state_of(functions: &Functions) -> FunctionState {
    functions.get(id(1)).unwrap().state()
}

#[test]
fn a_function_goes_from_draft_to_productive_to_modified_and_back() {
    let mut commands = vec![create(1, None, &[])];
    let mut expect = |command: Option<Command>, state| {
        commands.extend(command);
        assert_eq!(state_of(&given(commands.clone())), state);
    };
    expect(None, FunctionState::Draft);
    expect(Some(deploy(1, 1)), FunctionState::Productive);
    expect(Some(save(1, "source 2")), FunctionState::Modified);
    expect(Some(deploy(1, 2)), FunctionState::Productive);
    expect(Some(rollback(1, 1)), FunctionState::Modified);
    expect(Some(save(1, "source 1")), FunctionState::Productive);
    expect(Some(Command::Undeploy { id: id(1) }), FunctionState::Draft);
}

#[test]
fn deploying_freezes_a_version_only_if_the_draft_changed() {
    let state = given([create(1, None, &[])]);
    let at = now();
    let frozen = |number| Event::VersionFrozen {
        id: id(1),
        version: version(number),
        source_sha256: "0".repeat(64),
        at,
        by: Author::System,
    };
    let deployed = |number| Event::Deployed {
        id: id(1),
        deployment: deployment(7),
        version: version(number),
        at,
        by: Author::System,
    };
    assert_eq!(decide_on(&state, deploy(1, 1)), Ok(vec![frozen(1), deployed(1)]));

    let state = given([create(1, None, &[]), deploy(1, 1)]);
    assert_eq!(decide_on(&state, deploy(1, 1)), Ok(vec![]), "it answers already");

    let state = given([create(1, None, &[]), deploy(1, 1), Command::Undeploy { id: id(1) }]);
    assert_eq!(decide_on(&state, deploy(1, 1)), Ok(vec![deployed(1)]), "the version is there already");

    let state = given([create(1, None, &[]), deploy(1, 1), save(1, "source 2")]);
    assert_eq!(decide_on(&state, deploy(1, 2)), Ok(vec![frozen(2), deployed(2)]));
    let mut tuned = draft("source 1");
    tuned.environment.insert("KEY".to_owned(), "value".to_owned());
    let state = given([create(1, None, &[]), deploy(1, 1), Command::SaveDraft { id: id(1), draft: tuned }]);
    assert_eq!(
        decide_on(&state, deploy(1, 2)),
        Ok(vec![frozen(2), deployed(2)]),
        "the environment is part of it"
    );
}

/// A deployment of function 1 whose source turns out to be no good.
fn failing(number: u32, draft_revision: u64, stage: DeploymentStage) -> Command {
    let problem = SourceProblem {
        code: "function.syntax".to_owned(),
        message: "unexpected end".to_owned(),
        line: Some(3),
        column: None,
    };
    let check = SourceCheck { draft_revision, result: Err(DeploymentFailure { stage, problem }) };
    Command::Deploy { id: id(1), deployment: deployment(number), check }
}

#[test]
fn a_failed_deployment_is_told_until_the_draft_is_saved_and_what_answered_answers_on() {
    let mut commands = vec![create(1, None, &[]), deploy(1, 1), save(1, "source 2")];
    commands.push(failing(2, 2, DeploymentStage::Build));
    let failed = given(commands.clone());
    assert_eq!(state_of(&failed), FunctionState::BuildError);
    let function = failed.get(id(1)).unwrap();
    assert_eq!(function.failure().unwrap().problem.line, Some(3));
    assert_eq!(function.deployed.as_ref().unwrap().version, version(1));
    assert_eq!(function.versions.len(), 1, "nothing was frozen");

    commands.push(failing(3, 2, DeploymentStage::Deploy));
    assert_eq!(state_of(&given(commands.clone())), FunctionState::DeployError);
    commands.push(save(1, "source 3"));
    assert_eq!(state_of(&given(commands.clone())), FunctionState::Modified);
    commands.push(deploy(1, 3));
    assert_eq!(state_of(&given(commands)), FunctionState::Productive);
}

#[test]
fn a_rollback_takes_a_failure_away() {
    let state = given([
        create(1, None, &[]),
        deploy(1, 1),
        save(1, "source 2"),
        deploy(1, 2),
        save(1, "source 3"),
        failing(2, 3, DeploymentStage::Build),
        rollback(1, 1),
    ]);
    assert_eq!(state_of(&state), FunctionState::Modified);
}

#[test]
fn the_last_deployments_are_remembered_with_their_ends() {
    let mut commands = vec![create(1, None, &[]), deploy(1, 1), failing(2, 1, DeploymentStage::Build)];
    commands.extend([Command::Undeploy { id: id(1) }, deploy(1, 1)]);
    let state = given(commands.clone());
    let ends: Vec<Option<bool>> = state.get(id(1)).unwrap().deployments.iter().map(ended).collect();
    assert_eq!(ends, [Some(true), None, Some(false)]);

    for round in 0..10 {
        commands.extend([save(1, &format!("round {round}")), failing(9, 2 + round, DeploymentStage::Build)]);
    }
    let state = given(commands);
    assert_eq!(state.get(id(1)).unwrap().deployments.len(), limits::DEPLOYMENTS_KEPT);
}

/// Whether a deployment has ended; `None` for one that failed.
fn ended(record: &DeploymentRecord) -> Option<bool> {
    match &record.result {
        DeploymentResult::Successful { ended, .. } => Some(ended.is_some()),
        DeploymentResult::Failed { .. } => None,
    }
}

#[test]
fn who_changed_a_function_is_remembered() {
    let account = account();
    let by = |number: u64| {
        let principal = Principal::User(crate::id::UserId::new(number).unwrap());
        Actor::Principal { principal, token: None, roles: [UserRole::FaasDeveloper].into() }
    };
    let steps = [(create(1, None, &[]), by(1)), (save(1, "source 2"), by(2)), (deploy(1, 2), by(3))];
    let mut state = FunctionMachine::initial();
    for (command, actor) in steps {
        let context = Context { now: now(), actor: &actor, account: &account };
        let events = FunctionMachine::decide(&state, command, &context).unwrap();
        state = events.iter().fold(state, FunctionMachine::evolve);
    }
    let function = state.get(id(1)).unwrap();
    let stamp = |number| Stamp { at: now(), by: Author::User(crate::id::UserId::new(number).unwrap()) };
    assert_eq!((function.created, function.updated), (stamp(1), stamp(2)));
    assert_eq!(function.versions[&version(1)].created_by, stamp(3).by);
    assert_eq!(function.deployments[0].asked, stamp(3));
}

#[test]
fn a_rollback_lets_a_kept_version_answer_and_leaves_the_draft() {
    let state =
        given([create(1, None, &[]), deploy(1, 1), save(1, "source 2"), deploy(1, 2), rollback(1, 1)]);
    let function = state.get(id(1)).unwrap();
    let (answering, frozen) = function.deployed_version().unwrap();
    assert_eq!((answering.version, answering.id), (version(1), deployment(8)));
    assert_eq!(&*frozen.source, "source 1");
    assert_eq!(&*function.draft.source, "source 2");
    assert_eq!(decide_on(&state, rollback(1, 1)), Ok(vec![]));
    let state = given([
        create(1, None, &[]),
        deploy(1, 1),
        save(1, "source 2"),
        deploy(1, 2),
        rollback(1, 1),
        save(1, "source 3"),
        deploy(1, 3),
    ]);
    assert_eq!(state.get(id(1)).unwrap().deployed.as_ref().unwrap().version, version(3), "numbers only grow");
}

#[test]
fn old_versions_are_forgotten() {
    let mut commands = vec![create(1, None, &[]), deploy(1, 1)];
    for revision in 2..=15 {
        commands.extend([save(1, &format!("source {revision}")), deploy(1, revision)]);
    }
    let kept = |state: &Functions| -> Vec<u32> {
        state.get(id(1)).unwrap().versions.keys().map(|version| version.number()).collect()
    };
    let state = given(commands);
    assert_eq!(kept(&state), (6..=15).collect::<Vec<_>>());
    let refusal = refused(&state, rollback(1, 5));
    assert_eq!(refusal.code(), "function.version_unknown");
    assert!(refusal.to_string().contains("6, 7, 8"), "{refusal}");
}

#[test]
fn commands_that_change_nothing_are_no_ops() {
    let state = given([create(1, Some(ROUTING), &[1])]);
    for command in [
        save(1, "source 1"),
        Command::SetSkills { id: id(1), skills: skills(&[1]) },
        Command::SetDescription { id: id(1), description: String::new() },
    ] {
        assert_eq!(decide_on(&state, command), Ok(vec![]));
    }
    let described =
        given([create(1, None, &[]), Command::SetDescription { id: id(1), description: "Why".into() }]);
    assert_eq!(described.get(id(1)).unwrap().description, "Why");
}
