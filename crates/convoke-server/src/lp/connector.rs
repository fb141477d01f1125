//! The connector API: other channels speak for their consumers by HTTP (messaging contract §3.1).
//!
//! An application shows two tokens: its own, of sentinel, and the one by which it speaks for a consumer, of `idp`. What it
//! then asks is asked as on the consumer's socket, by the same code; what is told meanwhile goes to webhooks, not here.

use axum::Json;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use convoke_api::limits::IDENTITY_BYTES_MAX;
use convoke_api::lp::messaging::{Dialect, Refused, Request};
use convoke_domain::account::UserRole;
use convoke_domain::id::AccountId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::messaging::{Session, Side, features};
use super::request::{Asked, Sent};
use crate::caller::{Caller, Identity, Peer, Tenant};
use crate::extract::Params;
use crate::limits;
use crate::server::Shared;

/// Who may open conversations for consumers, as in the native API.
const CONNECTORS: &[UserRole] = &[UserRole::Administrator, UserRole::AgentManager, UserRole::Agent];
/// What can be asked without a socket.
const SET_PROFILE: &str = "userprofile.SetUserProfile";
const OPENING: [&str; 2] = [SET_PROFILE, "cm.ConsumerRequestConversation"];
const SENDING: [&str; 3] = [SET_PROFILE, "ms.PublishEvent", "cm.UpdateConversationField"];

/// For whom the connector wants to speak.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    ext_consumer_id: String,
}

/// An application whose token counts.
struct Application {
    account: AccountId,
    client: String,
}

/// A token by which the application speaks for a consumer of its own; the same name is the same consumer.
pub(super) async fn consumer(
    State(server): State<Shared>,
    params: Params,
    peer: Option<Peer>,
    headers: HeaderMap,
    sent: Sent,
) -> Response {
    let application = match application(&server, &params, &headers, peer) {
        Ok(application) => application,
        Err(refused) => return told(&refused),
    };
    let name = sent.json::<Named>().unwrap_or_default().ext_consumer_id;
    if !(1..=IDENTITY_BYTES_MAX).contains(&name.len()) {
        return told(&Refused::invalid("ext_consumer_id", format!("1 to {IDENTITY_BYTES_MAX} bytes")));
    }
    let Application { account, client } = application;
    let consumer = server.auth.consumer_named(&account, &name);
    let (signer, now) = (server.auth.signer(), server.auth.now());
    let token = signer.consumer_jws(&account, &client, (&name, consumer), now);
    (StatusCode::CREATED, Json(json!({"token": token}))).into_response()
}

/// Opens a conversation: a list of requests, answered by a list.
pub(super) async fn open(
    State(server): State<Shared>,
    params: Params,
    asked: Asked,
    peer: Option<Peer>,
    headers: HeaderMap,
    sent: Sent,
) -> Response {
    let door = Door { server, params, asked, peer, headers };
    match door.requests(sent, true, &OPENING).await {
        Ok(answers) => Json(answers).into_response(),
        Err(refused) => told(&refused),
    }
}

/// Sends a line, a receipt, a typing indication, or changes the conversation: one request.
pub(super) async fn send(
    State(server): State<Shared>,
    params: Params,
    asked: Asked,
    peer: Option<Peer>,
    headers: HeaderMap,
    sent: Sent,
) -> Response {
    let door = Door { server, params, asked, peer, headers };
    match door.requests(sent, false, &SENDING).await.map(|mut answers| answers.pop()) {
        Ok(Some(answer)) => Json(answer).into_response(),
        Ok(None) => told(&Refused::invalid("body", "expected a request")),
        Err(refused) => told(&refused),
    }
}

/// What came with a request.
struct Door {
    server: Shared,
    params: Params,
    asked: Asked,
    peer: Option<Peer>,
    headers: HeaderMap,
}

impl Door {
    /// Asks in the consumer's name, one after the other; the first that is refused is what is told.
    async fn requests(self, sent: Sent, many: bool, known: &[&str]) -> Result<Vec<Value>, Refused> {
        if self.asked.get("v") != Some("3") {
            return Err(Refused::not_found("request.version", "this speaks version 3: add ?v=3"));
        }
        let application = application(&self.server, &self.params, &self.headers, self.peer)?;
        let tenant = self.consumer(&application)?;
        let requests = read(sent, many, known)?;
        let side = self.side(&tenant)?;
        let token = String::new();
        let begun = Session::begin(self.server, tenant, token, side, Dialect::Consumer, self.peer).await;
        let mut session = begun.map_err(|_| Refused::unavailable())?;
        session.vouched = true;
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            let body = session.answer(&request).await?;
            answers.push(json!({"code": "OK", "body": body, "reqId": request.id}));
        }
        Ok(answers)
    }

    /// The account as the consumer's, for whom the application may speak.
    fn consumer(&self, application: &Application) -> Result<Tenant, Refused> {
        let missing = || Refused::token(4, "X-LP-ON-BEHALF is missing: ask idp for a ConsumerJWS");
        let token = text(&self.headers, "x-lp-on-behalf").ok_or_else(missing)?;
        let Application { account, client } = application;
        let (signer, now) = (self.server.auth.signer(), self.server.auth.now());
        let consumer = signer.on_behalf_of(token, account, client, now);
        let view = self.server.handle.account(account);
        let (Some(consumer), Some(view)) = (consumer, view) else {
            return Err(Refused::token(3, "this ConsumerJWS does not count"));
        };
        let caller = Caller::new(Some(account.clone()), Identity::Consumer(consumer));
        Ok(Tenant { view, caller })
    }

    fn side(&self, tenant: &Tenant) -> Result<Side, Refused> {
        let properties = text(&self.headers, "client-properties");
        let properties = properties.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let consumer = tenant.caller.consumer().ok_or_else(Refused::unavailable)?;
        // The brand's own application vouches for them.
        Ok(Side::Consumer { consumer, authenticated: true, features: features(properties.as_ref()) })
    }
}

