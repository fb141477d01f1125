//! Who may do nothing, and what does not fit.

use super::*;

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
