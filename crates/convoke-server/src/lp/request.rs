//! What handlers of the planes take from a request. An empty parameter is an absent one: clients always send all of them.

use std::convert::Infallible;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use convoke_api::lp::function_id;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::{Invalid, Problem};
use convoke_domain::function::{Function, Rejection};
use convoke_domain::id::{FunctionId, SkillId};
use serde::de::DeserializeOwned;

use crate::caller::Tenant;
use crate::extract::{Params, read};
use crate::limits::FUNCTION_BODY_BYTES_MAX;
use crate::problem::ApiError;

/// The parameters of the query that have a value.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked(Vec<(String, String)>);

impl Asked {
    /// The first value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter as something else.
    ///
    /// # Errors
    /// If it is there and no such thing.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, ApiError> {
        let value = self.get(name).map(str::parse).transpose();
        value.map_err(|error| ApiError::field(name, error))
    }

    /// The skill that is asked for; the wire's `-1` is none.
    ///
    /// # Errors
    /// If it is no skill's id.
    pub(super) fn skill(&self) -> Result<Option<SkillId>, ApiError> {
        if self.get("skillId") == Some("-1") { Ok(None) } else { self.parsed("skillId") }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let mut pairs = query.map(|Query(pairs)| pairs).unwrap_or_default();
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Self(pairs))
    }
}

/// The bytes of a body, bounded. Whether they are JSON is found out by [`Sent::json`], whatever the header says.
#[derive(Debug)]
pub(super) struct Sent(pub(super) Result<axum::body::Bytes, ApiError>);

impl Sent {
    /// The bytes.
    ///
    /// # Errors
    /// If they did not arrive, or are too many.
    pub(super) fn bytes(self) -> Result<axum::body::Bytes, ApiError> {
        self.0
    }

    /// The body as JSON; nothing at all is the default.
    ///
    /// # Errors
    /// If it is not what the route expects.
    pub(super) fn json<T: DeserializeOwned + Default>(self) -> Result<T, ApiError> {
        let bytes = self.0?;
        if bytes.is_empty() { Ok(T::default()) } else { parse(&bytes) }
    }
}

/// Reads JSON that must be there.
///
/// # Errors
/// If it is not what the route expects.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let detail = format!("the body is not what this expects: {error}");
        Problem::new(PlatformError::RequestInvalid, detail).into()
    })
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        Ok(Self(read(request, FUNCTION_BODY_BYTES_MAX).await))
    }
}

/// The function that the path names by its UUID.
///
/// # Errors
/// If the account has no such function.
pub(super) fn find<'a>(tenant: &'a Tenant, params: &Params) -> Result<(FunctionId, &'a Function), ApiError> {
    let text = params.text("function");
    named(tenant, text)
}

/// The function with this UUID.
///
/// # Errors
/// If the account has no such function.
pub(super) fn named<'a>(tenant: &'a Tenant, text: &str) -> Result<(FunctionId, &'a Function), ApiError> {
    let Some(id) = function_id(text) else {
        let detail = format!("there is no function with uuid {text} on this account");
        return Err(Problem::of_code("function.unknown", detail).into());
    };
    match tenant.view.functions.get(id) {
        Some(function) => Ok((id, function)),
        None => Err(Rejection::FunctionUnknown(id).into()),
    }
}

impl From<Invalid> for super::failure::PlaneError {
    fn from(invalid: Invalid) -> Self {
        Self::management(invalid)
    }
}
