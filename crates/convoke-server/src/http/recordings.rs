//! Recordings of runs: which there are, and what one ran on. For those who may see code: an input is what people wrote.

use axum::Json;
use axum::extract::State;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::list::List;
use convoke_api::v1::recording::{RecordedAnswer, Recording, RecordingSummary};
use convoke_api::v1::run::FunctionInput;
use convoke_domain::id::InvocationId;
use serde_json::Value;

use super::function_runs::parsed;
use crate::caller::Tenant;
use crate::extract::Params;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// The recordings of an invocation, one per attempt.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/invocations/{invocation}/recordings", tag = "runs",
    responses((status = 200, body = List<RecordingSummary>)))]
pub(super) async fn list(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<List<RecordingSummary>>> {
    let invocation: InvocationId = params.get("invocation")?;
    let found = server.handle.recordings(tenant.id(), invocation).await?.into_iter();
    let shown = found.map(|recorded| RecordingSummary {
        invocation,
        attempt: recorded.attempt,
        began_at: recorded.began_at,
        bytes: recorded.bytes,
    });
    Ok(Json(shown.collect()))
}

/// What one attempt ran on, without any secret.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/invocations/{invocation}/recordings/{attempt}", tag = "runs",
    responses((status = 200, body = Recording)))]
pub(super) async fn get(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Recording>> {
    let (invocation, attempt): (InvocationId, u8) = (params.get("invocation")?, params.get("attempt")?);
    let found = server.handle.recording(tenant.id(), invocation, Some(attempt)).await?;
    let (attempt, recording) = found.ok_or_else(|| unknown(invocation))?;
    let answers = recording.answers.into_iter().map(|answer| RecordedAnswer {
        at: answer.at,
        operation: answer.operation,
        name: answer.name,
        fulfilled: answer.fulfilled,
        answer: if answer.answer.is_empty() { Value::Null } else { parsed(&answer.answer) },
    });
    Ok(Json(Recording {
        invocation,
        attempt,
        format: recording.format,
        image: recording.image,
        started_at: recording.started,
        seed: recording.seed,
        input: parsed(&recording.input),
        answers: answers.collect(),
        complete: recording.complete,
    }))
}

/// The input that the last attempt of an invocation ran on.
pub(super) async fn input(
    server: &Shared,
    tenant: &Tenant,
    invocation: InvocationId,
) -> Answer<FunctionInput> {
    let found = server.handle.recording(tenant.id(), invocation, None).await?;
    let (_, recording) = found.ok_or_else(|| unknown(invocation))?;
    serde_json::from_str(&recording.input).map_err(|_| {
        let detail = format!("the input of {invocation} was no input of a function");
        Problem::new(PlatformError::RecordingUnknown, detail).into()
    })
}

fn unknown(invocation: InvocationId) -> ApiError {
    let detail = format!(
        "there is no such recording of {invocation}: it never ran, its days are over, or its consumer was erased"
    );
    Problem::new(PlatformError::RecordingUnknown, detail).into()
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, OTHER, ScriptedHost, until};

    const NEW: &str = "controllerbot_messaging_new_conversation";

    async fn kit() -> (Kit, String) {
        let kit = Kit::with(ScriptedHost::echo()).await;
        let token = kit.admin().await;
        for (name, event) in [("greet", Some(NEW)), ("called", None)] {
            let create = json!({"name": name, "source": "[]", "event": event});
            kit.post("/functions", &token, create).await.ok(201);
            kit.post(&format!("/functions/{name}/deploy"), &token, Value::Null).await.ok(200);
        }
        (kit, token)
    }

    /// The invocation of the only run of a function, once it is kept.
    async fn invocation(kit: &Kit, token: &str, function: &str) -> String {
        let path = format!("/invocations?function={function}");
        let items = async || kit.get(&path, token).await.ok(200)["items"].clone();
        until(async || !items().await.as_array().unwrap().is_empty()).await;
        items().await[0]["invocation"].as_str().unwrap().to_owned()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_run_is_recorded_with_its_input_its_seed_and_its_answers() {
        let (kit, token) = kit().await;
        let input = json!({"input": {"payload": {"order": 7}, "timestamp": 5}});
        kit.post("/functions/called/invoke", &token, input).await.ok(200);
        let path = format!("/invocations/{}/recordings", invocation(&kit, &token, "called").await);
        let listed = kit.get(&path, &token).await.ok(200)["items"].clone();
        assert_eq!((listed.as_array().unwrap().len(), &listed[0]["attempt"]), (1, &json!(1)));
        let recording = kit.get(&format!("{path}/1"), &token).await.ok(200);
        assert_eq!(recording["input"], json!({"headers": [], "payload": {"order": 7}, "timestamp": 5}));
        assert_eq!((&recording["format"], &recording["complete"]), (&json!(1), &json!(true)));
        assert_eq!(recording["started_at"], "2026-03-03T10:00:00Z");
        assert_eq!(recording["seed"].as_str().unwrap().len(), 32);
        assert_eq!(recording["answers"][0]["name"], "secret.read");
        assert_eq!(recording["answers"][0]["answer"], json!({"key": "apiKey", "version": 1}));
        kit.get(&format!("{path}/2"), &token).await.fails(404, "recording.unknown");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn recordings_are_for_those_who_see_code_and_for_no_other_account() {
        let (kit, token) = kit().await;
        kit.post("/functions/called/invoke", &token, Value::Null).await.ok(200);
        let path = format!("/invocations/{}/recordings", invocation(&kit, &token, "called").await);
        for role in [UserRole::Agent, UserRole::AgentManager, UserRole::FaasInvocation] {
            let other = kit.token(ACME, &[role]).await;
            kit.get(&format!("{path}/1"), &other).await.fails(403, "auth.forbidden");
        }
        let developer = kit.token(ACME, &[UserRole::FaasDeveloper]).await;
        kit.get(&format!("{path}/1"), &developer).await.ok(200);
        let foreign = kit.token(OTHER, &[UserRole::FaasDeveloper]).await;
        let asked = format!("/api/v1/accounts/{OTHER}{path}");
        let none = kit.raw(axum::http::Method::GET, &asked, &foreign, Value::Null).await.ok(200);
        assert_eq!(none["items"], json!([]));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_erased_consumer_takes_the_recordings_along() {
        let (kit, token) = kit().await;
        kit.open().await;
        let invocation = invocation(&kit, &token, "greet").await;
        let path = format!("/invocations/{invocation}/recordings/1");
        let recording = kit.get(&path, &token).await.ok(200);
        assert_eq!(
            recording["input"]["payload"]["general"]["cbotEventType"],
            "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME"
        );
        let consumer = convoke_domain::id::ConsumerId::from_bits(7);
        kit.delete(&format!("/consumers/{consumer}"), &token).await.ok(200);
        kit.get(&path, &token).await.fails(404, "recording.unknown");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_test_runs_on_what_another_run_ran_on() {
        let (kit, token) = kit().await;
        kit.open().await;
        let invocation = invocation(&kit, &token, "greet").await;
        let run = kit.post("/functions/called/test", &token, json!({"recorded": invocation})).await.ok(200);
        assert_eq!(run["answered"], true);
        let both = json!({"recorded": invocation, "input": {}});
        kit.post("/functions/called/test", &token, both).await.fails(400, "request.invalid");
        let never = convoke_domain::id::InvocationId::Direct(uuid::Uuid::from_u128(9)).to_string();
        let run = kit.post("/functions/called/test", &token, json!({"recorded": never})).await;
        run.fails(404, "recording.unknown");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_account_that_keeps_no_recordings_has_none() {
        let (kit, token) = kit().await;
        let none = json!({"run_log": {"days": 30, "recording_days": 0}});
        kit.put("/settings", &token, none).await.ok(200);
        kit.post("/functions/called/invoke", &token, Value::Null).await.ok(200);
        let path = format!("/invocations/{}/recordings", invocation(&kit, &token, "called").await);
        assert_eq!(kit.get(&path, &token).await.ok(200)["items"], json!([]));
        let many = json!({"run_log": {"days": 30, "recording_days": 366}});
        kit.put("/settings", &token, many).await.fails(400, "run_log.days_out_of_range");
    }
}
