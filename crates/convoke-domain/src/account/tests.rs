//! What an account accepts and refuses, and what the other machines read of it.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::automatic_message::AutomaticMessage;
use crate::decider::Decider;
use crate::hours::{Occasion, SpecialOccasions, WorkingHours, Zone};
use crate::id::{ConsumerId, Pid, SkillId, TokenId, UserId};
use crate::limits;
use crate::state_change::CbotEventType;
use crate::ttr::TtrSettings;

fn now() -> Timestamp {
    "2026-06-10T12:00:00Z".parse().unwrap()
}

fn actor(roles: &[UserRole]) -> Actor {
    let principal = Principal::User(UserId::new(1).unwrap());
    Actor::Principal { principal, token: None, roles: roles.iter().copied().collect() }
}

fn skill_id(number: u32) -> SkillId {
    number.to_string().parse().unwrap()
}

fn user_id(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

fn user(number: u64) -> User {
    User {
        login_name: format!("user{number}"),
        nickname: format!("User {number}"),
        pid: Pid::from_u128(u128::from(number)),
        skills: BTreeSet::new(),
        roles: BTreeSet::from([UserRole::Agent]),
        enabled: true,
        load_max: None,
    }
}

fn hours(number: u32) -> WorkingHours {
    WorkingHours::new(number.to_string().parse().unwrap(), "Hours".to_owned(), Zone::utc(), vec![]).unwrap()
}

fn occasions(number: u32) -> SpecialOccasions {
    let day = Occasion {
        name: "Fair".to_owned(),
        from: "2026-06-10T10:00".parse().unwrap(),
        to: "2026-06-10T20:00".parse().unwrap(),
        working: true,
    };
    let id = number.to_string().parse().unwrap();
    SpecialOccasions::new(id, "Days".to_owned(), Zone::utc(), vec![day]).unwrap()
}

fn token(number: u8) -> AccessToken {
    AccessToken {
        name: "Laptop".to_owned(),
        sha256: format!("{number:064x}"),
        principal: Principal::User(user_id(1)),
        roles: BTreeSet::from([UserRole::Agent]),
        expires_at: now().checked_add(Duration::from_hours(24)).unwrap(),
        kind: TokenKind::Key,
    }
}

fn token_id(number: u8) -> TokenId {
    TokenId::from_bits(u128::from(number))
}

fn text(text: &str) -> AutomaticMessage {
    let texts = [("en".parse().unwrap(), text.to_owned())].into();
    AutomaticMessage { enabled: true, texts }
}

fn created() -> Event {
    Event::Created {
        id: "demo".parse().unwrap(),
        name: "Demo".to_owned(),
        default_language: "en".parse().unwrap(),
    }
}

/// An account with skill 1 (named "Sales") and user 1.
fn settled() -> Vec<Event> {
    vec![
        created(),
        Event::SkillDefined { id: skill_id(1), skill: Skill::named("Sales") },
        Event::UserDefined { id: user_id(1), user: user(1) },
    ]
}

fn after(events: &[Event]) -> Option<Account> {
    events.iter().fold(AccountMachine::initial(), AccountMachine::evolve)
}

fn decide_as(given: &[Event], roles: &[UserRole], command: Command) -> Result<Vec<Event>, Rejection> {
    let actor = actor(roles);
    AccountMachine::decide(&after(given), command, &Context { now: now(), actor: &actor })
}

fn decide(given: &[Event], command: Command) -> Result<Vec<Event>, Rejection> {
    decide_as(given, &[UserRole::Administrator], command)
}

/// The account after more commands, each accepted.
fn grown(mut events: Vec<Event>, commands: impl IntoIterator<Item = Command>) -> Vec<Event> {
    for command in commands {
        let more = decide(&events, command).unwrap();
        events.extend(more);
    }
    events
}

fn refused(given: &[Event], command: Command) -> Rejection {
    decide(given, command).unwrap_err()
}

#[test]
fn a_new_account_is_quiet_and_has_default_settings() {
    let account = after(&[created()]).unwrap();
    assert!(!account.controller_bot_enabled);
    assert_eq!(account.auto_close, Duration::from_hours(90 * 24));
    assert!(!account.fire_after_autoclose);
    assert_eq!(account.egress, Egress { mode: EgressMode::Listed, domains: BTreeSet::new() });
    assert_eq!(account.fence_policy, FencePolicy::Fence);
    assert_eq!(account.ttr, TtrSettings::default());
}

#[test]
fn only_an_operator_opens_an_account_and_only_once() {
    let create = || Command::Create {
        id: "demo".parse().unwrap(),
        name: " Demo ".to_owned(),
        default_language: "en".parse().unwrap(),
    };
    assert_eq!(decide_as(&[], &[UserRole::Operator], create()), Ok(vec![created()]));
    let refusal = decide_as(&[], &[UserRole::Administrator], create()).unwrap_err();
    assert_eq!(refusal, Rejection::RoleMissing { needs: "operator" });
    assert_eq!(decide_as(&[created()], &[UserRole::Operator], create()), Err(Rejection::AccountExists));
    let rename = Command::Rename { name: "Demo".to_owned() };
    assert_eq!(refused(&[], rename), Rejection::AccountUnknown);
}

#[test]
fn an_administrator_or_operator_switches_the_controller_bot_and_nobody_else() {
    let switch = |enabled| Command::SwitchControllerBot { enabled };
    for role in [UserRole::Administrator, UserRole::Operator] {
        let events = decide_as(&settled(), &[role], switch(true));
        assert_eq!(events, Ok(vec![Event::ControllerBotSwitched { enabled: true }]));
    }
    let others = [UserRole::Agent, UserRole::AgentManager, UserRole::FaasDeveloper, UserRole::FaasAdmin];
    let refusal = decide_as(&settled(), &others, switch(true)).unwrap_err();
    assert_eq!(refusal.code(), "role.missing");
    assert_eq!(decide(&settled(), switch(false)), Ok(vec![]), "it is off already: nothing happened");
}

#[test]
fn every_setting_is_changed_by_its_command_and_not_twice() {
    let queue = IdleTimer { enabled: false, time: Duration::from_secs(15), repeat: 10 };
    let commands = [
        Command::Rename { name: "Other".to_owned() },
        Command::SetDefaultLanguage { language: "de".parse().unwrap() },
        Command::SwitchControllerBot { enabled: true },
        Command::DefineWorkingHours { hours: hours(1) },
        Command::DefineSpecialOccasions { occasions: occasions(1) },
        Command::DefineSkill { id: skill_id(2), skill: Skill::named("Support") },
        Command::SetDefaultSkill { skill: Some(skill_id(2)) },
        Command::DefineUser { id: user_id(2), user: user(2) },
        Command::SetAutomaticMessage {
            code: CbotEventType::ConsumerStepUp,
            skill: None,
            message: text("Hi"),
        },
        Command::SetAutomaticMessage {
            code: CbotEventType::BackToQueue,
            skill: Some(skill_id(1)),
            message: text("Hi"),
        },
        Command::SetTtr { ttr: TtrSettings { urgent: Duration::from_secs(1), ..TtrSettings::default() } },
        Command::SetIdleTimers { idle: IdleTimers { awaiting_in_queue: queue, ..IdleTimers::default() } },
        Command::SetAutoClose { after: limits::AUTO_CLOSE_MIN },
        Command::SetFireAfterAutoclose { fire: true },
        Command::SetFencePolicy { policy: FencePolicy::Apply },
        Command::SetGeneration { generation: Generation::V2 },
        Command::SetEgress {
            egress: Egress { mode: EgressMode::Any, domains: ["*.example.com".to_owned()].into() },
        },
        Command::IssueToken { id: token_id(1), token: token(1), at: now() },
    ];
    let mut events = settled();
    for command in commands {
        let caused = decide(&events, command.clone()).unwrap();
        assert_eq!(caused.len(), 1, "{command:?}");
        let stored = serde_json::to_string(&caused[0]).unwrap();
        assert!(stored.starts_with(r#"{"type":""#), "{stored}");
        assert_eq!(serde_json::from_str::<Event>(&stored).unwrap(), caused[0]);
        events.extend(caused);
        let again = decide(&events, command.clone());
        if !matches!(command, Command::IssueToken { .. }) {
            assert_eq!(again, Ok(vec![]), "{command:?}");
        }
    }
    let account = after(&events).unwrap();
    assert_eq!(serde_json::from_str::<Account>(&serde_json::to_string(&account).unwrap()).unwrap(), account);
}

#[test]
fn what_was_defined_can_be_removed_again() {
    let before = after(&settled()).unwrap();
    let events = grown(
        settled(),
        [
            Command::DefineWorkingHours { hours: hours(1) },
            Command::RemoveWorkingHours { id: "1".parse().unwrap() },
            Command::DefineSpecialOccasions { occasions: occasions(1) },
            Command::RemoveSpecialOccasions { id: "1".parse().unwrap() },
            Command::DefineSkill { id: skill_id(2), skill: Skill::named("Support") },
            Command::SetAutomaticMessage {
                code: CbotEventType::BackToQueue,
                skill: Some(skill_id(2)),
                message: text("Hi"),
            },
            Command::RemoveSkill { id: skill_id(2) },
            Command::SetAutomaticMessage {
                code: CbotEventType::BackToQueue,
                skill: Some(skill_id(1)),
                message: text("Hi"),
            },
            Command::ClearAutomaticMessage { code: CbotEventType::BackToQueue, skill: Some(skill_id(1)) },
            Command::SetAutomaticMessage {
                code: CbotEventType::ConsumerStepUp,
                skill: None,
                message: text("Hi"),
            },
            Command::ClearAutomaticMessage { code: CbotEventType::ConsumerStepUp, skill: None },
            Command::DefineUser { id: user_id(2), user: user(2) },
            Command::IssueToken {
                id: token_id(2),
                token: AccessToken { principal: Principal::User(user_id(2)), ..token(2) },
                at: now(),
            },
            Command::IssueToken { id: token_id(1), token: token(1), at: now() },
            Command::RevokeToken { id: token_id(1) },
            Command::RemoveUser { id: user_id(2) },
        ],
    );
    assert_eq!(after(&events).unwrap(), before, "the removed user's token is gone, too");
}

#[test]
fn a_skill_has_the_accounts_settings_unless_it_has_its_own() {
    let own_ttr = TtrSettings { urgent: Duration::from_secs(30), ..TtrSettings::default() };
    let own_idle = IdleTimer { enabled: false, time: Duration::from_secs(20), repeat: 2 };
    let idle = IdleOverrides { agent_non_responsive: Some(own_idle), ..IdleOverrides::default() };
    let skill = Skill {
        ttr: Some(own_ttr),
        idle,
        working_hours: Some("1".parse().unwrap()),
        special_occasions: Some("1".parse().unwrap()),
        ..Skill::named("Support")
    };
    let events = grown(
        settled(),
        [
            Command::DefineWorkingHours { hours: hours(1) },
            Command::DefineSpecialOccasions { occasions: occasions(1) },
            Command::DefineSkill { id: skill_id(2), skill },
        ],
    );
    let account = after(&events).unwrap();
    let (plain, own) = (skill_id(1), skill_id(2));
    assert_eq!(account.ttr_of(Some(&own)), own_ttr);
    assert_eq!(account.ttr_of(Some(&plain)), account.ttr);
    assert_eq!(account.idle_of(Some(&own)).agent_non_responsive, own_idle);
    assert_eq!(account.idle_of(Some(&own)).awaiting_in_queue, account.idle.awaiting_in_queue);
    assert_eq!(account.idle_of(None), account.idle);
    let later = now().checked_add(Duration::from_hours(24)).unwrap();
    assert!(account.hours_of(Some(&own)).is_on(now()), "the fair");
    assert!(!account.hours_of(Some(&own)).is_on(later), "no hours otherwise");
    assert!(account.hours_of(Some(&plain)).is_on(later));
    assert!(account.hours_of(None).is_on(later));
    assert!(account.skill_exists(&own) && !account.skill_exists(&skill_id(3)));
}

#[test]
fn an_agent_is_named_by_number_by_account_and_number_or_by_pid() {
    let account = after(&settled()).unwrap();
    let pid = Pid::from_u128(1).to_string();
    for name in ["1", "demo.1", pid.as_str()] {
        assert_eq!(account.agent_by_text(name).map(|(id, _)| id), Some(user_id(1)), "{name}");
    }
    for name in ["2", "other.1", "demo.2", "demo.", "", "Ada", &Pid::from_u128(2).to_string()] {
        assert_eq!(account.agent_by_text(name), None, "{name}");
    }
}

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
fn a_token_that_does_not_fit_is_refused() {
    let events = grown(settled(), [Command::IssueToken { id: token_id(1), token: token(1), at: now() }]);
    let issue = |token| Command::IssueToken { id: token_id(2), token, at: now() };
    let consumer = Principal::Consumer(ConsumerId::from_bits(1));
    let operator: BTreeSet<_> = [UserRole::Operator].into();
    let refusals = [
        (issue(AccessToken { name: String::new(), ..token(2) }), "name.invalid"),
        (issue(AccessToken { sha256: "ABC".to_owned(), ..token(2) }), "token.hash_invalid"),
        (issue(AccessToken { sha256: "G".repeat(64), ..token(2) }), "token.hash_invalid"),
        (issue(token(1)), "token.taken"),
        (Command::IssueToken { id: token_id(1), token: token(2), at: now() }, "token.taken"),
        (issue(AccessToken { expires_at: now(), ..token(2) }), "token.expiry_invalid"),
        (issue(AccessToken { expires_at: Timestamp::MAX, ..token(2) }), "token.expiry_invalid"),
        (issue(AccessToken { principal: Principal::User(user_id(9)), ..token(2) }), "user.unknown"),
        (issue(AccessToken { roles: [UserRole::Administrator].into(), ..token(2) }), "token.roles_exceed"),
        (issue(AccessToken { principal: consumer, ..token(2) }), "token.roles_exceed"),
        (
            issue(AccessToken { principal: Principal::Application, roles: operator, ..token(2) }),
            "role.not_grantable",
        ),
        (Command::RevokeToken { id: token_id(9) }, "token.unknown"),
    ];
    for (command, code) in refusals {
        assert_eq!(refused(&events, command.clone()).code(), code, "{command:?}");
    }
    let account = after(&events).unwrap();
    assert_eq!(account.token_by_sha256(&token(1).sha256).map(|(id, _)| id), Some(token_id(1)));
    assert!(!format!("{account:?}").contains(&token(1).sha256), "hashes stay out of logs");
}

#[test]
fn anyone_may_end_their_own_token_but_not_anothers() {
    let mut events = grown(settled(), [Command::DefineUser { id: user_id(2), user: user(2) }]);
    let other = AccessToken { principal: Principal::User(user_id(2)), ..token(2) };
    events = grown(
        events,
        [
            Command::IssueToken { id: token_id(1), token: token(1), at: now() },
            Command::IssueToken { id: token_id(2), token: other, at: now() },
        ],
    );
    let own = decide_as(&events, &[UserRole::Agent], Command::RevokeToken { id: token_id(1) });
    assert_eq!(own, Ok(vec![Event::TokenRevoked { id: token_id(1) }]));
    let refusal = decide_as(&events, &[UserRole::Agent], Command::RevokeToken { id: token_id(2) });
    assert_eq!(refusal.unwrap_err().code(), "role.missing");
}

#[test]
fn a_token_speaks_for_its_holder_while_both_are_valid() {
    let manager = User { roles: [UserRole::Agent, UserRole::AgentManager].into(), ..user(1) };
    let both = AccessToken { roles: manager.roles.clone(), ..token(1) };
    let define = |user| Command::DefineUser { id: user_id(1), user };
    let events = grown(
        settled(),
        [define(manager.clone()), Command::IssueToken { id: token_id(1), token: both.clone(), at: now() }],
    );
    let roles_at = |events: &[Event], now| match after(events).unwrap().actor_of(&both.sha256, now) {
        Some(Actor::Principal { principal, token, roles }) => {
            assert_eq!((principal, token), (both.principal, Some(token_id(1))));
            Some(roles)
        }
        Some(Actor::System | Actor::Function { .. }) => panic!("a token speaks for nobody else"),
        None => None,
    };
    assert_eq!(roles_at(&events, now()), Some(both.roles.clone()));
    assert_eq!(roles_at(&events, both.expires_at), None, "it has expired");
    let demoted = grown(events.clone(), [define(user(1))]);
    assert_eq!(roles_at(&demoted, now()), Some(user(1).roles), "it allows no more than its holder may now");
    let disabled = grown(events.clone(), [define(User { enabled: false, ..manager })]);
    assert_eq!(roles_at(&disabled, now()), None);
    let revoked = grown(events, [Command::RevokeToken { id: token_id(1) }]);
    assert_eq!(roles_at(&revoked, now()), None);
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
