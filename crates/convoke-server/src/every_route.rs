//! Tests that hold for every route, found in the API's own description.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use convoke_domain::account::UserRole;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::access::{Row, TABLE, Who, who};
use crate::testing::{ACME, Kit, OTHER, Reply, ScriptedHost};

/// Every route of the description.
fn routes() -> Vec<(Method, String)> {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .keys()
            .map(move |method| (method.to_uppercase().parse().unwrap(), path.clone()))
    });
    operations.collect()
}

/// A path with plausible ids in it.
fn filled(path: &str, account: &str, conversation: &str) -> String {
    path.replace("{account}", account)
        .replace("{conversation}", conversation)
        .replace("{participant}", "4711")
        .replace("{skill}", "123456")
        .replace("{user}", "4711")
        .replace("{token}", "tok_00000000000000000000000000000001")
        .replace("{client}", "client_00000000000000000000000000000001")
        .replace("{key}", "app_00000000000000000000000000000001")
        .replace("{event}", "controllerbot_messaging_ttr")
        .replace("{secret}", "order_key")
        .replace("{domain}", "api.example.com")
        .replace("{consumer}", "cons_00000000000000000000000000000007")
        .replace("{code}", "YOU_ARE_CONNECTED_TO")
        .replace("{template}", "greeting")
        .replace("{hours}", "1")
        .replace("{occasions}", "1")
        .replace("{function}", "f")
        .replace("{invocation}", "inv_00000000000000000000000000000001")
        .replace("{schedule}", "sch_00000000000000000000000000000001")
        .replace("{webhook}", "hook_00000000000000000000000000000001")
        .replace("{letter}", "000000000000001.conv_00000000000000000000000000000001.00000000000000000001")
        .replace("{event}", "bot_connectors_pre_hook")
}

#[test]
fn the_description_and_the_table_have_the_same_routes() {
    let described: BTreeSet<String> =
        routes().iter().map(|(method, path)| format!("{method} {path}")).collect();
    let table: BTreeSet<String> = TABLE.iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    assert_eq!(described, table);
    assert_eq!(table.len(), TABLE.len(), "a route has one row");
}

#[tokio::test]
async fn every_described_route_is_there_and_asks_for_a_token() {
    let kit = Kit::new().await;
    for (method, path) in routes() {
        let reply = kit.raw(method.clone(), &filled(&path, ACME, "conv_1"), "", json!({})).await;
        if who(&method, &path) == Some(Who::Anyone) {
            assert_ne!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        } else {
            reply.fails(401, "auth.required");
            assert_eq!(reply.headers[header::WWW_AUTHENTICATE], "Bearer");
        }
    }
}

#[tokio::test]
async fn a_foreign_accounts_token_finds_nothing_on_any_route() {
    let kit = Kit::new().await;
    let conversation = kit.open().await.replace("/conversations/", "");
    let mut tokens = vec![kit.consumer(OTHER, 7)];
    for role in &UserRole::ALL[..6] {
        tokens.push(kit.token(OTHER, &[*role]).await);
    }
    let mut checked = 0;
    for (method, path) in routes().into_iter().filter(|(_, path)| path.contains("{account}")) {
        for token in &tokens {
            let ask = async |account: &str| {
                kit.raw(method.clone(), &filled(&path, account, &conversation), token, json!({})).await
            };
            let foreign = ask(ACME).await;
            foreign.fails(404, "account.unknown");
            let unknown = ask("nobody").await;
            assert_eq!((foreign.status, &foreign.text), (unknown.status, &unknown.text), "{method} {path}");
            assert_eq!(foreign.text, ask("not%20an%20id").await.text, "{method} {path}");
            checked += 1;
        }
    }
    assert!(checked > 300, "{checked}");
    // And nothing happened.
    let admin = kit.admin().await;
    assert_eq!(kit.get("/skills", &admin).await.ok(200)["items"].as_array().unwrap().len(), 2);
    assert_eq!(kit.get(&format!("/conversations/{conversation}"), &admin).await.ok(200)["open"], true);
}

