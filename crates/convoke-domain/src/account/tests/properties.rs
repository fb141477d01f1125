//! Whatever is done: nothing refers to what is gone, and a replay gives the same account.

use proptest::prelude::*;

use super::*;

fn any_command() -> impl Strategy<Value = Command> {
    let small = 1..4_u32;
    prop_oneof![
        any::<bool>().prop_map(|enabled| Command::SwitchControllerBot { enabled }),
        (small.clone(), small.clone(), any::<bool>(), any::<bool>()).prop_map(
            |(id, hours, with, enabled)| {
                let working_hours = with.then(|| hours.to_string().parse().unwrap());
                let skill = Skill { enabled, working_hours, ..Skill::named(format!("Skill {id}")) };
                Command::DefineSkill { id: skill_id(id), skill }
            }
        ),
        small.clone().prop_map(|id| Command::RemoveSkill { id: skill_id(id) }),
        prop::option::of(small.clone()).prop_map(|id| Command::SetDefaultSkill { skill: id.map(skill_id) }),
        small.clone().prop_map(|id| Command::DefineWorkingHours { hours: hours(id) }),
        small.clone().prop_map(|id| Command::RemoveWorkingHours { id: id.to_string().parse().unwrap() }),
        (1..4_u64, prop::collection::btree_set(small.clone(), 0..3)).prop_map(|(id, skills)| {
            let skills = skills.into_iter().map(skill_id).collect();
            Command::DefineUser { id: user_id(id), user: User { skills, ..user(id) } }
        }),
        (1..4_u64).prop_map(|id| Command::RemoveUser { id: user_id(id) }),
        (small.clone(), any::<bool>()).prop_map(|(id, set)| {
            let (code, skill) = (CbotEventType::BackToQueue, Some(skill_id(id)));
            if set {
                Command::SetAutomaticMessage { code, skill, message: text("Hi") }
            } else {
                Command::ClearAutomaticMessage { code, skill }
            }
        }),
        (1..4_u8, 1..4_u64).prop_map(|(id, user)| Command::IssueToken {
            id: token_id(id),
            token: AccessToken { principal: Principal::User(user_id(user)), ..token(id) },
            at: now(),
        }),
        (1..4_u8).prop_map(|id| Command::RevokeToken { id: token_id(id) }),
    ]
}

proptest! {
    #[test]
    fn nothing_refers_to_what_is_gone_and_a_replay_gives_the_same(
        commands in prop::collection::vec(any_command(), 0..60),
    ) {
        let system = Actor::System;
        let context = Context { now: now(), actor: &system };
        let mut events = vec![created()];
        let mut live = after(&events);
        for command in commands {
            for event in AccountMachine::decide(&live, command, &context).unwrap_or_default() {
                live = AccountMachine::evolve(live, &event);
                events.push(event);
            }
        }
        let stored = serde_json::to_string(&events).unwrap();
        prop_assert_eq!(after(&serde_json::from_str::<Vec<Event>>(&stored).unwrap()), live.clone());
        let account = live.unwrap();
        for skill in account.skills.values() {
            prop_assert!(skill.working_hours.as_ref().is_none_or(|id| account.working_hours.contains_key(id)));
        }
        prop_assert!(account.default_skill.as_ref().is_none_or(|id| account.skill_enabled(id)));
        prop_assert!(account.users.values().flat_map(|user| &user.skills).all(|id| account.skill_exists(id)));
        prop_assert!(account.skill_messages.iter().all(|(id, own)| account.skill_exists(id) && !own.entries.is_empty()));
        for token in account.tokens.values() {
            let Principal::User(holder) = token.principal else { continue };
            prop_assert!(account.users.contains_key(&holder));
        }
    }

    #[test]
    fn any_event_in_any_order_is_taken_in(commands in prop::collection::vec(any_command(), 0..40), turn in 0..40_usize) {
        let system = Actor::System;
        let context = Context { now: now(), actor: &system };
        let mut events = vec![created()];
        for command in commands {
            events.extend(AccountMachine::decide(&after(&events), command, &context).unwrap_or_default());
        }
        let turn = turn % events.len();
        events.rotate_left(turn);
        let opening = events.iter().position(|event| *event == created()).unwrap();
        prop_assert_eq!(after(&events[..opening]), None, "before its creation there is no account");
        prop_assert!(after(&events).is_some());
    }
}
