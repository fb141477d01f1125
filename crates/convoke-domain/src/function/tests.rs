//! The life of functions, the rule between them, and every refusal.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;

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

#[test]
fn an_event_has_one_function_or_several_with_disjoint_skills() {
    let state = given([create(1, Some(ROUTING), &[1, 2]), create(2, Some(ROUTING), &[3])]);
    assert_eq!(state.functions.len(), 2);
    let refusal = refused(&state, create(3, Some(ROUTING), &[2, 3, 4]));
    let overlap = Rejection::SkillsOverlap {
        other: id(1),
        name: "function_1".to_owned(),
        event: ROUTING,
        shared: vec![skill(2)],
    };
    assert_eq!(refusal, overlap);
    assert_eq!(
        refusal.to_string(),
        "\"function_1\" answers controllerbot_messaging_conversation_routing in skill 2 already; take them from one \
         of the two"
    );
    let set = |number, numbers: &[u32]| Command::SetSkills { id: id(number), skills: skills(numbers) };
    assert_eq!(refused(&state, set(2, &[2])), overlap);
    assert!(decide_on(&state, set(2, &[3, 4])).is_ok(), "its own skills do not stand in its way");
    assert!(decide_on(&state, set(1, &[1])).is_ok());
}

#[test]
fn a_function_for_all_skills_never_stands_beside_another() {
    let skilled = given([create(1, Some(ROUTING), &[1, 2])]);
    let refusal = refused(&skilled, create(2, Some(ROUTING), &[]));
    assert_eq!(refusal.code(), "function.default_beside_skilled");
    assert!(refusal.to_string().starts_with("\"function_1\" answers"), "{refusal}");
    assert!(refusal.to_string().contains("skills 1, 2"), "{refusal}");
    let default = given([create(1, Some(ROUTING), &[])]);
    for numbers in [&[][..], &[1]] {
        assert_eq!(
            refused(&default, create(2, Some(ROUTING), numbers)).code(),
            "function.default_beside_skilled"
        );
    }
    assert!(refused(&default, create(2, Some(ROUTING), &[1])).to_string().contains("all skills"));
    let two = given([create(1, Some(ROUTING), &[1]), create(2, Some(ROUTING), &[2])]);
    let widen = Command::SetSkills { id: id(1), skills: BTreeSet::new() };
    assert_eq!(refused(&two, widen).code(), "function.default_beside_skilled");
}

#[test]
fn functions_of_different_events_and_of_none_do_not_meet() {
    let ttr = Some(EventBinding::StateChange(StateChangeEvent::Ttr));
    let survey = Some(EventBinding::Other(OtherEvent::SurveyEnded));
    let state = given([
        create(1, Some(ROUTING), &[]),
        create(2, ttr, &[]),
        create(3, survey, &[]),
        create(4, None, &[]),
        create(5, None, &[]),
        create(6, None, &[1]),
    ]);
    assert_eq!(state.functions.len(), 6);
    assert_eq!(refused(&state, create(7, survey, &[])).code(), "function.default_beside_skilled");
}

#[test]
fn an_event_with_a_number_takes_no_more() {
    let command = EventBinding::Other(OtherEvent::ConversationalCommand);
    let state = given((1..=30).map(|number| create(number, Some(command), &[])));
    let refusal = refused(&state, create(31, Some(command), &[]));
    assert_eq!(refusal, Rejection::EventFull { event: command, max: 30 });
}

#[test]
fn only_the_deployed_function_for_the_skill_is_selected() {
    let selected = |state: &Functions, number: Option<u32>| {
        let skill = number.map(skill);
        let event = StateChangeEvent::ConversationRouting;
        let slow = state.selected(event, skill.as_ref()).map(|(id, _)| id);
        let fast = Bindings::of(state).select(event, skill.as_ref()).map(|binding| binding.function);
        assert_eq!(slow, fast.ok(), "both ways agree");
        fast
    };
    let drafts = [create(1, Some(ROUTING), &[1, 2]), create(2, Some(ROUTING), &[3])];
    let state = given(drafts.clone());
    assert_eq!(selected(&state, Some(1)), Err(NoFunction::NoneDeployed));
    let state = given(drafts.into_iter().chain([deploy(1, 1)]));
    assert_eq!(selected(&state, Some(2)), Ok(id(1)));
    assert_eq!(selected(&state, Some(3)), Err(NoFunction::OtherSkill));
    assert_eq!(selected(&state, None), Err(NoFunction::OtherSkill));
    let for_all = given([create(1, Some(ROUTING), &[]), deploy(1, 1)]);
    assert_eq!(selected(&for_all, Some(9)), Ok(id(1)));
    assert_eq!(selected(&for_all, None), Ok(id(1)));
}

