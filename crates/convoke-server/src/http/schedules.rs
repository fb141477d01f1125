//! Schedules: functions that run by the clock.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::list::List;
use convoke_api::v1::schedule::{DefineSchedule, Schedule};
use convoke_domain::function::{Command, Rejection, ScheduleCommand};
use convoke_domain::id::ScheduleId;

use super::functions::{change, named};
use crate::caller::Tenant;
use crate::extract::{Body, Params};
use crate::problem::Answer;
use crate::server::Shared;

/// The schedules, in the order of their ids.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/schedules", tag = "schedules",
    responses((status = 200, body = List<Schedule>)))]
pub(super) async fn list(tenant: Tenant) -> Json<List<Schedule>> {
    let schedules = tenant.view.functions.schedules.iter();
    Json(schedules.map(|(id, schedule)| Schedule::of(*id, schedule, &tenant.names())).collect())
}

/// A schedule.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/schedules/{schedule}", tag = "schedules",
    responses((status = 200, body = Schedule)))]
pub(super) async fn get(tenant: Tenant, params: Params) -> Answer<Json<Schedule>> {
    shown(&tenant, params.get("schedule")?)
}

/// Makes a schedule, which fires from now on.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/schedules", tag = "schedules",
    request_body = DefineSchedule, responses((status = 201, body = Schedule)))]
pub(super) async fn create(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(define): Body<DefineSchedule>,
) -> Answer<(StatusCode, Json<Schedule>)> {
    let id = ScheduleId::from_bits(server.handle.entropy().bits());
    let schedule = put(&server, tenant, id, define).await?;
    Ok((StatusCode::CREATED, schedule))
}

/// Changes a schedule; one that is paused stays so.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/schedules/{schedule}", tag = "schedules",
    request_body = DefineSchedule, responses((status = 200, body = Schedule)))]
pub(super) async fn update(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(define): Body<DefineSchedule>,
) -> Answer<Json<Schedule>> {
    let id = params.get("schedule")?;
    // Only what there is can be changed: ids are made here.
    let _present = shown(&tenant, id)?;
    put(&server, tenant, id, define).await
}

/// Lets a schedule fire no longer.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/schedules/{schedule}/pause", tag = "schedules",
    responses((status = 200, body = Schedule)))]
pub(super) async fn pause(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Schedule>> {
    changed(&server, tenant, params.get("schedule")?, ScheduleCommand::Pause).await
}

/// Lets a schedule fire again, from now on. Its function has to be deployed.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/schedules/{schedule}/resume", tag = "schedules",
    responses((status = 200, body = Schedule)))]
pub(super) async fn resume(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Schedule>> {
    changed(&server, tenant, params.get("schedule")?, ScheduleCommand::Resume).await
}

/// Removes a schedule.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/schedules/{schedule}", tag = "schedules",
    responses((status = 204)))]
