//! What a command causes in an account: who may, whether it fits, and then one event or none.

use std::collections::BTreeMap;
use std::time::Duration;

use super::credentials::{define_client, grantable, issue_token, set_password};
use super::evolve::evolve;
use super::window::set_window;
use super::{
    Account, Command, Context, Egress, Event, IdleTimer, IdleTimers, Principal, Rejection, RunLogSettings,
    Skill, User, UserRole, app_key, secret, webhook,
};
use crate::allow_list::DomainPattern;
use crate::automatic_message::FORBIDDEN;
use crate::decider::Decider;
use crate::id::{SkillId, SpecialOccasionsId, UserId, WorkingHoursId};
use crate::limits;
use crate::state_change::CbotEventType;

/// The machine of an account's settings.
#[derive(Debug, Clone, Copy)]
pub enum AccountMachine {}

impl Decider for AccountMachine {
    type State = Option<Account>;
    type Command = Command;
    type Event = Event;
    type Context<'a> = Context<'a>;
    type Rejection = Rejection;

    fn initial() -> Option<Account> {
        None
    }

    fn decide(
        state: &Option<Account>,
        command: Command,
        context: &Context<'_>,
    ) -> Result<Vec<Event>, Rejection> {
        let events = match (state, command) {
            (None, Command::Create { id, name, default_language }) => {
                require(context, &[UserRole::Operator], "operator")?;
                vec![Event::Created { id, name: named("an account's name", name)?, default_language }]
            }
            (Some(_), Command::Create { .. }) => return Err(Rejection::AccountExists),
            (None, _) => return Err(Rejection::AccountUnknown),
            (Some(account), command) => {
                authorize(account, &command, context)?;
                accepted(account, command, context)?
            }
        };
        // What changes nothing did not happen.
        let changes = events.iter().fold(state.clone(), evolve) != *state;
        Ok(if changes { events } else { vec![] })
    }

    fn evolve(state: Option<Account>, event: &Event) -> Option<Account> {
        evolve(state, event)
    }
}

fn authorize(account: &Account, command: &Command, context: &Context<'_>) -> Result<(), Rejection> {
    const ADMINISTRATION: &[UserRole] = &[UserRole::Operator, UserRole::Administrator];
    const ALLOW_LIST: &[UserRole] = &[UserRole::Operator, UserRole::Administrator, UserRole::FaasAdmin];
    if let Command::SetSecret { name, .. } | Command::RemoveSecret { name } = command {
        return secret::authorize(account, name, context);
    }
    if let Command::SetEgress { .. }
    | Command::AddDomain { .. }
    | Command::RemoveDomain { .. }
    | Command::SetRunLog { .. } = command
    {
        return require(context, ALLOW_LIST, "functions administrator");
    }
    if let Command::RevokeToken { id } = command
        && account.tokens.get(id).is_some_and(|token| context.actor.is(token.principal))
    {
        return Ok(());
    }
    if let Command::SetPassword { user, hash: Some(_) } = command
        && context.actor.is(Principal::User(*user))
    {
        return Ok(());
    }
    require(context, ADMINISTRATION, "administrator")
}

fn require(context: &Context<'_>, roles: &[UserRole], needs: &'static str) -> Result<(), Rejection> {
    if context.actor.has_any(roles) { Ok(()) } else { Err(Rejection::RoleMissing { needs }) }
}

/// The events of a command that the account accepts: one, but that a new token can end others, and that a message can come
/// with its timer.
fn accepted(account: &Account, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
    if let Command::IssueToken { id, token, at } = command {
        return issue_token(account, id, (token, at), context);
    }
    if let Command::SetIdleMessage { code, skill, message, time } = command {
        let timed = timed(account, code, skill.clone(), time)?;
        let message = checked(account, Command::SetAutomaticMessage { code, skill, message }, context)?;
        return Ok(vec![message, timed]);
    }
    Ok(vec![checked(account, command, context)?])
}

/// The idle timer that `code` belongs to, with another time.
fn timed(
    account: &Account,
    code: CbotEventType,
    skill: Option<SkillId>,
    time: Duration,
) -> Result<Event, Rejection> {
    known(account, skill.as_ref())?;
    let mut idle = account.idle_of(skill.as_ref());
    let timer = IdleTimer { time, ..idle.of_code(code).ok_or(Rejection::NoIdleTimer(code))? };
    if let Some(id) = skill
        && let Some(mut skill) = account.skills.get(&id).cloned()
    {
        skill.idle.set(code, timer);
        define_skill(account, id, skill)
    } else {
        idle.set(code, timer);
        set_idle(idle)
    }
}