/// The application that shows its token, with a role that may speak for consumers.
fn application(
    server: &Shared,
    params: &Params,
    headers: &HeaderMap,
    peer: Option<Peer>,
) -> Result<Application, Refused> {
    let missing = || Refused::token(5, "Authorization is missing: ask sentinel for an AppJWT");
    let unknown = || Refused::token(2, "this AppJWT does not count");
    let token = text(headers, AUTHORIZATION.as_str()).ok_or_else(missing)?;
    let token = token.strip_prefix("Bearer ").unwrap_or(token);
    let address = peer.map(|peer| peer.0.ip());
    if token.len() > limits::TOKEN_BYTES_MAX
        || address.is_some_and(|address| !server.attempts.may_try(address))
    {
        return Err(unknown());
    }
    let account: Option<AccountId> = params.text("account").parse().ok();
    let caller = server.auth.caller(&server.handle, token).filter(|caller| caller.account == account);
    let (Some(caller), Some(account)) = (caller, account) else {
        if let Some(address) = address {
            server.attempts.refused(address);
        }
        return Err(unknown());
    };
    let Identity::Client { client, .. } = &caller.identity else { return Err(unknown()) };
    if !caller.has_any(CONNECTORS) {
        let details = "this application may not speak for consumers: give its client the role agent";
        return Err(Refused::forbidden(details));
    }
    Ok(Application { account, client: client.to_string() })
}

/// The requests of a body: a list, or one.
fn read(sent: Sent, many: bool, known: &[&str]) -> Result<Vec<Request>, Refused> {
    let unreadable = || Refused::invalid("body", "expected JSON of at most some megabytes");
    let body: Value = sent.json().map_err(|_| unreadable())?;
    let frames = match (body, many) {
        (Value::Array(frames), true) => frames,
        (body, false) if body.is_object() => vec![body],
        (_, true) => return Err(Refused::invalid("body", "expected a list of requests")),
        (_, false) => return Err(Refused::invalid("body", "expected a request")),
    };
    if frames.is_empty() || frames.len() > limits::CONNECTOR_REQUESTS_MAX {
        let most = limits::CONNECTOR_REQUESTS_MAX;
        return Err(Refused::invalid("body", format!("expected 1 to {most} requests")));
    }
    let request = |frame: &Value| {
        let request = Request::read(frame.to_string().as_bytes()).map_err(|unreadable| unreadable.refused)?;
        if known.contains(&request.kind.as_str()) {
            Ok(request)
        } else {
            Err(Refused::unknown(&request.kind))
        }
    };
    frames.iter().map(request).collect()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty())
}

