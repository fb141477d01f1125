//! Which function answers: one per event, or several with disjoint skills.

use super::*;

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
