//! What all routes have in common that take something of an account away.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use convoke_domain::account::Command;

use crate::caller::Tenant;
use crate::extract::Params;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// A request to take something away.
pub(super) struct Removal {
    server: Shared,
    tenant: Tenant,
    params: Params,
}

impl Removal {
    /// Takes away what the parameter of the path with this name says.
    ///
    /// # Errors
    /// `request.invalid` if that is no such thing, and the rule that refuses it.
    pub(super) async fn of<T: FromStr<Err: Display>>(
        self,
        name: &str,
        command: impl FnOnce(T) -> Command,
    ) -> Answer<StatusCode> {
        let Self { server, tenant, params } = self;
        server.configure(&tenant, command(params.get(name)?)).await?;
        Ok(StatusCode::NO_CONTENT)
    }
}

impl FromRequestParts<Shared> for Removal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, ApiError> {
        let tenant = Tenant::from_request_parts(parts, server).await?;
        let params = Params::from_request_parts(parts, server).await?;
        Ok(Self { server: server.clone(), tenant, params })
    }
}
