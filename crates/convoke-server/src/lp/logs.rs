//! faasUI: log lines of a function as a table.
//!
//! As the tools have it: the oldest first, at most 500, of a week at most, without the level for authors at work unless it is
//! asked for.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use convoke_api::lp::function_uuid;
use convoke_api::lp::invocation::level;
use convoke_domain::id::FunctionId;
use convoke_engine::{LogLevel, Run, RunFilter, RunLine, RunPlace};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::failure::{Answer, PlaneError};
use super::request::{Asked, find, named};
use crate::caller::Tenant;
use crate::csv;
use crate::extract::Params;
use crate::limits::{EXPORTED_LINES_MAX, RUNS_MAX};
use crate::problem::ApiError;
use crate::server::Shared;

/// Longest time that is exported at once.
const TIME_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How much a client's clock may be ahead.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(10);

/// Of the function that the query names.
pub(super) async fn export(State(server): State<Shared>, tenant: Tenant, asked: Asked) -> Answer<Response> {
    let (id, _) =
        named(&tenant, asked.get("lambdaUUID").unwrap_or_default()).map_err(PlaneError::management)?;
    table(&server, &tenant, id, &asked).await
}

/// Of the function that the path names.
pub(super) async fn export_of(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    asked: Asked,
) -> Answer<Response> {
    let (id, _) = find(&tenant, &params).map_err(PlaneError::management)?;
    table(&server, &tenant, id, &asked).await
}

async fn table(server: &Shared, tenant: &Tenant, id: FunctionId, asked: &Asked) -> Answer<Response> {
    let (from, until) = span(server, asked, TIME_MAX).map_err(PlaneError::management)?;
    let wanted: Vec<String> = asked.all("filterLevels").map(str::to_ascii_lowercase).collect();
    let filter =
        RunFilter { function: Some(id), from: Some(from), until: Some(until), ..RunFilter::default() };
    let mut rows = csv::table(&["lambdaUUID", "requestID", "timestamp", "level", "message", "extras"]);
    let (mut count, mut after) = (0, 0);
    while count < EXPORTED_LINES_MAX {
        let read = server.handle.runs(tenant.id(), &filter, RunPlace::After(after), RUNS_MAX).await;
        let read = read.map_err(PlaneError::management)?;
        let Some(last) = read.runs.last() else { break };
        after = last.number;
        for run in &read.runs {
            let lines = run.body.iter().flat_map(|body| &body.lines).filter(|line| shown(line, &wanted));
            for line in lines.take(EXPORTED_LINES_MAX - count) {
                csv::add_row(&mut rows, &cells(id, run, line));
                count += 1;
            }
        }
    }
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], rows).into_response())
}

fn shown(line: &RunLine, wanted: &[String]) -> bool {
    let name = word(line.level);
    if wanted.is_empty() { line.level != LogLevel::Debug } else { wanted.iter().any(|level| level == name) }
}

fn cells(id: FunctionId, run: &Run, line: &RunLine) -> [String; 6] {
    let extra = |json: &String| serde_json::from_str(json).unwrap_or_else(|_| Value::from(json.as_str()));
    let extras: Vec<Value> = line.extras.iter().map(extra).collect();
    [
        function_uuid(id),
        run.run.invocation.to_string(),
        line.at.as_millisecond().to_string(),
        level(word(line.level)).to_owned(),
        line.message.clone(),
        if extras.is_empty() { String::new() } else { Value::from(extras).to_string() },
    ]
}

const fn word(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}

/// The time that a request asks for, in milliseconds since 1970: at most `most`, until now if it does not say.
pub(super) fn span(
    server: &Shared,
    asked: &Asked,
    most: SignedDuration,
) -> Result<(Timestamp, Timestamp), ApiError> {
    let time = |name: &str| -> Result<Option<Timestamp>, ApiError> {
        let wrong = || ApiError::field(name, "expected milliseconds since 1970");
        let millis = asked.get(name).map(|text| text.parse::<i64>().map_err(|_| wrong())).transpose()?;
        millis.map(|millis| Timestamp::from_millisecond(millis).map_err(|_| wrong())).transpose()
    };
    let until = time("endTimestamp")?.unwrap_or_else(|| server.handle.now());
    let from = time("startTimestamp")?.unwrap_or_else(|| until.checked_sub(most).unwrap_or(Timestamp::MIN));
    let length = until.duration_since(from);
    if length.is_negative() || length > most.saturating_add(CLOCK_SKEW) {
        let days = most.as_hours() / 24;
        return Err(ApiError::field(
            "startTimestamp",
            format!("expected a time up to {days} days before endTimestamp"),
        ));
    }
    Ok((from, until))
}
