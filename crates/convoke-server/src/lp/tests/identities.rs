//! Who one is: applications, tools, their sessions.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use super::{NOBODY, TTR, application, ask, echo};
use crate::testing::{ACME, OTHER};

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
