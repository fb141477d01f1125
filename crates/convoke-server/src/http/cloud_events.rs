//! CloudEvents that come in: another system fires an event of the functions and is told what they answered. What they
//! want done is done only in a conversation that the event names, in the caller's own name and within their rights.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use convoke_api::body::parse_body;
use convoke_api::functions::parse_answer;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::cloud_event::{CarriedOut, CloudEventAnswer, IncomingEvent};
use convoke_api::v1::conversation::{PublishLine, TransferConversation};
use convoke_api::v1::live::Act;
use convoke_api::v1::run::FunctionInput;
use convoke_domain::account::UserRole;
use convoke_domain::id::{ConversationId, SkillId};
use convoke_domain::invocation::{Answer as Returns, CommandKind, Returned};
use convoke_domain::limits::ANSWER_COMMANDS_MAX;
use convoke_engine::{Call, CallEnding, CallFrom, Called, Request as NamedCall, RequestId, Until};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::conversation_writes::perform;
use super::conversations::visible;
use super::function_calls::{told, with_headers, within};
use crate::auth::hex;
use crate::caller::Tenant;
use crate::extract::read;
use crate::limits::FUNCTION_BODY_BYTES_MAX;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

const STRUCTURED: &str = "application/cloudevents+json";
const BINARY: &str = "application/json";
/// Who may write to conversations at all; the rules of the conversation have the last word.
const WRITERS: &[UserRole] = &[UserRole::Administrator, UserRole::AgentManager, UserRole::Agent];

/// Fires an event of the functions. CloudEvents 1.0, in structured mode (`application/cloudevents+json`) or binary mode
/// (`application/json` with `ce-` headers); the type is the id of an event. The functions that listen to it run with `data`
/// as their payload, once for an `id` and `source`. With the attribute `convokeconversation` what they answer is carried
/// out there in the caller's name, which needs a role that writes to conversations.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/events", tag = "webhooks",
    request_body(content = Object, content_type = "application/cloudevents+json"),
    responses((status = 200, body = CloudEventAnswer)))]
pub(super) async fn fire(
    State(server): State<Shared>,
    tenant: Tenant,
    headers: HeaderMap,
    request: Request,
) -> Answer<Response> {
    let event = incoming(&headers, request).await?;
    let skill = skill(&server, &tenant, &event).await?;
    let allowance = server.handle.admit_call(tenant.id());
    let answer = within(&allowance, async {
        let input = FunctionInput { payload: event.data.clone(), ..FunctionInput::default() };
        let call = Call {
            input: input.json(server.handle.now()).into(),
            from: CallFrom::Client,
            request: Some(named(&event)?),
            until: Until::Ended,
        };
        let called = server.handle.call_event(tenant.id(), event.event, skill.as_ref(), &call).await?;
        let carried_out = match event.conversation {
            Some(conversation) => carry_out(&server, &tenant, conversation, &event, &called).await,
            None => Vec::new(),
        };
        let runs = called.iter().map(|called| told(&tenant, called)).collect();
        Ok(Json(CloudEventAnswer { runs, carried_out }).into_response())
    });
    Ok(with_headers(answer.await, &allowance))
}

async fn incoming(headers: &HeaderMap, request: Request) -> Answer<IncomingEvent> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let structured = match kind.as_str() {
        STRUCTURED => true,
        // Without data there is no type of data.
        BINARY | "" => false,
        _ => return Err(PlatformError::UnsupportedMediaType.into()),
    };
    let body = read(request, FUNCTION_BODY_BYTES_MAX).await?;
    if structured {
        return Ok(IncomingEvent::structured(parse_body(&body)?)?);
    }
    let data = if body.is_empty() { Value::Null } else { parse_body(&body)? };
    let header = |name: &str| headers.get(name).and_then(|value| Some(value.to_str().ok()?.to_owned()));
    Ok(IncomingEvent::binary(header, data)?)
}

/// The skill whose functions answer. Looks at the conversation that the event names before anything runs.
async fn skill(server: &Shared, tenant: &Tenant, event: &IncomingEvent) -> Answer<Option<SkillId>> {
    let Some(conversation) = event.conversation else { return Ok(event.skill.clone()) };
    if !tenant.caller.has_any(WRITERS) {
        let detail = "this token may not write to conversations: leave out convokeconversation, or use one with a role \
            that may";
        return Err(Problem::new(PlatformError::Forbidden, detail).into());
    }
    tenant.caller.actor()?;
    let state = visible(server, tenant, conversation).await?;
    Ok(Some(event.skill.clone().unwrap_or_else(|| state.skill.clone())))
}

