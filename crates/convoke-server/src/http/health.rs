//! Whether the server lives, whether it takes work, and how its API is described.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use convoke_api::v1::health::{Health, HealthPart, HealthStatus};
use convoke_engine::StoreHealth;

use crate::server::Shared;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether the process lives. Says nothing of what it needs.
#[utoipa::path(get, path = "/healthz", tag = "server", responses((status = 200, body = Health)))]
pub(crate) async fn healthz(State(server): State<Shared>) -> Json<Health> {
    Json(Health::of(VERSION, server.handle.now(), Vec::new()))
}

/// Whether the server takes work: it is not stopping, and its storage can acknowledge.
#[utoipa::path(get, path = "/readyz", tag = "server",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub(crate) async fn readyz(State(server): State<Shared>) -> (StatusCode, Json<Health>) {
    let storage = match server.handle.store().health() {
        StoreHealth::Ready => part("storage", None),
        StoreHealth::Failed { reason } => part(
            "storage",
            Some(format!(
                "nothing is acknowledged until this is repaired and the server restarted: {reason}"
            )),
        ),
    };
    let stopping = server.stopping.is_cancelled().then(|| "the server is shutting down".to_owned());
    let parts = vec![storage, part("listener", stopping)];
    let health = Health::of(VERSION, server.handle.now(), parts);
    let status = match health.status {
        HealthStatus::Ok | HealthStatus::Degraded => StatusCode::OK,
        HealthStatus::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(health))
}

fn part(name: &str, trouble: Option<String>) -> HealthPart {
    let status = if trouble.is_none() { HealthStatus::Ok } else { HealthStatus::Unavailable };
    HealthPart { name: name.to_owned(), status, detail: trouble }
}

/// This description of the API.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "server",
    responses((status = 200, body = Object, content_type = "application/json")))]
pub(super) async fn document(State(server): State<Shared>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], server.openapi.clone())
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::Value;

    use crate::testing::Kit;

    #[tokio::test]
    async fn a_stopping_server_lives_and_takes_no_work() {
        let kit = Kit::new().await;
        kit.raw(Method::GET, "/healthz", "", Value::Null).await.ok(200);
        assert_eq!(kit.raw(Method::GET, "/readyz", "", Value::Null).await.ok(200)["status"], "ok");
        kit.stopping.cancel();
        kit.raw(Method::GET, "/healthz", "", Value::Null).await.ok(200);
        let ready = kit.raw(Method::GET, "/readyz", "", Value::Null).await.ok(503);
        assert_eq!(ready["status"], "unavailable");
    }
}
