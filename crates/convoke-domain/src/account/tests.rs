//! What an account is and what its commands do to it.

mod properties;
mod refusals;
mod tokens;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

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