/// Source and id are the name of an event; as the name of a call it is short and says nothing.
fn named(event: &IncomingEvent) -> Answer<NamedCall> {
    let id: RequestId =
        format!("ce-{}", name(event)).parse().map_err(|error| ApiError::field("id", error))?;
    let content = serde_json::to_vec(&event.data).map_err(|error| ApiError::field("data", error))?;
    Ok(NamedCall::new(id, &content))
}

fn name(event: &IncomingEvent) -> String {
    let mut hash = Sha256::new();
    // With its length first, so that no two pairs of texts look like one.
    hash.update(event.source.len().to_le_bytes());
    hash.update(&event.source);
    hash.update(&event.id);
    hex(&hash.finalize()[..16])
}

/// Does what the answers want, each once: an answer that was given before was carried out then.
async fn carry_out(
    server: &Shared,
    tenant: &Tenant,
    conversation: ConversationId,
    event: &IncomingEvent,
    called: &[Called],
) -> Vec<CarriedOut> {
    let mut fates = Vec::new();
    for (run, called) in called.iter().enumerate().filter(|(_, called)| !called.repeated) {
        let CallEnding::Returned(json) = &called.answer.ending else { continue };
        let Returns::Commands(returned) = parse_answer(json.as_deref()) else { continue };
        let mut seen: Vec<CommandKind> = Vec::new();
        for (command, one) in returned.iter().take(ANSWER_COMMANDS_MAX).enumerate() {
            let kind = one.kind();
            // As for the Controller Bot: only the first of each type counts.
            if kind.is_some_and(|kind| seen.contains(&kind)) {
                continue;
            }
            seen.extend(kind);
            let key = format!("ce-{}-{run}-{command}", name(event));
            let outcome = match act(tenant, one, key) {
                Ok(Some(act)) => perform(server, tenant, conversation, act).await.map(drop),
                Ok(None) => Ok(()),
                Err(refused) => Err(refused),
            };
            let problem = outcome.err().map(ApiError::into_problem);
            let done = problem.is_none();
            let (code, detail) = problem.map(|problem| (problem.code, problem.detail)).unzip();
            fates.push(CarriedOut { run, command, kind, done, code, detail });
        }
    }
    fates
}

