//! Trying a function by hand, which acts on no conversation; and how runs are told.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use convoke_api::v1::bot::BotPlan;
use convoke_api::v1::event::FunctionVersion;
use convoke_api::v1::run::{
    FunctionInput, FunctionRun, Inspection, LogEntry, OutboundCall, RunError, Statement, TestFunction, Usage,
    Which,
};
use convoke_domain::function::{EventBinding, Function};
use convoke_domain::invocation::{Answer as DomainAnswer, FunctionRef};
use convoke_engine::ports::{Ending, LogLine, RunReport};
use convoke_engine::{Trial, Which as Code};
use serde_json::Value;

use super::functions::find;
use super::recordings;
use crate::caller::Tenant;
use crate::extract::{MaybeBody, Params};
use crate::limits::FUNCTION_BODY_BYTES_MAX;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// Runs the draft on an input and says what the Controller Bot would do with its answer, without doing it.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/functions/{function}/test", tag = "functions",
    request_body = TestFunction, responses((status = 200, body = FunctionRun)))]
pub(super) async fn test(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    MaybeBody(test): MaybeBody<TestFunction, FUNCTION_BODY_BYTES_MAX>,
) -> Answer<Json<FunctionRun>> {
    let (_, function) = find(&tenant, &params)?;
    let input = match (&test.input, test.recorded) {
        (Some(_), Some(_)) => {
            return Err(ApiError::field("recorded", "name a recorded input or send one, not both"));
        }
        (Some(input), None) => input.clone(),
        (None, Some(invocation)) => recordings::input(&server, &tenant, invocation).await?,
        (None, None) => sample(&server, function),
    };
    run(&server, &tenant, &params, &test, &input).await
}

/// What the event delivers, as the template for it shows; nothing for a function without an event.
fn sample(server: &Shared, function: &Function) -> FunctionInput {
    let template = function.event.and_then(|event| server.templates.for_event(event));
    let payload = template.map(|template| template.payload.clone());
    payload.and_then(|payload| serde_json::from_value(payload).ok()).unwrap_or_default()
}

async fn run(
    server: &Shared,
    tenant: &Tenant,
    params: &Params,
    test: &TestFunction,
    input: &FunctionInput,
) -> Answer<Json<FunctionRun>> {
    let (id, function) = find(tenant, params)?;
    let json = input.json(server.handle.now()).into();
    let which = match test.code {
        Which::Draft => Code::Draft,
        Which::Deployed => Code::Deployed,
    };
    let trial = Trial { which, input: json, inspected: test.inspect, network: test.network };
    let tried = server.handle.try_function(tenant.id(), id, trial).await?;
    let deployed = function.deployed.as_ref().filter(|_| test.code == Which::Deployed);
    let version = deployed.map(|deployment| FunctionRef { function: id, version: deployment.version });
    let (answered, result, error) = match tried.ending {
        Ending::Returned(json) => (true, json.map_or(Value::Null, |json| parsed(&json)), None),
        Ending::Failed(failure) => (false, Value::Null, Some(RunError::of(failure.code, failure.detail))),
    };
    let mut run = FunctionRun {
        invocation: tried.invocation,
        function: version.map(|version| FunctionVersion::of(version, &tenant.names())),
        answered,
        result,
        error,
        bot: tried.answer.as_ref().and_then(|answer| plan(tenant, function, answer)),
        repeated: false,
        ..FunctionRun::default()
    };
    add_report(&mut run, &tried.report);
    Ok(Json(run))
}

/// What the Controller Bot would do with an answer, if the function is one that it asks.
pub(super) fn plan(tenant: &Tenant, function: &Function, answer: &DomainAnswer) -> Option<BotPlan> {
    let answers_messaging = matches!(function.event, Some(EventBinding::StateChange(_)));
    answers_messaging.then(|| BotPlan::of(answer, &tenant.view.account))
}

/// Adds what a run logged, called and used.
pub(super) fn add_report(run: &mut FunctionRun, report: &RunReport) {
    let RunReport { logs, logs_truncated, calls, cpu, wall, memory_bytes_max, inspection, recording: _ } =
        report;
    run.logs = logs.iter().map(log_entry).collect();
    run.logs_truncated = *logs_truncated;
    run.calls = calls.iter().map(call).collect();
    run.inspection = inspection.as_ref().map(seen);
    run.usage = Usage { wall_ms: millis(*wall), cpu_ms: millis(*cpu), memory_bytes_max: *memory_bytes_max };
}

fn seen(inspection: &convoke_engine::ports::Inspection) -> Inspection {
    let place = |(file, line): &(String, u32)| Statement { file: file.clone(), line: *line };
    Inspection {
        statements: inspection.statements,
        trace: inspection.trace.iter().map(place).collect(),
        at: inspection.at.as_ref().map(place),
        locals: inspection.locals.clone(),
    }
}

fn log_entry(line: &LogLine) -> LogEntry {
    LogEntry {
        level: line.level.to_owned(),
        message: line.message.clone(),
        extras: line.extras.iter().map(|json| parsed(json)).collect(),
        at: line.at,
    }
}

pub(super) fn call(call: &convoke_engine::ports::OutboundCall) -> OutboundCall {
    let (method, target) = call.target.split_once(' ').unwrap_or(("", &call.target));
    let host = target.split_once("://").map_or(target, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    OutboundCall {
        method: method.to_owned(),
        host: host.to_owned(),
        status: call.status,
        duration_ms: u64::try_from(call.duration.as_millis()).unwrap_or(u64::MAX),
        error: call.error.clone(),
    }
}

/// What is no JSON is shown as the text it is.
pub(super) fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()))
}

pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Kit, ScriptedHost};

    const COMMANDS: &str = r#"[{"type":"systemMessage","text":"your message"},{"type":"closeConversation"}]"#;

    async fn created(name: &str, source: &str, event: Option<&str>) -> (Kit, String) {
        let kit = Kit::with(ScriptedHost::echo()).await;
        let token = kit.admin().await;
        let create = json!({"name": name, "source": source, "event": event});
        kit.post("/functions", &token, create).await.ok(201);
        (kit, token)
    }

    #[tokio::test]
    async fn a_test_says_what_would_be_done_and_does_nothing() {
        let (kit, token) = created("f", COMMANDS, Some("controllerbot_messaging_ttr")).await;
        let run = kit.post("/functions/f/test", &token, Value::Null).await.ok(200);
        assert_eq!(run["answered"], true);
        let texts: Vec<&Value> =
            run["bot"]["commands"].as_array().unwrap().iter().map(|command| &command["text"]).collect();
        assert_eq!(texts, ["send “your message”", "close the conversation"]);
        assert_eq!(run["logs"][0]["extras"], json!([{"deep": 1}]));
        assert!(run["function"].is_null());
    }

    #[tokio::test]
    async fn a_failure_is_told_with_its_code() {
        let (kit, token) = created("f", "throw", None).await;
        let run = kit.post("/functions/f/test", &token, json!({})).await.ok(200);
        assert_eq!((&run["answered"], &run["error"]["code"]), (&json!(false), &json!("function.threw")));
        kit.post("/functions/f/test", &token, json!({"input": 7})).await.fails(400, "request.invalid");
    }
}
