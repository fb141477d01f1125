//! The account after an event. Total: an event that fits nothing changes nothing.

use super::{Account, Event, Principal, TokenKind};
use crate::id::UserId;

/// The account after `event`; `None` before its creation.
pub(super) fn evolve(account: Option<Account>, event: &Event) -> Option<Account> {
    if let Event::Created { id, name, default_language } = event {
        return account.or_else(|| Some(Account::new(id.clone(), name.clone(), default_language.clone())));
    }
    account.map(|mut account| {
        apply(&mut account, event);
        account
    })
}

fn apply(account: &mut Account, event: &Event) {
    match event {
        // The first one counts, and was.
        Event::Created { .. } => {}
        Event::Renamed { name } => account.name.clone_from(name),
        Event::DefaultLanguageSet { language } => account.default_language = language.clone(),
        Event::ControllerBotSwitched { enabled } => account.controller_bot_enabled = *enabled,
        Event::DefaultSkillSet { skill } => account.default_skill.clone_from(skill),
        Event::TtrSet { ttr } => account.ttr = *ttr,
        Event::IdleTimersSet { idle } => account.idle = *idle,
        Event::AutoCloseSet { after } => account.auto_close = *after,
        Event::FireAfterAutocloseSet { fire } => account.fire_after_autoclose = *fire,
        Event::FencePolicySet { policy } => account.fence_policy = *policy,
        Event::RunLogSet { run_log } => account.run_log = *run_log,
        Event::ActivityDaysSet { days } => account.activity_days = *days,
        Event::GenerationSet { generation } => account.generation = *generation,
        Event::WindowSet { window } => account.window = window.clone(),
        Event::SurveySet { survey } => {
            if account.survey != *survey {
                account.survey_revision = account.survey_revision.saturating_add(1);
            }
            account.survey = survey.clone();
        }
        Event::EgressSet { egress } => account.egress = egress.clone(),
        Event::DomainAdded { domain } => drop(account.egress.domains.insert(domain.clone())),
        Event::DomainRemoved { domain } => drop(account.egress.domains.remove(domain)),
        Event::TokenIssued { .. }
        | Event::TokenRevoked { .. }
        | Event::PasswordSet { .. }
        | Event::ClientDefined { .. }
        | Event::ClientRemoved { .. }
        | Event::SecretSet { .. }
        | Event::SecretRemoved { .. }
        | Event::AppKeyIssued { .. }
        | Event::AppKeyRevoked { .. }
        | Event::WebhookDefined { .. }
        | Event::WebhookRemoved { .. } => apply_to_credentials(account, event),
        Event::SkillDefined { .. }
        | Event::SkillRemoved { .. }
        | Event::WorkingHoursDefined { .. }
        | Event::WorkingHoursRemoved { .. }
        | Event::SpecialOccasionsDefined { .. }
        | Event::SpecialOccasionsRemoved { .. }
        | Event::UserDefined { .. }
        | Event::UserRemoved { .. }
        | Event::AutomaticMessageSet { .. }
        | Event::AutomaticMessageCleared { .. } => apply_to_parts(account, event),
    }
}

