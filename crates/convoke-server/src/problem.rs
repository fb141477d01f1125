//! Every failure as a problem document: which status, code and text, in one match.

use std::fmt::Display;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use convoke_api::error_code::ErrorCode;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::{FieldError, Invalid, MEDIA_TYPE, Problem};
use convoke_domain::conversation::Rejection;
use convoke_domain::{account, function};
use convoke_engine::EngineError;
use convoke_engine::ports::LoadError;
use tracing::error;

/// What a handler fails with. Boxed, because problems are large and rare.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Problem>);

/// What a handler gives.
pub(crate) type Answer<T> = Result<T, ApiError>;

impl ApiError {
    /// One parameter or field that is wrong.
    pub(crate) fn field(field: &str, message: impl Display) -> Self {
        Problem::invalid(vec![FieldError::new(field, message.to_string())]).into()
    }

    /// The problem document.
    pub(crate) fn into_problem(self) -> Problem {
        *self.0
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<PlatformError> for ApiError {
    fn from(error: PlatformError) -> Self {
        Problem::plain(error).into()
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Problem::from(invalid).into()
    }
}

impl From<account::Rejection> for ApiError {
    fn from(rejection: account::Rejection) -> Self {
        Problem::from(rejection).into()
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        Problem::from(rejection).into()
    }
}

impl From<function::Rejection> for ApiError {
    fn from(rejection: function::Rejection) -> Self {
        Problem::from(rejection).into()
    }
}

impl From<EngineError> for ApiError {
    fn from(failure: EngineError) -> Self {
        match failure {
            EngineError::Conversation(rejection) => rejection.into(),
            EngineError::Account(rejection) => rejection.into(),
            EngineError::Function(rejection) => rejection.into(),
            EngineError::Context(rejection) => {
                Problem::of_code(rejection.code(), rejection.to_string()).into()
            }
            EngineError::Source(error) => error.into(),
            EngineError::Busy => PlatformError::Busy.into(),
            EngineError::Stopping => PlatformError::Stopping.into(),
            EngineError::Storage(reason) => {
                error!(%reason, "the storage refused a request");
                PlatformError::StorageUnavailable.into()
            }
            EngineError::Unreadable(reason) => {
                error!(%reason, "a stored record cannot be read");
                PlatformError::StorageUnreadable.into()
            }
        }
    }
}

impl From<LoadError> for ApiError {
    fn from(error: LoadError) -> Self {
        let place = place(error.line, error.column);
        Self::with_place(Problem::of_code(error.code, error.message), place)
    }
}

impl ApiError {
    fn with_place(mut problem: Problem, place: Option<String>) -> Self {
        problem.errors.extend(place.map(|place| FieldError::new("source", place)));
        problem.into()
    }
}

fn place(line: Option<u32>, column: Option<u32>) -> Option<String> {
    match (line, column) {
        (Some(line), Some(column)) => Some(format!("line {line}, column {column}")),
        (Some(line), None) => Some(format!("line {line}")),
        (None, _) => None,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = *self.0;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let is = |error: PlatformError| ErrorCode::find(&problem.code) == Some(error.into());
        let extra = if is(PlatformError::AuthRequired) {
            Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
        } else if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            Some((RETRY_AFTER, HeaderValue::from_static("2")))
        } else {
            None
        };
        let mut response = (status, Json(problem)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