/// The event of a command that the account accepts.
fn checked(account: &Account, command: Command, context: &Context<'_>) -> Result<Event, Rejection> {
    Ok(match command {
        // These are decided before.
        Command::Create { .. } | Command::IssueToken { .. } | Command::SetIdleMessage { .. } => {
            return Err(Rejection::AccountExists);
        }
        Command::Rename { name } => Event::Renamed { name: named("an account's name", name)? },
        Command::SetDefaultLanguage { language } => Event::DefaultLanguageSet { language },
        Command::SwitchControllerBot { enabled } => Event::ControllerBotSwitched { enabled },
        Command::DefineSkill { id, skill } => define_skill(account, id, skill)?,
        Command::RemoveSkill { id } => remove_skill(account, id)?,
        Command::SetDefaultSkill { skill } => set_default_skill(account, skill)?,
        Command::DefineWorkingHours { hours } => {
            room(&account.working_hours, hours.id(), "working hours", limits::HOURS_MAX)?;
            Event::WorkingHoursDefined { hours }
        }
        Command::RemoveWorkingHours { id } => remove_working_hours(account, id)?,
        Command::DefineSpecialOccasions { occasions } => {
            room(&account.special_occasions, occasions.id(), "sets of special occasions", limits::HOURS_MAX)?;
            Event::SpecialOccasionsDefined { occasions }
        }
        Command::RemoveSpecialOccasions { id } => remove_special_occasions(account, id)?,
        Command::DefineUser { id, user } => define_user(account, id, user, context)?,
        Command::RemoveUser { id } if account.users.contains_key(&id) => Event::UserRemoved { id },
        Command::RemoveUser { id } => return Err(Rejection::UserUnknown(id)),
        Command::SetAutomaticMessage { code, skill, message } => {
            known(account, skill.as_ref())?;
            message.check()?;
            Event::AutomaticMessageSet { code, skill, message }
        }
        Command::ClearAutomaticMessage { code, skill } => {
            known(account, skill.as_ref())?;
            Event::AutomaticMessageCleared { code, skill }
        }
        Command::SetTtr { ttr } => ttr.check().map(|()| Event::TtrSet { ttr })?,
        Command::SetIdleTimers { idle } => set_idle(idle)?,
        Command::SetAutoClose { after } => set_auto_close(after)?,
        Command::SetFireAfterAutoclose { fire } => Event::FireAfterAutocloseSet { fire },
        Command::SetFencePolicy { policy } => Event::FencePolicySet { policy },
        Command::SetRunLog { run_log } => set_run_log(run_log)?,
        Command::SetActivityDays { days } => set_activity_days(days)?,
        Command::SetGeneration { generation } => Event::GenerationSet { generation },
        Command::SetWindow { window } => set_window(window)?,
        Command::SetSurvey { survey } => {
            survey.check()?;
            Event::SurveySet { survey }
        }
        Command::SetEgress { egress } => check_egress(&egress).map(|()| Event::EgressSet { egress })?,
        Command::AddDomain { domain } => add_domain(account, domain)?,
        Command::RemoveDomain { domain } => remove_domain(account, domain)?,
        Command::SetPassword { user, hash } => set_password(account, user, hash)?,
        Command::DefineClient { id, name, roles, secret_sha256 } => {
            define_client(account, id, (name, roles, secret_sha256), context)?
        }
        Command::RemoveClient { id } if account.clients.contains_key(&id) => Event::ClientRemoved { id },
        Command::RemoveClient { id } => return Err(Rejection::ClientUnknown(id)),
        Command::SetSecret { name, sealed, version, chars } => {
            secret::set(account, name, (sealed, version), chars, context)?
        }
        Command::RemoveSecret { name } => secret::remove(account, name, context)?,
        Command::IssueAppKey { id, name, user, access_token, sealed } => {
            app_key::issue(account, id, (name, user, access_token, sealed), context)?
        }
        Command::RevokeAppKey { id } if account.app_keys.contains_key(&id) => Event::AppKeyRevoked { id },
        Command::RevokeAppKey { id } => return Err(Rejection::AppKeyUnknown(id)),
        Command::DefineWebhook { id, plan, sealed } => webhook::define(account, id, plan, sealed, context)?,
        Command::RemoveWebhook { id } if account.webhooks.contains_key(&id) => Event::WebhookRemoved { id },
        Command::RemoveWebhook { id } => return Err(Rejection::WebhookUnknown(id)),
        Command::RevokeToken { id } if account.tokens.contains_key(&id) => Event::TokenRevoked { id },
        Command::RevokeToken { id } => return Err(Rejection::TokenUnknown(id)),
    })
}

