//! The engine's clock, and moving it where that is possible.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use convoke_api::platform_error::PlatformError;
use convoke_api::v1::clock::{AdvanceClock, Clock};

use crate::extract::Body;
use crate::problem::Answer;
use crate::server::Shared;

/// The time that hours, deadlines and timers go by.
#[utoipa::path(get, path = "/api/v1/clock", tag = "server", responses((status = 200, body = Clock)))]
pub(super) async fn get(State(server): State<Shared>) -> Json<Clock> {
    Json(clock(&server))
}

/// Moves the clock forward; only with `convoke dev --test-clock`.
#[utoipa::path(post, path = "/api/v1/clock/advance", tag = "server", request_body = AdvanceClock,
    responses((status = 200, body = Clock)))]
pub(super) async fn advance(
    State(server): State<Shared>,
    Body(by): Body<AdvanceClock>,
) -> Answer<Json<Clock>> {
    advanced(&server, by).map(Json)
}

/// Moves the clock, if it can be moved.
pub(super) fn advanced(server: &Shared, by: AdvanceClock) -> Answer<Clock> {
    let movable = server.movable_clock.as_ref().ok_or(PlatformError::ClockNotMovable)?;
    movable.advance(Duration::from_secs(by.seconds.into()));
    Ok(clock(server))
}

fn clock(server: &Shared) -> Clock {
    Clock { now: server.handle.now(), movable: server.movable_clock.is_some() }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::{Value, json};

    use crate::testing::Kit;

    #[tokio::test]
    async fn the_operator_moves_the_clock_forward() {
        let kit = Kit::new().await;
        let by = json!({"seconds": 600});
        let moved = kit.raw(Method::POST, "/api/v1/clock/advance", &kit.operator, by.clone()).await.ok(200);
        assert_eq!(moved, json!({"now": "2026-03-03T10:10:00Z", "movable": true}));
        assert_eq!(kit.raw(Method::GET, "/api/v1/clock", &kit.operator, Value::Null).await.ok(200), moved);
        let admin = kit.admin().await;
        kit.raw(Method::POST, "/api/v1/clock/advance", &admin, by).await.fails(403, "auth.forbidden");
    }
}
