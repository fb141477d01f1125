//! What an operator's tools ask of a node: metrics for Prometheus, and whether it lives and takes work.
//!
//! Promises: nothing here is about a person, an account or a function, and the number of series is fixed; it needs no token, so
//! it has a listener of its own, for the operator's network only. Leaves out: figures of single functions, which the native
//! API has.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::problem::ApiError;
use crate::server::Shared;
use convoke_api::platform_error::PlatformError;

const OPEN: &str = "convoke_sockets_open";
const BUILD: &str = "convoke_build";
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is spoken over an open socket.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SocketKind {
    /// The live protocol.
    Live,
    /// The messaging protocol, as an agent or a bot.
    Agent,
    /// The messaging protocol, as a consumer.
    Consumer,
}

/// The sockets that are open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sockets(Family<[(&'static str, &'static str); 1], Gauge>);

/// Counts as long as it lives.
pub(crate) struct OpenSocket(Gauge);

impl Sockets {
    /// One more of a kind, until what is returned is dropped.
    pub(crate) fn opened(&self, kind: SocketKind) -> OpenSocket {
        let kind = match kind {
            SocketKind::Live => "live",
            SocketKind::Agent => "agent",
            SocketKind::Consumer => "consumer",
        };
        let gauge = self.0.get_or_create(&[("kind", kind)]).clone();
        gauge.inc();
        OpenSocket(gauge)
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The routes of the operator's listener.
pub(crate) fn routes(shared: &Shared) -> Router<Shared> {
    let mut registry = Registry::default();
    shared.handle.register_metrics(&mut registry);
    registry.register(OPEN, "WebSockets that are open, by what is spoken", shared.sockets.0.clone());
    let build: Family<[(&'static str, &'static str); 1], Gauge> = Family::default();
    build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
    registry.register(BUILD, "1, with the version as its label", build);
    let registry = Arc::new(registry);
    let metrics = move |State(server): State<Shared>| {
        let registry = Arc::clone(&registry);
        async move { told(&server, &registry) }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(crate::http::healthz))
        .route("/readyz", get(crate::http::readyz))
}

fn told(server: &Shared, registry: &Registry) -> Response {
    server.handle.refresh_metrics();
    let mut text = String::new();
    match encode(&mut text, registry) {
        Ok(()) => ([(CONTENT_TYPE, TEXT)], text).into_response(),
        Err(_) => ApiError::from(PlatformError::Internal).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::Body;
    use axum::http::{Request, header};
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::*;
    use crate::testing::{Kit, ScriptedHost};

    async fn metrics(kit: &Kit) -> String {
        let asked = Request::builder().uri("/metrics").body(Body::empty()).unwrap();
        let answer = kit.operators.clone().oneshot(asked).await.unwrap();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], TEXT);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    fn value(text: &str, series: &str) -> f64 {
        let line = text
            .lines()
            .find(|line| line.starts_with(series))
            .unwrap_or_else(|| panic!("no {series}: {text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    async fn kit() -> (Kit, String) {
        let kit = Kit::with(ScriptedHost::echo()).await;
        let token = kit.admin().await;
        for (name, source) in [("fine", "1"), ("broken", "throw")] {
            kit.post("/functions", &token, json!({"name": name, "source": source})).await.ok(201);
            kit.post(&format!("/functions/{name}/deploy"), &token, Value::Null).await.ok(200);
        }
        (kit, token)
    }

    #[tokio::test]
    async fn invocations_are_counted_by_how_they_came_out() {
        let (kit, token) = kit().await;
        for name in ["fine", "fine", "broken"] {
            kit.post(&format!("/functions/{name}/invoke"), &token, Value::Null).await.ok(200);
        }
        let text = metrics(&kit).await;
        let attempts = |outcome: &str| {
            value(
                &text,
                &format!("convoke_invocation_attempts_total{{source=\"call\",outcome=\"{outcome}\"}}"),
            )
        };
        assert!((attempts("succeeded") - 2.0).abs() < 0.1 && (attempts("coding_failure") - 1.0).abs() < 0.1);
        assert!((value(&text, "convoke_invocation_answer_seconds_count{source=\"call\"}") - 3.0).abs() < 0.1);
        assert!(value(&text, "convoke_steps_total") > 5.0, "what was set up is durable");
        assert!((value(&text, "convoke_storage_available") - 1.0).abs() < 0.1);
        assert!(value(&text, "convoke_invocations_running") < 0.1);
    }

    #[tokio::test]
    async fn the_series_are_the_same_whatever_accounts_and_functions_there_are() {
        let (kit, token) = kit().await;
        kit.post("/functions/fine/invoke", &token, Value::Null).await.ok(200);
        let names = |text: &str| {
            let series = text.lines().filter(|line| !line.starts_with('#'));
            series.filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned())).collect::<BTreeSet<_>>()
        };
        let before = names(&metrics(&kit).await);
        for number in 0..5 {
            let name = format!("more_{number}");
            kit.post("/functions", &token, json!({"name": name, "source": "1"})).await.ok(201);
            kit.post(&format!("/functions/{name}/deploy"), &token, Value::Null).await.ok(200);
            kit.post(&format!("/functions/{name}/invoke"), &token, Value::Null).await.ok(200);
        }
        assert_eq!(names(&metrics(&kit).await), before);
    }

    #[tokio::test]
    async fn the_operators_listener_has_nothing_else_and_the_public_one_no_metrics() {
        let (kit, token) = kit().await;
        let asked = Request::builder().uri("/api/v1/accounts").body(Body::empty()).unwrap();
        let answer = kit.operators.clone().oneshot(asked).await.unwrap();
        assert_eq!(answer.status().as_u16(), 404);
        for path in ["/healthz", "/readyz"] {
            let asked = Request::builder().uri(path).body(Body::empty()).unwrap();
            assert_eq!(kit.operators.clone().oneshot(asked).await.unwrap().status().as_u16(), 200, "{path}");
        }
        let public = kit.raw(axum::http::Method::GET, "/metrics", &token, Value::Null).await;
        assert!(!public.text.contains("convoke_steps"), "{}", public.text);
    }

    #[test]
    fn a_socket_counts_as_long_as_it_is_open() {
        let sockets = Sockets::default();
        let open = || sockets.0.get_or_create(&[("kind", "live")]).get();
        let one = sockets.opened(SocketKind::Live);
        let two = sockets.opened(SocketKind::Live);
        assert_eq!(open(), 2);
        drop(one);
        assert_eq!(open(), 1);
        drop(two);
        assert_eq!(open(), 0);
    }
}
