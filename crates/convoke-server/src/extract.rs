//! What handlers take from a request: path parameters, queries, JSON bodies. All of it is bounded, and what is wrong is
//! named.

use std::fmt::Display;
use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query as AxumQuery, RawPathParams, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use convoke_api::body::parse_body;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use serde::de::DeserializeOwned;

use crate::limits;
use crate::problem::ApiError;

/// The parameters of the path, by name.
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameter with this name as an id.
    ///
    /// # Errors
    /// `request.invalid`, naming it, if it is none.
    pub(crate) fn get<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, ApiError> {
        self.text(name).parse().map_err(|error| ApiError::field(name, error))
    }

    /// The parameter with this name; empty if the path has none of that name.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|error| ApiError::field("path", error))?;
        Ok(Self(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }
}

/// The query of the address.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match AxumQuery::<T>::try_from_uri(&parts.uri) {
            Ok(AxumQuery(query)) => Ok(Self(query)),
            // Its own words name the parameter.
            Err(error) => Err(ApiError::field("query", error.body_text())),
        }
    }
}

/// A JSON body of at most `BYTES_MAX`.
#[derive(Debug)]
pub(crate) struct Body<T, const BYTES_MAX: usize = { limits::BODY_BYTES_MAX }>(pub(crate) T);

/// A body as large as those with functions are.
pub(crate) type FunctionBody<T> = Body<T, { limits::FUNCTION_BODY_BYTES_MAX }>;

impl<T: DeserializeOwned, S: Send + Sync, const BYTES_MAX: usize> FromRequest<S> for Body<T, BYTES_MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(PlatformError::UnsupportedMediaType.into());
        }
        let bytes = read(request, BYTES_MAX).await?;
        Ok(Self(parse_body(&bytes)?))
    }
}

/// A JSON body that may be left out.
#[derive(Debug)]
pub(crate) struct MaybeBody<T, const BYTES_MAX: usize = { limits::BODY_BYTES_MAX }>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Send + Sync, const BYTES_MAX: usize> FromRequest<S>
    for MaybeBody<T, BYTES_MAX>
{
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = read(request, BYTES_MAX).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(PlatformError::UnsupportedMediaType.into());
        }
        // `null` is how some clients write nothing.
        Ok(Self(parse_body::<Option<T>>(&bytes)?.unwrap_or_default()))
    }
}

/// The bytes of a body, in time and not too many.
pub(crate) async fn read(request: Request, bytes_max: usize) -> Result<Bytes, ApiError> {
    let too_large = || {
        let detail = format!("a body of this route has at most {bytes_max} bytes");
        ApiError::from(Problem::new(PlatformError::TooLarge, detail))
    };
    let reading = axum::body::to_bytes(request.into_body(), bytes_max);
    match tokio::time::timeout(limits::BODY_TIME_MAX, reading).await {
        Err(_) => Err(PlatformError::RequestTimedOut.into()),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length_limit(&error) => Err(too_large()),
        Ok(Err(_)) => Err(ApiError::field("", "the body broke off")),
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}
