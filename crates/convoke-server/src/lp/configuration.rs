//! `accountConfigReadOnly`: users, skills, groups, profiles, working hours and special occasions of an account.

use axum::Json;
use axum::extract::State;
use convoke_api::lp::configuration as wire;
use convoke_api::platform_error::PlatformError;
use convoke_domain::account::Rejection;
use convoke_domain::id::{Pid, SkillId};
use serde_json::Value;

use super::failure::{Answer, PlaneError};
use crate::caller::Tenant;
use crate::extract::Params;
use crate::problem::ApiError;
use crate::server::Shared;

/// The users.
pub(super) async fn users(tenant: Tenant) -> Json<Value> {
    Json(wire::users(&tenant.view.account))
}

/// A user, by number or participant id. Pages of consumers, which have no token, see what agents show of themselves, of those
/// whose participant id they know.
pub(super) async fn user(
    State(server): State<Shared>,
    tenant: Result<Tenant, ApiError>,
    params: Params,
) -> Answer<Json<Value>> {
    let Ok(tenant) = tenant else { return shown(&server, &params) };
    let account = &tenant.view.account;
    let found = account.agent_by_text(params.text("user"));
    let (id, user) = found.ok_or_else(|| PlaneError::gateway(PlatformError::NotFound))?;
    Ok(Json(wire::user(account, id, user)))
}

/// What an agent shows to consumers (messaging contract §2.3).
fn shown(server: &Shared, params: &Params) -> Answer<Json<Value>> {
    let not_found = || PlaneError::gateway(PlatformError::NotFound);
    let account = params.text("account").parse().ok().and_then(|id| server.handle.account(&id));
    let account = account.ok_or_else(not_found)?;
    let pid: Pid = Pid::try_parse(params.text("user")).map_err(|_| not_found())?;
    let mut users = account.account.users.values();
    let user = users.find(|user| user.pid == pid && user.enabled).ok_or_else(not_found)?;
    Ok(Json(wire::shown(user)))
}

/// The skills.
pub(super) async fn skills(tenant: Tenant) -> Json<Value> {
    Json(wire::skills(&tenant.view.account))
}

/// A skill.
pub(super) async fn skill(tenant: Tenant, params: Params) -> Answer<Json<Value>> {
    let id: SkillId = params.get("skill").map_err(PlaneError::gateway)?;
    let account = &tenant.view.account;
    match account.skill(&id) {
        Some(skill) => Ok(Json(wire::skill(account, &id, skill))),
        None => Err(PlaneError::gateway(Rejection::SkillUnknown(id))),
    }
}

/// The agent groups.
pub(super) async fn agent_groups() -> Json<Value> {
    Json(wire::agent_groups())
}

/// The profiles.
pub(super) async fn profiles() -> Json<Value> {
    Json(wire::profiles())
}

/// The working hours.
pub(super) async fn working_hours(tenant: Tenant) -> Json<Value> {
    Json(wire::working_hours(&tenant.view.account))
}

/// The special occasions.
pub(super) async fn special_occasions(tenant: Tenant) -> Json<Value> {
    Json(wire::special_occasions(&tenant.view.account))
}
