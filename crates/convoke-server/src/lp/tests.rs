//! The planes as their clients see them: every route, both generations, roles, shapes and codes.

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use convoke_domain::account::{Actor, Command, Generation, UserRole};
use convoke_domain::conversation::Cause;
use convoke_domain::id::{FunctionId, InvocationId};
use serde_json::{Value, json};

use super::access::{TABLE, Who};
use crate::caller::FunctionPrincipal;
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
}

#[tokio::test]
async fn every_role_may_exactly_what_the_table_says() {
    let kit = Kit::new().await;
    for role in &UserRole::ALL[..6] {
        let token = kit.token(ACME, &[*role]).await;
        for row in TABLE {
            let (Who::Roles(roles) | Who::RolesAndFunctions(roles)) = row.who else { continue };
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
    for row in TABLE.iter().filter(|row| row.who != Who::Anyone) {
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
async fn the_first_generation_manages_functions_as_lambdas() {
    let kit = echo().await;
    let token = kit.admin().await;
    let uuid = deployed(&kit, "f", "1", Some(TTR)).await;
    let one = ask(&kit, Method::GET, &format!("/lambdas/{uuid}?v=1"), &token, Value::Null).await.ok(200);
    assert_eq!(one.as_array().unwrap().len(), 1);
    let lambda = &one[0];
    assert_eq!(
        (&lambda["state"], &lambda["eventId"], &lambda["createdBy"]),
        (&json!("Productive"), &json!(TTR), &json!("grace"))
    );
    assert!(
        lambda["lastDeployment"]["deployedAt"].is_string() && lambda["runtime"]["name"].is_string(),
        "{lambda}"
    );
    let save = json!({"uuid": uuid, "version": lambda["version"], "name": "f", "description": "d", "state": "Modified",
        "eventId": TTR, "implementation": {"code": "1", "dependencies": [], "environmentVariables": [{"key": "", "value": ""}]}});
    let path = format!("/lambdas/{uuid}");
    assert_eq!(ask(&kit, Method::PUT, &path, &token, save.clone()).await.status, StatusCode::NOT_MODIFIED);
    let mut other = save.clone();
    other["implementation"]["code"] = json!("2");
    assert_eq!(ask(&kit, Method::PUT, &path, &token, other).await.ok(200)["state"], "Modified");
    let mut broken = save;
    broken["implementation"]["code"] = json!("(");
    let refused = ask(&kit, Method::PUT, &path, &token, broken).await.ok(400);
    assert!(refused["errorCode"].as_str().unwrap().contains("contract-error"), "{refused}");
}

#[tokio::test]
async fn lists_are_filtered_and_states_are_checked() {
    let kit = echo().await;
    let token = kit.admin().await;
    deployed(&kit, "OnUrgent", "1", Some(TTR)).await;
    deployed(&kit, "Plain", "1", None).await;
    let names = async |path: &str| {
        let listed = ask(&kit, Method::GET, path, &token, Value::Null).await.ok(200);
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&format!("/lambdas/?eventId={TTR}&state=Productive&state=Draft&userId=&v=1")).await,
        ["OnUrgent"]
    );
    assert_eq!(names("/lambdas?name=Plain").await, ["Plain"]);
    assert_eq!(names("/functions?functionName=Urgent").await, ["OnUrgent"]);
    assert!(names("/lambdas?state=Draft").await.is_empty());
    assert!(names("/lambdas?eventId=nothing").await.is_empty());
    ask(&kit, Method::GET, "/lambdas?state=productive", &token, Value::Null).await.ok(400);
}

#[tokio::test]
async fn the_second_generation_manages_functions_with_manifests() {
    let kit = echo().await;
    let token = kit.admin().await;
    let create = json!({"name": "f", "description": "d", "eventId": TTR});
    let made = ask(&kit, Method::POST, "/functions", &token, create).await.ok(201);
    let uuid = made["uuid"].as_str().unwrap();
    assert!(made["manifest"]["id"].is_string() && made["manifest"]["version"] == 1, "{made}");
    let manifest = json!({"version": 1, "code": "5", "environment": {"A": "1"}});
    let path = format!("/functions/{uuid}/manifest");
    assert_eq!(
        ask(&kit, Method::PUT, &path, &token, manifest.clone()).await.ok(200)["environment"],
        json!({"A": "1"})
    );
    let again = ask(&kit, Method::PUT, &path, &token, manifest).await.ok(400);
    assert_eq!(again["code"], "com.liveperson.faas.function.unchanged");
    let broken = ask(&kit, Method::PUT, &path, &token, json!({"version": 1, "code": "("})).await.ok(400);
    assert!(broken["code"].as_str().unwrap().contains("validation"), "{broken}");
    let meta = ask(
        &kit,
        Method::PUT,
        &format!("/functions/{uuid}"),
        &token,
        json!({"description": "e", "skills": ["123456"]}),
    )
    .await;
    assert!(meta.ok(200)["manifest"]["id"].is_string());
    let run = ask(&kit, Method::POST, &format!("/functions/{uuid}/test"), &token, json!({"payload": {}}))
        .await
        .ok(200);
    assert_eq!((&run["result"], run["logs"].as_array().unwrap().len()), (&json!(5), 1));
    ask(&kit, Method::POST, &format!("/deployments/{uuid}"), &token, Value::Null).await.ok(202);
    ask(&kit, Method::PUT, &path, &token, json!({"code": "6"})).await.ok(200);
    let deploying =
        ask(&kit, Method::PATCH, &format!("/deployments/{uuid}"), &token, Value::Null).await.ok(202);
    assert!(deploying.get("uuid").is_none() && deploying["message"].is_string());
    let whole = ask(&kit, Method::GET, &format!("/functions/{uuid}"), &token, Value::Null).await.ok(200);
    let versions: Vec<&Value> =
        whole["versions"].as_array().unwrap().iter().map(|version| &version["version"]).collect();
    assert_eq!((versions, &whole["state"]), (vec![&json!(2), &json!(1)], &json!("Productive")));
    assert_eq!(ask(&kit, Method::GET, "/functions/count", &token, Value::Null).await.ok(200), json!(1));
    let deployments = ask(&kit, Method::GET, "/deployments", &token, Value::Null).await.ok(200);
    assert_eq!(
        (&deployments[0]["functionUuid"], &deployments[0]["deploymentState"]),
        (&json!(uuid), &json!("successful"))
    );
}

#[tokio::test]
async fn tools_find_runtimes_events_limits_and_can_allow_a_domain() {
    let kit = echo().await;
    let token = kit.admin().await;
    let get = async |path: &str| ask(&kit, Method::GET, path, &token, Value::Null).await.ok(200);
    assert_eq!(get("/runtimes").await.as_array().unwrap().len(), 1);
    let events = get("/events").await;
    let known = events.as_array().unwrap().iter().find(|event| event["eventId"] == TTR).unwrap();
    assert_eq!((&known["eventName"], &known["lambdaLimit"]), (&json!("Messaging TTR"), &json!(1)));
    assert_eq!(get("/reports/lambdaCounts").await, json!({"total": 0, "deployed": 0}));
    assert!(get("/reports/limitCounts").await["invocationLimitPerMonth"].is_u64());
    let domain = json!({"domain": "api.example.com", "id": -1});
    ask(&kit, Method::POST, "/proxy-settings", &token, domain).await.ok(201);
    assert_eq!(kit.get("/settings", &token).await.ok(200)["egress"]["domains"], json!(["api.example.com"]));
}

#[tokio::test]
async fn an_application_gets_a_token_however_it_shows_its_secret() {
    let kit = echo().await;
    let (id, secret) = application(&kit, &["faas_invocation"]).await;
    let path = format!("/sentinel/api/account/{ACME}/app/token?v=2.0");
    let form = format!("grant_type=client_credentials&scope=&client_id={id}&client_secret={secret}");
    let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{id}:{secret}"));
    let posted = Request::post(&path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let queried = Request::post(format!("{path}&{form}"));
    let headed = Request::post(format!("{path}&grant_type=client_credentials"))
        .header(header::AUTHORIZATION, format!("Basic {basic}"));
    for (request, body) in [(posted, form.clone()), (queried, String::new()), (headed, String::new())] {
        let token = kit.request(request.body(Body::from(body)).unwrap()).await.ok(200);
        assert_eq!(token.as_object().unwrap().keys().collect::<Vec<_>>(), ["access_token", "token_type"]);
        let uuid = NOBODY;
        let bearer = token["access_token"].as_str().unwrap();
        let reply = ask(&kit, Method::POST, &format!("/lambdas/{uuid}/invoke"), bearer, json!({})).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", reply.text);
        ask(&kit, Method::POST, "/lambdas", bearer, json!({})).await.ok(403);
    }
    let v2 = Request::post(format!("/sentinel/api/v2/account/{ACME}/app/token?{form}"));
    let token = kit.request(v2.body(Body::empty()).unwrap()).await.ok(200);
    assert_eq!((&token["expires_in"], &token["token_type"]), (&json!("3600"), &json!("Bearer")));
    let wrong =
        Request::post(format!("{path}&grant_type=client_credentials&client_id={id}&client_secret=wrong"));
    assert_eq!(kit.request(wrong.body(Body::empty()).unwrap()).await.ok(401)["error"], "invalid_client");
    let keys = kit.raw(Method::GET, "/sentinel/.well-known/jwks.json", "", Value::Null).await.ok(200);
    assert_eq!(keys["keys"][0]["alg"], "RS256");
}

#[tokio::test]
async fn a_removed_application_and_another_accounts_token_open_nothing() {
    let kit = echo().await;
    let (id, secret) = application(&kit, &["faas_invocation"]).await;
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let request = Request::post(format!("/sentinel/api/account/{ACME}/app/token?{form}"));
    let token = kit.request(request.body(Body::empty()).unwrap()).await.ok(200);
    let bearer = token["access_token"].as_str().unwrap();
    let path = format!("/api/account/{OTHER}/events/{TTR}/isImplemented");
    assert_eq!(kit.raw(Method::GET, &path, bearer, Value::Null).await.status, StatusCode::NOT_FOUND);
    kit.delete(&format!("/clients/{id}"), &kit.admin().await).await.ok(204);
    ask(&kit, Method::GET, &format!("/events/{TTR}/isImplemented"), bearer, Value::Null).await.ok(401);
}

#[tokio::test]
async fn a_tool_logs_in_goes_on_and_logs_out() {
    let kit = echo().await;
    let admin = kit.admin().await;
    let password = "a long enough password";
    kit.put("/users/4712/password", &admin, json!({"password": password})).await.ok(204);
    let wrong = json!({"username": "linus", "password": "wrong"});
    ask(&kit, Method::POST, "/login?v=1.3", "", wrong).await.ok(401);
    let login = json!({"username": "linus", "password": password});
    let session = ask(&kit, Method::POST, "/login?v=1.3", "", login).await.ok(200);
    assert_eq!(
        session["config"],
        json!({"userId": "4712", "userPid": "00000000-0000-0000-0000-000000000002", "loginName": "linus"})
    );
    let bearer = session["bearer"].as_str().unwrap();
    ask(&kit, Method::GET, "/configuration/le-users/users", bearer, Value::Null).await.ok(403);
    let with_cookie = async |path: &str, cookie: &str, csrf: &Value| {
        let request = Request::post(format!("/api/account/{ACME}{path}"))
            .header(header::COOKIE, format!("a=b; session_id={cookie}"));
        kit.request(request.body(Body::from(json!({"csrf": csrf}).to_string())).unwrap()).await
    };
    let cookie = session["sessionId"].as_str().unwrap();
    with_cookie("/refresh", cookie, &session["csrf"]).await.ok(200);
    with_cookie("/refresh", cookie, &json!("x")).await.ok(401);
    with_cookie("/refresh", "unknown", &session["csrf"]).await.ok(401);
    with_cookie("/logout", cookie, &session["csrf"]).await.ok(204);
    with_cookie("/refresh", cookie, &session["csrf"]).await.ok(401);
    ask(&kit, Method::GET, "/lambdas", bearer, Value::Null).await.ok(403);
    ask(&kit, Method::GET, &format!("/events/{TTR}/isImplemented"), bearer, Value::Null).await.ok(401);
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

fn function() -> FunctionPrincipal {
    let invocation = InvocationId::Direct(uuid::Uuid::from_u128(1));
    FunctionPrincipal {
        account: ACME.parse().unwrap(),
        function: Some(FunctionId::from_bits(1)),
        cause: Cause { invocation, command: None, depth: 1 },
    }
}

/// What a running function is answered.
async fn as_function(kit: &Kit, method: Method, path: &str, body: Value) -> (u16, Value) {
    as_this_function(kit, function(), method, path, body).await
}

async fn as_this_function(
    kit: &Kit,
    by: FunctionPrincipal,
    method: Method,
    path: &str,
    body: Value,
) -> (u16, Value) {
    let request =
        Request::builder().method(method).uri(path).header(header::AUTHORIZATION, "Bearer anything");
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let answer = kit.in_process.request(by, "someService", request.body(body).unwrap()).await;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_function_reaches_what_the_table_opens_to_functions_and_nothing_else() {
    let kit = Kit::new().await;
    for row in TABLE {
        let (status, _) = as_function(&kit, row.method.clone(), &filled(row.path, ACME), json!({})).await;
        match row.who {
            Who::Anyone => {}
            Who::Roles(_) | Who::ByGeneration(..) => assert_eq!(status, 403, "{} {}", row.method, row.path),
            Who::RolesAndFunctions(_) => {
                assert!(status != 403 && status != 401, "{} {}", row.method, row.path);
            }
        }
        let (status, _) = as_function(&kit, row.method.clone(), &filled(row.path, OTHER), json!({})).await;
        assert!(row.who == Who::Anyone || status == 404, "{} {}", row.method, row.path);
    }
}

#[tokio::test]
async fn what_functions_know_from_elsewhere_is_answered_with_a_code() {
    let kit = Kit::new().await;
    let (status, told) = as_function(&kit, Method::GET, "/api/account/acme/quality/x", Value::Null).await;
    assert_eq!((status, &told["code"]), (501, &json!("platform.not_emulated")));
    assert!(told["detail"].as_str().unwrap().contains("someService"), "{told}");
}

#[tokio::test]
async fn functions_call_each_other_until_it_is_too_deep() {
    let kit = echo().await;
    let uuid = deployed(&kit, "f", "3", None).await;
    // The closing brace is how the second generation's library writes it.
    let path = format!("/api/account/{ACME}/lambdas/{uuid}/invoke?v=1&externalSystem=x_{ACME}%7D");
    assert_eq!(as_function(&kit, Method::POST, &path, json!({"payload": 1})).await, (200, json!(3)));
    let mut deep = function();
    deep.cause.depth = u8::MAX;
    let (status, _) = as_this_function(&kit, deep, Method::POST, &path, json!({"payload": 1})).await;
    assert_ne!(status, 200);
}

#[tokio::test]
async fn functions_remember_properties_for_as_long_as_a_namespace_says() {
    let kit = Kit::new().await;
    let base = format!("/v1/account/{ACME}");
    let ask = async |method: Method, path: &str, body: Value| {
        as_function(&kit, method, &format!("{base}{path}"), body).await
    };
    assert_eq!(ask(Method::POST, "?ttlSecond=60", json!({"name": "carts"})).await.0, 204);
    assert_eq!(ask(Method::GET, "", Value::Null).await.1[0]["ttlSecond"], 60);
    let cart = json!({"items": [1, 2], "total": 9.5});
    assert_eq!(ask(Method::PATCH, "/carts/c-1/properties", cart.clone()).await.0, 204);
    assert_eq!(ask(Method::GET, "/carts/c-1/properties", Value::Null).await, (200, cart));
    assert_eq!(ask(Method::GET, "/carts/c-1/properties/total", Value::Null).await, (200, json!(9.5)));
    assert_eq!(ask(Method::GET, "/carts/session-ids", Value::Null).await, (200, json!(["c-1"])));
    assert_eq!(ask(Method::DELETE, "/carts/c-1/properties/total", Value::Null).await.0, 204);
    assert_eq!(ask(Method::GET, "/carts/c-1/properties/total", Value::Null).await.0, 404);
    kit.clock.advance(std::time::Duration::from_secs(61));
    assert_eq!(ask(Method::GET, "/carts/c-1/properties", Value::Null).await.0, 404);
    assert_eq!(ask(Method::DELETE, "/carts", Value::Null).await.0, 204);
    assert_eq!(ask(Method::GET, "/carts/session-ids", Value::Null).await.0, 404);
}

#[tokio::test]
async fn attributes_of_a_visitor_are_remembered_in_their_order() {
    let kit = Kit::new().await;
    let path = format!("/api/account/{ACME}/monitoring/visitors/v1/visits/current/events?v=1&sid=s1");
    for kind in ["cart", "purchase"] {
        assert_eq!(as_function(&kit, Method::PUT, &path, json!([{"type": kind}])).await.0, 200);
    }
    let known = format!("/v1/account/{ACME}/consumer/visitor:v1/properties/engagementAttributes");
    let (_, attributes) = as_function(&kit, Method::GET, &known, Value::Null).await;
    let kinds: Vec<&Value> =
        attributes.as_array().unwrap().iter().map(|attribute| &attribute["sdeType"]).collect();
    assert_eq!(kinds, ["cart", "purchase"]);
}

#[tokio::test]
async fn tools_read_logs_and_figures_and_make_schedules() {
    let kit = echo().await;
    let uuid = deployed(&kit, "f", "1", None).await;
    let token = kit.admin().await;
    ask(&kit, Method::POST, &format!("/lambdas/{uuid}/invoke"), &token, json!({})).await.ok(200);
    let end = kit.handle.now().as_millisecond() + 1_000;
    let span = format!("startTimestamp={}&endTimestamp={end}", end - 3_600_000);
    let get = async |path: &str| ask(&kit, Method::GET, path, &token, Value::Null).await;
    let logs = get(&format!("/logs/export?lambdaUUID={uuid}&{span}")).await;
    assert!(logs.text.starts_with("lambdaUUID;requestID;timestamp;level;message;extras\n"), "{}", logs.text);
    assert!(logs.text.contains(";Info;ran;"), "{}", logs.text);
    let errors = get(&format!("/functions/{uuid}/logs/export?filterLevels=Error&{span}")).await;
    assert_eq!(errors.text.lines().count(), 1, "{}", errors.text);
    let counts = get(&format!("/reports/invocationCounts?{span}")).await.ok(200);
    assert_eq!(counts, json!({"successfulInvocations": 1, "unsuccessfulInvocations": 0}));
    let report = get(&format!("/reports/invocations/{uuid}?bucketSize=300&{span}")).await.ok(200);
    let rows = report["invocationStatistics"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["SUCCEEDED"].as_u64().unwrap()).sum::<u64>(), 1);
    assert!(rows.iter().all(|row| row["UNKOWN"] == 0 && row.as_object().unwrap().len() == 7));
    for name in ["lambdaUUID", "functionUuid"] {
        let schedule = json!({name: uuid, "cronExpression": "*/5 * * * *", "isActive": true, "uuid": ""});
        let made = ask(&kit, Method::POST, "/schedules", &token, schedule).await.ok(201);
        assert!(made["nextExecution"].is_string(), "{made}");
    }
    let wrong = json!({"lambdaUUID": uuid, "cronExpression": "never"});
    ask(&kit, Method::POST, "/schedules", &token, wrong).await.ok(400);
}
