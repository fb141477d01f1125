//! Calling deployed functions: by name, by event, and whether anything would answer.
//!
//! A call that carries a request id can be sent again for a day and gets the first answer: `X-Request-ID`, or
//! `Idempotency-Key`, which counts more. What is left of the account's allowance is in the headers `RateLimit-*`.

use std::fmt::Display;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use convoke_api::functions::parse_answer;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::event::FunctionVersion;
use convoke_api::v1::function_call::{Implemented, InvokeEvent, InvokeFunction};
use convoke_api::v1::list::List;
use convoke_api::v1::run::{FunctionRun, RunError};
use convoke_domain::function::EventBinding;
use convoke_domain::id::SkillId;
use convoke_engine::{Allowance, Call, CallEnding, CallError, CallFrom, Called, Request, RequestId, Until};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::IntoParams;

use super::function_runs::{add_report, parsed, plan};
use super::functions::find;
use crate::caller::Tenant;
use crate::extract::{MaybeBody, Params, Query};
use crate::limits::FUNCTION_BODY_BYTES_MAX;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const NAMES: [HeaderName; 2] =
    [HeaderName::from_static("idempotency-key"), HeaderName::from_static("x-request-id")];

/// Calls the deployed version and gives back what it returned. It runs once, however often the same request id is sent.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/functions/{function}/invoke", tag = "functions",
    params(("X-Request-ID" = Option<String>, Header, description = "Names the call, so that it can be sent again.")),
    request_body = InvokeFunction, responses((status = 200, body = FunctionRun)))]
pub(super) async fn invoke(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    headers: HeaderMap,
    MaybeBody(invoke): MaybeBody<InvokeFunction, FUNCTION_BODY_BYTES_MAX>,
) -> Answer<Response> {
    let (id, _) = find(&tenant, &params)?;
    let allowance = server.handle.admit_call(tenant.id());
    let answer = within(&allowance, async {
        let call = call(&server, &headers, &invoke, &invoke.input)?;
        let called = server.handle.call(tenant.id(), id, call).await?;
        Ok(Json(told(&tenant, &called)).into_response())
    });
    Ok(with_headers(answer.await, &allowance))
}

/// Calls every deployed function that listens to an event, and to the skill if one is named.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/events/{event}/invoke", tag = "functions",
    params(("X-Request-ID" = Option<String>, Header, description = "Names the call, so that it can be sent again.")),
    request_body = InvokeEvent, responses((status = 200, body = List<FunctionRun>)))]
pub(super) async fn invoke_event(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    headers: HeaderMap,
    MaybeBody(invoke): MaybeBody<InvokeEvent, FUNCTION_BODY_BYTES_MAX>,
) -> Answer<Response> {
    let event: EventBinding = params.get("event")?;
    let allowance = server.handle.admit_call(tenant.id());
    let answer = within(&allowance, async {
        let call = call(&server, &headers, &invoke, &invoke.input)?;
        let called = server.handle.call_event(tenant.id(), event, invoke.skill.as_ref(), &call).await?;
        let runs: List<FunctionRun> = called.iter().map(|called| told(&tenant, called)).collect();
        Ok(Json(runs).into_response())
    });
    Ok(with_headers(answer.await, &allowance))
}

/// Which skill.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OfSkill {
    /// Only functions that answer for this skill.
    #[param(value_type = Option<String>)]
    skill: Option<SkillId>,
}

/// Whether a deployed function listens to an event.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/events/{event}/implemented", tag = "functions",
    params(OfSkill), responses((status = 200, body = Implemented)))]
pub(super) async fn implemented(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Query(OfSkill { skill }): Query<OfSkill>,
) -> Answer<Json<Implemented>> {
    let event: EventBinding = params.get("event")?;
    let implemented = server.handle.is_implemented(tenant.id(), event, skill.as_ref())?;
    Ok(Json(Implemented { implemented }))
}

