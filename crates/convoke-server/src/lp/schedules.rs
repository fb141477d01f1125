//! faasUI: schedules, as the tools make them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::lp::invocation::InvokeBody;
use convoke_api::lp::schedule::{CreateSchedule, Schedule};
use convoke_api::lp::{function_uuid, time};
use convoke_api::v1::schedule::{DefineSchedule, MissedRuns};
use convoke_domain::function::{
    Command, FiringResult, Rejection, Schedule as Domain, ScheduleCommand, ScheduleState,
};
use convoke_domain::id::ScheduleId;

use super::failure::{Answer, PlaneError};
use super::request::{Sent, named, parse};
use crate::caller::Tenant;
use crate::http::functions::change;
use crate::server::Shared;

/// What the tools mean where they say no zone.
const USUAL_ZONE: &str = "Etc/UTC";

/// The schedules.
pub(super) async fn list(tenant: Tenant) -> Json<Vec<Schedule>> {
    Json(tenant.view.functions.schedules.iter().map(|(id, schedule)| told(*id, schedule)).collect())
}

/// Makes a schedule.
pub(super) async fn create(
    State(server): State<Shared>,
    tenant: Tenant,
    sent: Sent,
) -> Answer<(StatusCode, Json<Schedule>)> {
    let read = sent.bytes().and_then(|bytes| parse::<CreateSchedule>(&bytes));
    let create = read.map_err(PlaneError::management)?;
    let (function, _) = named(&tenant, &create.function_uuid).map_err(PlaneError::management)?;
    let define = DefineSchedule {
        function: function.to_string(),
        cron: create.cron_expression,
        time_zone: Some(create.time_zone.unwrap_or_else(|| USUAL_ZONE.to_owned())),
        description: create.description,
        headers: create.invocation_body.headers,
        payload: create.invocation_body.payload,
        missed: MissedRuns::Skip,
    };
    let id = ScheduleId::from_bits(server.handle.entropy().bits());
    let command = define.into_command(function).map_err(PlaneError::management)?;
    let view = put(&server, &tenant, id, command).await?;
    let view =
        if create.is_active { view } else { put(&server, &tenant, id, ScheduleCommand::Pause).await? };
    let schedule = view.functions.schedules.get(&id);
    let schedule = schedule.ok_or_else(|| PlaneError::management(Rejection::ScheduleUnknown(id)))?;
    Ok((StatusCode::CREATED, Json(told(id, schedule))))
}

async fn put(
    server: &Shared,
    tenant: &Tenant,
    id: ScheduleId,
    command: ScheduleCommand,
) -> Answer<std::sync::Arc<convoke_engine::AccountView>> {
    change(server, tenant, Command::Schedule { id, command }).await.map_err(PlaneError::management)
}

fn told(id: ScheduleId, schedule: &Domain) -> Schedule {
    let last = schedule.last.as_ref();
    let failed = matches!(last.and_then(|firing| firing.result.as_ref()), Some(FiringResult::Failed { .. }));
    let plan = &schedule.plan;
    let body: InvokeBody = serde_json::from_str(&plan.input).unwrap_or_default();
    Schedule {
        id: id.uuid().to_string(),
        uuid: id.uuid().to_string(),
        function_uuid: function_uuid(plan.function),
        lambda_uuid: function_uuid(plan.function),
        cron_expression: plan.cron.to_string(),
        is_active: schedule.state == ScheduleState::Active,
        description: plan.description.clone(),
        time_zone: plan.zone.name().to_owned(),
        next_execution: schedule.next_due().map(time),
        last_execution: last.map(|firing| time(firing.at)),
        did_last_execution_fail: failed,
        invocation_body: body,
    }
}
