//! The run log: attempts and log lines, searched, followed and exported.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use convoke_api::v1::explain::ExplainedAttempt;
use convoke_api::v1::run::{LogEntry, RunError, Usage};
use convoke_api::v1::run_log::{
    Attempt, LogLevel as ApiLevel, LoggedLine, RunFunction, RunLogPage, RunQuery, RunSource as ApiSource,
    RunState as ApiState,
};
use convoke_domain::function::VersionNumber;
use convoke_domain::id::{ConversationId, FunctionId, InvocationId};
use convoke_engine::{
    Levels, LogLevel, Run, RunBody, RunCall, RunFilter, RunFollower, RunLine, RunPlace, RunSource, RunState,
};
use futures_util::{Stream, stream};
use serde_json::Value;

use super::function_runs::{millis, parsed};
use super::functions::named;
use crate::access::FUNCTIONS_CODE;
use crate::caller::Tenant;
use crate::csv;
use crate::extract::{Params, Query};
use crate::guard::{shown_token, still_admitted};
use crate::limits::{EXPORTED_LINES_MAX, HEARTBEAT, RUNS_MAX, RUNS_USUAL};
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// Attempts of functions, the newest first, with what each logged and called.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/invocations", tag = "runs",
    params(RunQuery), responses((status = 200, body = RunLogPage<Attempt>)))]
pub(super) async fn list(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(query): Query<RunQuery>,
) -> Answer<Json<RunLogPage<Attempt>>> {
    let page = page(&server, &tenant, &query).await?;
    Ok(Json(page.map(|run| vec![attempt(&tenant, run)])))
}

/// The attempts of one invocation.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/invocations/{invocation}", tag = "runs",
    responses((status = 200, body = RunLogPage<Attempt>)))]
pub(super) async fn get(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<RunLogPage<Attempt>>> {
    let invocation: InvocationId = params.get("invocation")?;
    let query = RunQuery { invocation: Some(invocation), ..RunQuery::default() };
    let page = page(&server, &tenant, &query).await?;
    Ok(Json(page.map(|run| vec![attempt(&tenant, run)])))
}

/// Log lines of functions, those of the newest run first. A page holds the lines of whole runs.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/logs", tag = "runs",
    params(RunQuery), responses((status = 200, body = RunLogPage<LoggedLine>)))]
pub(super) async fn logs(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(mut query): Query<RunQuery>,
) -> Answer<Json<RunLogPage<LoggedLine>>> {
    let level = *query.level.get_or_insert(ApiLevel::Debug);
    let page = page(&server, &tenant, &query).await?;
    Ok(Json(page.map(|run| lines(&tenant, &run, level))))
}

/// Log lines as a table, the oldest first, at most 500: `lambdaUUID;requestID;timestamp;level;message;extras`.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/logs/export", tag = "runs",
    params(RunQuery), responses((status = 200, body = String, content_type = "text/csv")))]
pub(super) async fn export(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(mut query): Query<RunQuery>,
) -> Answer<Response> {
    let level = *query.level.get_or_insert(ApiLevel::Debug);
    let filter = filter(&tenant, &query)?;
    let mut lines_found = Vec::new();
    let mut after = 0;
    while lines_found.len() < EXPORTED_LINES_MAX {
        let read = server.handle.runs(tenant.id(), &filter, RunPlace::After(after), RUNS_MAX).await?;
        let Some(last) = read.runs.last() else { break };
        after = last.number;
        lines_found.extend(read.runs.iter().flat_map(|run| lines(&tenant, run, level)));
    }
    lines_found.truncate(EXPORTED_LINES_MAX);
    let mut table = csv::table(&["lambdaUUID", "requestID", "timestamp", "level", "message", "extras"]);
    for line in &lines_found {
        csv::add_row(&mut table, &exported(line));
    }
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], table).into_response())
}

fn exported(line: &LoggedLine) -> [String; 6] {
    let extras =
        if line.extras.is_empty() { String::new() } else { Value::from(line.extras.clone()).to_string() };
    [
        line.function.id.uuid().to_string(),
        line.invocation.to_string(),
        line.at.as_millisecond().to_string(),
        capitalized(line.level).to_owned(),
        line.message.clone(),
        extras,
    ]
}

/// The words that the clients of the functions contract know.
const fn capitalized(level: ApiLevel) -> &'static str {
    match level {
        ApiLevel::Debug => "Debug",
        ApiLevel::Info => "Info",
        ApiLevel::Warn => "Warn",
        ApiLevel::Error => "Error",
    }
}

