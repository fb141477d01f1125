//! Failures of the planes: handlers say what is wrong, the guard says it in the caller's generation.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use convoke_api::lp::failure::{Failure, Plane};
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_domain::account::Generation;

use crate::problem::ApiError;

/// What a handler of a plane fails with.
#[derive(Debug, Clone)]
pub(super) struct PlaneError(Box<Failure>);

/// What a handler of a plane gives.
pub(super) type Answer<T> = Result<T, PlaneError>;

impl PlaneError {
    /// A refusal told by the gateway.
    pub(super) fn gateway(error: impl Into<ApiError>) -> Self {
        Self::on(Plane::Gateway, error)
    }

    /// A refusal told by management.
    pub(super) fn management(error: impl Into<ApiError>) -> Self {
        Self::on(Plane::Management, error)
    }

    /// A refusal told by this plane.
    pub(super) fn on(plane: Plane, error: impl Into<ApiError>) -> Self {
        let problem: Problem = error.into().into_problem();
        Failure::of_problem(plane, &problem).into()
    }

    /// A token that is not one.
    pub(super) fn unauthorized(plane: Plane) -> Self {
        Self::on(plane, PlatformError::AuthRequired)
    }
}

impl From<Failure> for PlaneError {
    fn from(failure: Failure) -> Self {
        Self(Box::new(failure))
    }
}

impl IntoResponse for PlaneError {
    fn into_response(self) -> Response {
        // Said by the guard, which knows the generation.
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The response with its failure, if it is one, in words of `generation`.
pub(super) fn told(mut response: Response, generation: Generation) -> Response {
    let Some(PlaneError(failure)) = response.extensions_mut().remove::<PlaneError>() else { return response };
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut headers = HeaderMap::new();
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    let kept = response.headers().iter().map(|(name, value)| (name.clone(), value.clone()));
    let kept: Vec<_> = kept.filter(|(name, _)| name.as_str().starts_with("ratelimit")).collect();
    headers.extend(kept);
    (status, headers, Json(failure.body(generation))).into_response()
}
