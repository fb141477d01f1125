//! Conversations: opened, listed, read, explained.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::conversation::{
    Conversation, ConversationSummary, ListConversations, OpenConversation, OpenedConversation, PlaceInList,
    PublishLine, Written,
};
use convoke_api::v1::event::ConversationEvent;
use convoke_api::v1::explain::Explanation;
use convoke_api::v1::list::Page;
use convoke_domain::conversation::{Conversation as ConversationState, Recorded, Rejection};
use convoke_domain::id::ConversationId;
use convoke_domain::sequence::EventSeq;
use convoke_engine::{ListFilter, ListPlace, ListRow, Opening};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

use super::consumers::consumer;
use crate::caller::{Peer, Tenant};
use crate::extract::{MaybeBody, Params, Query};
use crate::limits;
use crate::problem::Answer;
use crate::server::Shared;

/// Conversations, latest change first. Consumers see their own.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/conversations", tag = "conversations",
    params(ListConversations), responses((status = 200, body = Page<ConversationSummary>)))]
pub(super) async fn list(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(list): Query<ListConversations>,
) -> Answer<Json<Page<ConversationSummary>>> {
    let most = list.limit();
    let named = list.consumer.as_ref().map(|named| consumer(&server, tenant.id(), Some(named)));
    let filter =
        ListFilter { open: list.open, skill: list.skill, consumer: tenant.caller.consumer().or(named) };
    let after =
        list.after.map(|place| ListPlace { changed_at: place.changed_at, conversation: place.conversation });
    // One more than asked for tells whether there is a next page.
    let mut rows = server.handle.conversations(tenant.id(), &filter, after, most + 1).await?;
    let more = rows.len() > most;
    rows.truncate(most);
    let last = rows.last().filter(|_| more).map(|row| {
        let place = row.place();
        PlaceInList { changed_at: place.changed_at, conversation: place.conversation }.to_string()
    });
    Ok(Json(Page { items: rows.into_iter().map(summary).collect(), next: last }))
}

fn summary(row: ListRow) -> ConversationSummary {
    ConversationSummary {
        id: row.conversation,
        consumer: row.summary.consumer,
        skill: row.summary.skill,
        open: row.summary.open,
        opened_at: row.summary.opened_at,
        changed_at: row.summary.changed_at,
    }
}

/// Opens a conversation: for the consumer whose token it is, or by staff for a consumer they name.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations", tag = "conversations",
    request_body = OpenConversation, responses((status = 201, body = OpenedConversation)))]
pub(super) async fn open(
    State(server): State<Shared>,
    tenant: Tenant,
    peer: Option<Peer>,
    MaybeBody(open): MaybeBody<OpenConversation>,
) -> Answer<(StatusCode, Json<OpenedConversation>)> {
    let own = tenant.caller.consumer();
    let named = open.consumer.as_ref().map(|named| consumer(&server, tenant.id(), Some(named)));
    if own.is_some() && (named.is_some_and(|named| Some(named) != own) || open.authenticated) {
        let detail = "a consumer's token opens for that consumer, and the brand says who is authenticated";
        return Err(Problem::new(PlatformError::Forbidden, detail).into());
    }
    let address = peer.filter(|_| own.is_some()).map(|peer| peer.0.ip().to_string());
    let opening = Opening {
        consumer: own.or(named),
        authenticated: open.authenticated,
        origin: open.origin(address.as_deref())?,
        first_line: open.line.map(PublishLine::into_line).transpose()?,
        skill: open.skill,
    };
    let opened = server.handle.open(tenant.id(), opening).await?;
    let head = opened.written.head.map_or(0, EventSeq::number);
    let written = Written::of(head, opened.written.reply);
    let opened = OpenedConversation { id: opened.conversation, consumer: opened.consumer, written };
    Ok((StatusCode::CREATED, Json(opened)))
}

/// A conversation as it is now, and as this token may see it.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/conversations/{conversation}", tag = "conversations",
    responses((status = 200, body = Conversation)))]
pub(super) async fn get(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Conversation>> {
    let state = visible(&server, &tenant, params.get("conversation")?).await?;
    Ok(Json(Conversation::of(&state, tenant.caller.viewer(), &tenant.names())))
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Events {
    /// The first, from 1.
    from: Option<u64>,
    /// How many at most, hidden ones included; up to 1,000, 200 if left out.
    limit: Option<u16>,
}

/// What happened in a conversation, oldest first, as this token may see it.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/conversations/{conversation}/events", tag = "conversations",
    params(Events), responses((status = 200, body = Page<ConversationEvent>)))]
pub(super) async fn events(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Query(wanted): Query<Events>,
) -> Answer<Json<Page<ConversationEvent>>> {
    let id: ConversationId = params.get("conversation")?;
    visible(&server, &tenant, id).await?;
    let from = wanted.from.and_then(EventSeq::new).unwrap_or(EventSeq::FIRST);
    let most = usize::from(wanted.limit.unwrap_or(limits::EVENTS_USUAL).clamp(1, limits::EVENTS_MAX));
    let read = read(&server, &tenant, id, from, most + 1).await?;
    let next = read.get(most).map(|event| event.seq.to_string());
    let (viewer, names) = (tenant.caller.viewer(), tenant.names());
    let shown = read.iter().take(most).filter_map(|event| ConversationEvent::of(event, viewer, &names));
    Ok(Json(Page { items: shown.collect(), next }))
}

/// Why something happened in a conversation, or why nothing did.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/conversations/{conversation}/explain", tag = "conversations",
    responses((status = 200, body = Explanation)))]
pub(super) async fn explain(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Explanation>> {
    let id: ConversationId = params.get("conversation")?;
    visible(&server, &tenant, id).await?;
    let events = read(&server, &tenant, id, EventSeq::FIRST, limits::EXPLAINED_EVENTS_MAX).await?;
    Ok(Json(Explanation::of(id, &events, &tenant.names())))
}

/// The conversation, if this caller may see it; otherwise as if there were none.
pub(super) async fn visible(
    server: &Shared,
    tenant: &Tenant,
    id: ConversationId,
) -> Answer<Arc<ConversationState>> {
    let state = server.handle.conversation(tenant.id(), id).await?;
    let own = tenant.caller.consumer().is_none_or(|consumer| takes_part(&state, consumer));
    if own { Ok(state) } else { Err(Rejection::NotFound.into()) }
}

fn takes_part(state: &ConversationState, consumer: convoke_domain::id::ConsumerId) -> bool {
    use convoke_domain::conversation::ParticipantId;
    state.consumer == consumer || state.role_of(ParticipantId::Consumer(consumer)).is_some()
}

/// At most `most` events from `from`.
async fn read(
    server: &Shared,
    tenant: &Tenant,
    id: ConversationId,
    mut from: EventSeq,
    most: usize,
) -> Answer<Vec<Recorded>> {
    let mut events: Vec<Recorded> = Vec::new();
    while events.len() < most {
        let page = server.handle.events(tenant.id(), id, from).await?;
        let Some(last) = page.last() else { break };
        from = last.seq.next();
        events.extend(page);
    }
    events.truncate(most);
    Ok(events)
}
