//! A change of settings, as readers may see it.

use convoke_domain::account::{Account, Event};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Activity, Entry, recorded};
use crate::v1::app_key::AppKey;
use crate::v1::client::Client;
use crate::v1::diff::changes;
use crate::v1::secret::Secret;
use crate::v1::settings::Settings;
use crate::v1::token::Token;
use crate::v1::webhook::Webhook;

impl Activity {
    /// A change of settings between these two states of the account.
    pub fn of_settings(entry: &Entry<'_, Event>, before: Option<&Account>, after: Option<&Account>) -> Self {
        let (change, mut details) = recorded(entry.event);
        hide(&mut details);
        let subject = |account: Option<&Account>| account.map_or(Value::Null, |it| subject(entry.event, it));
        Self {
            seq: entry.seq.number(),
            at: entry.at,
            by: entry.by.into(),
            change,
            details,
            changes: changes(&subject(before), &subject(after)),
            source: None,
        }
    }
}

/// Takes out what a token, a password or a client's secret hash to, and sealed values.
fn hide(details: &mut Map<String, Value>) {
    const HIDDEN: [(&str, &str); 6] = [
        ("token", "sha256"),
        ("client", "secret_sha256"),
        ("key", "sealed"),
        ("key", "access_token"),
        ("secret", "sealed"),
        ("webhook", "sealed"),
    ];
    for (part, field) in HIDDEN {
        if let Some(Value::Object(part)) = details.get_mut(part) {
            part.remove(field);
        }
    }
    if let Some(hash) = details.remove("hash") {
        details.insert("has_password".to_owned(), Value::Bool(!hash.is_null()));
    }
}

/// The part of the account that an event is about, as readers may see it.
fn subject(event: &Event, account: &Account) -> Value {
    match event {
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
        | Event::DomainRemoved { .. } => value(&Settings::from(account)),
        Event::SkillDefined { id, .. } | Event::SkillRemoved { id } => named(account.skills.get(id)),
        Event::WorkingHoursDefined { hours } => named(account.working_hours.get(hours.id())),
        Event::WorkingHoursRemoved { id } => named(account.working_hours.get(id)),
        Event::SpecialOccasionsDefined { occasions } => named(account.special_occasions.get(occasions.id())),
        Event::SpecialOccasionsRemoved { id } => named(account.special_occasions.get(id)),
        Event::UserDefined { id, .. } | Event::UserRemoved { id } => named(account.users.get(id)),
        Event::AutomaticMessageSet { code, skill, .. } | Event::AutomaticMessageCleared { code, skill } => {
            let messages = match skill {
                Some(skill) => account.skill_messages.get(skill),
                None => Some(&account.automatic_messages),
            };
            named(messages.and_then(|messages| messages.entries.get(code)))
        }
        Event::TokenIssued { id, .. } | Event::TokenRevoked { id } => {
            named(account.tokens.get(id).map(|token| Token::of(*id, token)).as_ref())
        }
        Event::ClientDefined { id, .. } | Event::ClientRemoved { id } => {
            named(account.clients.get(id).map(|client| Client::of(*id, client)).as_ref())
        }
        Event::AppKeyIssued { id, .. } | Event::AppKeyRevoked { id } => {
            named(account.app_keys.get(id).map(|key| AppKey::of(*id, key)).as_ref())
        }
        Event::SecretSet { name, .. } | Event::SecretRemoved { name } => {
            named(account.secrets.get(name).map(|secret| Secret::of(name, secret)).as_ref())
        }
        Event::WebhookDefined { id, .. } | Event::WebhookRemoved { id } => {
            named(account.webhooks.get(id).map(|webhook| Webhook::of(*id, webhook)).as_ref())
        }
        Event::PasswordSet { user, .. } => json!({ "has_password": account.passwords.contains_key(user) }),
    }
}

/// Something that may not be there: without it, an object without fields, so that every field counts as new or gone.
fn named(part: Option<&impl Serialize>) -> Value {
    part.map_or_else(|| Value::Object(Map::new()), value)
}

fn value(part: &impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use convoke_domain::account::{
        AccessToken, AccountMachine, Actor, AppKey as Key, PasswordHash, Principal, SealedValue, Secret,
        Skill, Stamp, TokenKind,
    };
    use convoke_domain::decider::Decider;
    use convoke_domain::id::{AppKeyId, TokenId, UserId};
    use convoke_domain::sequence::EventSeq;
    use jiff::Timestamp;

    use super::*;

    /// What is told of the last of these events.
    fn told(events: &[Event]) -> Activity {
        let (last, earlier) = events.split_last().unwrap();
        let created = Event::Created {
            id: "demo".parse().unwrap(),
            name: "Demo".to_owned(),
            default_language: "en".parse().unwrap(),
        };
        let before = std::iter::once(&created).chain(earlier).fold(None, AccountMachine::evolve);
        let after = AccountMachine::evolve(before.clone(), last);
        let entry =
            Entry { seq: EventSeq::FIRST, at: Timestamp::UNIX_EPOCH, by: &Actor::System, event: last };
        Activity::of_settings(&entry, before.as_ref(), after.as_ref())
    }

    #[test]
    fn a_changed_skill_shows_only_what_is_different() {
        let define = |name: &str| Event::SkillDefined { id: "1".parse().unwrap(), skill: Skill::named(name) };
        let shown = told(&[define("Sales"), define("Shop")]);
        assert_eq!(shown.change, "skill_defined");
        let [change] = shown.changes.as_slice() else { panic!("{:?}", shown.changes) };
        assert_eq!((change.field.as_str(), &change.before), ("name", &Some("Sales".into())));
        let shown = told(&[define("Sales")]);
        assert!(shown.changes.iter().any(|change| change.field == "name" && change.before.is_none()));
    }

    #[test]
    fn a_setting_shows_what_it_was() {
        let shown = told(&[Event::ControllerBotSwitched { enabled: true }]);
        let [change] = shown.changes.as_slice() else { panic!("{:?}", shown.changes) };
        assert_eq!((change.field.as_str(), &change.after), ("controller_bot_enabled", &Some(true.into())));
    }

    #[test]
    fn credentials_and_secrets_are_shown_without_what_they_are() {
        let token = AccessToken {
            name: "ci".to_owned(),
            sha256: "ab".repeat(32),
            principal: Principal::Application,
            roles: BTreeSet::new(),
            expires_at: Timestamp::UNIX_EPOCH,
            kind: TokenKind::Key,
        };
        let user = UserId::new(1).unwrap();
        let sealed = SealedValue::new("c2VhbGVk");
        let secret = Secret { sealed, version: 3, updated: Stamp::default() };
        let key = Key {
            name: "bot".to_owned(),
            user,
            access_token: "accessed".to_owned(),
            sealed: SealedValue::new("c2VhbGVk"),
            created: Stamp::default(),
        };
        let events = [
            Event::AppKeyIssued { id: AppKeyId::from_bits(1), key },
            Event::TokenIssued { id: TokenId::from_bits(1), token },
            Event::PasswordSet { user, hash: Some(PasswordHash::new("$argon2id$hash")) },
            Event::SecretSet { name: "key".parse().unwrap(), secret },
        ];
        for event in events {
            let shown = serde_json::to_string(&told(std::slice::from_ref(&event))).unwrap();
            for hidden in ["abab", "argon2id", "c2VhbGVk", "accessed"] {
                assert!(!shown.contains(hidden), "{shown}");
            }
        }
    }
}