/// Attempts as they end, live. The id of each event is its place, so a client that was cut off goes on after the last
/// it has (`Last-Event-ID`).
#[utoipa::path(get, path = "/api/v1/accounts/{account}/logs/follow", tag = "runs",
    params(RunQuery), responses((status = 200, body = Attempt, content_type = "text/event-stream")))]
pub(super) async fn follow(
    State(server): State<Shared>,
    tenant: Tenant,
    headers: HeaderMap,
    Query(query): Query<RunQuery>,
) -> Answer<Response> {
    let filter = filter(&tenant, &query)?;
    let follower = server.handle.follow_runs(tenant.id(), filter, last_place(&headers)?).await;
    let level = query.level.unwrap_or(ApiLevel::Debug);
    let token = shown_token(&headers).unwrap_or_default().to_owned();
    let feed = Feed { server, tenant, token, follower, level };
    let silence = KeepAlive::new().interval(HEARTBEAT).text("still here");
    Ok(Sse::new(events(feed)).keep_alive(silence).into_response())
}

fn last_place(headers: &HeaderMap) -> Answer<Option<u64>> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.map(Some).ok_or_else(|| ApiError::field("Last-Event-ID", "expected the id of an event: a number"))
}

struct Feed {
    server: Shared,
    tenant: Tenant,
    token: String,
    follower: RunFollower,
    level: ApiLevel,
}

fn events(feed: Feed) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(event), feed))
    })
}

impl Feed {
    /// The next attempt, without the lines that are not wanted; nothing if the feed is over.
    async fn next(&mut self) -> Option<SseEvent> {
        let stopping = self.server.stopping.clone();
        let run = tokio::select! {
            run = self.follower.next() => run.ok()?,
            () = stopping.cancelled() => return None,
        };
        if !still_admitted(&self.server, &self.token, &self.tenant.caller) {
            return None;
        }
        if let Some(view) = self.server.handle.account(self.tenant.id()) {
            // Names may have changed since.
            self.tenant.view = view;
        }
        let mut attempt = attempt(&self.tenant, run);
        attempt.logs.retain(|line| level_of(&line.level) >= self.level);
        let data = serde_json::to_string(&attempt).ok()?;
        Some(SseEvent::default().id(attempt.place.to_string()).event("attempt").data(data))
    }
}

/// A page of runs, before they are shown.
struct Found {
    runs: Vec<Run>,
    next: Option<u64>,
    missing: u64,
}

impl Found {
    fn map<T>(self, show: impl Fn(Run) -> Vec<T>) -> RunLogPage<T> {
        let Self { runs, next, missing } = self;
        RunLogPage { items: runs.into_iter().flat_map(show).collect(), next, missing }
    }
}

async fn page(server: &Shared, tenant: &Tenant, query: &RunQuery) -> Answer<Found> {
    let filter = filter(tenant, query)?;
    let most = usize::from(query.limit.unwrap_or(RUNS_USUAL)).clamp(1, RUNS_MAX);
    let place = RunPlace::Before(query.before);
    // One more than asked for tells whether there is a next page.
    let mut read = server.handle.runs(tenant.id(), &filter, place, most + 1).await?;
    let more = read.runs.len() > most;
    read.runs.truncate(most);
    let next = read.runs.last().filter(|_| more).map(|run| run.number);
    Ok(Found { runs: read.runs, next, missing: read.missing })
}

fn filter(tenant: &Tenant, query: &RunQuery) -> Answer<RunFilter> {
    let function = query.function.as_deref().map(|name| function_id(tenant, name)).transpose()?;
    let levels = query.level.map(|least| {
        let wanted = LogLevel::ALL.into_iter().filter(|level| api_level(*level) >= least);
        wanted.collect::<Levels>()
    });
    Ok(RunFilter {
        function,
        conversation: query.conversation,
        invocation: query.invocation,
        levels,
        state: query.state.map(domain_state),
        from: query.from,
        until: query.until,
    })
}

/// A function by its name, or by its id also if it is gone: its runs are not.
fn function_id(tenant: &Tenant, name: &str) -> Answer<FunctionId> {
    match name.parse() {
        Ok(id) => Ok(id),
        Err(_) => named(tenant, name).map(|(id, _)| id),
    }
}

/// The attempts in a conversation by their invocations, the oldest first. What functions log and call is for those who
/// may read them.
pub(super) async fn explained_attempts(
    server: &Shared,
    tenant: &Tenant,
    conversation: ConversationId,
) -> Answer<BTreeMap<InvocationId, Vec<ExplainedAttempt>>> {
    let reads_functions = tenant.caller.has_any(FUNCTIONS_CODE);
    let filter = RunFilter { conversation: Some(conversation), ..RunFilter::default() };
    let read = server.handle.runs(tenant.id(), &filter, RunPlace::After(0), RUNS_MAX).await?;
    let mut attempts: BTreeMap<InvocationId, Vec<ExplainedAttempt>> = BTreeMap::new();
    for run in read.runs {
        let Attempt { invocation, attempt, began_at, error, logs, logs_truncated, calls, usage, .. } =
            attempt(tenant, run);
        let (logs, calls) = if reads_functions { (logs, calls) } else { (Vec::new(), Vec::new()) };
        let explained = ExplainedAttempt { attempt, began_at, error, logs, logs_truncated, calls, usage };
        attempts.entry(invocation).or_default().push(explained);
    }
    Ok(attempts)
}