/// A call as the request makes it.
fn call<T: Serialize>(
    server: &Shared,
    headers: &HeaderMap,
    sent: &T,
    input: &convoke_api::v1::run::FunctionInput,
) -> Answer<Call> {
    let named = NAMES.into_iter().find_map(|name| headers.get(&name).map(|value| (name, value)));
    let request = named.map(|(name, value)| named_request(&name, value, sent)).transpose()?;
    let input: Arc<str> = input.json(server.handle.now()).into();
    Ok(Call { input, from: CallFrom::Client, request, until: Until::Ended })
}

fn named_request<T: Serialize>(name: &HeaderName, value: &HeaderValue, sent: &T) -> Answer<Request> {
    let wrong = |error: &dyn Display| ApiError::field(name.as_str(), error);
    let id = value.to_str().map_err(|_| wrong(&"expected printable ASCII characters"))?;
    let id: RequestId = id.parse().map_err(|error| wrong(&error))?;
    let content = serde_json::to_vec(sent).map_err(|error| wrong(&error))?;
    Ok(Request::new(id, &content))
}

/// Goes on if the allowance has a call left.
pub(super) async fn within(
    allowance: &Allowance,
    work: impl Future<Output = Answer<Response>>,
) -> Answer<Response> {
    if allowance.retry_after.is_some() {
        let detail =
            format!("an account may be called {} times at once, and then as time goes by", allowance.limit);
        return Err(Problem::new(PlatformError::TooManyRequests, detail).into());
    }
    work.await
}

/// Says what is left of the allowance, whatever came of the request.
pub(super) fn with_headers(answer: Answer<Response>, allowance: &Allowance) -> Response {
    let mut response = answer.unwrap_or_else(ApiError::into_response);
    let headers = response.headers_mut();
    headers.insert(LIMIT, allowance.limit.into());
    headers.insert(REMAINING, allowance.remaining.into());
    headers.insert(
        RESET,
        allowance
            .reset_after
            .as_secs_f64()
            .ceil()
            .to_string()
            .parse()
            .unwrap_or(HeaderValue::from_static("1")),
    );
    if let Some(after) = allowance.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs() + 1));
    }
    response
}

pub(super) fn told(tenant: &Tenant, called: &Called) -> FunctionRun {
    let answer = &called.answer;
    let (result, error, returned) = match &answer.ending {
        CallEnding::Returned(json) => {
            let result = json.as_deref().map_or(Value::Null, parsed);
            (result, None, Some(parse_answer(json.as_deref())))
        }
        CallEnding::Failed { failure, .. } => {
            (Value::Null, Some(RunError::of(failure.code, failure.detail.as_str())), None)
        }
    };
    let function = tenant.view.functions.get(answer.function.function);
    let mut run = FunctionRun {
        invocation: answer.invocation,
        function: Some(FunctionVersion::of(answer.function, &tenant.names())),
        answered: error.is_none(),
        result,
        error,
        bot: returned.zip(function).and_then(|(answer, function)| plan(tenant, function, &answer)),
        repeated: called.repeated,
        ..FunctionRun::default()
    };
    if let Some(report) = &called.report {
        add_report(&mut run, report);
    }
    run
}

impl From<CallError> for ApiError {
    fn from(error: CallError) -> Self {
        let detail = error.to_string();
        match error {
            CallError::AccountUnknown => convoke_domain::account::Rejection::AccountUnknown.into(),
            CallError::Function(rejection) => rejection.into(),
            CallError::RequestReused => Problem::new(PlatformError::RequestReused, detail).into(),
            CallError::TooDeep => Problem::new(PlatformError::CallsTooDeep, detail).into(),
            CallError::Stopping => PlatformError::Stopping.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, header};
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, Reply, SKILL, ScriptedHost, WORKSHOP};

    const HOOK: &str = "bot_connectors_pre_hook";

    async fn created(name: &str, source: &str, event: Option<&str>) -> (Kit, String) {
        let kit = Kit::with(ScriptedHost::echo()).await;
        let token = kit.admin().await;
        let create = json!({"name": name, "source": source, "event": event});
        kit.post("/functions", &token, create).await.ok(201);
        (kit, token)
    }