fn define_skill(account: &Account, id: SkillId, mut skill: Skill) -> Result<Event, Rejection> {
    skill.name = named("a skill's name", skill.name)?;
    room(&account.skills, &id, "skills", limits::SKILLS_MAX)?;
    let taken = account.skills.iter().find(|&(other, known)| *other != id && known.name == skill.name);
    if let Some((other, _)) = taken {
        return Err(Rejection::SkillNameTaken { name: skill.name, other: other.clone() });
    }
    if !skill.enabled && account.default_skill.as_ref() == Some(&id) {
        return Err(Rejection::SkillIsDefault(id));
    }
    if let Some(hours) =
        skill.working_hours.as_ref().filter(|hours| !account.working_hours.contains_key(hours))
    {
        return Err(Rejection::WorkingHoursUnknown(hours.clone()));
    }
    let occasions = skill.special_occasions.as_ref();
    if let Some(occasions) = occasions.filter(|occasions| !account.special_occasions.contains_key(occasions))
    {
        return Err(Rejection::SpecialOccasionsUnknown(occasions.clone()));
    }
    skill.ttr.map_or(Ok(()), |ttr| ttr.check())?;
    let own =
        [skill.idle.awaiting_in_queue, skill.idle.agent_non_responsive, skill.idle.consumer_non_responsive];
    if !own.iter().flatten().all(IdleTimer::is_valid) {
        return Err(Rejection::IdleOutOfRange);
    }
    Ok(Event::SkillDefined { id, skill })
}

fn remove_skill(account: &Account, id: SkillId) -> Result<Event, Rejection> {
    known(account, Some(&id))?;
    if account.default_skill.as_ref() == Some(&id) {
        return Err(Rejection::SkillIsDefault(id));
    }
    if let Some((&user, _)) = account.users.iter().find(|(_, user)| user.skills.contains(&id)) {
        return Err(Rejection::SkillServed { skill: id, user });
    }
    Ok(Event::SkillRemoved { id })
}

fn set_default_skill(account: &Account, skill: Option<SkillId>) -> Result<Event, Rejection> {
    known(account, skill.as_ref())?;
    match skill {
        Some(skill) if !account.skill_enabled(&skill) => Err(Rejection::SkillDisabled(skill)),
        skill => Ok(Event::DefaultSkillSet { skill }),
    }
}

fn remove_working_hours(account: &Account, id: WorkingHoursId) -> Result<Event, Rejection> {
    if !account.working_hours.contains_key(&id) {
        return Err(Rejection::WorkingHoursUnknown(id));
    }
    let user = account.skills.iter().find(|(_, skill)| skill.working_hours.as_ref() == Some(&id));
    match user {
        Some((skill, _)) => Err(Rejection::WorkingHoursInUse { hours: id, skill: skill.clone() }),
        None => Ok(Event::WorkingHoursRemoved { id }),
    }
}

fn remove_special_occasions(account: &Account, id: SpecialOccasionsId) -> Result<Event, Rejection> {
    if !account.special_occasions.contains_key(&id) {
        return Err(Rejection::SpecialOccasionsUnknown(id));
    }
    let user = account.skills.iter().find(|(_, skill)| skill.special_occasions.as_ref() == Some(&id));
    match user {
        Some((skill, _)) => Err(Rejection::SpecialOccasionsInUse { occasions: id, skill: skill.clone() }),
        None => Ok(Event::SpecialOccasionsRemoved { id }),
    }
}

fn define_user(
    account: &Account,
    id: UserId,
    mut user: User,
    context: &Context<'_>,
) -> Result<Event, Rejection> {
    user.login_name = named("a login name", user.login_name)?;
    user.nickname = named("a nickname", user.nickname)?;
    if user.nickname.contains(FORBIDDEN) {
        return Err(Rejection::NicknameCharacter);
    }
    if user.load_max.is_some_and(|load| load > limits::USER_LOAD_MAX) {
        return Err(Rejection::LoadTooHigh);
    }
    room(&account.users, &id, "users", limits::USERS_MAX)?;
    let had = account.users.get(&id).map(|known| &known.roles);
    grantable(&user.roles, had, context)?;
    user.skills.iter().try_for_each(|skill| known(account, Some(skill)))?;
    for (&other, known) in account.users.iter().filter(|&(&other, _)| other != id) {
        if known.login_name == user.login_name {
            return Err(Rejection::LoginNameTaken { name: user.login_name, other });
        }
        if known.pid == user.pid {
            return Err(Rejection::PidTaken { other });
        }
    }
    Ok(Event::UserDefined { id, user })
}

