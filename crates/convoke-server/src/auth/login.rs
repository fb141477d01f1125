//! Proving oneself by a login name and password, or by a client's id and secret.
//!
//! Both are limited: failures are counted by address, and by what was tried in an account, so that neither one address
//! nor many together can go through passwords. An unknown account, name or client is answered like a wrong secret.

use std::collections::BTreeSet;
use std::net::IpAddr;

use convoke_domain::account::{AccessToken, Actor, Command, Principal, TokenKind, UserRole};
use convoke_domain::id::{AccountId, ClientId, UserId};
use convoke_engine::{EngineError, Handle};
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::attempts::{Buckets, network};
use super::password::Passwords;
use super::secret::{self, NewToken};
use super::{Auth, PasswordUnfit, hash_password};
use crate::limits;

/// Why nobody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The account, the name or the secret is wrong; which one is not said.
    #[error("the name or the secret is wrong")]
    Refused,
    /// Too many failures before; it was not even looked at.
    #[error("too many failed attempts")]
    TooMany,
}

/// A user who has proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedUser {
    /// Who.
    pub user: UserId,
    /// What they may do.
    pub roles: BTreeSet<UserRole>,
}

/// A program that has proved which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedClient {
    /// Which.
    pub client: ClientId,
    /// What it may do.
    pub roles: BTreeSet<UserRole>,
}

/// A session that a login has opened.
pub struct NewSession {
    /// Its token; the text is told this once.
    pub token: NewToken,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What was tried: an account and a name in it, as they were sent.
type Tried = (String, String);

/// What logins share.
#[derive(Debug)]
pub(super) struct Logins {
    passwords: Passwords,
    by_address: Buckets<IpAddr>,
    by_name: Buckets<Tried>,
}

impl Default for Logins {
    fn default() -> Self {
        Self {
            passwords: Passwords::default(),
            by_address: Buckets::new(limits::FAILED_LOGINS_OF_ADDRESS_MAX, limits::FAILED_LOGIN_REFILL),
            by_name: Buckets::new(limits::FAILED_LOGINS_OF_NAME_MAX, limits::FAILED_LOGIN_REFILL),
        }
    }
}

impl Logins {
    pub(super) fn may_try(&self, tried: &Tried, address: Option<IpAddr>) -> Result<(), LoginError> {
        let address_may = address.is_none_or(|address| self.by_address.may_try(&network(address)));
        if address_may && self.by_name.may_try(tried) { Ok(()) } else { Err(LoginError::TooMany) }
    }

    pub(super) fn refused(&self, tried: Tried, address: Option<IpAddr>) -> LoginError {
        if let Some(address) = address {
            self.by_address.refused(network(address));
        }
        self.by_name.refused(tried);
        LoginError::Refused
    }
}

impl Auth {
    /// The enabled user of `account` with this login name and password. `address` is where the request comes from.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn verify_login(
        &self,
        handle: &Handle,
        account: &str,
        login_name: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<VerifiedUser, LoginError> {
        let tried = tried(account, login_name);
        self.logins.may_try(&tried, address)?;
        let view = account.parse().ok().and_then(|account: AccountId| handle.account(&account));
        let found = view.as_ref().and_then(|view| view.account.user_by_login(login_name));
        let hash = found.and_then(|(user, _)| view.as_ref()?.account.passwords.get(&user));
        let same = self.logins.passwords.is(password, hash).await;
        match found {
            Some((user, known)) if same && known.enabled => {
                Ok(VerifiedUser { user, roles: known.roles.clone() })
            }
            Some(_) | None => Err(self.logins.refused(tried, address)),
        }
    }

    /// The client of `account` with this id and secret, as OAuth client credentials name them.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub fn verify_client(
        &self,
        handle: &Handle,
        account: &str,
        client_id: &str,
        client_secret: &str,
        address: Option<IpAddr>,
    ) -> Result<VerifiedClient, LoginError> {
        let tried = tried(account, client_id);
        self.logins.may_try(&tried, address)?;
        let view = account.parse().ok().and_then(|account: AccountId| handle.account(&account));
        let id: Option<ClientId> = client_id.parse().ok();
        let known = id.and_then(|id| view.as_ref()?.account.clients.get(&id).map(|client| (id, client)));
        let shown = secret::hex(&secret::sha256(client_secret));
        match known {
            Some((client, known)) if shown.as_bytes().ct_eq(known.secret_sha256.as_bytes()).into() => {
                Ok(VerifiedClient { client, roles: known.roles.clone() })
            }
            Some(_) | None => Err(self.logins.refused(tried, address)),
        }
    }

    /// Opens a session for a user who has proved who they are: a token with their roles.
    ///
    /// # Errors
    /// If the user was removed meanwhile, or the storage fails.
    pub async fn open_session(
        &self,
        handle: &Handle,
        account: &AccountId,
        verified: &VerifiedUser,
    ) -> Result<NewSession, EngineError> {
        let token = NewToken::generate(account, handle.entropy());
        let at = self.now();
        let expires_at = at + limits::SESSION_LIFE;
        let session = AccessToken {
            name: "login".to_owned(),
            sha256: token.sha256.clone(),
            principal: Principal::User(verified.user),
            roles: verified.roles.clone(),
            expires_at,
            kind: TokenKind::Session,
        };
        let command = Command::IssueToken { id: token.id, token: session, at };
        handle.configure(account, &Actor::System, command).await?;
        Ok(NewSession { token, expires_at })
    }

    /// The command that gives a user this password.
    ///
    /// # Errors
    /// If it is too short or too long.
    pub fn set_password(handle: &Handle, user: UserId, password: &str) -> Result<Command, PasswordUnfit> {
        let hash = hash_password(password, handle.entropy())?;
        Ok(Command::SetPassword { user, hash: Some(hash) })
    }
}

/// As much of what was tried as real names have: the rest would only fill the memory.
pub(super) fn tried(account: &str, name: &str) -> Tried {
    let cut = |text: &str| text.chars().take(limits::TRIED_NAME_CHARS_MAX).collect();
    (cut(account), cut(name))
}