/// What is asked of the conversation; nothing for a message that says nothing.
fn act(tenant: &Tenant, one: &Returned, key: String) -> Answer<Option<Act>> {
    Ok(Some(match one {
        Returned::NoMessage => return Ok(None),
        Returned::Message(text) => {
            Act::Publish(PublishLine { text: text.clone(), key: Some(key), private: false })
        }
        Returned::Transfer { skill, agent } => {
            let account = &tenant.view.account;
            let skill = skill.as_ref().map(|skill| skill.parse::<SkillId>());
            let skill = skill.transpose().map_err(|error| ApiError::field("skillId", error))?;
            let agent = agent.as_ref().map(|agent| {
                let known = account.agent_by_text(agent).map(|(user, _)| user);
                known.ok_or_else(|| ApiError::field("agentId", "there is no such agent"))
            });
            Act::Transfer(TransferConversation { skill, agent: agent.transpose()? })
        }
        Returned::Close => Act::Close,
        Returned::Malformed { why, .. } => return Err(ApiError::field("command", why)),
    }))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, header};
    use convoke_domain::account::{Principal, UserRole};
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, OTHER, Reply, ScriptedHost, WORKSHOP};

    const EVENT: &str = "controllerbot_messaging_ttr";

    /// A kit with a deployed function that returns this.
    async fn kit(source: &str) -> Kit {
        let kit = Kit::with(ScriptedHost::echo()).await;
        let token = kit.admin().await;
        let create = json!({"name": "f", "source": source, "event": EVENT});
        kit.post("/functions", &token, create).await.ok(201);
        kit.post("/functions/f/deploy", &token, Value::Null).await.ok(200);
        kit
    }

    fn event(id: &str, more: &Value) -> Value {
        let mut event =
            json!({"specversion": "1.0", "id": id, "source": "/orders", "type": EVENT, "data": {"a": 1}});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    }

    async fn fire(kit: &Kit, token: &str, kind: &str, headers: &[(&str, &str)], body: String) -> Reply {
        let mut request = Request::post(format!("/api/v1/accounts/{ACME}/events"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, kind);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        kit.request(request.body(Body::from(body)).unwrap()).await
    }

    async fn structured(kit: &Kit, token: &str, event: Value) -> Reply {
        fire(kit, token, "application/cloudevents+json; charset=utf-8", &[], event.to_string()).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_event_in_either_mode_gets_the_commands_back_and_runs_once_for_its_name() {
        let kit = kit(r#"[{"type":"closeConversation"}]"#).await;
        let path = kit.open().await;
        let token = kit.token(ACME, &[UserRole::FaasInvocation]).await;
        let first = structured(&kit, &token, event("1", &json!({}))).await.ok(200);
        assert_eq!(first["runs"][0]["result"][0]["type"], "closeConversation");
        assert_eq!(first["carried_out"], json!([]), "it names no conversation");
        let headers =
            [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/orders"), ("ce-type", EVENT)];
        let again =
            fire(&kit, &token, "application/json", &headers, json!({"a": 1}).to_string()).await.ok(200);
        assert_eq!(again["runs"][0]["invocation"], first["runs"][0]["invocation"]);
        assert_eq!(again["runs"][0]["repeated"], true);
        assert_eq!(kit.get(&path, &kit.admin().await).await.ok(200)["open"], true);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn commands_are_carried_out_in_the_conversation_that_is_named_once_and_within_the_callers_rights() {
        let transfer = format!(
            r#"[{{"type":"systemMessage","text":"hi"}},{{"type":"transfer","skillId":"{WORKSHOP}"}}]"#
        );
        let kit = kit(&transfer).await;
        let path = kit.open().await;
        let named = json!({"convokeconversation": path.replace("/conversations/", "")});
        let invoker = kit.token(ACME, &[UserRole::FaasInvocation]).await;
        structured(&kit, &invoker, event("1", &named)).await.fails(403, "auth.forbidden");
        let roles = [UserRole::FaasInvocation, UserRole::AgentManager];
        let program = kit.issue(ACME, Principal::Application, &roles).await;
        let answer = structured(&kit, &program, event("2", &named)).await.ok(200);
        let fates = answer["carried_out"].as_array().unwrap();
        assert_eq!(fates[0]["code"], "participant.not_in_conversation", "a program does not speak: {answer}");
        assert_eq!((&fates[1]["kind"], &fates[1]["done"]), (&json!("transfer"), &json!(true)));
        let admin = kit.admin().await;
        assert_eq!(kit.get(&path, &admin).await.ok(200)["skill"], WORKSHOP);
        let again = structured(&kit, &program, event("2", &named)).await.ok(200);
        assert_eq!(again["carried_out"], json!([]), "it was carried out before");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_conversation_of_another_account_is_none_and_nothing_runs() {
        let kit = kit("1").await;
        let opened = kit
            .raw(
                axum::http::Method::POST,
                &format!("/api/v1/accounts/{OTHER}/conversations"),
                &kit.consumer(OTHER, 7),
                json!({}),
            )
            .await
            .ok(201);
        let named = json!({"convokeconversation": opened["id"]});
        structured(&kit, &kit.admin().await, event("1", &named)).await.fails(404, "conversation.not_found");
        let runs = kit.get("/invocations", &kit.admin().await).await.ok(200);
        assert_eq!(runs["items"], json!([]));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_wrong_with_an_event_is_said_by_name() {
        let kit = kit("1").await;
        let admin = kit.admin().await;
        for (name, value) in
            [("type", json!("com.example.order")), ("specversion", json!("2.0")), ("id", json!(""))]
        {
            let mut more = json!({});
            more[name] = value;
            let problem = structured(&kit, &admin, event("1", &more)).await.fails(400, "request.invalid");
            assert_eq!(problem["errors"][0]["field"], name);
        }
        fire(&kit, &admin, "application/cloudevents-batch+json", &[], "[]".to_owned())
            .await
            .fails(415, "request.unsupported_media_type");
        fire(&kit, &admin, "application/cloudevents+json", &[], "{".to_owned())
            .await
            .fails(400, "request.invalid");
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        structured(&kit, &agent, event("1", &json!({}))).await.fails(403, "auth.forbidden");
    }
}