#[tokio::test]
async fn a_foreign_conversation_is_answered_as_an_unknown_one() {
    let kit = Kit::new().await;
    let conversation = kit.open().await.replace("/conversations/", "");
    let token = kit.token(OTHER, &UserRole::ALL[..6]).await;
    let with_it = |(_, path): &(Method, String)| path.contains("{conversation}");
    for (method, path) in routes().into_iter().filter(with_it) {
        let body = body_for(&path);
        let ask =
            async |id: &str| kit.raw(method.clone(), &filled(&path, OTHER, id), &token, body.clone()).await;
        let foreign = ask(&conversation).await;
        foreign.fails(404, "conversation.not_found");
        assert_eq!(foreign.text, ask("conv_00000000000000000000000000000001").await.text, "{method} {path}");
    }
}

/// A body that the route at least understands.
fn body_for(path: &str) -> Value {
    match path.rsplit('/').next().unwrap() {
        "lines" => json!({"text": "hi"}),
        "participants" => json!({"participant": "4711", "role": "agent"}),
        "transfer" => json!({"skill": "2"}),
        "step-up" => json!({"identity": "x"}),
        "ttr" => json!({"ttr": {"type": "urgent"}}),
        "manual-deadline" => json!({"deadline": null}),
        "note" => json!({"note": "x"}),
        "receipts" => json!({"receipt": "read", "lines": [0]}),
        _ => Value::Null,
    }
}