/// The events about one skill, user, message and the like.
fn apply_to_parts(account: &mut Account, event: &Event) {
    match event {
        Event::SkillDefined { id, skill } => drop(account.skills.insert(id.clone(), skill.clone())),
        Event::SkillRemoved { id } => {
            account.skills.remove(id);
            account.skill_messages.remove(id);
        }
        Event::WorkingHoursDefined { hours } => {
            account.working_hours.insert(hours.id().clone(), hours.clone());
        }
        Event::WorkingHoursRemoved { id } => drop(account.working_hours.remove(id)),
        Event::SpecialOccasionsDefined { occasions } => {
            account.special_occasions.insert(occasions.id().clone(), occasions.clone());
        }
        Event::SpecialOccasionsRemoved { id } => drop(account.special_occasions.remove(id)),
        Event::UserDefined { id, user } => drop(account.users.insert(*id, user.clone())),
        Event::UserRemoved { id } => remove_user(account, *id),
        Event::AutomaticMessageSet { code, skill: None, message } => {
            account.automatic_messages.entries.insert(*code, message.clone());
        }
        Event::AutomaticMessageSet { code, skill: Some(skill), message } => {
            account.skill_messages.entry(skill.clone()).or_default().entries.insert(*code, message.clone());
        }
        Event::AutomaticMessageCleared { code, skill: None } => {
            account.automatic_messages.entries.remove(code);
        }
        Event::AutomaticMessageCleared { code, skill: Some(skill) } => {
            if let Some(own) = account.skill_messages.get_mut(skill) {
                own.entries.remove(code);
            }
            account.skill_messages.retain(|_, own| !own.entries.is_empty());
        }
        Event::Created { .. }
        | Event::Renamed { .. }
        | Event::DefaultLanguageSet { .. }
        | Event::ControllerBotSwitched { .. }
        | Event::DefaultSkillSet { .. }
        | Event::TtrSet { .. }
        | Event::IdleTimersSet { .. }
        | Event::AutoCloseSet { .. }
        | Event::FireAfterAutocloseSet { .. }
        | Event::FencePolicySet { .. }
        | Event::RunLogSet { .. }
        | Event::ActivityDaysSet { .. }
        | Event::GenerationSet { .. }
        | Event::WindowSet { .. }
        | Event::SurveySet { .. }
        | Event::EgressSet { .. }
        | Event::DomainAdded { .. }
        | Event::DomainRemoved { .. }
        | Event::TokenIssued { .. }
        | Event::TokenRevoked { .. }
        | Event::PasswordSet { .. }
        | Event::ClientDefined { .. }
        | Event::ClientRemoved { .. }
        | Event::SecretSet { .. }
        | Event::SecretRemoved { .. }
        | Event::AppKeyIssued { .. }
        | Event::AppKeyRevoked { .. }
        | Event::WebhookDefined { .. }
        | Event::WebhookRemoved { .. } => {}
    }
}

/// The events about what is secret: tokens, passwords, clients, app keys, secrets, webhooks with theirs.
#[expect(clippy::wildcard_enum_match_arm, reason = "`apply` lists every variant and sends only these")]
fn apply_to_credentials(account: &mut Account, event: &Event) {
    match event {
        Event::TokenIssued { id, token } => drop(account.tokens.insert(*id, token.clone())),
        Event::TokenRevoked { id } => drop(account.tokens.remove(id)),
        Event::PasswordSet { user, hash } => {
            match hash {
                Some(hash) => account.passwords.insert(*user, hash.clone()),
                None => account.passwords.remove(user),
            };
            end_sessions(account, *user);
        }
        Event::ClientDefined { id, client } => drop(account.clients.insert(*id, client.clone())),
        Event::ClientRemoved { id } => {
            account.clients.remove(id);
            account.tokens.retain(|_, token| token.principal != Principal::Client(*id));
        }
        Event::SecretSet { name, secret } => drop(account.secrets.insert(name.clone(), secret.clone())),
        Event::SecretRemoved { name } => drop(account.secrets.remove(name)),
        Event::AppKeyIssued { id, key } => drop(account.app_keys.insert(*id, key.clone())),
        Event::AppKeyRevoked { id } => {
            if let Some(key) = account.app_keys.remove(id) {
                end_sessions(account, key.user);
            }
        }
        Event::WebhookDefined { id, webhook } => drop(account.webhooks.insert(*id, webhook.clone())),
        Event::WebhookRemoved { id } => drop(account.webhooks.remove(id)),
        _ => {}
    }
}

fn end_sessions(account: &mut Account, user: UserId) {
    let own = Principal::User(user);
    account.tokens.retain(|_, token| token.kind != TokenKind::Session || token.principal != own);
}

fn remove_user(account: &mut Account, user: UserId) {
    account.users.remove(&user);
    account.passwords.remove(&user);
    account.app_keys.retain(|_, key| key.user != user);
    account.tokens.retain(|_, token| token.principal != Principal::User(user));
}
