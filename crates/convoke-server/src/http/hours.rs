//! Working hours, and the special occasions that are exceptions to them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::list::List;
use convoke_api::v1::special_occasions::{DefineSpecialOccasions, SpecialOccasions};
use convoke_api::v1::working_hours::{DefineWorkingHours, WorkingHours};
use convoke_domain::account::{Command, Rejection};
use convoke_domain::id::{SpecialOccasionsId, WorkingHoursId};

use super::removal::Removal;
use crate::caller::Tenant;
use crate::extract::{Body, Params};
use crate::problem::Answer;
use crate::server::Shared;

/// The working hours that skills can use.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/working-hours", tag = "hours",
    responses((status = 200, body = List<WorkingHours>)))]
pub(super) async fn list(tenant: Tenant) -> Json<List<WorkingHours>> {
    Json(tenant.view.account.working_hours.values().map(Into::into).collect())
}

/// Defines working hours, or replaces them.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/working-hours/{hours}", tag = "hours",
    request_body = DefineWorkingHours, responses((status = 200, body = WorkingHours)))]
pub(super) async fn define(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(define): Body<DefineWorkingHours>,
) -> Answer<Json<WorkingHours>> {
    let id: WorkingHoursId = params.get("hours")?;
    let view = server.configure(&tenant, define.into_command(id.clone())?).await?;
    let hours = view.account.working_hours.get(&id).ok_or(Rejection::WorkingHoursUnknown(id))?;
    Ok(Json(hours.into()))
}

/// Removes working hours that no skill uses.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/working-hours/{hours}", tag = "hours",
    responses((status = 204)))]
pub(super) async fn remove(removal: Removal) -> Answer<StatusCode> {
    removal.of("hours", |id| Command::RemoveWorkingHours { id }).await
}

/// The sets of special occasions that skills can use.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/special-occasions", tag = "hours",
    responses((status = 200, body = List<SpecialOccasions>)))]
pub(super) async fn list_occasions(tenant: Tenant) -> Json<List<SpecialOccasions>> {
    Json(tenant.view.account.special_occasions.values().map(Into::into).collect())
}

/// Defines a set of special occasions, or replaces it.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/special-occasions/{occasions}", tag = "hours",
    request_body = DefineSpecialOccasions, responses((status = 200, body = SpecialOccasions)))]
pub(super) async fn define_occasions(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(define): Body<DefineSpecialOccasions>,
) -> Answer<Json<SpecialOccasions>> {
    let id: SpecialOccasionsId = params.get("occasions")?;
    let view = server.configure(&tenant, define.into_command(id.clone())?).await?;
    let set = view.account.special_occasions.get(&id).ok_or(Rejection::SpecialOccasionsUnknown(id))?;
    Ok(Json(set.into()))
}

/// Removes a set that no skill uses.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/special-occasions/{occasions}", tag = "hours",
    responses((status = 204)))]
pub(super) async fn remove_occasions(removal: Removal) -> Answer<StatusCode> {
    removal.of("occasions", |id| Command::RemoveSpecialOccasions { id }).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Kit;

    #[tokio::test]
    async fn a_skill_follows_its_working_hours_and_special_occasions() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        // The tests begin on a Tuesday at ten.
        let week = json!([{"day": "tuesday", "from": "08:00", "to": "18:00"}]);
        let hours = json!({"name": "Office", "time_zone": "Etc/UTC", "week": week});
        assert_eq!(kit.put("/working-hours/1", &token, hours).await.ok(200)["id"], "1");
        let closed = json!({"name": "Move", "from": "2026-03-03T09:00:00", "to": "2026-03-03T12:00:00", "working": false});
        let occasions = json!({"name": "Days off", "time_zone": "Etc/UTC", "occasions": [closed]});
        kit.put("/special-occasions/1", &token, occasions).await.ok(200);
        let skill = json!({"name": "Day", "working_hours": "1"});
        assert_eq!(kit.put("/skills/9", &token, skill).await.ok(200)["staffed"], true);
        let skill = json!({"name": "Day", "working_hours": "1", "special_occasions": "1"});
        assert_eq!(kit.put("/skills/9", &token, skill).await.ok(200)["staffed"], false);
        assert_eq!(kit.get("/working-hours", &token).await.ok(200)["items"][0]["name"], "Office");
        assert_eq!(kit.get("/special-occasions", &token).await.ok(200)["items"][0]["name"], "Days off");
        kit.delete("/working-hours/1", &token).await.fails(409, "working_hours.in_use");
        kit.delete("/special-occasions/1", &token).await.fails(409, "special_occasions.in_use");
        kit.delete("/skills/9", &token).await.ok(204);
        kit.delete("/working-hours/1", &token).await.ok(204);
        kit.delete("/special-occasions/1", &token).await.ok(204);
    }

    #[tokio::test]
    async fn an_unknown_time_zone_is_named() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let hours = json!({"name": "Office", "time_zone": "Europe/Atlantis", "week": []});
        let problem = kit.put("/working-hours/1", &token, hours).await.fails(400, "request.invalid");
        assert_eq!(problem["errors"][0]["field"], "time_zone");
        kit.delete("/working-hours/1", &token).await.fails(404, "working_hours.unknown");
    }
}
