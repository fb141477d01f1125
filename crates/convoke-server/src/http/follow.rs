//! A conversation live, as Server-Sent Events: what is there from a place on, then what comes.
//!
//! Each event has its `seq` as id, so a client that was cut off goes on after the last it has (`Last-Event-ID`, which
//! browsers send by themselves). The token is looked at again before every event: one that was revoked ends the stream,
//! and so does leaving, for a consumer who did not open the conversation. A stopping server ends it, too.

use std::convert::Infallible;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use convoke_api::v1::event::ConversationEvent;
use convoke_domain::conversation::{Event, ParticipantId, Recorded};
use convoke_domain::id::{ConsumerId, ConversationId};
use convoke_domain::sequence::EventSeq;
use convoke_engine::Subscription;
use futures_util::{Stream, StreamExt as _, stream};
use serde::Deserialize;
use utoipa::IntoParams;

use super::conversations::visible;
use crate::caller::Tenant;
use crate::extract::{Params, Query};
use crate::guard::still_admitted;
use crate::limits::HEARTBEAT;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// From where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct After {
    /// Only what comes after this event; 0 or nothing for all. The header `Last-Event-ID` counts more.
    after: Option<u64>,
}

/// What happens in a conversation, live, as this token may see it. Each event's data is a `ConversationEvent`.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/conversations/{conversation}/follow", tag = "conversations",
    params(After), responses((status = 200, body = ConversationEvent, content_type = "text/event-stream")))]
pub(super) async fn follow(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
) -> Answer<Response> {
    let id: ConversationId = params.get("conversation")?;
    let opener = visible(&server, &tenant, id).await?.consumer;
    let after = last_event_id(&headers)?.or(after).and_then(EventSeq::new);
    let subscription = server.handle.follow(tenant.id(), id, after).await?;
    let guest = tenant.caller.consumer().filter(|consumer| *consumer != opener);
    let feed = Feed { server, tenant, headers, subscription, guest, over: false };
    let silence = KeepAlive::new().interval(HEARTBEAT).text("still here");
    Ok(Sse::new(events(feed)).keep_alive(silence).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Answer<Option<u64>> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.map(Some).ok_or_else(|| ApiError::field("Last-Event-ID", "expected the id of an event: a number"))
}

struct Feed {
    server: Shared,
    tenant: Tenant,
    headers: HeaderMap,
    subscription: Subscription,
    /// The consumer who follows, if they only joined: they see nothing after they left.
    guest: Option<ConsumerId>,
    over: bool,
}

fn events(feed: Feed) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((event, feed))
    })
    .filter_map(|event| async move { event.map(Ok) })
}

impl Feed {
    /// The next event, as it is shown: `None` if it is hidden. Without an outer value the feed is over.
    async fn next(&mut self) -> Option<Option<SseEvent>> {
        if self.over {
            return None;
        }
        let stopping = self.server.stopping.clone();
        let recorded = tokio::select! {
            recorded = self.subscription.next() => recorded.ok()?,
            () = stopping.cancelled() => return None,
        };
        if !still_admitted(&self.server, &self.headers, &self.tenant.caller) {
            return None;
        }
        self.over = self.guest.is_some_and(|guest| left(&recorded, guest));
        if let Some(view) = self.server.handle.account(self.tenant.id()) {
            // Names may have changed since.
            self.tenant.view = view;
        }
        Some(self.shown(&recorded))
    }

    fn shown(&self, recorded: &Recorded) -> Option<SseEvent> {
        let event = ConversationEvent::of(recorded, self.tenant.caller.viewer(), &self.tenant.names())?;
        let data = serde_json::to_value(&event).ok()?;
        let kind = data.get("type").and_then(|kind| kind.as_str()).unwrap_or("event").to_owned();
        Some(SseEvent::default().id(event.seq.to_string()).event(kind).data(data.to_string()))
    }
}

fn left(recorded: &Recorded, guest: ConsumerId) -> bool {
    matches!(&recorded.event, Event::ParticipantLeft { participant, .. } if *participant == ParticipantId::Consumer(guest))
}
