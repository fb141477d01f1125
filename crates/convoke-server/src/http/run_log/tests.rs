//! Runs are searched, followed and exported, by those who may.

use axum::body::Body;
use axum::http::{Request, header};
use convoke_domain::account::UserRole;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::testing::{ACME, Kit, ScriptedHost, until};

const NEW: &str = "controllerbot_messaging_new_conversation";

/// A server with a function on every new conversation, and one that is only called and throws.
async fn kit() -> (Kit, String) {
    let kit = Kit::with(ScriptedHost::echo()).await;
    let token = kit.admin().await;
    for (name, source, event) in [("greet", "[]", Some(NEW)), ("broken", "throw", None)] {
        let create = json!({"name": name, "source": source, "event": event});
        kit.post("/functions", &token, create).await.ok(201);
        kit.post(&format!("/functions/{name}/deploy"), &token, Value::Null).await.ok(200);
    }
    (kit, token)
}

async fn items(kit: &Kit, path: &str, token: &str) -> Vec<Value> {
    kit.get(path, token).await.ok(200)["items"].as_array().unwrap().clone()
}

/// Opens a conversation, and gives its id once its function has run.
async fn answered(kit: &Kit, token: &str) -> String {
    let id = kit.open().await.replace("/conversations/", "");
    let path = format!("/invocations?conversation={id}");
    until(async || !items(kit, &path, token).await.is_empty()).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_is_found_by_its_conversation_its_function_and_how_it_came_out() {
    let (kit, token) = kit().await;
    let conversation = answered(&kit, &token).await;
    kit.post("/functions/broken/invoke", &token, Value::Null).await.ok(200);
    let found = items(&kit, "/invocations", &token).await;
    let names: Vec<&Value> = found.iter().map(|attempt| &attempt["function"]["name"]).collect();
    assert_eq!(names, ["broken", "greet"], "the newest first");
    let failed = items(&kit, "/invocations?state=coding_failure", &token).await;
    assert_eq!((failed.len(), &failed[0]["error"]["code"]), (1, &json!("function.threw")));
    assert_eq!(failed[0]["error"]["detail"], "Error: no");
    let greeted = &items(&kit, "/invocations?function=greet", &token).await[0];
    assert_eq!(greeted["conversation"], json!(conversation));
    assert_eq!((&greeted["source"], &greeted["logs"][0]["message"]), (&json!("change"), &json!("ran")));
    let one = items(&kit, &format!("/invocations/{}", greeted["invocation"].as_str().unwrap()), &token).await;
    assert_eq!(&one[0], greeted);
    kit.get("/invocations?function=none", &token).await.fails(404, "function.unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_where_the_last_one_ended() {
    let (kit, token) = kit().await;
    for _ in 0..3 {
        kit.post("/functions/broken/invoke", &token, Value::Null).await.ok(200);
    }
    let first = kit.get("/logs?limit=2", &token).await.ok(200);
    assert_eq!((first["items"].as_array().unwrap().len(), &first["missing"]), (2, &json!(0)));
    let second = kit.get(&format!("/logs?limit=2&before={}", first["next"]), &token).await.ok(200);
    assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
    assert_eq!(items(&kit, "/logs?level=warn", &token).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_are_kept_only_where_the_account_wants_them() {
    let (kit, token) = kit().await;
    kit.post("/functions/greet/test", &token, Value::Null).await.ok(200);
    assert_eq!(items(&kit, "/invocations", &token).await.len(), 0);
    let keep = json!({"run_log": {"days": 7, "keep_tests": true}});
    let settings = kit.put("/settings", &token, keep).await.ok(200);
    assert_eq!(
        settings["run_log"],
        json!({"days": 7, "keep_debug": false, "keep_tests": true, "recording_days": 7})
    );
    kit.post("/functions/greet/test", &token, Value::Null).await.ok(200);
    assert_eq!(items(&kit, "/invocations", &token).await[0]["source"], "test");
    let metrics = kit.get("/metrics", &token).await.ok(200);
    assert_eq!(metrics["functions"], json!([]), "tests are no figures");
    let forever = json!({"run_log": {"days": 366}});
    kit.put("/settings", &token, forever).await.fails(400, "run_log.days_out_of_range");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_the_table_that_clients_know() {
    let (kit, token) = kit().await;
    kit.post("/functions/broken/invoke", &token, Value::Null).await.ok(200);
    let reply = kit.get("/logs/export", &token).await;
    assert_eq!(reply.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let rows: Vec<&str> = reply.text.lines().collect();
    assert_eq!(rows[0], "lambdaUUID;requestID;timestamp;level;message;extras");
    assert!(rows[1].ends_with(r#";1772532000000;Info;ran;"[{""deep"":1}]""#), "{}", rows[1]);
    assert_eq!(rows.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_gets_what_ends_from_now_on_and_goes_on_after_the_last() {
    let (kit, token) = kit().await;
    kit.post("/functions/broken/invoke", &token, Value::Null).await.ok(200);
    let follow = async |last: Option<&str>| {
        let request = Request::get(format!("/api/v1/accounts/{ACME}/logs/follow"));
        let mut request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        kit.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().into_body()
    };
    let mut live = follow(None).await;
    let run = kit.post("/functions/broken/invoke", &token, Value::Null).await.ok(200);
    let seen = first_frame(&mut live).await;
    assert!(seen.contains(run["invocation"].as_str().unwrap()), "{seen}");
    let mut all = follow(Some("1")).await;
    assert!(first_frame(&mut all).await.starts_with("id: "), "what was there before");
}

async fn first_frame(body: &mut Body) -> String {
    let frame = body.frame().await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_consumer_takes_the_words_of_their_runs_along() {
    let (kit, token) = kit().await;
    let conversation = answered(&kit, &token).await;
    kit.delete("/consumers/cons_00000000000000000000000000000007", &token).await.ok(200);
    let attempt = &items(&kit, &format!("/invocations?conversation={conversation}"), &token).await[0];
    assert_eq!((&attempt["erased"], &attempt["logs"]), (&json!(true), &json!([])));
    assert_eq!(attempt["state"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_has_each_attempts_logs_for_those_who_may_read_them() {
    let (kit, token) = kit().await;
    let conversation = answered(&kit, &token).await;
    let path = format!("/conversations/{conversation}/explain");
    let explained = kit.get(&path, &token).await.ok(200);
    assert_eq!(explained["changes"][0]["attempts"][0]["logs"][0]["message"], "ran");
    let agent = kit.token(ACME, &[UserRole::Agent]).await;
    let explained = kit.get(&path, &agent).await.ok(200);
    assert_eq!(explained["changes"][0]["attempts"][0]["logs"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_count_how_runs_came_out() {
    let (kit, token) = kit().await;
    for _ in 0..2 {
        kit.post("/functions/broken/invoke", &token, Value::Null).await.ok(200);
    }
    answered(&kit, &token).await;
    let metrics = kit.get("/metrics?until=2026-03-03T10:05:00Z", &token).await.ok(200);
    assert_eq!(
        (&metrics["counts"]["succeeded"], &metrics["counts"]["coding_failure"]),
        (&json!(1), &json!(2))
    );
    let names: Vec<&Value> =
        metrics["functions"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["broken", "greet"]);
    let query = "from=2026-03-03T09:00:00Z&until=2026-03-03T10:30:00Z&bucket_seconds=3600";
    let history = kit.get(&format!("/functions/broken/metrics?{query}"), &token).await.ok(200);
    let buckets: Vec<u64> = history["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bucket| bucket["counts"]["coding_failure"].as_u64().unwrap())
        .collect();
    assert_eq!(buckets, [0, 2]);
    assert_eq!(history["metrics"]["often_slow"], false);
    kit.get("/metrics?bucket_seconds=60", &token).await.fails(400, "request.invalid");
    kit.get("/metrics?from=2026-01-01T00:00:00Z", &token).await.fails(400, "request.invalid");
}
