//! `faasGW`: invoking functions by id and by event.
//!
//! A function that failed is a 901, never a server's error: clients send those again. A request with the same
//! `X-Request-ID` and body gets the first answer.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use convoke_api::lp::failure::{Failure, Plane};
use convoke_api::lp::function_uuid;
use convoke_api::lp::invocation::{EventResult, Implemented, InvokeBody, Log, TestResult, level};
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::run::FunctionInput;
use convoke_domain::account::Generation;
use convoke_domain::function::EventBinding;
use convoke_engine::ports::LogLine;
use convoke_engine::{
    Allowance, Call, CallAnswer, CallEnding, CallError, CallFrom, Called, FailureClass, Request, RequestId,
    Until,
};
use serde_json::Value;

use super::failure::{Answer, PlaneError};
use super::generation::Spoken;
use super::request::{Asked, Sent, find, parse};
use crate::caller::{Caller, Identity, Tenant};
use crate::extract::Params;
use crate::problem::ApiError;
use crate::server::Shared;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Calls a function by its UUID. Applications get what it returned as it is; a developer's tool gets its logs, too.
pub(super) async fn invoke(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    asked: Asked,
    headers: HeaderMap,
    sent: Sent,
) -> Answer<Response> {
    let allowance = admit(&server, &tenant)?;
    let sent = sent.bytes().map_err(PlaneError::gateway)?;
    let (id, _) = find(&tenant, &params).map_err(|error| not_there(&tenant, &params, error))?;
    let developer = is_developers(&tenant.caller, &asked);
    let until = if developer { Until::Ended } else { Until::Answered };
    let call = call(&server, &tenant, &headers, &sent, until)?;
    let called = server.handle.call(tenant.id(), id, call).await;
    let called = called.map_err(|error| refused(&tenant, &params, &error))?;
    let logs = called.report.as_ref().map(|report| logs(&report.logs)).unwrap_or_default();
    let result = result(&called.answer, if developer { logs.clone() } else { Vec::new() })?;
    let response = if developer {
        Json(TestResult { result, logs }).into_response()
    } else {
        Json(result).into_response()
    };
    Ok(with_allowance(response, allowance))
}

/// Calls every function that is deployed for an event.
pub(super) async fn invoke_event(
    State(server): State<Shared>,
    tenant: Tenant,
    Spoken(generation): Spoken,
    params: Params,
    asked: Asked,
    headers: HeaderMap,
    sent: Sent,
) -> Answer<Response> {
    let allowance = admit(&server, &tenant)?;
    let sent = sent.bytes().map_err(PlaneError::gateway)?;
    let skill = asked.skill().map_err(PlaneError::gateway)?;
    let call = call(&server, &tenant, &headers, &sent, Until::Answered)?;
    let called = match params.text("event").parse::<EventBinding>() {
        Ok(event) => server.handle.call_event(tenant.id(), event, skill.as_ref(), &call).await,
        // An event that does not exist has no functions.
        Err(_) => Ok(Vec::new()),
    };
    let called = called.map_err(|error| refused(&tenant, &params, &error))?;
    if called.is_empty() && generation == Generation::V2 {
        let detail = format!("no function is deployed for the event {}", params.text("event"));
        return Err(PlaneError::gateway(Problem::of_code("function.unknown", detail)));
    }
    let results: Result<Vec<EventResult>, PlaneError> = called.iter().map(event_result).collect();
    Ok(with_allowance(Json(results?).into_response(), allowance))
}

/// Whether a function is deployed for an event.
pub(super) async fn is_implemented(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    asked: Asked,
) -> Answer<Json<Implemented>> {
    let skill = asked.skill().map_err(PlaneError::gateway)?;
    let implemented = match params.text("event").parse::<EventBinding>() {
        Ok(event) => {
            let implemented = server.handle.is_implemented(tenant.id(), event, skill.as_ref());
            implemented.map_err(|error| refused(&tenant, &params, &error))?
        }
        Err(_) => false,
    };
    Ok(Json(Implemented { implemented }))
}

