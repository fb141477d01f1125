//! A conversation live, as Server-Sent Events: what is there from a place on, then what comes.
//!
//! Each event has its `seq` as id, so a client that was cut off goes on after the last it has (`Last-Event-ID`, which
//! browsers send by themselves). One who is slow is told everything, later. A stopping server ends the stream.

use std::convert::Infallible;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use convoke_api::v1::event::ConversationEvent;
use futures_util::{Stream, stream};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Tenant;
use crate::extract::{Params, Query};
use crate::feed::{Feed, Next};
use crate::guard::shown_token;
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
    let after = last_event_id(&headers)?.or(after).unwrap_or(0);
    let token = shown_token(&headers).unwrap_or_default();
    let feed = Feed::begin(&server, &tenant, token, params.get("conversation")?, after).await?;
    let silence = KeepAlive::new().interval(HEARTBEAT).text("still here");
    Ok(Sse::new(events(server, feed)).keep_alive(silence).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Answer<Option<u64>> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.map(Some).ok_or_else(|| ApiError::field("Last-Event-ID", "expected the id of an event: a number"))
}

fn events(server: Shared, feed: Feed) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    stream::unfold((server, feed), |(server, mut feed)| async move {
        let stopping = server.stopping.clone();
        let event = tokio::select! {
            event = next(&mut feed) => event?,
            () = stopping.cancelled() => return None,
        };
        Some((Ok(event), (server, feed)))
    })
}

/// The next event; `None` when the feed is over.
async fn next(feed: &mut Feed) -> Option<SseEvent> {
    loop {
        match feed.next().await {
            Ok(Next::Event(event)) => return shown(&event),
            Ok(Next::Behind { .. }) => {}
            Err(_) => return None,
        }
    }
}

fn shown(event: &ConversationEvent) -> Option<SseEvent> {
    let data = serde_json::to_value(event).ok()?;
    let kind = data.get("type").and_then(|kind| kind.as_str()).unwrap_or("event").to_owned();
    Some(SseEvent::default().id(event.seq.to_string()).event(kind).data(data.to_string()))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, header};
    use convoke_domain::account::UserRole;
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use crate::testing::{ACME, Kit};

    /// A stream of events that is read as it comes.
    struct Reader {
        body: Body,
        read: String,
    }

    impl Reader {
        async fn follow(kit: &Kit, path: &str, token: &str, last: Option<&str>) -> Self {
            let uri = format!("/api/v1/accounts/{ACME}{path}/follow");
            let mut request = Request::get(uri).header(header::AUTHORIZATION, format!("Bearer {token}"));
            if let Some(last) = last {
                request = request.header("last-event-id", last);
            }
            let response = kit.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
            Self { body: response.into_body(), read: String::new() }
        }

        /// Reads until `text` came; `false` if the stream ended without.
        async fn reaches(&mut self, text: &str) -> bool {
            while !self.read.contains(text) {
                let Some(frame) = self.body.frame().await else { return false };
                self.read.push_str(std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap());
            }
            true
        }
    }

    #[tokio::test]
    async fn a_follower_gets_what_is_there_then_what_comes_and_goes_on_after_the_last() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let token = kit.consumer(ACME, 7);
        let mut reader = Reader::follow(&kit, &path, &token, None).await;
        assert!(reader.reaches("id: 1\n").await);
        assert!(reader.read.contains("event: opened\n"));
        let line = kit.post(&format!("{path}/lines"), &token, json!({"text": "first"})).await.ok(201);
        assert!(reader.reaches("\"first\"").await);
        let last = line["seq"].to_string();
        let mut again = Reader::follow(&kit, &path, &token, Some(&last)).await;
        kit.post(&format!("{path}/lines"), &token, json!({"text": "second"})).await.ok(201);
        assert!(again.reaches("\"second\"").await);
        assert!(!again.read.contains("\"first\""));
        assert!(!again.read.contains("provenance"));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_broken_by_comments() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let mut reader = Reader::follow(&kit, &path, &kit.consumer(ACME, 7), Some("1000")).await;
        assert!(reader.reaches(": still here").await);
    }

    #[tokio::test]
    async fn a_revoked_token_and_a_stopping_server_end_the_stream() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let token = kit.token(ACME, &[UserRole::Agent]).await;
        let mut reader = Reader::follow(&kit, &path, &token, None).await;
        assert!(reader.reaches("id: 1\n").await);
        kit.delete("/users/4711", &kit.operator).await.ok(204);
        kit.post(&format!("{path}/close"), &kit.consumer(ACME, 7), Value::Null).await.ok(200);
        assert!(!reader.reaches("event: closed").await);
        let mut other = Reader::follow(&kit, &path, &kit.consumer(ACME, 7), None).await;
        assert!(other.reaches("event: closed").await, "{}", other.read);
        kit.stopping.cancel();
        assert!(!other.reaches("no such words").await);
    }

    #[tokio::test]
    async fn a_guest_who_left_sees_nothing_more() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let guest = "cons_00000000000000000000000000000008";
        let join = json!({"participant": guest, "role": "consumer"});
        kit.post(&format!("{path}/participants"), &kit.operator, join).await.ok(200);
        let mut reader = Reader::follow(&kit, &path, &kit.consumer(ACME, 8), None).await;
        assert!(reader.reaches("id: 1\n").await);
        kit.delete(&format!("{path}/participants/{guest}"), &kit.operator).await.ok(200);
        kit.post(&format!("{path}/lines"), &kit.consumer(ACME, 7), json!({"text": "between us"}))
            .await
            .ok(201);
        assert!(!reader.reaches("between us").await);
        kit.get(&path, &kit.consumer(ACME, 8)).await.fails(404, "conversation.not_found");
    }

    #[tokio::test]
    async fn a_place_that_is_no_number_is_refused() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        kit.get(&format!("{path}/follow?after=x"), &kit.consumer(ACME, 7))
            .await
            .fails(400, "request.invalid");
    }
}
