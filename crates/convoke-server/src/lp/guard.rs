//! Stands before every handler of the planes: token, account and roles as for the native API, and the generation, in which
//! it also tells whatever went wrong.
//!
//! Somebody else's account is answered exactly as an unknown one.

use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use convoke_api::lp::failure::Plane;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_domain::account::{Generation, Rejection, UserRole};
use convoke_domain::id::AccountId;

use super::access::{Row, Who, row};
use super::failure::{PlaneError, told};
use super::generation::{Spoken, generation};
use crate::caller::{Caller, Tenant};
use crate::guard::authenticate;
use crate::problem::ApiError;
use crate::server::Shared;

pub(super) async fn guard(State(server): State<Shared>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let Some(row) = row(&parts.method, &path) else {
        return ApiError::from(PlatformError::MethodNotAllowed).into_response();
    };
    let account = account_in_path(&mut parts, &server).await;
    let view = account.as_ref().and_then(|id| server.handle.account(id));
    let account_view = view.as_deref().map(|view| &view.account);
    let spoken = row.generation.unwrap_or_else(|| generation(&parts, row.plane, account_view));
    // Whoever asks chooses the words, but not who may: an account of the second generation has the stricter roles.
    let judged = account_view.map_or(spoken, |account| spoken.max(account.generation));
    parts.extensions.insert(Spoken(spoken));
    let response = match admit(&server, &mut parts, row, judged, account) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => error.into_response(),
    };
    told(response, spoken)
}

fn admit(
    server: &Shared,
    parts: &mut Parts,
    row: &Row,
    judged: Generation,
    account: Option<AccountId>,
) -> Result<(), PlaneError> {
    let Some(roles) = row.who.roles(judged) else { return Ok(()) };
    let refused = |error: ApiError| PlaneError::on(row.plane, error);
    let caller = match parts.extensions.get::<Caller>() {
        // A function, which the platform itself vouches for.
        Some(caller) => caller.clone(),
        // The handler sees that there is nobody.
        None if matches!(row.who, Who::RolesFunctionsAndPages(_))
            && !parts.headers.contains_key(AUTHORIZATION) =>
        {
            return Ok(());
        }
        None if !parts.headers.contains_key(AUTHORIZATION) => {
            return Err(PlaneError::unauthorized(row.plane));
        }
        None => authenticate(server, parts).map_err(|error| not_known(row.plane, error))?,
    };
    let own = caller.account.is_none() || caller.account == account;
    let view = account.filter(|_| own).and_then(|id| server.handle.account(&id));
    let view = view.ok_or_else(|| refused(Rejection::AccountUnknown.into()))?;
    if !may(&caller, row.who, roles) {
        return Err(refused(PlatformError::Forbidden.into()));
    }
    parts.extensions.insert(Tenant { view, caller: caller.clone() });
    parts.extensions.insert(caller);
    Ok(())
}

/// A token that is none. Clients of management know that by 403, those of the gateway by 401.
fn not_known(plane: Plane, error: ApiError) -> PlaneError {
    let problem = error.into_problem();
    let unknown = problem.code == PlatformError::AuthRequired.code();
    if unknown && plane == Plane::Management {
        return PlaneError::on(plane, Problem::new(PlatformError::Forbidden, problem.detail));
    }
    PlaneError::on(plane, problem)
}

fn may(caller: &Caller, who: Who, roles: &[UserRole]) -> bool {
    match caller.function() {
        Some(_) => matches!(who, Who::RolesAndFunctions(_) | Who::RolesFunctionsAndPages(_)),
        None => caller.has_any(roles),
    }
}

async fn account_in_path(parts: &mut Parts, server: &Shared) -> Option<AccountId> {
    let params = RawPathParams::from_request_parts(parts, server).await.ok()?;
    params.iter().find(|(name, _)| *name == "account").and_then(|(_, value)| value.parse().ok())
}