pub(super) async fn delete(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<StatusCode> {
    let id = params.get("schedule")?;
    change(&server, &tenant, Command::Schedule { id, command: ScheduleCommand::Remove }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn put(
    server: &Shared,
    tenant: Tenant,
    id: ScheduleId,
    define: DefineSchedule,
) -> Answer<Json<Schedule>> {
    let (function, _) = named(&tenant, &define.function)?;
    let command = define.into_command(function)?;
    changed(server, tenant, id, command).await
}

async fn changed(
    server: &Shared,
    mut tenant: Tenant,
    id: ScheduleId,
    command: ScheduleCommand,
) -> Answer<Json<Schedule>> {
    tenant.view = change(server, &tenant, Command::Schedule { id, command }).await?;
    shown(&tenant, id)
}

fn shown(tenant: &Tenant, id: ScheduleId) -> Answer<Json<Schedule>> {
    let schedule = tenant.view.functions.schedules.get(&id).ok_or(Rejection::ScheduleUnknown(id))?;
    Ok(Json(Schedule::of(id, schedule, &tenant.names())))
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, ScriptedHost, until};

    async fn deployed() -> (Kit, String) {
        let kit = Kit::with(ScriptedHost::echo()).await;
        let token = kit.admin().await;
        kit.post("/functions", &token, json!({"name": "report", "source": "1"})).await.ok(201);
        kit.post("/functions/report/deploy", &token, Value::Null).await.ok(200);
        (kit, token)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_schedule_fires_when_the_clock_reaches_its_time() {
        let (kit, token) = deployed().await;
        let define = json!({"function": "report", "cron": "0 8 * * *", "time_zone": "Europe/Berlin",
                            "payload": {"a": 1}});
        let made = kit.post("/schedules", &token, define).await.ok(201);
        assert_eq!(made["next_due"], "2026-03-04T07:00:00Z");
        let path = format!("/schedules/{}", made["id"].as_str().unwrap());
        kit.clock.advance_to("2026-03-04T07:00:00Z".parse().unwrap());
        until(async || kit.get(&path, &token).await.ok(200)["last"]["answered"] == true).await;
        let fired = kit.get(&path, &token).await.ok(200);
        assert_eq!(fired["next_due"], "2026-03-05T07:00:00Z");
        let invocation = fired["last"]["invocation"].as_str().unwrap();
        let runs = kit.get(&format!("/invocations/{invocation}"), &token).await.ok(200);
        assert_eq!(
            (&runs["items"][0]["source"], &runs["items"][0]["state"]),
            (&json!("schedule"), &json!("succeeded"))
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_schedule_is_paused_resumed_ended_and_removed() {
        let (kit, token) = deployed().await;
        let define = json!({"function": "report", "cron": "*/5 * * * *"});
        let made = kit.post("/schedules", &token, define.clone()).await.ok(201);
        let path = format!("/schedules/{}", made["id"].as_str().unwrap());
        let paused = kit.post(&format!("{path}/pause"), &token, Value::Null).await.ok(200);
        assert_eq!((&paused["state"], &paused["next_due"]), (&json!("paused"), &Value::Null));
        kit.post(&format!("{path}/resume"), &token, Value::Null).await.ok(200);
        kit.post("/functions/report/undeploy", &token, Value::Null).await.ok(200);
        assert_eq!(kit.get(&path, &token).await.ok(200)["state"], "ended");
        kit.post(&format!("{path}/resume"), &token, Value::Null).await.fails(404, "function.not_deployed");
        kit.post("/schedules", &token, define).await.fails(404, "function.not_deployed");
        kit.delete(&path, &token).await.ok(204);
        kit.get(&path, &token).await.fails(404, "schedule.unknown");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_wrong_with_a_schedule_is_named() {
        let (kit, token) = deployed().await;
        let create = async |body: Value| kit.post("/schedules", &token, body).await;
        let problem =
            create(json!({"function": "report", "cron": "61 * * * *"})).await.fails(400, "request.invalid");
        assert_eq!(problem["errors"][0]["field"], "cron");
        create(json!({"function": "report", "cron": "* * * * *", "time_zone": "Mars"}))
            .await
            .fails(400, "request.invalid");
        create(json!({"function": "report", "cron": "0 0 30 2 *"})).await.fails(400, "schedule.never_due");
        create(json!({"function": "none", "cron": "* * * * *"})).await.fails(404, "function.unknown");
        let long = json!({"function": "report", "cron": "* * * * *", "payload": "x".repeat(15_000)});
        create(long).await.fails(400, "schedule.input_too_long");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn functions_administrators_keep_schedules_and_invokers_do_not() {
        let (kit, _) = deployed().await;
        let administrator = kit.token(ACME, &[UserRole::FaasAdmin]).await;
        let define = json!({"function": "report", "cron": "0 0 * * *"});
        kit.post("/schedules", &administrator, define.clone()).await.ok(201);
        let invoker = kit.token(ACME, &[UserRole::FaasInvocation]).await;
        kit.get("/schedules", &invoker).await.ok(200);
        kit.post("/schedules", &invoker, define).await.fails(403, "auth.forbidden");
    }
}
