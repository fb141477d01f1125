//! Tokens of the demo account for the page, without a login: only in `convoke dev`, and only for this machine.
//!
//! Only for connections from this machine that also asked for it by one of its own names: a page of somebody else's that
//! gets a browser to ask under its own name (DNS rebinding) is refused, and so is one that asks across origins.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use convoke_api::platform_error::PlatformError;
use convoke_api::v1::clock::{AdvanceClock, Clock};
use convoke_api::v1::demo::DemoSession;

use super::clock::advanced;
use super::consumers::access;
use crate::caller::Peer;
use crate::extract::Body;
use crate::problem::Answer;
use crate::server::Shared;

/// A session of the demo account with a new consumer; 404 unless this is `convoke dev`, asked on its own machine.
#[utoipa::path(post, path = "/api/v1/demo/session", tag = "demo", responses((status = 200, body = DemoSession)))]
pub(super) async fn session(
    State(server): State<Shared>,
    peer: Option<Peer>,
    headers: HeaderMap,
) -> Answer<Json<DemoSession>> {
    let demo = server.demo.as_ref().filter(|_| from_this_machine(peer, &headers));
    let demo = demo.ok_or(PlatformError::NotFound)?;
    Ok(Json(DemoSession {
        account: demo.account.clone(),
        consumer: access(&server, &demo.account, server.handle.new_consumer()),
        agent: demo.agent,
        agent_token: demo.agent_token.clone(),
        admin_token: demo.admin_token.clone(),
        movable_clock: server.movable_clock.is_some(),
    }))
}

/// Moves the clock forward, for whoever plays with the demo on its own machine; 404 for everybody else, and where it
/// cannot be moved it is refused as for the operator.
#[utoipa::path(post, path = "/api/v1/demo/clock", tag = "demo", request_body = AdvanceClock,
    responses((status = 200, body = Clock)))]
pub(super) async fn advance(
    State(server): State<Shared>,
    peer: Option<Peer>,
    headers: HeaderMap,
    Body(by): Body<AdvanceClock>,
) -> Answer<Json<Clock>> {
    if server.demo.is_none() || !from_this_machine(peer, &headers) {
        return Err(PlatformError::NotFound.into());
    }
    advanced(&server, by).map(Json)
}

fn from_this_machine(peer: Option<Peer>, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(HOST) else { return false };
    let same_origin = text(ORIGIN).is_none_or(|origin| {
        origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) == Some(host)
    });
    peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback()) && is_own_name(host) && same_origin
}

fn is_own_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;

    use super::*;
    use crate::testing::{Kit, Reply, local};

    async fn ask(kit: &Kit, peer: Option<Peer>, host: &str, origin: Option<&str>) -> Reply {
        post(kit, "/api/v1/demo/session", Body::empty(), peer, host, origin).await
    }

    async fn post(
        kit: &Kit,
        path: &str,
        body: Body,
        peer: Option<Peer>,
        host: &str,
        origin: Option<&str>,
    ) -> Reply {
        let mut request = Request::post(path).header(HOST, host).header("content-type", "application/json");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        let mut request = request.body(body).unwrap();
        request.extensions_mut().extend(
            peer.map(|peer| {
                let mut extensions = axum::http::Extensions::new();
                extensions.insert(peer);
                extensions
            })
            .unwrap_or_default(),
        );
        kit.request(request).await
    }

    #[tokio::test]
    async fn this_machine_gets_a_session_and_a_new_consumer_each_time() {
        let kit = Kit::new().await;
        let first = ask(&kit, Some(local()), "localhost:8080", Some("http://localhost:8080")).await.ok(200);
        let second = ask(&kit, Some(local()), "127.0.0.1:8080", None).await.ok(200);
        assert_ne!(first["consumer"]["consumer"], second["consumer"]["consumer"]);
        let token = first["consumer"]["token"].as_str().unwrap();
        kit.post("/conversations", token, serde_json::json!({})).await.ok(201);
    }

    #[tokio::test]
    async fn nobody_else_gets_one() {
        let kit = Kit::new().await;
        let away = Peer(([192, 0, 2, 1], 5000).into());
        ask(&kit, Some(away), "localhost:8080", None).await.fails(404, "request.not_found");
        ask(&kit, None, "localhost:8080", None).await.fails(404, "request.not_found");
        // Somebody else's page, whose name was made to lead here.
        ask(&kit, Some(local()), "evil.example:8080", None).await.fails(404, "request.not_found");
        ask(&kit, Some(local()), "localhost:8080", Some("https://evil.example"))
            .await
            .fails(404, "request.not_found");
    }

    #[tokio::test]
    async fn this_machine_moves_the_clock_of_the_demo_and_nobody_else_does() {
        let kit = Kit::new().await;
        let advance = async |peer, host, origin| {
            post(&kit, "/api/v1/demo/clock", Body::from(r#"{"seconds":60}"#), peer, host, origin).await
        };
        let moved = advance(Some(local()), "localhost:8080", Some("http://localhost:8080")).await.ok(200);
        assert_eq!(moved["now"], "2026-03-03T10:01:00Z");
        let away = Peer(([192, 0, 2, 1], 5000).into());
        advance(Some(away), "localhost:8080", None).await.fails(404, "request.not_found");
        advance(Some(local()), "localhost:8080", Some("https://evil.example"))
            .await
            .fails(404, "request.not_found");
        advance(Some(local()), "evil.example:8080", None).await.fails(404, "request.not_found");
    }

    #[test]
    fn own_names_are_those_of_this_machine() {
        for own in ["localhost", "LOCALHOST:80", "127.0.0.1", "127.8.9.1:1", "[::1]:8080"] {
            assert!(is_own_name(own), "{own}");
        }
        for other in ["", "localhost.evil.example", "10.0.0.1", "[::2]:80", "127.0.0.1.evil.example"] {
            assert!(!is_own_name(other), "{other}");
        }
    }
}