#[test]
fn a_binding_has_the_settings_of_its_version_and_the_skills_of_now() {
    let mut slower = draft("source 1");
    slower.settings = FunctionSettings { hold_ms: 0, ..slower.settings };
    let state = given([
        create(1, Some(ROUTING), &[1]),
        deploy(1, 1),
        Command::SaveDraft { id: id(1), draft: slower },
        Command::SetSkills { id: id(1), skills: skills(&[2]) },
    ]);
    let bindings = Bindings::of(&state);
    let binding = bindings.select(StateChangeEvent::ConversationRouting, Some(&skill(2))).unwrap();
    assert_eq!((binding.version, binding.deployment), (version(1), deployment(7)));
    assert_eq!(binding.settings, FunctionSettings::default(), "saved settings wait for the deployment");
}

#[test]
fn deploying_a_messaging_function_while_the_controller_bot_is_off_is_worth_a_warning() {
    let state = given([create(1, Some(ROUTING), &[]), create(2, None, &[])]);
    let (messaging, plain) = (state.get(id(1)).unwrap(), state.get(id(2)).unwrap());
    let mut account = account();
    assert_eq!(deploy_warning(messaging, &account), Some(DeployWarning::ControllerBotOff));
    assert_eq!(deploy_warning(plain, &account), None);
    account.controller_bot_enabled = true;
    assert_eq!(deploy_warning(messaging, &account), None);
}

#[test]
fn only_developers_change_functions() {
    let (account, state) = (account(), FunctionMachine::initial());
    for (role, may) in [
        (UserRole::FaasDeveloper, true),
        (UserRole::Administrator, true),
        (UserRole::Operator, true),
        (UserRole::FaasAdmin, false),
        (UserRole::FaasInvocation, false),
        (UserRole::Agent, false),
        (UserRole::AgentManager, false),
    ] {
        let actor = Actor::Principal { principal: Principal::Application, token: None, roles: [role].into() };
        let context = Context { now: now(), actor: &actor, account: &account };
        let decided = FunctionMachine::decide(&state, create(1, None, &[]), &context);
        assert_eq!(
            decided.map(|_| ()).map_err(|refusal| refusal.code()),
            if may { Ok(()) } else { Err("role.missing") }
        );
    }
}

#[test]
fn a_function_that_does_not_fit_is_refused() {
    let state = given([create(1, None, &[])]);
    let new = |change: &dyn Fn(&mut String, &mut String, &mut BTreeSet<SkillId>)| {
        let (mut name, mut description, mut chosen) = ("other".to_owned(), String::new(), BTreeSet::new());
        change(&mut name, &mut description, &mut chosen);
        let draft = draft("source");
        Command::Create { id: id(2), name, description, event: None, skills: chosen, draft }
    };
    let named = |text: &str| new(&|name, _, _| text.clone_into(name));
    let refusals = [
        (create(1, None, &[]), "function.exists"),
        (named(""), "function.name_invalid"),
        (named("with space"), "function.name_invalid"),
        (named("größe"), "function.name_invalid"),
        (named(&"x".repeat(51)), "function.name_invalid"),
        (named("FUNCTION_1"), "function.name_taken"),
        (new(&|_, description, _| *description = "ü".repeat(201)), "function.description_too_long"),
        (new(&|_, _, chosen| *chosen = skills(&[SKILLS + 1])), "skill.unknown"),
        (new(&|_, _, chosen| *chosen = (1..=501).map(skill).collect()), "function.too_many_skills"),
        (Command::SetSkills { id: id(1), skills: skills(&[SKILLS + 1]) }, "skill.unknown"),
        (
            Command::SetDescription { id: id(1), description: "x".repeat(201) },
            "function.description_too_long",
        ),
    ];
    for (command, code) in refusals {
        assert_eq!(refused(&state, command.clone()).code(), code, "{command:?}");
    }
    assert!(decide_on(&state, named(&"x".repeat(50))).is_ok());
    let full =
        given((1..=u32::try_from(limits::FUNCTIONS_MAX).unwrap()).map(|number| create(number, None, &[])));
    assert_eq!(refused(&full, create(9_999, None, &[])), Rejection::TooManyFunctions);
}

