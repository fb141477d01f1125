//! Who a request comes from, once its token was checked, and in which account it acts.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use convoke_api::explain::AccountNames;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::participant::Viewer;
use convoke_domain::account::{Actor as AccountActor, Principal, UserRole};
use convoke_domain::conversation::{Actor, Cause};
use convoke_domain::id::{AccountId, ClientId, ConsumerId, FunctionId, TokenId, UserId};
use convoke_engine::AccountView;

use crate::problem::ApiError;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The only account in which they may act; `None` for the operator, who may in every one.
    pub(crate) account: Option<AccountId>,
    /// Who they are.
    pub(crate) identity: Identity,
    /// They came through the consumer window: nobody knows who they are, so they may do less in a given time.
    pub(crate) by_window: bool,
    /// They came through the window, and the brand said who they are.
    pub(crate) known: bool,
}

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Whoever runs the installation.
    Operator,
    /// Someone who works for the brand; the roles are those that the token allows and the user has.
    User { user: UserId, token: TokenId, roles: BTreeSet<UserRole> },
    /// A program of the brand with an API key.
    Application { token: TokenId, roles: BTreeSet<UserRole> },
    /// A program of the brand with client credentials.
    Client { client: ClientId, roles: BTreeSet<UserRole> },
    /// A customer.
    Consumer(ConsumerId),
    /// A function of the account, while it runs. It has no roles.
    Function(FunctionPrincipal),
}

/// In whose name a running function asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionPrincipal {
    /// The account it runs for.
    pub account: AccountId,
    /// Which function; `None` for a test of a draft.
    pub function: Option<FunctionId>,
    /// What its own calls were caused by.
    pub cause: Cause,
}

impl Caller {
    /// Somebody whom the brand or the installation knows.
    pub(crate) const fn new(account: Option<AccountId>, identity: Identity) -> Self {
        Self { account, identity, by_window: false, known: false }
    }

    /// Whether they have one of these roles. The operator has all.
    pub(crate) fn has_any(&self, wanted: &[UserRole]) -> bool {
        match &self.identity {
            Identity::Operator => true,
            Identity::User { roles, .. }
            | Identity::Application { roles, .. }
            | Identity::Client { roles, .. } => wanted.iter().any(|role| roles.contains(role)),
            // What functions may is not a matter of roles.
            Identity::Consumer(_) | Identity::Function(_) => false,
        }
    }

    /// The consumer, if they are one.
    pub(crate) fn consumer(&self) -> Option<ConsumerId> {
        if let Identity::Consumer(consumer) = self.identity { Some(consumer) } else { None }
    }

    /// The function, if it is one.
    pub(crate) fn function(&self) -> Option<&FunctionPrincipal> {
        if let Identity::Function(function) = &self.identity { Some(function) } else { None }
    }

    /// How conversations are shown to them.
    pub(crate) fn viewer(&self) -> Viewer {
        if self.consumer().is_some() { Viewer::Consumer } else { Viewer::Staff }
    }

    /// As the rules of accounts and functions know them.
    pub(crate) fn account_actor(&self) -> AccountActor {
        let (principal, token, roles) = match &self.identity {
            Identity::Operator => (Principal::Application, None, BTreeSet::from([UserRole::Operator])),
            Identity::User { user, token, roles } => (Principal::User(*user), Some(*token), roles.clone()),
            Identity::Application { token, roles } => (Principal::Application, Some(*token), roles.clone()),
            Identity::Client { client, roles } => (Principal::Client(*client), None, roles.clone()),
            Identity::Consumer(consumer) => (Principal::Consumer(*consumer), None, BTreeSet::new()),
            Identity::Function(FunctionPrincipal { function: Some(function), .. }) => {
                return AccountActor::Function { function: *function };
            }
            // A draft has no name to be known by, and no rights.
            Identity::Function(FunctionPrincipal { function: None, .. }) => {
                (Principal::Application, None, BTreeSet::new())
            }
        };
        AccountActor::Principal { principal, token, roles }
    }

    /// As the rules of conversations know them. A program that oversees conversations acts as the platform does.
    ///
    /// # Errors
    /// For a program without such a role: it takes no part in conversations.
    pub(crate) fn actor(&self) -> Result<Actor, ApiError> {
        match &self.identity {
            Identity::Operator => Ok(Actor::System),
            Identity::User { user, .. } => Ok(Actor::User(*user)),
            Identity::Consumer(consumer) => Ok(Actor::Consumer(*consumer)),
            Identity::Application { .. } | Identity::Client { .. } if self.oversees() => Ok(Actor::System),
            Identity::Application { .. } | Identity::Client { .. } | Identity::Function(_) => Err(Problem::new(
                PlatformError::Forbidden,
                "a program takes no part in conversations; use the token of a user, or one with the role agent manager",
            )
            .into()),
        }
    }

    /// Whether they may decide for agents.
    pub(crate) fn oversees(&self) -> bool {
        self.has_any(&[UserRole::AgentManager, UserRole::Administrator])
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // The guard puts it there before any handler that is not open to anyone.
        parts.extensions.get().cloned().ok_or_else(|| Problem::plain(PlatformError::AuthRequired).into())
    }
}

/// The account that the path names, as it was when the request came, and who asks.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    /// The account.
    pub(crate) view: Arc<AccountView>,
    /// Who asks.
    pub(crate) caller: Caller,
}

impl Tenant {
    /// The account's id.
    pub(crate) fn id(&self) -> &AccountId {
        &self.view.account.id
    }

    /// The names of the account.
    pub(crate) fn names(&self) -> AccountNames<'_> {
        AccountNames { account: &self.view.account, functions: &self.view.functions }
    }
}

impl<S: Sync> FromRequestParts<S> for Tenant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get().cloned().ok_or_else(|| Problem::plain(PlatformError::NotFound).into())
    }
}

/// The address that a request came from, if it came over a socket.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub std::net::SocketAddr);

impl<S: Sync> OptionalFromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get().copied())
    }
}
