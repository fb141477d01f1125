//! Logging in with an app key: with all of it, and by signature.

use axum::body::Body;
use axum::http::{Method, Request};
use convoke_domain::account::UserRole;
use convoke_engine::AppKeySecrets;
use serde_json::{Value, json};

use crate::auth::SignedRequest;
use crate::auth::signed_header;
use crate::limits;
use crate::testing::{ACME, Kit, OTHER, Reply};

/// An app key of the account's bot.
struct Key(Value);

impl Key {
    async fn of(kit: &Kit) -> Self {
        let admin = kit.admin().await;
        let bot = json!({
            "login_name": "echo", "nickname": "Echo", "roles": ["agent"], "skills": [], "enabled": true,
        });
        kit.put("/users/77", &admin, bot).await.ok(200);
        Self(kit.post("/app-keys", &admin, json!({"name": "echo", "user": "77"})).await.ok(201))
    }

    fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap()
    }

    fn body(&self) -> Value {
        json!({
            "username": "echo",
            "appKey": self.text("id"),
            "secret": self.text("secret"),
            "accessToken": self.text("access_token"),
            "accessTokenSecret": self.text("access_token_secret"),
        })
    }

    fn header(&self, request: &SignedRequest<'_>, at: i64, nonce: &str) -> String {
        let secrets = AppKeySecrets {
            secret: self.text("secret").to_owned(),
            access_token_secret: self.text("access_token_secret").to_owned(),
        };
        let key = (self.text("id"), self.text("access_token"));
        signed_header(request, key, &secrets, (at, nonce))
    }
}

fn request(path: &str) -> SignedRequest<'_> {
    SignedRequest { method: "POST", host: "localhost:8443", path, query: "v=1.3" }
}

async fn log_in(kit: &Kit, account: &str, body: Value) -> Reply {
    kit.raw(Method::POST, &format!("/api/account/{account}/login?v=1.3"), "", body).await
}

async fn signed(kit: &Kit, path: &str, header: &str, body: &str) -> Reply {
    let request = Request::post(format!("{path}?v=1.3"))
        .header("host", "localhost:8443")
        .header("authorization", header)
        .body(Body::from(body.to_owned()))
        .unwrap();
    kit.request(request).await
}

const PATH: &str = "/api/account/acme/login";

#[tokio::test]
async fn a_bots_user_logs_in_with_all_of_its_key_and_may_what_the_user_may() {
    let kit = Kit::new().await;
    let key = Key::of(&kit).await;
    let session = log_in(&kit, ACME, key.body()).await.ok(200);
    assert_eq!(
        (&session["config"]["loginName"], &session["config"]["userId"]),
        (&json!("echo"), &json!("77"))
    );
    let bearer = session["bearer"].as_str().unwrap();
    kit.get("/conversations", bearer).await.ok(200);
    kit.get("/secrets", bearer).await.fails(403, "auth.forbidden");
    for field in ["username", "appKey", "secret", "accessToken", "accessTokenSecret"] {
        let mut wrong = key.body();
        wrong[field] = json!("another");
        log_in(&kit, ACME, wrong).await.ok(401);
    }
    log_in(&kit, OTHER, key.body()).await.ok(401);
}

#[tokio::test]
async fn a_revoked_key_and_its_sessions_count_no_longer() {
    let kit = Kit::new().await;
    let key = Key::of(&kit).await;
    let session = log_in(&kit, ACME, key.body()).await.ok(200);
    let bearer = session["bearer"].as_str().unwrap();
    let admin = kit.admin().await;
    kit.delete(&format!("/app-keys/{}", key.text("id")), &admin).await.ok(204);
    kit.get("/conversations", bearer).await.fails(401, "auth.required");
    log_in(&kit, ACME, key.body()).await.ok(401);
}

#[tokio::test]
async fn a_signature_counts_once_and_only_for_what_was_signed() {
    let kit = Kit::new().await;
    let key = Key::of(&kit).await;
    let now = kit.auth.now().as_second();
    let header = key.header(&request(PATH), now, "n1");
    let session = signed(&kit, PATH, &header, "").await.ok(200);
    assert_eq!(session["config"]["loginName"], "echo");
    signed(&kit, PATH, &header, "").await.ok(401);
    let with_name = key.header(&request(PATH), now, "n2");
    signed(&kit, PATH, &with_name, r#"{"username": "grace"}"#).await.ok(401);
    signed(&kit, PATH, &with_name, r#"{"username": "echo"}"#).await.ok(200);
    let elsewhere = key.header(&request("/api/account/acme/refresh"), now, "n3");
    signed(&kit, PATH, &elsewhere, "").await.ok(401);
    let foreign = key.header(&request("/api/account/other/login"), now, "n4");
    signed(&kit, "/api/account/other/login", &foreign, "").await.ok(401);
    signed(&kit, PATH, "OAuth nothing", "").await.ok(401);
}

#[tokio::test]
async fn a_signature_of_another_time_does_not_count() {
    let kit = Kit::new().await;
    let key = Key::of(&kit).await;
    let now = kit.auth.now().as_second();
    // One from before the server began may have been seen by the one before it.
    for (at, nonce) in [
        (now + limits::SIGNATURE_AGE_MAX_SECONDS + 60, "n1"),
        (now - limits::SIGNATURE_AGE_MAX_SECONDS - 60, "n2"),
        (now - limits::SIGNATURE_AGE_MAX_SECONDS + 30, "n3"),
    ] {
        signed(&kit, PATH, &key.header(&request(PATH), at, nonce), "").await.ok(401);
    }
    signed(&kit, PATH, &key.header(&request(PATH), now + 60, "n4"), "").await.ok(200);
}

#[tokio::test]
async fn guessing_a_keys_secret_ends_soon() {
    let kit = Kit::new().await;
    let key = Key::of(&kit).await;
    let mut guess = key.body();
    guess["secret"] = json!("guess");
    for _ in 0..limits::FAILED_LOGINS_OF_NAME_MAX {
        log_in(&kit, ACME, guess.clone()).await.ok(401);
    }
    log_in(&kit, ACME, key.body()).await.ok(429);
}

#[tokio::test]
async fn whoever_is_disabled_does_not_log_in_with_a_key() {
    let kit = Kit::new().await;
    let key = Key::of(&kit).await;
    let off = json!({"login_name": "echo", "nickname": "Echo", "roles": [UserRole::Agent], "skills": [], "enabled": false});
    kit.put("/users/77", &kit.admin().await, off).await.ok(200);
    log_in(&kit, ACME, key.body()).await.ok(401);
}
