//! The planes as functions reach them.

use axum::body::Bytes;
use axum::http::{Method, Request, header};
use convoke_domain::conversation::Cause;
use convoke_domain::id::{FunctionId, InvocationId};
use serde_json::{Value, json};

use super::{deployed, echo, filled};
use crate::caller::FunctionPrincipal;
use crate::lp::access::{TABLE, Who};
use crate::testing::{ACME, Kit, OTHER};

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
            Who::RolesAndFunctions(_) | Who::RolesFunctionsAndPages(_) => {
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