#[test]
fn a_draft_that_does_not_fit_is_refused() {
    let state = given([create(1, None, &[])]);
    let with = |environment: &[(&str, &str)]| {
        let environment =
            environment.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Draft { environment, ..draft("source") }
    };
    let tuned = |settings| Draft { settings, ..draft("source") };
    let usual = FunctionSettings::default();
    let many: BTreeMap<_, _> = (0..=512).map(|number| (format!("V{number}"), String::new())).collect();
    let refusals = [
        (draft(" \n"), "function.source_empty"),
        (draft(&"ü".repeat(100_001)), "function.source_too_long"),
        (with(&[("", "")]), "function.variable_invalid"),
        (with(&[("1A", "")]), "function.variable_invalid"),
        (with(&[("A-B", "")]), "function.variable_invalid"),
        (with(&[(&"A".repeat(201), "")]), "function.variable_invalid"),
        (with(&[("CONVOKE_ANYTHING", "")]), "function.variable_reserved"),
        (with(&[("__proto__", "")]), "function.variable_reserved"),
        (with(&[("A", &"x".repeat(1_025))]), "function.variable_too_long"),
        (Draft { environment: many, ..draft("source") }, "function.too_many_variables"),
        (tuned(FunctionSettings { hold_ms: 2_001, ..usual }), "function.setting_out_of_range"),
        (tuned(FunctionSettings { wall_ms: 30_001, ..usual }), "function.setting_out_of_range"),
        (tuned(FunctionSettings { wall_ms: 0, ..usual }), "function.setting_out_of_range"),
        (tuned(FunctionSettings { cpu_ms: 2_001, ..usual }), "function.setting_out_of_range"),
        (tuned(FunctionSettings { memory_mib: 257, ..usual }), "function.setting_out_of_range"),
        (tuned(FunctionSettings { memory_mib: 15, ..usual }), "function.setting_out_of_range"),
    ];
    for (draft, code) in refusals {
        assert_eq!(refused(&state, Command::SaveDraft { id: id(1), draft }).code(), code);
    }
    let most = FunctionSettings {
        hold_ms: 0,
        fence_policy: Some(FencePolicy::Apply),
        wall_ms: 30_000,
        cpu_ms: 2_000,
        memory_mib: 256,
    };
    let longest = Draft { settings: most, ..draft(&"ü".repeat(100_000)) };
    assert!(decide_on(&state, Command::SaveDraft { id: id(1), draft: longest }).is_ok());
}

#[test]
fn a_deployment_that_does_not_fit_is_refused() {
    let state = given([create(1, None, &[]), create(2, None, &[]), deploy(2, 1)]);
    let refusals = [
        (deploy(1, 2), "function.draft_changed"),
        (rollback(1, 1), "function.version_unknown"),
        (Command::Undeploy { id: id(1) }, "function.not_deployed"),
        (Command::Delete { id: id(2) }, "function.still_deployed"),
    ];
    for (command, code) in refusals {
        assert_eq!(refused(&state, command.clone()).code(), code, "{command:?}");
    }
}

#[test]
fn every_command_on_an_unknown_function_is_refused_alike() {
    let state = given([create(1, None, &[]), Command::Delete { id: id(1) }]);
    assert_eq!(state, FunctionMachine::initial());
    for command in [
        save(1, "source"),
        Command::SetSkills { id: id(1), skills: BTreeSet::new() },
        Command::SetDescription { id: id(1), description: String::new() },
        deploy(1, 1),
        rollback(1, 1),
        Command::Undeploy { id: id(1) },
        Command::Delete { id: id(1) },
    ] {
        assert_eq!(refused(&state, command), Rejection::FunctionUnknown(id(1)));
    }
}

#[test]
fn event_bindings_read_back_from_their_event_ids() {
    let other = OtherEvent::ALL.map(EventBinding::Other);
    for binding in StateChangeEvent::ALL.map(EventBinding::StateChange).into_iter().chain(other) {
        assert_eq!(binding.event_id().parse(), Ok(binding));
        let stored = serde_json::to_string(&binding).unwrap();
        assert_eq!(serde_json::from_str::<EventBinding>(&stored).unwrap(), binding);
    }
    assert!("crm_widget".parse::<EventBinding>().is_err());
}

