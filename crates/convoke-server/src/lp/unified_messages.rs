//! `accountConfigReadWrite`: the automatic messages of an account and of its skills, and `shiftstatus`: who is at work.
//!
//! A revision is what the texts hash to: who changes what somebody else changed meanwhile is told so by 412.

use axum::Json;
use axum::extract::State;
use axum::http::header::IF_MATCH;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use convoke_api::lp::unified_message::{self as wire, Place, Wrong};
use convoke_api::platform_error::PlatformError;
use convoke_domain::account::{Account, Command, Rejection};
use convoke_domain::automatic_message::Language;
use convoke_domain::id::SkillId;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::failure::{Answer, PlaneError};
use super::request::{Asked, Sent};
use crate::auth::hex;
use crate::caller::Tenant;
use crate::extract::Params;
use crate::problem::ApiError;
use crate::server::Shared;

const REVISION: HeaderName = HeaderName::from_static("ac-revision");
const METHOD: &str = "x-http-method-override";

/// All texts, or those of the account, of a skill, of one language.
pub(super) async fn list(tenant: Tenant, asked: Asked) -> Answer<Response> {
    let account = &tenant.view.account;
    let language: Option<Language> = asked.parsed("lang").map_err(PlaneError::gateway)?;
    let kind = asked.get("context_type");
    if kind.is_some_and(|kind| kind != "ACCOUNT" && kind != "SKILL") {
        return Err(PlaneError::gateway(ApiError::field("context_type", "expected ACCOUNT or SKILL")));
    }
    let of = asked.get("context_id").filter(|_| kind == Some("SKILL"));
    let wanted = |place: &Place| match (kind, &place.skill) {
        (Some("ACCOUNT"), Some(_)) | (Some("SKILL"), None) => false,
        (_, Some(skill)) => of.is_none_or(|of| of == skill.as_str()),
        (_, None) => true,
    };
    let all = wire::all(account).into_iter().filter(|(place, _)| wanted(place));
    let told: Vec<Value> =
        all.map(|(place, text)| wire::told(account, &place, text, language.as_ref())).collect();
    Ok(with_revision(account, Json(told)))
}

/// What a new account has.
pub(super) async fn defaults() -> Json<Vec<Value>> {
    Json(wire::defaults())
}

/// One text.
pub(super) async fn get(tenant: Tenant, params: Params) -> Answer<Response> {
    let account = &tenant.view.account;
    let place = place(account, &params)?;
    let text = place.text(account).ok_or_else(not_found)?;
    Ok(with_revision(account, Json(wire::told(account, &place, text, None))))
}

/// Makes a text.
pub(super) async fn create(
    State(server): State<Shared>,
    tenant: Tenant,
    headers: HeaderMap,
    sent: Sent,
) -> Answer<Response> {
    let body = sent.json::<Map<String, Value>>().map_err(PlaneError::gateway)?;
    let place = wire::place_of(&body).map_err(wrong)?;
    let told = write(&server, &tenant, &headers, place, &body).await?;
    Ok((StatusCode::CREATED, told).into_response())
}

/// Replaces a text.
pub(super) async fn set(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    headers: HeaderMap,
    sent: Sent,
) -> Answer<Response> {
    let body = sent.json::<Map<String, Value>>().map_err(PlaneError::gateway)?;
    let place = place(&tenant.view.account, &params)?;
    write(&server, &tenant, &headers, place, &body).await
}

/// Removes a text: a skill goes back to the account's.
pub(super) async fn remove(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    headers: HeaderMap,
) -> Answer<Response> {
    let account = &tenant.view.account;
    let Place { code, skill } = place(account, &params)?;
    unchanged(account, &headers)?;
    let command = Command::ClearAutomaticMessage { code, skill };
    let view = server.configure(&tenant, command).await.map_err(PlaneError::gateway)?;
    Ok(with_revision(&view.account, StatusCode::NO_CONTENT))
}

/// A method that is said in a header, by clients that have only some.
pub(super) async fn other_method(
    server: State<Shared>,
    tenant: Tenant,
    params: Params,
    headers: HeaderMap,
    sent: Sent,
) -> Answer<Response> {
    let method = headers.get(METHOD).and_then(|method| method.to_str().ok()).unwrap_or_default();
    match method.to_ascii_uppercase().as_str() {
        "PUT" => set(server, tenant, params, headers, sent).await,
        "DELETE" => remove(server, tenant, params, headers).await,
        _ => Err(PlaneError::gateway(PlatformError::MethodNotAllowed)),
    }
}

