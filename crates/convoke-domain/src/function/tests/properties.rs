//! Whatever is done: the rule between functions holds, and events lead to the same state again.

use proptest::prelude::*;

use super::*;

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
