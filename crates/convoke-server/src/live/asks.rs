//! What is asked over a live connection, done as the HTTP routes do it.

use axum::http::Method;
use convoke_api::v1::board::{Board, SeeBoard};
use convoke_api::v1::conversation::{AcceptConversation, OpenConversation, Written};
use convoke_api::v1::live::{Act, Ask, LiveMessage};
use convoke_domain::id::ConversationId;
use convoke_engine::Accepting;
use futures_util::future::BoxFuture;

use super::follows::Place;
use super::refused;
use crate::access::{self, Who};
use crate::board::Seat;
use crate::caller::{Caller, Peer, Tenant};
use crate::feed::Feed;
use crate::guard;
use crate::http::{open_for, perform};
use crate::problem::{Answer, ApiError};
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
    /// The client is at the board.
    Seated { id: String, seat: Box<Seat>, board: Box<Board> },
}

/// Refuses whoever could not ask the same over HTTP.
pub(super) fn permit(caller: &Caller, ask: &Ask) -> Result<(), ApiError> {
    if matches!(ask, Ask::SetAvailability(_) | Ask::AcceptOffer(_) | Ask::RejectOffer(_)) {
        return guard::permit(caller, access::IN_PERSON);
    }
    let Some((method, path)) = route(ask) else { return Ok(()) };
    let path = format!("/api/v1/accounts/{{account}}{path}");
    guard::permit(caller, access::who(&method, &path).unwrap_or(Who::Operator))
}

/// The HTTP route that does the same, below the account. What is only done in person has none.
pub(super) fn route(ask: &Ask) -> Option<(Method, &'static str)> {
    Some(match ask {
        Ask::Ping
        | Ask::Unfollow { .. }
        | Ask::SetAvailability(_)
        | Ask::AcceptOffer(_)
        | Ask::RejectOffer(_) => return None,
        Ask::Board(_) => (Method::GET, "/board"),
        Ask::Follow { .. } => (Method::GET, "/conversations/{conversation}/follow"),
        Ask::Open(_) => (Method::POST, "/conversations"),
        // Whoever may write may say that they do.
        Ask::Typing { .. } => (Method::POST, "/conversations/{conversation}/lines"),
        Ask::Act { act, .. } => match act {
            Act::Publish(_) => (Method::POST, "/conversations/{conversation}/lines"),
            Act::Join(_) => (Method::POST, "/conversations/{conversation}/participants"),
            Act::Leave(_) => (Method::DELETE, "/conversations/{conversation}/participants/{participant}"),
            Act::Accept(_) => (Method::POST, "/conversations/{conversation}/accept"),
            Act::Transfer(_) => (Method::POST, "/conversations/{conversation}/transfer"),
            Act::StepUp(_) => (Method::POST, "/conversations/{conversation}/step-up"),
            Act::Close => (Method::POST, "/conversations/{conversation}/close"),
            Act::SetTtr(_) => (Method::PUT, "/conversations/{conversation}/ttr"),
            Act::SetManualDeadline(_) => (Method::PUT, "/conversations/{conversation}/manual-deadline"),
            Act::SetNote(_) => (Method::PUT, "/conversations/{conversation}/note"),
            Act::Receive(_) => (Method::POST, "/conversations/{conversation}/receipts"),
            Act::Rate(_) => (Method::PUT, "/conversations/{conversation}/rating"),
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

pub(super) async fn board(server: Shared, tenant: Tenant, id: String, see: SeeBoard) -> Answered {
    match Seat::take(&server, &tenant, see.all, true).await {
        Ok(mut seat) => {
            let board = Box::new(seat.board(&tenant, server.handle.now()));
            Answered::Seated { id, seat: Box::new(seat), board }
        }
        Err(error) => Answered::Say(refused(Some(id), error)),
    }
}

/// Takes what was offered: the same act as accepting any conversation.
pub(super) async fn take(server: Shared, tenant: Tenant, id: String, accepting: Accepting) -> Answered {
    let accept = Act::Accept(AcceptConversation { agent: Some(accepting.agent()) });
    let written = perform(&server, &tenant, accepting.conversation(), accept).await;
    if written.is_ok() {
        accepting.taken();
    }
    Answered::Say(told(id, written))
}

pub(super) async fn act(
    server: Shared,
    tenant: Tenant,
    id: String,
    conversation: ConversationId,
    act: Act,
) -> Answered {
    let written = perform(&server, &tenant, conversation, act).await;
    Answered::Say(told(id, written))
}

fn told(id: String, written: Answer<Written>) -> LiveMessage {
    match written {
        Ok(written) => LiveMessage::Written { id, written },
        Err(error) => refused(Some(id), error),
    }
}