    async fn named(kit: &Kit, token: &str, path: &str, id: &str, body: Value) -> Reply {
        let request = Request::post(format!("/api/v1/accounts/{ACME}{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("X-Request-ID", id);
        kit.request(request.body(Body::from(body.to_string())).unwrap()).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_call_runs_what_is_deployed_not_the_draft() {
        let (kit, token) = created("f", "1", None).await;
        kit.post("/functions/f/invoke", &token, Value::Null).await.fails(404, "function.not_deployed");
        kit.post("/functions/f/deploy", &token, Value::Null).await.ok(200);
        kit.put("/functions/f", &token, json!({"source": "2"})).await.ok(200);
        let call = json!({"input": {"payload": {"name": "Ada"}}});
        let run = kit.post("/functions/f/invoke", &token, call).await.ok(200);
        assert_eq!((&run["result"], &run["function"]["version"]), (&json!(1), &json!(1)));
        let draft = kit.post("/functions/f/test", &token, Value::Null).await.ok(200);
        assert_eq!(draft["result"], 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_call_with_a_request_id_runs_once() {
        let (kit, token) = created("f", "1", None).await;
        kit.post("/functions/f/deploy", &token, Value::Null).await.ok(200);
        let call = json!({"input": {"payload": {"name": "Ada"}}});
        let first = named(&kit, &token, "/functions/f/invoke", "r1", call.clone()).await.ok(200);
        let again = named(&kit, &token, "/functions/f/invoke", "r1", call).await.ok(200);
        assert_eq!(first["invocation"], again["invocation"]);
        assert_eq!((&first["repeated"], &again["repeated"]), (&Value::Null, &json!(true)));
        named(&kit, &token, "/functions/f/invoke", "r1", json!({})).await.fails(422, "request.id_reused");
        named(&kit, &token, "/functions/f/invoke", "not one", json!({})).await.fails(400, "request.invalid");
    }

    #[tokio::test(start_paused = true)]
    async fn the_allowance_is_told_and_kept() {
        let (kit, token) = created("f", "1", None).await;
        kit.post("/functions/f/deploy", &token, Value::Null).await.ok(200);
        let first = kit.post("/functions/f/invoke", &token, Value::Null).await;
        first.ok(200);
        let header =
            |reply: &Reply, name: &str| reply.headers[name].to_str().unwrap().parse::<u64>().unwrap();
        assert_eq!(header(&first, "ratelimit-limit"), header(&first, "ratelimit-remaining") + 1);
        while kit.handle.admit_call(&ACME.parse().unwrap()).retry_after.is_none() {}
        let refused = kit.post("/functions/f/invoke", &token, Value::Null).await;
        refused.fails(429, "request.too_many");
        assert!(header(&refused, "retry-after") >= 1);
        assert_eq!(header(&refused, "ratelimit-remaining"), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_event_calls_all_that_listen_to_it() {
        let (kit, token) = created("all", "1", Some(HOOK)).await;
        let one = json!({"name": "one", "source": "2", "event": HOOK, "skills": [WORKSHOP]});
        kit.post("/functions", &token, one).await.ok(201);
        let path = format!("/events/{HOOK}");
        let implemented = async |query: &str| {
            kit.get(&format!("{path}/implemented{query}"), &token).await.ok(200)["implemented"].clone()
        };
        assert_eq!(implemented("").await, false);
        for name in ["all", "one"] {
            kit.post(&format!("/functions/{name}/deploy"), &token, Value::Null).await.ok(200);
        }
        assert_eq!(implemented(&format!("?skill={SKILL}")).await, true);
        let results = async |body: Value| {
            let runs = kit.post(&format!("{path}/invoke"), &token, body).await.ok(200);
            runs["items"].as_array().unwrap().iter().map(|run| run["result"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(results(Value::Null).await.len(), 2);
        assert_eq!(results(json!({"skill": SKILL})).await, [json!(1)]);
        kit.post("/events/nonsense/invoke", &token, Value::Null).await.fails(400, "request.invalid");
    }
}
