//! Managing functions in both generations, as tools do it.

use axum::http::{Method, StatusCode};
use convoke_domain::account::UserRole;
use serde_json::{Value, json};

use super::{NOBODY, TTR, ask, deployed, echo, second};
use crate::testing::ACME;

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
async fn whoever_asks_does_not_choose_the_roles_of_their_account() {
    let kit = echo().await;
    let token = kit.token(ACME, &[UserRole::FaasInvocation]).await;
    let paths = [
        "/logs/export?v=1".to_owned(),
        "/reports/invocationCounts?v=1".to_owned(),
        format!("/reports/invocations/{NOBODY}?v=1"),
        "/schedules?v=1".to_owned(),
    ];
    for path in &paths {
        let status = ask(&kit, Method::GET, path, &token, Value::Null).await.status;
        assert_ne!(status, StatusCode::FORBIDDEN, "{path}");
    }
    second(&kit).await;
    for path in &paths {
        let status = ask(&kit, Method::GET, path, &token, Value::Null).await.status;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
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
    second(&kit).await;
    let counts = get(&format!("/reports/invocationCounts?{span}")).await.ok(200);
    assert_eq!(counts, json!([{"successfulInvocations": 1, "failedInvocations": 0}]));
    let counts = get(&format!("/reports/invocationCounts?{span}&v=1")).await.ok(200);
    assert_eq!(counts["unsuccessfulInvocations"], 0, "a tool of the first generation says so: {counts}");
    let report = get(&format!("/reports/invocations/{uuid}?bucketSize=300&v=1&{span}")).await.ok(200);
    assert_eq!(report["invocationStatistics"][0]["UNKOWN"], 0, "{report}");
    for name in ["lambdaUUID", "functionUuid"] {
        let schedule = json!({name: uuid, "cronExpression": "*/5 * * * *", "isActive": true, "uuid": ""});
        let made = ask(&kit, Method::POST, "/schedules", &token, schedule).await.ok(201);
        assert!(made["nextExecution"].is_string(), "{made}");
    }
    let wrong = json!({"lambdaUUID": uuid, "cronExpression": "never"});
    ask(&kit, Method::POST, "/schedules", &token, wrong).await.ok(400);
}