/// The tools name the user and no system; clients name a system.
fn is_developers(caller: &Caller, asked: &Asked) -> bool {
    let user = matches!(caller.identity, Identity::User { .. } | Identity::Operator);
    user && asked.get("userId").is_some() && asked.get("externalSystem").is_none()
}

/// Takes the call out of the account's allowance. A function's own calls are bounded by their depth.
fn admit(server: &Shared, tenant: &Tenant) -> Answer<Option<Allowance>> {
    if tenant.caller.function().is_some() {
        return Ok(None);
    }
    let allowance = server.handle.admit_call(tenant.id());
    if allowance.retry_after.is_some() {
        return Err(PlaneError::gateway(PlatformError::TooManyRequests));
    }
    Ok(Some(allowance))
}

fn with_allowance(mut response: Response, allowance: Option<Allowance>) -> Response {
    let Some(allowance) = allowance else { return response };
    let told = [
        ("ratelimit-limit", u64::from(allowance.limit)),
        ("ratelimit-remaining", u64::from(allowance.remaining)),
        ("ratelimit-reset", allowance.reset_after.as_secs()),
    ];
    for (name, value) in told {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    response
}

fn call(server: &Shared, tenant: &Tenant, headers: &HeaderMap, sent: &Bytes, until: Until) -> Answer<Call> {
    let body = if sent.is_empty() { Ok(InvokeBody::default()) } else { parse(sent) };
    let input = FunctionInput::from(body.map_err(PlaneError::gateway)?);
    let from = match tenant.caller.function() {
        Some(function) => CallFrom::Function(function.cause),
        None => CallFrom::Client,
    };
    // A name that is none of ours is no reason to refuse the call: it just cannot be sent again.
    let named = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()?.parse::<RequestId>().ok());
    let request = named.filter(|_| from == CallFrom::Client).map(|id| Request::new(id, sent));
    Ok(Call { input: Arc::from(input.json(server.handle.now())), from, request, until })
}

fn event_result(called: &Called) -> Answer<EventResult> {
    let answer = &called.answer;
    Ok(EventResult {
        uuid: function_uuid(answer.function.function),
        timestamp: answer.called_at.as_millisecond(),
        result: result(answer, Vec::new())?,
    })
}

/// What the function returned, or its failure.
fn result(answer: &CallAnswer, logs: Vec<Log>) -> Answer<Value> {
    match &answer.ending {
        CallEnding::Returned(json) => {
            let value = json.as_deref().map(|json| serde_json::from_str(json).unwrap_or(Value::Null));
            Ok(value.unwrap_or(Value::Null))
        }
        // It did not run: that is ours, and may be tried again.
        CallEnding::Failed { class: FailureClass::Unavailable, failure } => {
            let problem = Problem::of_code(failure.code, failure.detail.clone());
            Err(PlaneError::gateway(problem))
        }
        CallEnding::Failed { failure, .. } => {
            Err(Failure::of_function(failure.code, &failure.detail, logs).into())
        }
    }
}

/// What a function logged, in words of the wire.
pub(super) fn logs(lines: &[LogLine]) -> Vec<Log> {
    let extra = |json: &String| serde_json::from_str(json).unwrap_or_else(|_| Value::from(json.as_str()));
    let log = |line: &LogLine| Log {
        level: level(line.level),
        message: line.message.clone(),
        extras: line.extras.iter().map(extra).collect(),
        timestamp: line.at.as_millisecond(),
    };
    lines.iter().map(log).collect()
}

fn refused(tenant: &Tenant, params: &Params, error: &CallError) -> PlaneError {
    not_there(tenant, params, Problem::of_code(error.code(), error.to_string()).into())
}

/// Clients show these words: they name the account and what was looked for there.
fn not_there(tenant: &Tenant, params: &Params, error: ApiError) -> PlaneError {
    let mut problem = error.into_problem();
    if matches!(problem.code.as_str(), "function.unknown" | "function.not_deployed") {
        let uuid = params.text("function");
        problem.detail = format!("there is no lambda with uuid {uuid} deployed on account {}", tenant.id());
    }
    Failure::of_problem(Plane::Gateway, &problem).into()
}
