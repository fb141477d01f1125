//! faasUI: figures about an account and its functions.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use convoke_api::lp::function_uuid;
use convoke_api::lp::report::{
    InvocationCounts, InvocationCountsV2, InvocationReport, LambdaCounts, LimitCounts, Outcomes, Span, SpanV2,
};
use convoke_domain::account::Generation;
use convoke_domain::limits;
use convoke_engine::{Figure, RunState};
use jiff::{SignedDuration, Timestamp};

use super::failure::{Answer, PlaneError};
use super::generation::Spoken;
use super::logs::span;
use super::request::{Asked, find};
use crate::caller::Tenant;
use crate::extract::Params;
use crate::limits::METRICS_BUCKETS_MAX;
use crate::problem::ApiError;
use crate::server::Shared;

/// What fair use of a month is, as tools show it. Nothing refuses beyond it.
const INVOCATIONS_PER_MONTH: u64 = 150_000;
/// Longest time of a report: a month.
const TIME_MAX: SignedDuration = SignedDuration::from_hours(31 * 24);
/// Spans that can be asked for. Seconds.
const BUCKETS: [i64; 3] = [300, 3_600, 86_400];

/// What an account may have.
pub(super) async fn limit_counts() -> Json<LimitCounts> {
    Json(LimitCounts {
        limit_total_lambdas: limits::FUNCTIONS_MAX,
        limit_deployed_lambdas: limits::FUNCTIONS_MAX,
        invocation_limit_per_month: INVOCATIONS_PER_MONTH,
    })
}

/// What it has.
pub(super) async fn lambda_counts(tenant: Tenant) -> Json<LambdaCounts> {
    let functions = &tenant.view.functions.functions;
    let deployed = functions.values().filter(|function| function.deployed.is_some()).count();
    Json(LambdaCounts { total: functions.len(), deployed })
}

/// How many invocations succeeded and failed.
pub(super) async fn invocation_counts(
    State(server): State<Shared>,
    tenant: Tenant,
    Spoken(generation): Spoken,
    asked: Asked,
) -> Answer<Response> {
    let (from, until) = span(&server, &asked, TIME_MAX).map_err(PlaneError::management)?;
    let figures = server.handle.figures(tenant.id(), None, from, until).await;
    let all = figures.map_err(PlaneError::management)?.iter().fold(Outcomes::default(), add);
    let failed = all.unknown + all.coding_failure + all.platform_failure + all.timeout;
    Ok(match generation {
        Generation::V1 => {
            Json(InvocationCounts { successful_invocations: all.succeeded, unsuccessful_invocations: failed })
                .into_response()
        }
        Generation::V2 => {
            let counts =
                InvocationCountsV2 { successful_invocations: all.succeeded, failed_invocations: failed };
            Json([counts]).into_response()
        }
    })
}

/// How the invocations of a function ended, span by span.
pub(super) async fn invocations(
    State(server): State<Shared>,
    tenant: Tenant,
    Spoken(generation): Spoken,
    params: Params,
    asked: Asked,
) -> Answer<Response> {
    let (id, function) = find(&tenant, &params).map_err(PlaneError::management)?;
    let (from, until) = span(&server, &asked, TIME_MAX).map_err(PlaneError::management)?;
    let spans = spans(&asked, from, until).map_err(PlaneError::management)?;
    let figures = server.handle.figures(tenant.id(), Some(id), from, until).await;
    let figures = figures.map_err(PlaneError::management)?;
    let told = spans.into_iter().map(|(from, until)| {
        let within = figures.iter().filter(|figure| (from..until).contains(&figure.from));
        (from.as_millisecond(), until.as_millisecond(), within.fold(Outcomes::default(), add))
    });
    let (name, uuid) = (function.name.clone(), function_uuid(id));
    Ok(match generation {
        Generation::V1 => {
            let rows = told.map(|(from, to, outcomes)| Span::of(from, to, outcomes)).collect();
            report(name, uuid, rows).into_response()
        }
        Generation::V2 => {
            let rows = told.map(|(from, to, outcomes)| SpanV2::of(from, to, outcomes)).collect();
            report(name, uuid, rows).into_response()
        }
    })
}

fn report<S>(name: String, lambda_uuid: String, invocation_statistics: Vec<S>) -> Json<InvocationReport<S>> {
    Json(InvocationReport { name, lambda_uuid, invocation_statistics })
}

/// The time in spans of the length that is asked for; the first begins where figures do, every five minutes.
fn spans(asked: &Asked, from: Timestamp, until: Timestamp) -> Result<Vec<(Timestamp, Timestamp)>, ApiError> {
    let seconds = asked.parsed::<i64>("bucketSize")?.unwrap_or(3_600);
    if !BUCKETS.contains(&seconds) {
        return Err(ApiError::field("bucketSize", "expected 300, 3600 or 86400"));
    }
    if until.duration_since(from).as_secs() / seconds >= METRICS_BUCKETS_MAX {
        return Err(ApiError::field("bucketSize", "the time has too many spans; choose longer ones"));
    }
    let mut spans = Vec::new();
    let mut begin = Timestamp::from_second(from.as_second().div_euclid(300) * 300).unwrap_or(from);
    while begin < until {
        let end = begin.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(until);
        spans.push((begin, end));
        begin = end;
    }
    Ok(spans)
}

fn add(mut sum: Outcomes, figure: &Figure) -> Outcomes {
    for (state, count) in &figure.counts {
        let place = match state {
            RunState::Succeeded => &mut sum.succeeded,
            RunState::CodingFailure => &mut sum.coding_failure,
            RunState::PlatformFailure => &mut sum.platform_failure,
            RunState::TimedOut => &mut sum.timeout,
            RunState::Unknown => &mut sum.unknown,
        };
        *place += count;
    }
    sum
}
