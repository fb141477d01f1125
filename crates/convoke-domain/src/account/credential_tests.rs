//! Passwords, sessions, clients, secrets and domains: what an account accepts and refuses of them.

#![expect(clippy::ref_option, reason = "it is the state of the machine, and the trait takes it so")]

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::decider::Decider;
use crate::id::{ClientId, FunctionId, Pid, SecretName, TokenId, UserId};
use crate::limits;

fn now() -> Timestamp {
    "2026-06-10T12:00:00Z".parse().unwrap()
}

fn user_id(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

fn actor(number: u64, roles: &[UserRole]) -> Actor {
    let principal = Principal::User(user_id(number));
    Actor::Principal { principal, token: None, roles: roles.iter().copied().collect() }
}

fn function() -> Actor {
    Actor::Function { function: FunctionId::from_bits(1) }
}

/// An account with the users 1 and 2, both agents.
fn account() -> Option<Account> {
    let user = |number: u64| User {
        login_name: format!("user{number}"),
        nickname: format!("User {number}"),
        pid: Pid::from_u128(u128::from(number)),
        skills: BTreeSet::new(),
        roles: [UserRole::Agent].into(),
        enabled: true,
        load_max: None,
    };
    let id = "demo".parse().unwrap();
    let commands = [
        Command::Create { id, name: "Demo".to_owned(), default_language: "en".parse().unwrap() },
        Command::DefineUser { id: user_id(1), user: user(1) },
        Command::DefineUser { id: user_id(2), user: user(2) },
    ];
    commands.into_iter().fold(None, |state, command| done(&state, command, &Actor::System))
}

fn decide(state: &Option<Account>, command: Command, by: &Actor) -> Result<Vec<Event>, Rejection> {
    AccountMachine::decide(state, command, &Context { now: now(), actor: by })
}

#[track_caller]
fn done(state: &Option<Account>, command: Command, by: &Actor) -> Option<Account> {
    let events = decide(state, command, by).unwrap();
    events.iter().fold(state.clone(), AccountMachine::evolve)
}

#[track_caller]
fn refused(state: &Option<Account>, command: Command, by: &Actor, code: &str) {
    assert_eq!(decide(state, command, by).unwrap_err().code(), code);
}

fn token(number: u128, kind: TokenKind, hours: u64) -> Command {
    let token = AccessToken {
        name: "login".to_owned(),
        sha256: format!("{number:064x}"),
        principal: Principal::User(user_id(1)),
        roles: [UserRole::Agent].into(),
        expires_at: now().checked_add(Duration::from_hours(hours)).unwrap(),
        kind,
    };
    Command::IssueToken { id: TokenId::from_bits(number), token, at: now() }
}

fn password(user: u64, text: &str) -> Command {
    Command::SetPassword { user: user_id(user), hash: Some(PasswordHash::new(text)) }
}

#[test]
fn a_new_password_ends_the_users_sessions_and_leaves_keys_and_others() {
    let mut state = account();
    for command in [password(1, "one"), token(1, TokenKind::Session, 1), token(2, TokenKind::Key, 1)] {
        state = done(&state, command, &Actor::System);
    }
    state = done(&state, password(1, "two"), &Actor::System);
    let account = state.unwrap();
    assert_eq!(account.tokens.keys().copied().collect::<Vec<_>>(), [TokenId::from_bits(2)]);
    assert_eq!(account.passwords[&user_id(1)].as_str(), "two");
}

#[test]
fn users_change_their_own_password_and_administrators_everybodys() {
    let state = account();
    done(&state, password(1, "mine"), &actor(1, &[UserRole::Agent]));
    done(&state, password(1, "given"), &actor(2, &[UserRole::Administrator]));
    refused(&state, password(2, "theirs"), &actor(1, &[UserRole::Agent]), "role.missing");
    let none = Command::SetPassword { user: user_id(1), hash: None };
    refused(&state, none, &actor(1, &[UserRole::Agent]), "role.missing");
    refused(&state, password(9, "x"), &Actor::System, "user.unknown");
}

#[test]
fn a_removed_user_leaves_no_password() {
    let state = done(&account(), password(1, "one"), &Actor::System);
    let state = done(&state, Command::RemoveUser { id: user_id(1) }, &Actor::System);
    assert!(state.unwrap().passwords.is_empty());
}

#[test]
fn a_login_too_many_ends_the_oldest_session() {
    let mut state = account();
    let most = u128::try_from(limits::USER_SESSIONS_MAX).unwrap();
    for number in 1..=most + 1 {
        state =
            done(&state, token(number, TokenKind::Session, u64::try_from(number).unwrap()), &Actor::System);
    }
    let account = state.unwrap();
    assert_eq!(account.tokens.len(), limits::USER_SESSIONS_MAX);
    assert!(!account.tokens.contains_key(&TokenId::from_bits(1)));
}

#[test]
fn expired_tokens_make_room_when_a_new_one_is_issued() {
    let state = done(&account(), token(1, TokenKind::Key, 1), &Actor::System);
    let Command::IssueToken { id, token, .. } = token(2, TokenKind::Key, 2) else { unreachable!() };
    // By the real time; the engine's clock has not moved.
    let at = now().checked_add(Duration::from_hours(1)).unwrap();
    let events = decide(&state, Command::IssueToken { id, token, at }, &Actor::System).unwrap();
    assert_eq!(events[0], Event::TokenRevoked { id: TokenId::from_bits(1) });
    assert_eq!(events.len(), 2);
}

#[test]
fn only_the_platform_opens_sessions() {
    let admin = actor(1, &[UserRole::Administrator]);
    refused(&account(), token(1, TokenKind::Session, 1), &admin, "role.missing");
}

fn client(roles: &[UserRole], hash: char) -> Command {
    Command::DefineClient {
        id: ClientId::from_bits(1),
        name: "orders".to_owned(),
        roles: roles.iter().copied().collect(),
        secret_sha256: hash.to_string().repeat(64),
    }
}

#[test]
fn a_removed_clients_tokens_end_and_roles_it_lost_count_no_longer() {
    let admin = actor(1, &[UserRole::Administrator]);
    let mut state =
        done(&account(), client(&[UserRole::FaasInvocation, UserRole::FaasDeveloper], 'a'), &admin);
    let issued = AccessToken {
        principal: Principal::Client(ClientId::from_bits(1)),
        roles: [UserRole::FaasInvocation, UserRole::FaasDeveloper].into(),
        name: "t".to_owned(),
        sha256: "b".repeat(64),
        expires_at: now().checked_add(Duration::from_hours(1)).unwrap(),
        kind: TokenKind::Key,
    };
    state = done(&state, Command::IssueToken { id: TokenId::from_bits(7), token: issued, at: now() }, &admin);
    state = done(&state, client(&[UserRole::FaasInvocation], 'a'), &admin);
    let Some(Actor::Principal { roles, .. }) = state.as_ref().unwrap().actor_of(&"b".repeat(64), now())
    else {
        panic!("the token counts")
    };
    assert_eq!(roles, [UserRole::FaasInvocation].into());
    state = done(&state, Command::RemoveClient { id: ClientId::from_bits(1) }, &admin);
    assert!(state.unwrap().tokens.is_empty());
}

#[test]
fn a_client_that_does_not_fit_is_refused() {
    let admin = actor(1, &[UserRole::Administrator]);
    refused(&account(), client(&[UserRole::Operator], 'a'), &admin, "role.not_grantable");
    refused(&account(), client(&[], 'G'), &admin, "token.hash_invalid");
    refused(&account(), client(&[], 'a'), &actor(1, &[UserRole::FaasAdmin]), "role.missing");
    let unknown = Command::RemoveClient { id: ClientId::from_bits(9) };
    refused(&account(), unknown, &admin, "client.unknown");
}

fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

fn secret(text: &str, version: u32) -> Command {
    Command::SetSecret { name: name(text), sealed: SealedValue::new("sealed"), version, chars: 5 }
}

#[test]
fn a_secret_counts_its_versions_and_remembers_who_set_it() {
    let admin = actor(1, &[UserRole::FaasAdmin]);
    let state = done(&account(), secret("api_key", 1), &admin);
    let state = done(&state, secret("api_key", 2), &function());
    let known = state.as_ref().unwrap().secrets[&name("api_key")].clone();
    assert_eq!((known.version, known.updated.by), (2, Author::Function(FunctionId::from_bits(1))));
    refused(&state, secret("api_key", 2), &admin, "secret.changed");
    let state = done(&state, Command::RemoveSecret { name: name("api_key") }, &admin);
    assert!(state.unwrap().secrets.is_empty());
}

#[test]
fn a_function_renews_secrets_and_neither_makes_nor_removes_them() {
    let admin = actor(1, &[UserRole::FaasAdmin]);
    refused(&account(), secret("api_key", 1), &function(), "secret.unknown");
    let state = done(&account(), secret("api_key", 1), &admin);
    refused(&state, Command::RemoveSecret { name: name("api_key") }, &function(), "role.missing");
}

#[test]
fn secrets_are_for_functions_administrators() {
    for role in UserRole::ALL {
        let may = matches!(role, UserRole::Operator | UserRole::Administrator | UserRole::FaasAdmin);
        assert_eq!(decide(&account(), secret("key", 1), &actor(1, &[role])).is_ok(), may, "{role:?}");
    }
}

#[test]
fn a_secret_that_does_not_fit_is_refused() {
    let admin = actor(1, &[UserRole::FaasAdmin]);
    for reserved in ["LIVEPERSON_DEFAULT_APP_KEY", "lp-faas-default-app-key"] {
        refused(&account(), secret(reserved, 1), &admin, "secret.name_reserved");
        done(&account(), secret(reserved, 1), &Actor::System);
    }
    let sized =
        |chars| Command::SetSecret { name: name("k"), sealed: SealedValue::new("s"), version: 1, chars };
    done(&account(), sized(limits::SECRET_VALUE_CHARS_MAX), &admin);
    refused(&account(), sized(limits::SECRET_VALUE_CHARS_MAX + 1), &admin, "secret.value_too_long");
    refused(&account(), Command::RemoveSecret { name: name("none") }, &admin, "secret.unknown");
    for bad in ["", "a b", "ü", &"x".repeat(101)] {
        assert!(bad.parse::<SecretName>().is_err(), "{bad}");
    }
}

#[test]
fn domains_come_and_go_one_by_one() {
    let admin = actor(1, &[UserRole::FaasAdmin]);
    let add = |domain: &str| Command::AddDomain { domain: domain.to_owned() };
    let state = done(&account(), add("api.example.com"), &admin);
    let state = done(&state, add("*.example.org"), &admin);
    assert_eq!(decide(&state, add("*.example.org"), &admin), Ok(vec![]), "it is there already");
    let remove = |domain: &str| Command::RemoveDomain { domain: domain.to_owned() };
    let state = done(&state, remove("api.example.com"), &admin);
    assert_eq!(state.as_ref().unwrap().egress.domains, ["*.example.org".to_owned()].into());
    refused(&state, remove("api.example.com"), &admin, "domain.unknown");
    for bad in ["https://a.com", "A.com", "*.com", "a.com:80"] {
        refused(&state, add(bad), &admin, "domain.invalid");
    }
    refused(&state, add("a.com"), &actor(1, &[UserRole::FaasDeveloper]), "role.missing");
}

#[test]
fn hashes_and_sealed_values_stay_out_of_logs() {
    let shown = format!("{:?} {:?}", PasswordHash::new("$argon2id$x"), SealedValue::new("c2VhbGVk"));
    assert!(!shown.contains("argon2id") && !shown.contains("c2Vh"), "{shown}");
    let state = done(&account(), client(&[], 'a'), &Actor::System);
    assert!(!format!("{state:?}").contains("aaaa"));
}
