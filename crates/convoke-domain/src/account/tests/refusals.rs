//! What does not fit an account, and what is in use.

use std::collections::BTreeMap;

use super::*;

#[test]
fn a_skill_that_does_not_fit_is_refused() {
    let define = |skill| Command::DefineSkill { id: skill_id(2), skill };
    let plain = || Skill::named("Support");
    let refusals = [
        (define(Skill::named(" ")), "name.invalid"),
        (define(Skill::named("a\nb")), "name.invalid"),
        (define(Skill::named("x".repeat(limits::NAME_CHARS_MAX + 1))), "name.invalid"),
        (define(Skill::named("Sales")), "skill.name_taken"),
        (define(Skill { working_hours: Some("9".parse().unwrap()), ..plain() }), "working_hours.unknown"),
        (
            define(Skill { special_occasions: Some("9".parse().unwrap()), ..plain() }),
            "special_occasions.unknown",
        ),
        (
            define(Skill {
                ttr: Some(TtrSettings { normal: Duration::ZERO, ..TtrSettings::default() }),
                ..plain()
            }),
            "ttr.out_of_range",
        ),
        (Command::RemoveSkill { id: skill_id(9) }, "skill.unknown"),
        (Command::SetDefaultSkill { skill: Some(skill_id(9)) }, "skill.unknown"),
        (
            Command::SetAutomaticMessage {
                code: CbotEventType::BackToQueue,
                skill: Some(skill_id(9)),
                message: text("Hi"),
            },
            "skill.unknown",
        ),
        (
            Command::SetAutomaticMessage {
                code: CbotEventType::BackToQueue,
                skill: None,
                message: text("<b>"),
            },
            "automatic_message.text_invalid",
        ),
    ];
    for (command, code) in refusals {
        assert_eq!(refused(&settled(), command.clone()).code(), code, "{command:?}");
    }
}

#[test]
fn what_is_in_use_stays() {
    let skill = Skill {
        working_hours: Some("1".parse().unwrap()),
        special_occasions: Some("1".parse().unwrap()),
        ..Skill::named("Support")
    };
    let serving = User { skills: [skill_id(1)].into(), ..user(1) };
    let events = grown(
        settled(),
        [
            Command::DefineWorkingHours { hours: hours(1) },
            Command::DefineSpecialOccasions { occasions: occasions(1) },
            Command::DefineSkill { id: skill_id(2), skill: skill.clone() },
            Command::SetDefaultSkill { skill: Some(skill_id(2)) },
            Command::DefineUser { id: user_id(1), user: serving },
            Command::DefineSkill { id: skill_id(3), skill: Skill { enabled: false, ..Skill::named("Old") } },
        ],
    );
    let disabled = Skill { enabled: false, ..skill };
    let refusals = [
        (Command::RemoveWorkingHours { id: "1".parse().unwrap() }, "working_hours.in_use"),
        (Command::RemoveWorkingHours { id: "2".parse().unwrap() }, "working_hours.unknown"),
        (Command::RemoveSpecialOccasions { id: "1".parse().unwrap() }, "special_occasions.in_use"),
        (Command::RemoveSpecialOccasions { id: "2".parse().unwrap() }, "special_occasions.unknown"),
        (Command::RemoveSkill { id: skill_id(1) }, "skill.served"),
        (Command::RemoveSkill { id: skill_id(2) }, "skill.is_default"),
        (Command::DefineSkill { id: skill_id(2), skill: disabled }, "skill.is_default"),
        (Command::SetDefaultSkill { skill: Some(skill_id(3)) }, "skill.disabled"),
    ];
    for (command, code) in refusals {
        assert_eq!(refused(&events, command.clone()).code(), code, "{command:?}");
    }
}

#[test]
fn a_user_who_does_not_fit_is_refused() {
    let define = |user| Command::DefineUser { id: user_id(2), user };
    let refusals = [
        (define(User { login_name: String::new(), ..user(2) }), "name.invalid"),
        (define(User { nickname: "<b>".to_owned(), ..user(2) }), "user.nickname_invalid"),
        (define(User { login_name: "user1".to_owned(), ..user(2) }), "user.login_name_taken"),
        (define(User { pid: Pid::from_u128(1), ..user(2) }), "user.pid_taken"),
        (define(User { load_max: Some(limits::USER_LOAD_MAX + 1), ..user(2) }), "user.load_too_high"),
        (define(User { skills: [skill_id(9)].into(), ..user(2) }), "skill.unknown"),
        (define(User { roles: [UserRole::Operator].into(), ..user(2) }), "role.not_grantable"),
        (Command::RemoveUser { id: user_id(2) }, "user.unknown"),
    ];
    for (command, code) in refusals {
        assert_eq!(refused(&settled(), command.clone()).code(), code, "{command:?}");
    }
    let operator = define(User { roles: [UserRole::Operator].into(), ..user(2) });
    assert!(decide_as(&settled(), &[UserRole::Operator], operator).is_ok());
}