fn set_idle(idle: IdleTimers) -> Result<Event, Rejection> {
    let all = [idle.awaiting_in_queue, idle.agent_non_responsive, idle.consumer_non_responsive];
    let good = all.iter().all(IdleTimer::is_valid);
    good.then_some(Event::IdleTimersSet { idle }).ok_or(Rejection::IdleOutOfRange)
}

fn set_auto_close(after: Duration) -> Result<Event, Rejection> {
    let good =
        (limits::AUTO_CLOSE_MIN..=limits::AUTO_CLOSE_MAX).contains(&after) && after.subsec_nanos() == 0;
    good.then_some(Event::AutoCloseSet { after }).ok_or(Rejection::AutoCloseOutOfRange)
}

fn set_run_log(run_log: RunLogSettings) -> Result<Event, Rejection> {
    let good = limits::RUN_LOG_DAYS.contains(&run_log.days)
        && run_log.recording_days <= *limits::RUN_LOG_DAYS.end()
        && run_log.figure_days.is_none_or(|days| limits::RUN_LOG_DAYS.contains(&days));
    good.then_some(Event::RunLogSet { run_log }).ok_or(Rejection::RunLogDaysOutOfRange)
}

fn set_activity_days(days: u16) -> Result<Event, Rejection> {
    let good = limits::ACTIVITY_DAYS.contains(&days);
    good.then_some(Event::ActivityDaysSet { days }).ok_or(Rejection::ActivityDaysOutOfRange)
}

/// The form of the domains only; what the allow-list makes of them is its own business.
fn check_egress(egress: &Egress) -> Result<(), Rejection> {
    if egress.domains.len() > limits::DOMAINS_MAX {
        return Err(Rejection::TooMany { what: "domains", max: limits::DOMAINS_MAX });
    }
    match egress.domains.iter().find(|domain| !is_domain(domain)) {
        Some(domain) => Err(Rejection::DomainInvalid(domain.clone())),
        None => Ok(()),
    }
}

/// Domains are kept as the allow-list reads them, so that what is listed is what is permitted.
fn is_domain(domain: &str) -> bool {
    DomainPattern::parse(domain).is_ok_and(|pattern| pattern.to_string() == domain)
}

fn add_domain(account: &Account, domain: String) -> Result<Event, Rejection> {
    if !is_domain(&domain) {
        return Err(Rejection::DomainInvalid(domain));
    }
    if account.egress.domains.len() >= limits::DOMAINS_MAX && !account.egress.domains.contains(&domain) {
        return Err(Rejection::TooMany { what: "domains", max: limits::DOMAINS_MAX });
    }
    Ok(Event::DomainAdded { domain })
}

fn remove_domain(account: &Account, domain: String) -> Result<Event, Rejection> {
    if account.egress.domains.contains(&domain) {
        Ok(Event::DomainRemoved { domain })
    } else {
        Err(Rejection::DomainUnknown(domain))
    }
}

fn known(account: &Account, skill: Option<&SkillId>) -> Result<(), Rejection> {
    match skill.filter(|skill| !account.skill_exists(skill)) {
        Some(skill) => Err(Rejection::SkillUnknown(skill.clone())),
        None => Ok(()),
    }
}

/// Whether there is room for `key`; replacing needs none.
pub(super) fn room<K: Ord, V>(
    map: &BTreeMap<K, V>,
    key: &K,
    what: &'static str,
    max: usize,
) -> Result<(), Rejection> {
    if map.len() < max || map.contains_key(key) { Ok(()) } else { Err(Rejection::TooMany { what, max }) }
}

/// A name that people gave, trimmed.
pub(super) fn named(what: &'static str, name: String) -> Result<String, Rejection> {
    let trimmed = name.trim();
    let good = !trimmed.is_empty()
        && trimmed.chars().count() <= limits::NAME_CHARS_MAX
        && !trimmed.chars().any(char::is_control);
    if !good {
        return Err(Rejection::NameInvalid { what });
    }
    Ok(if trimmed.len() == name.len() { name } else { trimmed.to_owned() })
}