fn any_command() -> impl Strategy<Value = Command> {
    let number = 1..6_u32;
    let chosen = || prop::collection::btree_set(1..5_u32, 0..3);
    prop_oneof![
        4 => (number.clone(), chosen(), 0..3_usize).prop_map(|(number, chosen, event)| {
            let ttr = Some(EventBinding::StateChange(StateChangeEvent::Ttr));
            create(number, [Some(ROUTING), ttr, None][event], &chosen.into_iter().collect::<Vec<_>>())
        }),
        3 => (number.clone(), chosen()).prop_map(|(number, chosen)| Command::SetSkills {
            id: id(number),
            skills: chosen.into_iter().map(skill).collect(),
        }),
        3 => (number.clone(), 1..4_u32).prop_map(|(number, source)| save(number, &format!("source {source}"))),
        5 => (number.clone(), 1..5_u64).prop_map(|(number, revision)| deploy(number, revision)),
        2 => (number.clone(), 1..4_u32).prop_map(|(number, to)| rollback(number, to)),
        1 => number.clone().prop_map(|number| Command::Undeploy { id: id(number) }),
        1 => number.prop_map(|number| Command::Delete { id: id(number) }),
    ]
}

/// What these commands cause, refused ones skipped, and the state that they lead to.
fn run(commands: Vec<Command>) -> (Vec<Event>, Functions) {
    let mut events = Vec::new();
    let mut live = FunctionMachine::initial();
    for command in commands {
        for event in decide_on(&live, command).unwrap_or_default() {
            live = FunctionMachine::evolve(live, &event);
            events.push(event);
        }
    }
    (events, live)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_done_an_event_and_a_skill_have_at_most_one_function(
        commands in prop::collection::vec(any_command(), 0..60),
    ) {
        let (_, live) = run(commands);
        let all: Vec<_> = live.functions.values().filter(|function| function.event.is_some()).collect();
        for (place, one) in all.iter().enumerate() {
            for other in all[place + 1..].iter().filter(|other| other.event == one.event) {
                prop_assert!(!one.skills.is_empty() && !other.skills.is_empty());
                prop_assert!(one.skills.is_disjoint(&other.skills));
            }
        }
        let bindings = Bindings::of(&live);
        for event in StateChangeEvent::ALL {
            for skill in (0..6).map(|number| (number > 0).then(|| skill(number))) {
                let fast = bindings.select(event, skill.as_ref()).map(|binding| binding.function).ok();
                prop_assert_eq!(fast, live.selected(event, skill.as_ref()).map(|(id, _)| id));
            }
        }
    }

    #[test]
    fn a_replay_of_what_was_stored_gives_the_same_functions(
        commands in prop::collection::vec(any_command(), 0..60),
    ) {
        let (events, live) = run(commands);
        let stored = serde_json::to_string(&events).unwrap();
        let replayed: Vec<Event> = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(replayed.iter().fold(FunctionMachine::initial(), FunctionMachine::evolve), live.clone());
        let snapshot = serde_json::to_string(&live).unwrap();
        prop_assert_eq!(serde_json::from_str::<Functions>(&snapshot).unwrap(), live);
    }

    #[test]
    fn a_version_never_changes(commands in prop::collection::vec(any_command(), 0..60)) {
        let (events, _) = run(commands);
        let mut state = FunctionMachine::initial();
        for event in &events {
            let next = FunctionMachine::evolve(state.clone(), event);
            for (id, function) in &state.functions {
                let Some(now) = next.get(*id) else { continue };
                for (number, version) in &function.versions {
                    prop_assert!(now.versions.get(number).is_none_or(|now| now == version));
                }
            }
            prop_assert!(next.functions.values().all(|function| function.deployed.is_none() == function.deployed_version().is_none()));
            state = next;
        }
    }

    #[test]
    fn any_event_in_any_order_is_taken_in(commands in prop::collection::vec(any_command(), 0..40), turn in 0..40_usize) {
        let (mut events, _) = run(commands);
        let turn = turn % events.len().max(1);
        events.rotate_left(turn);
        let state = events.iter().fold(FunctionMachine::initial(), FunctionMachine::evolve);
        let bindings = Bindings::of(&state);
        prop_assert_eq!(Bindings::of(&serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap()), bindings);
    }
}