fn idle_message(code: CbotEventType, seconds: u64) -> Command {
    let message = AutomaticMessage { enabled: true, texts: BTreeMap::new() };
    Command::SetIdleMessage { code, skill: None, message, time: Duration::from_secs(seconds) }
}

#[test]
fn times_out_of_range_are_refused() {
    let with = |time, repeat| {
        let timer = IdleTimer { enabled: true, time, repeat };
        Command::SetIdleTimers {
            idle: IdleTimers { consumer_non_responsive: timer, ..IdleTimers::default() },
        }
    };
    let own = IdleTimer { enabled: true, time: Duration::from_secs(14), repeat: 1 };
    let idle = IdleOverrides { awaiting_in_queue: Some(own), ..IdleOverrides::default() };
    let refusals = [
        (with(Duration::from_secs(14), 1), "idle.out_of_range"),
        (with(Duration::from_millis(15_500), 1), "idle.out_of_range"),
        (with(Duration::from_secs(15), 0), "idle.out_of_range"),
        (with(Duration::from_secs(15), 11), "idle.out_of_range"),
        (
            Command::DefineSkill { id: skill_id(1), skill: Skill { idle, ..Skill::named("Sales") } },
            "idle.out_of_range",
        ),
        (idle_message(CbotEventType::ConvAwaitingInQueue, 14), "idle.out_of_range"),
        (idle_message(CbotEventType::YouAreConnectedTo, 60), "idle.no_timer"),
        (Command::SetAutoClose { after: Duration::from_mins(24) }, "auto_close.out_of_range"),
        (Command::SetAutoClose { after: Duration::from_hours(91 * 24) }, "auto_close.out_of_range"),
        (
            Command::SetTtr { ttr: TtrSettings { urgent: limits::TTR_MAX * 2, ..TtrSettings::default() } },
            "ttr.out_of_range",
        ),
    ];
    for (command, code) in refusals {
        assert_eq!(refused(&settled(), command.clone()).code(), code, "{command:?}");
    }
}

#[test]
fn domains_have_the_form_of_domains() {
    let set = |domain: &str| Command::SetEgress {
        egress: Egress { mode: EgressMode::Listed, domains: [domain.to_owned()].into() },
    };
    for domain in ["example.com", "*.example.com", "a-1.example", "localhost"] {
        assert!(decide(&settled(), set(domain)).is_ok(), "{domain}");
    }
    for domain in
        ["", "*", "*.*.com", "a.*.com", "Example.com", "a b", "-a.com", "a-.com", "https://a.com", "a..b"]
    {
        assert_eq!(refused(&settled(), set(domain)).code(), "domain.invalid", "{domain}");
    }
    let domains = (0..=limits::DOMAINS_MAX).map(|number| format!("d{number}.example")).collect();
    let many = Command::SetEgress { egress: Egress { mode: EgressMode::Listed, domains } };
    assert_eq!(refused(&settled(), many).code(), "limit.reached");
    let allowed = decide_as(&settled(), &[UserRole::FaasAdmin], set("example.com"));
    assert!(allowed.is_ok(), "the functions administrator keeps the allow-list");
    assert!(decide_as(&settled(), &[UserRole::FaasDeveloper], set("example.com")).is_err());
}

#[test]
fn a_full_list_takes_replacements_only() {
    let mut account = after(&settled()).unwrap();
    for number in 2..=u32::try_from(limits::SKILLS_MAX).unwrap() {
        account.skills.insert(skill_id(number), Skill::named(format!("Skill {number}")));
    }
    let administrator = actor(&[UserRole::Administrator]);
    let context = Context { now: now(), actor: &administrator };
    let state = Some(account);
    let define = |number| Command::DefineSkill { id: skill_id(number), skill: Skill::named("New") };
    let refusal = AccountMachine::decide(&state, define(9_999_999), &context).unwrap_err();
    assert_eq!(refusal, Rejection::TooMany { what: "skills", max: limits::SKILLS_MAX });
    assert!(AccountMachine::decide(&state, define(1), &context).is_ok());
}