fn attempt(tenant: &Tenant, found: Run) -> Attempt {
    let function = run_function(tenant, &found);
    let Run { number, run, body } = found;
    let erased = body.is_none();
    let RunBody { lines, truncated, calls, detail } = body.unwrap_or_default();
    Attempt {
        place: number,
        invocation: run.invocation,
        attempt: run.attempt,
        function,
        source: api_source(run.source),
        conversation: run.conversation(),
        code: run.code,
        began_at: run.began_at,
        state: api_state(run.state),
        error: run.failure.map(|code| RunError::of(&code, detail.unwrap_or_default())),
        answered_after_ms: millis(run.answered_after),
        logs: lines.into_iter().map(entry).collect(),
        logs_truncated: truncated,
        calls: calls.into_iter().map(call).collect(),
        usage: Usage {
            wall_ms: millis(run.wall),
            cpu_ms: millis(run.cpu),
            memory_bytes_max: run.memory_bytes_max,
        },
        erased,
    }
}

fn lines(tenant: &Tenant, run: &Run, least: ApiLevel) -> Vec<LoggedLine> {
    let Some(body) = &run.body else { return Vec::new() };
    let wanted = body.lines.iter().filter(|line| api_level(line.level) >= least);
    let shown = wanted.map(|line| LoggedLine {
        at: line.at,
        level: api_level(line.level),
        message: line.message.clone(),
        extras: line.extras.iter().map(|json| parsed(json)).collect(),
        function: run_function(tenant, run),
        invocation: run.run.invocation,
        attempt: run.run.attempt,
        conversation: run.run.conversation(),
    });
    shown.collect()
}

fn run_function(tenant: &Tenant, run: &Run) -> RunFunction {
    let id = run.run.function;
    let name = tenant.view.functions.get(id).map(|function| function.name.clone());
    RunFunction { id, name, version: run.run.version.map(VersionNumber::number) }
}

fn entry(line: RunLine) -> LogEntry {
    LogEntry {
        level: api_level(line.level).word().to_owned(),
        message: line.message,
        extras: line.extras.iter().map(|json| parsed(json)).collect(),
        at: line.at,
    }
}

fn call(call: RunCall) -> convoke_api::v1::run::OutboundCall {
    let duration = call.duration();
    let RunCall { target, status, error, .. } = call;
    super::function_runs::call(&convoke_engine::ports::OutboundCall { target, status, duration, error })
}

fn level_of(word: &str) -> ApiLevel {
    let all = [ApiLevel::Debug, ApiLevel::Info, ApiLevel::Warn, ApiLevel::Error];
    all.into_iter().find(|level| level.word() == word).unwrap_or(ApiLevel::Info)
}

const fn api_level(level: LogLevel) -> ApiLevel {
    match level {
        LogLevel::Debug => ApiLevel::Debug,
        LogLevel::Info => ApiLevel::Info,
        LogLevel::Warn => ApiLevel::Warn,
        LogLevel::Error => ApiLevel::Error,
    }
}

const fn api_source(source: RunSource) -> ApiSource {
    match source {
        RunSource::Change => ApiSource::Change,
        RunSource::Call => ApiSource::Call,
        RunSource::Function => ApiSource::Function,
        RunSource::Schedule => ApiSource::Schedule,
        RunSource::Test => ApiSource::Test,
    }
}

const fn api_state(state: RunState) -> ApiState {
    match state {
        RunState::Succeeded => ApiState::Succeeded,
        RunState::CodingFailure => ApiState::CodingFailure,
        RunState::PlatformFailure => ApiState::PlatformFailure,
        RunState::TimedOut => ApiState::TimedOut,
        RunState::Unknown => ApiState::Unknown,
    }
}

const fn domain_state(state: ApiState) -> RunState {
    match state {
        ApiState::Succeeded => RunState::Succeeded,
        ApiState::CodingFailure => RunState::CodingFailure,
        ApiState::PlatformFailure => RunState::PlatformFailure,
        ApiState::TimedOut => RunState::TimedOut,
        ApiState::Unknown => RunState::Unknown,
    }
}

#[cfg(test)]
mod tests;
