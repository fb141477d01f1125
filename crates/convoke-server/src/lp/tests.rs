//! The planes as their clients see them: every route, both generations, roles, shapes and codes.

mod identities;
mod in_process;
mod management;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use convoke_domain::account::{Actor, Command, Generation, UserRole};
use serde_json::{Value, json};

use super::access::{Row, TABLE, Who};
use crate::testing::{ACME, Kit, OTHER, Reply, ScriptedHost};

const TTR: &str = "controllerbot_messaging_ttr";
const NOBODY: &str = "00000000-0000-0000-0000-000000000009";

async fn echo() -> Kit {
    Kit::with(ScriptedHost::echo()).await
}

async fn second(kit: &Kit) {
    let command = Command::SetGeneration { generation: Generation::V2 };
    kit.handle.configure(&ACME.parse().unwrap(), &Actor::System, command).await.unwrap();
}

/// Asks something of the account of most tests.
async fn ask(kit: &Kit, method: Method, path: &str, token: &str, body: Value) -> Reply {
    kit.raw(method, &format!("/api/account/{ACME}{path}"), token, body).await
}

/// A deployed function; its UUID.
async fn deployed(kit: &Kit, name: &str, source: &str, event: Option<&str>) -> String {
    let token = kit.admin().await;
    let lambda =
        json!({"name": name, "description": "d", "eventId": event, "implementation": {"code": source}});
    let made = ask(kit, Method::POST, "/lambdas", &token, lambda).await.ok(201);
    let uuid = made["uuid"].as_str().unwrap().to_owned();
    ask(kit, Method::POST, &format!("/deployments/{uuid}"), &token, Value::Null).await.ok(202);
    uuid
}