/// Whether a skill is staffed, and when that changes (messaging contract §5.5).
pub(super) async fn shift_status(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Value>> {
    let skill: SkillId = params.get("skill").map_err(PlaneError::gateway)?;
    let account = &tenant.view.account;
    if !account.skill_exists(&skill) {
        return Err(PlaneError::gateway(Rejection::SkillUnknown(skill)));
    }
    let (hours, now) = (account.hours_of(Some(&skill)), server.handle.now());
    let (on_shift, next_off) = (hours.is_on(now), hours.next_off(now));
    // While somebody is at work, when they come again after they leave.
    let from = if on_shift { next_off } else { Some(now) };
    let next_on = from.and_then(|from| hours.next_on(from));
    let time = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    Ok(Json(json!({
        "skillId": skill,
        "onShift": on_shift,
        "nextOn": time(next_on),
        "nextOff": time(next_off),
    })))
}

async fn write(
    server: &Shared,
    tenant: &Tenant,
    headers: &HeaderMap,
    place: Place,
    body: &Map<String, Value>,
) -> Answer<Response> {
    let account = &tenant.view.account;
    unchanged(account, headers)?;
    let command = wire::command_of(account, place.clone(), body).map_err(wrong)?;
    let view = server.configure(tenant, command).await.map_err(PlaneError::gateway)?;
    let text = place.text(&view.account).ok_or_else(not_found)?;
    let told = wire::told(&view.account, &place, text, None);
    Ok(with_revision(&view.account, Json(told)))
}

fn place(account: &Account, params: &Params) -> Answer<Place> {
    let id = params.text("id").parse().ok();
    id.and_then(|id| Place::of_id(account, id)).ok_or_else(not_found)
}

fn not_found() -> PlaneError {
    PlaneError::gateway(PlatformError::NotFound)
}

fn wrong((field, why): Wrong) -> PlaneError {
    PlaneError::gateway(ApiError::field(field, why))
}

/// Refuses if the texts are not those that the client saw.
fn unchanged(account: &Account, headers: &HeaderMap) -> Answer<()> {
    let seen = headers.get(IF_MATCH).or_else(|| headers.get(REVISION)).and_then(|seen| seen.to_str().ok());
    match seen.map(|seen| seen.trim_matches('"')) {
        None | Some("*" | "-1") => Ok(()),
        Some(seen) if seen == revision(account) => Ok(()),
        Some(_) => Err(PlaneError::gateway(PlatformError::ChangedMeanwhile)),
    }
}

fn revision(account: &Account) -> String {
    let idle: Vec<_> = account.skills.values().map(|skill| skill.idle).collect();
    let texts =
        serde_json::to_vec(&(&account.automatic_messages, &account.skill_messages, &account.idle, idle));
    // Maps of texts by texts are always JSON.
    hex(&Sha256::digest(texts.unwrap_or_default())[..8])
}

fn with_revision(account: &Account, body: impl axum::response::IntoResponse) -> Response {
    ([(REVISION, revision(account))], body).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Method, Request};
    use convoke_domain::account::{IdleTimers, UserRole};
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, Reply, SKILL};

    const PATH: &str = "/api/account/acme/configuration/engagement-window/unified-auto-messages";

    async fn ask(kit: &Kit, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        let token = kit.admin().await;
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        kit.request(request.body(body).unwrap()).await
    }

    fn of<'v>(all: &'v Value, code: &str) -> &'v Value {
        all.as_array().unwrap().iter().find(|one| one["messageEventId"] == code).unwrap()
    }

    #[tokio::test]
    async fn a_text_is_read_changed_and_taken_back_as_tools_do_it() {
        let kit = Kit::new().await;
        let all = ask(&kit, Method::GET, &format!("{PATH}?v=2.0"), &[], Value::Null).await;
        let connected = of(&all.ok(200), "YOU_ARE_CONNECTED_TO").clone();
        let revision = all.headers["ac-revision"].to_str().unwrap().to_owned();
        assert_eq!(connected["contexts"], json!({"ACCOUNT": [{"id": ACME}]}));
        assert_eq!(
            (&connected["data"][0]["lang"], &connected["data"][0]["isDefault"]),
            (&json!("en"), &json!(true))
        );
        let idle = of(&all.json(), "CONV_AWAITING_IN_QUEUE").clone();
        assert_eq!(idle["attributes"], json!({"timer": "300", "timerUnit": "SECONDS"}));
        // As documents show a skill's text.
        let own = json!({"messageEventId": "YOU_ARE_CONNECTED_TO", "enabled": true,
            "data": [{"msg": "Sales is here", "lang": "en", "isDefault": true}], "attributes": [],
            "contexts": {"SKILL": [SKILL]}});
        let made = ask(&kit, Method::POST, PATH, &[("if-match", &revision)], own).await.ok(201);
        assert_eq!(made["contexts"], json!({"SKILL": [{"skillId": SKILL, "enabled": true}]}));
        let path = format!("{PATH}/{}", made["id"]);
        let stale = ask(&kit, Method::DELETE, &path, &[("if-match", &revision)], Value::Null).await;
        assert_eq!(stale.status, 412, "somebody changed it meanwhile");
        let off = json!({"enabled": false, "data": [{"msg": "Hello", "lang": "en"}]});
        let override_with = [("x-http-method-override", "PUT")];
        let changed = ask(&kit, Method::POST, &path, &override_with, off).await.ok(200);
        assert_eq!((&changed["enabled"], &changed["data"][0]["msg"]), (&json!(false), &json!("Hello")));
        let of_skill = format!("{PATH}?context_type=SKILL&context_id={SKILL}");
        let listed = ask(&kit, Method::GET, &of_skill, &[], Value::Null).await.ok(200);
        assert_eq!(listed, json!([changed]));
        ask(&kit, Method::DELETE, &path, &[], Value::Null).await.ok(204);
        assert_eq!(ask(&kit, Method::GET, &path, &[], Value::Null).await.status, 404);
    }

    #[tokio::test]
    async fn the_time_of_an_idle_text_is_set_with_it_for_the_account_and_for_a_skill() {
        let kit = Kit::new().await;
        let text = json!([{"msg": "Still waiting", "lang": "en"}]);
        let of_account = json!({"messageEventId": "CONV_AWAITING_IN_QUEUE", "data": text,
            "attributes": {"timer": "2", "timerUnit": "MINUTES"}});
        let made = ask(&kit, Method::POST, PATH, &[], of_account).await.ok(201);
        assert_eq!(made["attributes"], json!({"timer": "120", "timerUnit": "SECONDS"}));
        let of_skill = json!({"messageEventId": "CONV_AWAITING_IN_QUEUE", "data": text,
            "attributes": [{"timer": "60"}], "contexts": {"SKILL": [SKILL]}});
        let made = ask(&kit, Method::POST, PATH, &[], of_skill).await.ok(201);
        assert_eq!(made["attributes"], json!({"timer": "60", "timerUnit": "SECONDS"}));
        let view = kit.handle.account(&ACME.parse().unwrap()).unwrap();
        let skill = SKILL.parse().unwrap();
        let seconds = |idle: IdleTimers| {
            (idle.awaiting_in_queue.time.as_secs(), idle.agent_non_responsive.time.as_secs())
        };
        assert_eq!(seconds(view.account.idle), (120, 300));
        assert_eq!(seconds(view.account.idle_of(Some(&skill))), (60, 300));
    }

    #[tokio::test]
    async fn what_cannot_be_is_refused_and_others_may_not() {
        let kit = Kit::new().await;
        for body in [
            json!({"messageEventId": "HELLO", "data": []}),
            json!({"messageEventId": "YOU_ARE_CONNECTED_TO"}),
            json!({"messageEventId": "YOU_ARE_CONNECTED_TO", "data": [{"msg": "<b>", "lang": "en"}]}),
            json!({"messageEventId": "YOU_ARE_CONNECTED_TO", "data": [], "contexts": {"SKILL": ["1", "2"]}}),
            json!({"messageEventId": "CONV_AWAITING_IN_QUEUE", "data": [], "attributes": [{"timer": "14"}]}),
        ] {
            let refused = ask(&kit, Method::POST, PATH, &[], body.clone()).await;
            assert_eq!(refused.status, 400, "{body}");
        }
        let developer = kit.token(ACME, &[UserRole::FaasDeveloper]).await;
        kit.raw(Method::GET, PATH, &developer, Value::Null).await.ok(200);
        assert_eq!(kit.raw(Method::POST, PATH, &developer, json!({})).await.status, 403);
        let defaults = "/api/account/default/configuration/engagement-window/unified-auto-messages-defaults";
        assert!(kit.raw(Method::GET, defaults, "", Value::Null).await.ok(200).as_array().unwrap().len() > 10);
    }

    #[tokio::test]
    async fn a_skill_without_hours_is_always_on_shift() {
        let kit = Kit::new().await;
        let path = format!("/api/account/{ACME}/skills/{SKILL}/shift-status-skill");
        let status = ask(&kit, Method::GET, &path, &[], Value::Null).await.ok(200);
        assert_eq!(status, json!({"skillId": SKILL, "onShift": true, "nextOn": null, "nextOff": null}));
        let unknown = format!("/api/account/{ACME}/skills/99/shift-status-skill");
        assert_eq!(ask(&kit, Method::GET, &unknown, &[], Value::Null).await.status, 404);
    }
}