#[tokio::test]
async fn every_role_may_exactly_what_the_table_says() {
    let kit = Kit::new().await;
    for role in &UserRole::ALL[..6] {
        let token = kit.token(ACME, &[*role]).await;
        // Logging out would end the token with which the others are tried.
        let logs_out = |row: &Row| row.method == Method::DELETE && row.path == "/api/v1/session";
        for row in TABLE.iter().filter(|row| row.who != Who::Anyone && !logs_out(row)) {
            // Ids that do not exist, so that nothing happens.
            let mut path = filled(row.path, ACME, "conv_1").replace("4711", "999").replace("123456", "999");
            if path.ends_with("/logs/follow") {
                path.push_str("?function=none");
            }
            let reply = kit.raw(row.method.clone(), &path, &token, json!({"?": 1})).await;
            let may = match row.who {
                Who::Anyone => true,
                Who::Operator => false,
                Who::Staff(roles) | Who::StaffAndConsumers(roles) => roles.contains(role),
            };
            let refused = reply.status == 403 && reply.json()["code"] == "auth.forbidden";
            assert_eq!(refused, !may, "{role:?} {} {}: {}", row.method, row.path, reply.text);
        }
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems_too() {
    let kit = Kit::new().await;
    let token = kit.admin().await;
    for path in ["/nothing", "/api", "/api/v2/accounts", "/assets/nothing", "/assets/..%2f..%2fCargo.toml"] {
        kit.raw(Method::GET, path, "", Value::Null).await.fails(404, "request.not_found");
    }
    let reply = kit.send(Method::PATCH, "/settings", &token, json!({})).await;
    reply.fails(405, "request.method_not_allowed");
    assert_eq!(reply.headers[header::ALLOW], "GET, PUT");
    kit.raw(Method::DELETE, "/", "", Value::Null).await.fails(405, "request.method_not_allowed");
}

#[tokio::test]
async fn bodies_are_json_and_bounded() {
    let kit = Kit::new().await;
    let token = kit.admin().await;
    let send = async |kind: Option<&str>, body: Body| {
        let mut request = Request::put(format!("/api/v1/accounts/{ACME}/settings"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        kit.request(request.body(body).unwrap()).await
    };
    send(Some("text/plain"), Body::from("{}")).await.fails(415, "request.unsupported_media_type");
    send(None, Body::from("{}")).await.fails(415, "request.unsupported_media_type");
    send(Some("application/json; charset=utf-8"), Body::from("{}")).await.ok(200);
    send(Some("application/json"), Body::from("{")).await.fails(400, "request.invalid");
    send(Some("application/json"), Body::from("{} {}")).await.fails(400, "request.invalid");
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(128 * 1024));
    send(Some("application/json"), Body::from(long)).await.fails(413, "request.too_large");
    let deep = "[".repeat(100_000);
    send(Some("application/json"), Body::from(deep)).await.fails(400, "request.invalid");
}

#[tokio::test]
async fn a_panic_is_a_problem_with_the_id_of_the_request_and_nothing_else() {
    let kit = Kit::with(ScriptedHost::new(|_| panic!("the secret of the host"))).await;
    let token = kit.admin().await;
    kit.post("/functions", &token, json!({"name": "f", "source": "x"})).await.ok(201);
    let reply = kit.post("/functions/f/test", &token, json!({})).await;
    let problem = reply.fails(500, "node.internal");
    assert!(!reply.text.contains("secret"), "{}", reply.text);
    let id = reply.headers["x-request-id"].to_str().unwrap();
    assert!(problem["detail"].as_str().unwrap().contains(id));
}

#[tokio::test]
async fn wrong_tokens_are_refused_alike_and_too_many_wait() {
    let kit = Kit::new().await;
    let good = kit.admin().await;
    let ask = async |token: &str| -> Reply {
        let request = Request::get(format!("/api/v1/accounts/{ACME}/skills"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(crate::testing::local());
        kit.request(request).await
    };
    let first = ask("nonsense").await;
    first.fails(401, "auth.required");
    for wrong in ["cvk_acme.AAAA", "cvc_acme.x.y.z", "cvo_", &good[..good.len() - 1], &"x".repeat(10_000)] {
        assert_eq!(ask(wrong).await.text, first.text, "{wrong}");
    }
    ask(&good).await.ok(200);
    for _ in 6..crate::limits::REFUSED_TOKENS_MAX {
        ask("nonsense").await.fails(401, "auth.required");
    }
    let limited = ask(&good).await;
    limited.fails(429, "request.too_many");
    assert!(limited.headers.contains_key(header::RETRY_AFTER));
}

#[test]
fn whatever_is_sent_to_whatever_route_the_server_is_not_at_fault() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (kit, tokens) = runtime.block_on(async {
        let kit = Kit::new().await;
        let tokens =
            [kit.operator.clone(), kit.token(ACME, &UserRole::ALL[..6]).await, kit.consumer(ACME, 7)];
        (kit, tokens)
    });
    let conversation = runtime.block_on(kit.open()).replace("/conversations/", "");
    // Following does not end by itself, and logging out would end the rest too early.
    let endless = |(method, path): &(Method, String)| {
        path.ends_with("/follow") || (path.ends_with("/session") && *method == Method::DELETE)
    };
    let routes: Vec<(Method, String)> = routes().into_iter().filter(|route| !endless(route)).collect();
    let case = (0..routes.len(), 0..tokens.len(), body(), "[ -~]{0,20}");
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    let run = runner.run(&case, |(route, token, body, id)| {
        let (method, path) = &routes[route];
        let mut path = filled(path, ACME, &conversation);
        if id.len() > 10 {
            let id = id.bytes().fold(String::new(), |id, byte| id + &format!("%{byte:02x}"));
            path = path.replace("4711", &id).replace("123456", &id).replace("YOU_ARE_CONNECTED_TO", &id);
        }
        let request =
            Request::builder().method(method).uri(&path).header(header::CONTENT_TYPE, "application/json");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", tokens[token]));
        let reply = runtime.block_on(kit.request(request.body(Body::from(body)).unwrap()));
        let told = format!("{method} {path}: {}", reply.text);
        prop_assert!(reply.status.as_u16() < 500, "{told}");
        if !reply.status.is_success() {
            prop_assert!(reply.json()["code"].is_string(), "{told}");
        }
        Ok(())
    });
    run.unwrap();
}

/// Bytes, JSON, and JSON with the names of real fields.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec![
        "name",
        "text",
        "source",
        "skills",
        "roles",
        "texts",
        "enabled",
        "ttr",
        "type",
        "seconds",
        "participant",
        "role",
        "principal",
        "kind",
        "id",
        "expires_at",
        "week",
        "day",
        "from",
        "to",
        "time_zone",
        "input",
        "payload",
        "consumer",
        "line",
        "key",
        "skill",
        "agent",
        "version",
        "template",
        "event",
        "deadline",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["2", "4711", "en", "agent", "urgent", "custom", "user", "monday", "08:00"])
            .prop_map(Value::from),
    ];
    let json = leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..5).prop_map(|map| {
                Value::Object(map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    });
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..64),
        5 => json.prop_map(|json| json.to_string().into_bytes()),
    ]
}
