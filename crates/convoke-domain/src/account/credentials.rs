//! What one proves oneself with: tokens, passwords, client secrets. All of them come as hashes.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::command::{Actor, Context};
use super::decide::{named, room};
use super::{
    AccessToken, Account, Client, Event, PasswordHash, Principal, Rejection, Stamp, TokenKind, UserRole,
};
use crate::id::{ClientId, TokenId, UserId};
use crate::limits;

/// Only operators make operators; who was one may stay one.
pub(super) fn grantable(
    roles: &BTreeSet<UserRole>,
    had: Option<&BTreeSet<UserRole>>,
    context: &Context<'_>,
) -> Result<(), Rejection> {
    let new =
        roles.contains(&UserRole::Operator) && !had.is_some_and(|had| had.contains(&UserRole::Operator));
    if new && !context.actor.has_any(&[UserRole::Operator]) {
        Err(Rejection::RoleNotGrantable)
    } else {
        Ok(())
    }
}

/// A new token. What has ended makes room for it: expired tokens, and of a user's sessions the oldest.
pub(super) fn issue_token(
    account: &Account,
    id: TokenId,
    (mut token, at): (AccessToken, Timestamp),
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    token.name = named("a token's name", token.name)?;
    if !is_sha256(&token.sha256) {
        return Err(Rejection::TokenHashInvalid);
    }
    if account.tokens.contains_key(&id) {
        return Err(Rejection::TokenTaken(id));
    }
    if let Some((other, _)) = account.token_by_sha256(&token.sha256) {
        return Err(Rejection::TokenTaken(other));
    }
    let life = token.expires_at.duration_since(at);
    if !life.is_positive() || life.unsigned_abs() > limits::TOKEN_LIFE_MAX {
        return Err(Rejection::TokenExpiryInvalid);
    }
    check_principal(account, &token, context)?;
    let ended = ended_tokens(account, &token, at);
    if account.tokens.len() - ended.len() >= limits::TOKENS_MAX {
        return Err(Rejection::TooMany { what: "tokens", max: limits::TOKENS_MAX });
    }
    let mut events: Vec<Event> = ended.into_iter().map(|id| Event::TokenRevoked { id }).collect();
    events.push(Event::TokenIssued { id, token });
    Ok(events)
}

fn check_principal(account: &Account, token: &AccessToken, context: &Context<'_>) -> Result<(), Rejection> {
    // A session comes from a login, which the platform has checked.
    if token.kind == TokenKind::Session && *context.actor != Actor::System {
        return Err(Rejection::RoleMissing { needs: "platform" });
    }
    match token.principal {
        Principal::User(user) => {
            let user = account.users.get(&user).ok_or(Rejection::UserUnknown(user))?;
            let fits = token.roles.is_subset(&user.roles);
            if fits { Ok(()) } else { Err(Rejection::TokenRolesExceed) }
        }
        Principal::Consumer(_) if !token.roles.is_empty() => Err(Rejection::TokenRolesExceed),
        Principal::Consumer(_) => Ok(()),
        Principal::Client(client) => {
            let client = account.clients.get(&client).ok_or(Rejection::ClientUnknown(client))?;
            let fits = token.roles.is_subset(&client.roles);
            if fits { Ok(()) } else { Err(Rejection::TokenRolesExceed) }
        }
        Principal::Application => grantable(&token.roles, None, context),
    }
}

/// The tokens that end because this one begins.
fn ended_tokens(account: &Account, token: &AccessToken, at: Timestamp) -> BTreeSet<TokenId> {
    let expired = account.tokens.iter().filter(|(_, known)| known.expires_at <= at);
    let mut ended: BTreeSet<TokenId> =
        expired.map(|(&id, _)| id).take(limits::EXPIRED_TOKENS_AT_ONCE).collect();
    if token.kind == TokenKind::Session {
        let sessions = account.tokens.iter().filter(|(_, known)| {
            known.kind == TokenKind::Session && known.principal == token.principal && known.expires_at > at
        });
        let mut sessions: Vec<_> = sessions.map(|(&id, known)| (known.expires_at, id)).collect();
        sessions.sort_unstable();
        let too_many = (sessions.len() + 1).saturating_sub(limits::USER_SESSIONS_MAX);
        ended.extend(sessions.into_iter().take(too_many).map(|(_, id)| id));
    }
    ended
}

/// A user's new password, or that they have none any more.
pub(super) fn set_password(
    account: &Account,
    user: UserId,
    hash: Option<PasswordHash>,
) -> Result<Event, Rejection> {
    if account.users.contains_key(&user) {
        Ok(Event::PasswordSet { user, hash })
    } else {
        Err(Rejection::UserUnknown(user))
    }
}

/// A new client, or a known one with another name, other roles or a new secret.
pub(super) fn define_client(
    account: &Account,
    id: ClientId,
    (name, roles, secret_sha256): (String, BTreeSet<UserRole>, String),
    context: &Context<'_>,
) -> Result<Event, Rejection> {
    let name = named("a client's name", name)?;
    room(&account.clients, &id, "clients", limits::CLIENTS_MAX)?;
    if !is_sha256(&secret_sha256) {
        return Err(Rejection::TokenHashInvalid);
    }
    let present = account.clients.get(&id);
    grantable(&roles, present.map(|client| &client.roles), context)?;
    let same_secret = present.filter(|client| client.secret_sha256 == secret_sha256);
    let created = same_secret.map_or_else(|| Stamp::new(context.now, context.actor), |client| client.created);
    Ok(Event::ClientDefined { id, client: Client { name, secret_sha256, roles, created } })
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
