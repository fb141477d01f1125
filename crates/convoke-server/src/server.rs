//! What the routes share: the engine, who may come in, and what `convoke dev` adds.

use std::ops::Deref;
use std::sync::Arc;

use axum::body::Bytes;
use convoke_domain::account::{self, Command};
use convoke_domain::id::{AccountId, UserId};
use convoke_engine::ports::MovableClock;
use convoke_engine::{AccountView, FileStore, Handle};
use tokio_util::sync::CancellationToken;

use crate::auth::{Attempts, Auth, Visits};
use crate::caller::Tenant;
use crate::files::Files;
use crate::lp::{Published, Unanswered};
use crate::openings::Openings;
use crate::operator::Sockets;
use crate::problem::Answer;
use crate::templates::Templates;
use crate::webhooks::{ChatLetters, LaneBook};

/// What the server is made of; the composition root fills it in.
pub struct Server {
    /// The engine.
    pub handle: Handle,
    /// Who may come in.
    pub auth: Auth,
    /// Where the files of conversations are kept.
    pub file_store: Arc<dyn FileStore>,
    /// Where new functions begin.
    pub templates: Templates,
    /// The engine's clock, if it can be moved: `convoke dev --test-clock`.
    pub movable_clock: Option<Arc<MovableClock>>,
    /// The demo account, in `convoke dev` only.
    pub demo: Option<Demo>,
    /// What LivePerson's clients are told.
    pub planes: Planes,
    /// Told when the server stops: who follows a conversation is let go. The same one goes to [`crate::serve`].
    pub stopping: CancellationToken,
}

/// What LivePerson's clients are told of the installation.
#[derive(Debug, Clone)]
pub struct Planes {
    /// Where they find services.
    pub published: Published,
}

/// What a newcomer's page is given, on this machine only.
#[derive(Clone)]
pub struct Demo {
    /// The account.
    pub account: AccountId,
    /// The agent whom one can play.
    pub agent: UserId,
    /// The agent's token.
    pub agent_token: String,
    /// An administrator's token.
    pub admin_token: String,
}

/// [`Server`] with what its routes keep, for as many requests as there are.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

pub(crate) struct Inner {
    server: Server,
    pub(crate) attempts: Attempts,
    pub(crate) visits: Visits,
    pub(crate) unanswered: Unanswered,
    pub(crate) sockets: Sockets,
    pub(crate) lanes: LaneBook,
    pub(crate) chat_letters: ChatLetters,
    pub(crate) files: Files,
    /// Conversations that consumers are opening, so that several connections of one get no more than one.
    pub(crate) openings: Openings,
    pub(crate) openapi: Bytes,
}

impl Shared {
    pub(crate) fn new(server: Server, openapi: Bytes) -> Self {
        let unanswered = Unanswered::default();
        let files = Files::new(Arc::clone(&server.file_store));
        Self(Arc::new(Inner {
            server,
            attempts: Attempts::default(),
            visits: Visits::default(),
            unanswered,
            sockets: Sockets::default(),
            lanes: LaneBook::default(),
            chat_letters: ChatLetters::default(),
            files,
            openings: Openings::default(),
            openapi,
        }))
    }

    /// Changes a setting of the account, in the caller's name.
    pub(crate) async fn configure(&self, tenant: &Tenant, command: Command) -> Answer<Arc<AccountView>> {
        let by: account::Actor = tenant.caller.account_actor();
        Ok(self.handle.configure(tenant.id(), &by, command).await?)
    }
}

impl Deref for Shared {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
