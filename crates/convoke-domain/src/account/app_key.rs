//! App keys: what a bot's user logs in with in the place of a password (messaging contract §1.2). The two secrets of a key
//! arrive sealed and stay sealed: signatures are made with them, so that a hash would not do.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::command::Context;
use super::decide::{named, room};
use super::{Account, Event, Rejection, SealedValue, Stamp};
use crate::id::{AppKeyId, UserId};
use crate::limits;

/// An app key as it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppKey {
    /// What it is for, for people.
    pub name: String,
    /// Who logs in with it, and with no other name.
    pub user: UserId,
    /// What names the user's half of the key on the wire; no secret.
    pub access_token: String,
    /// Both secrets, sealed.
    pub sealed: SealedValue,
    /// When it was made, and by whom.
    pub created: Stamp,
}

impl fmt::Debug for AppKey {
    // What stands on the wire beside the secrets stays out of logs with them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppKey")
            .field("name", &self.name)
            .field("user", &self.user)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

/// A new key of a user. Keys are never changed: a secret that may be known to others is revoked with its key.
pub(super) fn issue(
    account: &Account,
    id: AppKeyId,
    (name, user, access_token, sealed): (String, UserId, String, SealedValue),
    context: &Context<'_>,
) -> Result<Event, Rejection> {
    let name = named("an app key's name", name)?;
    if !account.users.contains_key(&user) {
        return Err(Rejection::UserUnknown(user));
    }
    room(&account.app_keys, &id, "app keys", limits::APP_KEYS_MAX)?;
    let created = Stamp::new(context.now, context.actor);
    Ok(Event::AppKeyIssued { id, key: AppKey { name, user, access_token, sealed, created } })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{AccessToken, AccountMachine, Actor, Command, Principal, TokenKind, User, UserRole};
    use super::*;
    use crate::decider::Decider;
    use crate::id::TokenId;

    const ID: AppKeyId = AppKeyId::from_bits(1);

    #[expect(clippy::ref_option, reason = "it is the state of the machine, and the trait takes it so")]
    fn decide(state: &Option<Account>, command: Command, actor: &Actor) -> Result<Vec<Event>, Rejection> {
        AccountMachine::decide(state, command, &Context { now: Timestamp::UNIX_EPOCH, actor })
    }

    fn then(state: Option<Account>, command: Command) -> Option<Account> {
        let events = decide(&state, command, &Actor::System).unwrap();
        events.iter().fold(state, AccountMachine::evolve)
    }

    fn user() -> UserId {
        UserId::new(7).unwrap()
    }

    fn account() -> Option<Account> {
        let id = "demo".parse().unwrap();
        let create = Command::Create { id, name: "Demo".to_owned(), default_language: "en".parse().unwrap() };
        let bot = User {
            login_name: "echo".to_owned(),
            nickname: "Echo".to_owned(),
            pid: crate::id::Pid::from_u128(7),
            roles: [UserRole::Agent].into(),
            skills: std::collections::BTreeSet::new(),
            enabled: true,
            load_max: None,
        };
        then(then(None, create), Command::DefineUser { id: user(), user: bot })
    }

    fn issue(user: UserId) -> Command {
        let (name, access_token) = ("echo bot".to_owned(), "t".to_owned());
        Command::IssueAppKey { id: ID, name, user, access_token, sealed: SealedValue::new("s") }
    }

    fn session() -> Command {
        let token = AccessToken {
            name: "session".to_owned(),
            sha256: "ab".repeat(32),
            principal: Principal::User(user()),
            roles: [UserRole::Agent].into(),
            expires_at: Timestamp::from_second(3600).unwrap(),
            kind: TokenKind::Session,
        };
        Command::IssueToken { id: TokenId::from_bits(1), token, at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_key_is_a_users_and_goes_with_them() {
        let state = account();
        let nobody = UserId::new(8).unwrap();
        assert_eq!(decide(&state, issue(nobody), &Actor::System), Err(Rejection::UserUnknown(nobody)));
        let state = then(state, issue(user()));
        assert_eq!(state.as_ref().unwrap().app_keys[&ID].user, user());
        let state = then(state, Command::RemoveUser { id: user() });
        assert!(state.unwrap().app_keys.is_empty());
    }

    #[test]
    fn a_revoked_key_takes_its_users_sessions_along() {
        let state = then(then(account(), issue(user())), session());
        let state = then(state, Command::RevokeAppKey { id: ID });
        let account = state.as_ref().unwrap();
        assert!(account.app_keys.is_empty() && account.tokens.is_empty());
        let again = decide(&state, Command::RevokeAppKey { id: ID }, &Actor::System);
        assert_eq!(again, Err(Rejection::AppKeyUnknown(ID)));
    }

    #[test]
    fn keys_are_for_administrators() {
        let agent = Actor::Principal {
            principal: Principal::User(user()),
            token: None,
            roles: [UserRole::Agent, UserRole::FaasAdmin].into(),
        };
        let refused = decide(&account(), issue(user()), &agent);
        assert_eq!(refused, Err(Rejection::RoleMissing { needs: "administrator" }));
    }
}