/// The application of the account, with these roles: its id and secret.
async fn application(kit: &Kit, roles: &[&str]) -> (String, String) {
    let token = kit.admin().await;
    let made = kit.post("/clients", &token, json!({"name": "app", "roles": roles})).await.ok(201);
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

fn filled(path: &str, account: &str) -> String {
    path.replace("{account}", account)
        .replace("{function}", NOBODY)
        .replace("{event}", "no_such_event")
        .replace("{user}", "999")
        .replace("{skill}", "999")
        .replace("{namespace}", "nothing")
        .replace("{session}", "s")
        .replace("{property}", "p")
        .replace("{visitor}", "v")
        .replace("{id}", "1")
}

#[tokio::test]
async fn every_role_may_exactly_what_the_table_says() {
    let kit = Kit::new().await;
    for role in &UserRole::ALL[..6] {
        let token = kit.token(ACME, &[*role]).await;
        for row in TABLE {
            let (Who::Roles(roles) | Who::RolesAndFunctions(roles) | Who::RolesFunctionsAndPages(roles)) =
                row.who
            else {
                continue;
            };
            let reply = kit.raw(row.method.clone(), &filled(row.path, ACME), &token, json!({"?": 1})).await;
            let refused = reply.status == StatusCode::FORBIDDEN;
            assert_eq!(
                refused,
                !roles.contains(role),
                "{role:?} {} {}: {}",
                row.method,
                row.path,
                reply.text
            );
        }
    }
}

#[tokio::test]
async fn a_foreign_accounts_token_is_answered_as_if_there_were_no_such_account() {
    let kit = Kit::new().await;
    let token = kit.token(OTHER, &UserRole::ALL[..6]).await;
    for row in TABLE.iter().filter(|row| row.who != Who::Anyone) {
        let ask = async |account: &str| {
            kit.raw(row.method.clone(), &filled(row.path, account), &token, json!({})).await
        };
        let (foreign, unknown) = (ask(ACME).await, ask("nobody").await);
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{} {}", row.method, row.path);
        assert_eq!(foreign.text, unknown.text, "{} {}", row.method, row.path);
    }
}

#[tokio::test]
async fn without_a_token_every_route_says_so_in_the_callers_generation() {
    let kit = Kit::new().await;
    let open = |row: &Row| matches!(row.who, Who::Anyone | Who::RolesFunctionsAndPages(_));
    for row in TABLE.iter().filter(|row| !open(row)) {
        let reply = kit.raw(row.method.clone(), &filled(row.path, ACME), "", Value::Null).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{} {}", row.method, row.path);
        let body = reply.json();
        let words = if row.generation == Some(Generation::V2) {
            ["code", "message"]
        } else {
            ["errorCode", "errorMsg"]
        };
        assert!(words.iter().all(|word| body[word].is_string()), "{} {}: {body}", row.method, row.path);
    }
}

#[tokio::test]
async fn applications_get_what_was_returned_and_developers_its_logs_too() {
    let kit = echo().await;
    let uuid = deployed(&kit, "f", r#"{"a":1}"#, None).await;
    let token = kit.token(ACME, &[UserRole::FaasInvocation]).await;
    let path = format!("/lambdas/{uuid}/invoke");
    let body = json!({"timestamp": 0, "headers": [], "payload": null});
    let plain = format!("{path}?v=1&skillId=&externalSystem=tests");
    let raw = ask(&kit, Method::POST, &plain, &token, body.clone()).await;
    assert_eq!(raw.ok(200), json!({"a": 1}));
    assert!(raw.headers.contains_key("ratelimit-remaining"));
    let tool = ask(&kit, Method::POST, &format!("{path}?userId=4711&v=1"), &token, body).await.ok(200);
    assert_eq!(tool["result"], json!({"a": 1}));
    let log = &tool["logs"][0];
    assert_eq!(
        (&log["level"], &log["message"], &log["extras"]),
        (&json!("Info"), &json!("ran"), &json!([{"deep": 1}]))
    );
    assert!(log["timestamp"].is_i64());
}

#[tokio::test]
async fn a_function_that_fails_is_a_901_in_the_words_of_each_generation() {
    let kit = echo().await;
    let uuid = deployed(&kit, "f", "throw", None).await;
    let token = kit.admin().await;
    let path = format!("/lambdas/{uuid}/invoke");
    let failed = ask(&kit, Method::POST, &path, &token, json!({})).await.ok(901);
    assert_eq!(
        failed,
        json!({"errorCode": "com.liveperson.faas.handler.custom-failure", "errorMsg": "Error: no"})
    );
    second(&kit).await;
    let failed = ask(&kit, Method::POST, &path, &token, json!({})).await.ok(901);
    assert_eq!(failed, json!({"code": "com.customer.faas.function.threw-error", "message": "Error: no"}));
}

#[tokio::test]
async fn the_host_chooses_the_second_generation_for_any_account() {
    let kit = echo().await;
    let token = kit.admin().await;
    let ask = async |host: &str| {
        let request = Request::post(format!("/api/account/{ACME}/lambdas/{NOBODY}/invoke"))
            .header(header::HOST, host)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        kit.request(request.body(Body::empty()).unwrap()).await.ok(404)
    };
    assert_eq!(ask("faasgw.lp.test").await["errorCode"], "com.liveperson.faas.es.missinglambda");
    assert_eq!(ask("fninvocations.lp.test").await["code"], "com.liveperson.faas.function.not-found");
}

#[tokio::test]
async fn an_undeployed_function_is_named_with_its_account() {
    let kit = echo().await;
    let token = kit.admin().await;
    let uuid = deployed(&kit, "f", "1", None).await;
    ask(&kit, Method::DELETE, &format!("/deployments/{uuid}"), &token, Value::Null).await.ok(202);
    let refused =
        ask(&kit, Method::POST, &format!("/lambdas/{uuid}/invoke"), &token, json!({})).await.ok(404);
    assert_eq!(refused["errorCode"], "com.liveperson.faas.es.notdeployed");
    let words = format!("there is no lambda with uuid {uuid} deployed on account {ACME}");
    assert_eq!(refused["errorMsg"], words);
}

#[tokio::test]
async fn an_event_is_answered_by_all_its_functions_and_without_any_as_the_generation_has_it() {
    let kit = echo().await;
    let token = kit.admin().await;
    let path = format!("/events/{TTR}/invoke?v=1&skillId=");
    assert_eq!(ask(&kit, Method::POST, &path, &token, json!({})).await.ok(200), json!([]));
    let uuid = deployed(&kit, "f", "7", Some(TTR)).await;
    let all = ask(&kit, Method::POST, &path, &token, json!({})).await.ok(200);
    assert_eq!(
        (all.as_array().unwrap().len(), &all[0]["uuid"], &all[0]["result"]),
        (1, &json!(uuid), &json!(7))
    );
    assert_eq!(all[0].as_object().unwrap().len(), 3);
    let implemented =
        ask(&kit, Method::GET, &format!("/events/{TTR}/isImplemented?skillId=-1"), &token, Value::Null).await;
    assert_eq!(implemented.ok(200), json!({"implemented": true}));
    second(&kit).await;
    let none = ask(&kit, Method::POST, "/events/no_such_event/invoke", &token, json!({})).await.ok(404);
    assert_eq!(none["code"], "com.liveperson.faas.function.not-found");
}

#[tokio::test]
async fn a_request_that_is_sent_again_gets_the_first_answer() {
    let runs = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = runs.clone();
    let host = ScriptedHost::new(move |_| {
        let run = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        convoke_engine::ports::Ending::Returned(Some(run.to_string()))
    });
    let kit = Kit::with(host).await;
    let uuid = deployed(&kit, "f", "1", None).await;
    let token = kit.admin().await;
    let mut answers = Vec::new();
    for id in ["r-1", "r-1", "r-2"] {
        let request = Request::post(format!("/api/account/{ACME}/lambdas/{uuid}/invoke"))
            .header("x-request-id", id)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        answers.push(kit.request(request.body(Body::from("{}")).unwrap()).await.ok(200));
    }
    assert_eq!(answers, [json!(0), json!(0), json!(1)]);
}

#[tokio::test]
async fn a_conversation_is_told_with_what_was_asked_for() {
    let kit = Kit::new().await;
    let token = kit.token(ACME, &[UserRole::AgentManager]).await;
    let path = kit.open().await;
    kit.post(&format!("{path}/lines"), &kit.consumer(ACME, 7), json!({"text": "my kettle"})).await.ok(201);
    let id = path.rsplit('/').next().unwrap();
    let search = async |token: &str, account: &str, body: Value| {
        let path = format!("/messaging_history/api/account/{account}/conversations/conversation/search?v=2");
        kit.raw(Method::POST, &path, token, body).await.ok(200)["conversationHistoryRecords"].clone()
    };
    let found = search(&token, ACME, json!({"conversationId": id})).await;
    assert_eq!(found[0]["info"]["status"], "OPEN");
    let lines = found[0]["messageRecords"].as_array().unwrap();
    let line = lines.iter().find(|line| line["sentBy"] == "Consumer").unwrap();
    assert_eq!(
        (&line["messageData"]["msg"]["text"], &line["sentBy"]),
        (&json!("my kettle"), &json!("Consumer"))
    );
    let only =
        search(&token, ACME, json!({"conversationId": id, "contentToRetrieve": ["messageRecords"]})).await;
    assert_eq!(only[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["messageRecords"]);
    let other = kit.token(OTHER, &[UserRole::AgentManager]).await;
    assert_eq!(search(&other, OTHER, json!({"conversationId": id})).await, json!([]));
    assert_eq!(search(&token, ACME, json!({"conversationId": "x"})).await, json!([]));
}

#[tokio::test]
async fn settings_are_told_as_the_configuration_service_has_them() {
    let kit = Kit::new().await;
    let token = kit.admin().await;
    let get = async |path: &str| {
        ask(&kit, Method::GET, &format!("/configuration{path}"), &token, Value::Null).await.ok(200)
    };
    let users = get("/le-users/users").await;
    assert_eq!(
        (&users[0]["id"], &users[0]["loginName"], &users[0]["isEnabled"]),
        (&json!(4711), &json!("grace"), &json!(true))
    );
    assert_eq!(get("/le-users/users/4711").await["skillIds"], json!([123_456, 2]));
    assert_eq!(get("/le-users/skills/123456").await["isDefault"], true);
    let hours = json!({"name": "Night", "time_zone": "Europe/Berlin", "week": [{"day": "sunday", "from": "22:00", "to": "06:00"}]});
    kit.put("/working-hours/1", &token, hours).await.ok(200);
    let told = get("/ac-common/workinghours").await;
    assert_eq!(told[0]["events"].as_array().unwrap().len(), 2);
    assert_eq!(told[0]["events"][0]["recurrence"], json!(["RRULE:FREQ=WEEKLY;BYDAY=SU"]));
}

#[tokio::test]
async fn a_consumers_page_sees_what_agents_show_and_nothing_else() {
    let kit = Kit::new().await;
    let pid = uuid::Uuid::from_u128(1);
    let user = async |account: &str, user: &str| {
        let path = format!("/api/account/{account}/configuration/le-users/users/{user}");
        kit.raw(Method::GET, &path, "", Value::Null).await
    };
    let shown = user(ACME, &pid.to_string()).await.ok(200);
    assert_eq!(shown["nickname"], "grace");
    assert!(shown.get("loginName").is_none() && shown.get("profiles").is_none(), "{shown}");
    for (account, who) in
        [(ACME, "4711"), ("nobody", &pid.to_string()), (ACME, &uuid::Uuid::from_u128(9).to_string())]
    {
        assert_eq!(user(account, who).await.status, 404, "{account} {who}");
    }
}
