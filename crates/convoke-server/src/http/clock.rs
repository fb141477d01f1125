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
    let movable = server.movable_clock.as_ref().ok_or(PlatformError::ClockNotMovable)?;
    movable.advance(Duration::from_secs(by.seconds.into()));
    Ok(Json(clock(&server)))
}

fn clock(server: &Shared) -> Clock {
    Clock { now: server.handle.now(), movable: server.movable_clock.is_some() }
}
