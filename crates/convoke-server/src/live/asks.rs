//! What is asked over a live connection, done as the HTTP routes do it.

use axum::http::Method;
use convoke_api::v1::conversation::OpenConversation;
use convoke_api::v1::live::{Act, Ask, LiveMessage};
use convoke_domain::id::ConversationId;
use futures_util::future::BoxFuture;

use super::follows::Place;
use super::refused;
use crate::access::{self, Who};
use crate::caller::{Caller, Peer, Tenant};
use crate::feed::Feed;
use crate::guard;
use crate::http::{open_for, perform};
use crate::problem::ApiError;
use crate::server::Shared;

/// A request under way.
pub(super) type Asked = BoxFuture<'static, Answered>;

/// What came of a request.
pub(super) enum Answered {
    /// Something to say.
    Say(LiveMessage),
    /// A conversation may be followed.
    Followed { id: String, place: Place, feed: Box<Feed> },
    /// It may not.
    NotFollowed { id: String, place: Place, error: ApiError },
}

/// Refuses whoever could not ask the same over HTTP.
pub(super) fn permit(caller: &Caller, ask: &Ask) -> Result<(), ApiError> {
    let Some((method, path)) = route(ask) else { return Ok(()) };
    let path = format!("/api/v1/accounts/{{account}}/conversations{path}");
    guard::permit(caller, access::who(&method, &path).unwrap_or(Who::Operator))
}

/// The HTTP route that does the same, below the account's conversations.
pub(super) fn route(ask: &Ask) -> Option<(Method, &'static str)> {
    Some(match ask {
        Ask::Ping | Ask::Unfollow { .. } => return None,
        Ask::Follow { .. } => (Method::GET, "/{conversation}/follow"),
        Ask::Open(_) => (Method::POST, ""),
        Ask::Act { act, .. } => match act {
            Act::Publish(_) => (Method::POST, "/{conversation}/lines"),
            Act::Join(_) => (Method::POST, "/{conversation}/participants"),
            Act::Leave(_) => (Method::DELETE, "/{conversation}/participants/{participant}"),
            Act::Accept(_) => (Method::POST, "/{conversation}/accept"),
            Act::Transfer(_) => (Method::POST, "/{conversation}/transfer"),
            Act::StepUp(_) => (Method::POST, "/{conversation}/step-up"),
            Act::Close => (Method::POST, "/{conversation}/close"),
            Act::SetTtr(_) => (Method::PUT, "/{conversation}/ttr"),
            Act::SetManualDeadline(_) => (Method::PUT, "/{conversation}/manual-deadline"),
        },
    })
}

pub(super) async fn follow(
    server: Shared,
    tenant: Tenant,
    token: String,
    id: String,
    place: Place,
    after: u64,
) -> Answered {
    match Feed::begin(&server, &tenant, &token, place.conversation, after).await {
        Ok(feed) => Answered::Followed { id, place, feed: Box::new(feed) },
        Err(error) => Answered::NotFollowed { id, place, error },
    }
}

pub(super) async fn open(
    server: Shared,
    tenant: Tenant,
    peer: Option<Peer>,
    id: String,
    open: OpenConversation,
) -> Answered {
    let opened = open_for(&server, &tenant, peer, open).await;
    Answered::Say(match opened {
        Ok(opened) => LiveMessage::Opened { id, opened },
        Err(error) => refused(Some(id), error),
    })
}

pub(super) async fn act(
    server: Shared,
    tenant: Tenant,
    id: String,
    conversation: ConversationId,
    act: Act,
) -> Answered {
    let written = perform(&server, &tenant, conversation, act).await;
    Answered::Say(match written {
        Ok(written) => LiveMessage::Written { id, written },
        Err(error) => refused(Some(id), error),
    })
}