fn told(refused: &Refused) -> Response {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(refused.body())).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode, header};
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, OTHER, Reply};

    /// A client with these roles; its AppJWT.
    async fn application(kit: &Kit, roles: &[&str]) -> String {
        let admin = kit.admin().await;
        let made = kit.post("/clients", &admin, json!({"name": "sms", "roles": roles})).await.ok(201);
        let (id, secret) = (made["client"]["id"].as_str().or(made["id"].as_str()).unwrap(), &made["secret"]);
        let form = format!("client_id={id}&client_secret={}", secret.as_str().unwrap());
        let path = format!("/sentinel/api/account/{ACME}/app/token?v=1.0&grant_type=client_credentials");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        kit.request(request).await.ok(200)["access_token"].as_str().unwrap().to_owned()
    }

    async fn ask(kit: &Kit, account: &str, path: &str, tokens: (&str, &str), body: &Value) -> Reply {
        let mut request = Request::post(format!("/api/account/{account}{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("Client-Properties", json!({"features": ["AUTO_MESSAGES"]}).to_string());
        for (name, token) in [("Authorization", tokens.0), ("X-LP-ON-BEHALF", tokens.1)] {
            if !token.is_empty() {
                request = request.header(name, token);
            }
        }
        kit.request(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn jws(kit: &Kit, app: &str, name: &str) -> String {
        let named = json!({"ext_consumer_id": name});
        let made = ask(kit, ACME, "/consumer?v=1.0", (app, ""), &named).await.ok(201);
        made["token"].as_str().unwrap().to_owned()
    }

    const OPEN: &str = "/messaging/consumer/conversation?v=3";
    const SEND: &str = "/messaging/consumer/conversation/send?v=3";

    fn opening() -> Value {
        json!([
            {"kind": "req", "id": "1", "type": "userprofile.SetUserProfile", "body": {"firstName": "Ada"}},
            {"kind": "req", "id": "2", "type": "cm.ConsumerRequestConversation", "body": {"ttrDefName": "NORMAL"}},
        ])
    }

    fn line(conversation: &Value, text: &str) -> Value {
        let event = json!({"type": "ContentEvent", "contentType": "text/plain", "message": text});
        json!({"kind": "req", "id": "3", "type": "ms.PublishEvent", "body": {"dialogId": conversation, "event": event}})
    }

    #[tokio::test]
    async fn a_connector_opens_and_writes_for_a_consumer_whom_it_names() {
        let kit = Kit::new().await;
        let app = application(&kit, &["agent"]).await;
        let ada = jws(&kit, &app, "+49 30 1").await;
        let opened = ask(&kit, ACME, OPEN, (&app, &ada), &opening()).await.ok(200);
        assert_eq!((&opened[0]["code"], &opened[0]["reqId"]), (&json!("OK"), &json!("1")));
        let id = &opened[1]["body"]["conversationId"];
        let sent = ask(&kit, ACME, SEND, (&app, &ada), &line(id, "hello")).await.ok(200);
        assert!(sent["code"] == "OK" && sent["body"]["sequence"].is_u64(), "{sent}");
        let path = format!("/conversations/{}", id.as_str().unwrap());
        let seen = kit.get(&format!("{path}/events"), &kit.admin().await).await;
        assert!(seen.text.contains("hello"), "{}", seen.text);
        // The same name is the same consumer, another one is another.
        let again = jws(&kit, &app, "+49 30 1").await;
        ask(&kit, ACME, SEND, (&app, &again), &line(id, "me again")).await.ok(200);
        let bob = jws(&kit, &app, "+49 30 2").await;
        let foreign = ask(&kit, ACME, SEND, (&app, &bob), &line(id, "not mine")).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{}", foreign.text);
        let close = json!({"id": "4", "type": "cm.UpdateConversationField", "body": {"conversationId": id,
            "conversationField": [{"field": "ConversationStateField", "conversationState": "CLOSE"}]}});
        ask(&kit, ACME, SEND, (&app, &ada), &close).await.ok(200);
        assert_eq!(kit.get(&path, &kit.admin().await).await.ok(200)["open"], false);
    }

    #[tokio::test]
    async fn each_token_that_is_missing_or_wrong_has_its_number() {
        let kit = Kit::new().await;
        let app = application(&kit, &["agent"]).await;
        let ada = jws(&kit, &app, "ada").await;
        let other_app = application(&kit, &["agent"]).await;
        let (app, ada, other_app) = (app.as_str(), ada.as_str(), other_app.as_str());
        for (tokens, account, number) in [
            (("", ada), ACME, "40105"),
            (("nonsense", ada), ACME, "40102"),
            ((app, ada), OTHER, "40102"),
            ((app, ""), ACME, "40104"),
            ((app, "nonsense"), ACME, "40103"),
            ((other_app, ada), ACME, "40103"),
            ((app, app), ACME, "40103"),
        ] {
            let refused = ask(&kit, account, OPEN, tokens, &opening()).await;
            assert_eq!(refused.ok(401)["errorCode"], number, "{tokens:?}");
        }
        let invoker = application(&kit, &["faas_invocation"]).await;
        let named = json!({"ext_consumer_id": "ada"});
        ask(&kit, ACME, "/consumer?v=1.0", (&invoker, ""), &named).await.ok(403);
    }

    #[tokio::test]
    async fn what_is_no_request_of_a_connector_is_refused() {
        let kit = Kit::new().await;
        let app = application(&kit, &["agent"]).await;
        let ada = jws(&kit, &app, "ada").await;
        let tokens = (app.as_str(), ada.as_str());
        ask(&kit, ACME, "/messaging/consumer/conversation", tokens, &opening()).await.ok(404);
        for (path, body, status) in [
            (OPEN, json!({}), 400),
            (OPEN, json!([]), 400),
            (SEND, json!([]), 400),
            (SEND, json!({"id": "1", "type": "cqm.SubscribeExConversations", "body": {}}), 501),
            (SEND, json!({"id": "1", "type": "ms.PublishEvent", "body": {}}), 400),
        ] {
            ask(&kit, ACME, path, tokens, &body).await.ok(status);
        }
        let long = json!({"ext_consumer_id": "x".repeat(1000)});
        ask(&kit, ACME, "/consumer?v=1.0", (&app, ""), &long).await.ok(400);
    }
}
