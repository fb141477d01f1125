//! Logging in and out, and whose token one has.

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderName, StatusCode};
use convoke_api::platform_error::PlatformError;
use convoke_api::v1::session::{LogIn, OpenedSession, Session};
use convoke_api::v1::token::Principal;
use convoke_api::v1::user::UserRole;
use convoke_domain::account::{Command, UserRole as DomainRole};
use convoke_domain::id::AccountId;

use crate::auth::LoginError;
use crate::caller::{Caller, Identity, Peer};
use crate::cookie;
use crate::extract::Body;
use crate::limits::SESSION_LIFE;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// Logs a user in. The session ends by itself after twelve hours, with a logout, or with a new password.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = LogIn,
    responses((status = 201, body = OpenedSession)))]
pub(super) async fn open(
    State(server): State<Shared>,
    peer: Option<Peer>,
    Body(log_in): Body<LogIn>,
) -> Answer<(StatusCode, Json<OpenedSession>)> {
    Ok((StatusCode::CREATED, Json(opened(&server, peer, log_in).await?)))
}

/// Logs a user in for pages: the token is in a cookie that scripts cannot read and other sites cannot use.
#[utoipa::path(post, path = "/api/v1/session/cookie", tag = "session", request_body = LogIn,
    responses((status = 201, body = Session)))]
pub(super) async fn open_in_cookie(
    State(server): State<Shared>,
    peer: Option<Peer>,
    Body(log_in): Body<LogIn>,
) -> Answer<(StatusCode, [(HeaderName, String); 1], Json<Session>)> {
    let OpenedSession { secret, session, .. } = opened(&server, peer, log_in).await?;
    Ok((StatusCode::CREATED, [(SET_COOKIE, cookie::kept(&secret, SESSION_LIFE))], Json(session)))
}

async fn opened(server: &Shared, peer: Option<Peer>, log_in: LogIn) -> Answer<OpenedSession> {
    let LogIn { account, login_name, password } = log_in;
    let address = peer.map(|peer| peer.0.ip());
    let verified =
        server.auth.verify_login(&server.handle, &account, &login_name, &password, address).await?;
    let account: AccountId = account.parse().map_err(|_| PlatformError::LoginFailed)?;
    let opened = server.auth.open_session(&server.handle, &account, &verified).await?;
    let session = Session {
        account: Some(account),
        principal: Principal::User { id: verified.user },
        roles: verified.roles.iter().copied().map(Into::into).collect(),
        expires_at: Some(opened.expires_at),
    };
    Ok(OpenedSession { secret: opened.token.text, user: verified.user, session })
}

/// Whose token the request carries.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", responses((status = 200, body = Session)))]
pub(super) async fn get(State(server): State<Shared>, caller: Caller) -> Json<Session> {
    let view = caller.account.as_ref().and_then(|account| server.handle.account(account));
    let token = |id| view.as_ref().and_then(|view| view.account.tokens.get(id)).map(|token| token.expires_at);
    let (principal, roles, expires_at) = match &caller.identity {
        Identity::Operator => (Principal::Application, [DomainRole::Operator].into(), None),
        Identity::User { user, token: id, roles } => {
            (Principal::User { id: *user }, roles.clone(), token(id))
        }
        Identity::Application { token: id, roles } => (Principal::Application, roles.clone(), token(id)),
        Identity::Client { client, roles } => (Principal::Client { id: *client }, roles.clone(), None),
        // A function comes to the planes only.
        Identity::Function(_) => (Principal::Application, [].into(), None),
        Identity::Consumer(consumer) => (Principal::Consumer { id: *consumer }, [].into(), None),
    };
    let roles = roles.into_iter().map(UserRole::from).collect();
    Json(Session { account: caller.account, principal, roles, expires_at })
}

/// Ends the token that the request carries.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204)))]
pub(super) async fn close(
    State(server): State<Shared>,
    caller: Caller,
) -> Answer<(StatusCode, [(HeaderName, String); 1])> {
    let (Some(account), Identity::User { token, .. } | Identity::Application { token, .. }) =
        (&caller.account, &caller.identity)
    else {
        return Err(PlatformError::Forbidden.into());
    };
    // Whoever shows a token may end it: an application, too, which the account's rules cannot tell from another.
    let by = convoke_domain::account::Actor::System;
    server.handle.configure(account, &by, Command::RevokeToken { id: *token }).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie::forgotten())]))
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused => PlatformError::LoginFailed.into(),
            LoginError::TooMany => PlatformError::TooManyRequests.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::limits::{FAILED_LOGINS_OF_NAME_MAX, SESSION_LIFE};
    use crate::testing::{ACME, Kit, OTHER, Reply};

    const PASSWORD: &str = "correct horse battery";

    async fn with_password() -> (Kit, String) {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        kit.put("/users/4712/password", &admin, json!({"password": PASSWORD})).await.ok(204);
        (kit, admin)
    }

    async fn log_in(kit: &Kit, account: &str, name: &str, password: &str) -> Reply {
        let body = json!({"account": account, "login_name": name, "password": password});
        kit.raw(Method::POST, "/api/v1/session", "", body).await
    }

    async fn session(kit: &Kit, method: Method, token: &str) -> Reply {
        kit.raw(method, "/api/v1/session", token, Value::Null).await
    }

    #[tokio::test]
    async fn a_user_logs_in_works_and_logs_out() {
        let (kit, _) = with_password().await;
        let opened = log_in(&kit, ACME, "linus", PASSWORD).await.ok(201);
        assert_eq!((&opened["user"], &opened["roles"]), (&json!("4712"), &json!(["agent"])));
        let secret = opened["secret"].as_str().unwrap();
        kit.get("/conversations", secret).await.ok(200);
        assert_eq!(session(&kit, Method::GET, secret).await.ok(200)["account"], ACME);
        session(&kit, Method::DELETE, secret).await.ok(204);
        kit.get("/conversations", secret).await.fails(401, "auth.required");
    }

    #[tokio::test]
    async fn a_page_logs_in_and_out_without_ever_seeing_its_token() {
        let (kit, _) = with_password().await;
        let body = json!({"account": ACME, "login_name": "linus", "password": PASSWORD});
        let opened = kit.raw(Method::POST, "/api/v1/session/cookie", "", body).await;
        assert_eq!(opened.status, 201, "{}", opened.text);
        let cookie = opened.headers["set-cookie"].to_str().unwrap();
        for wanted in ["; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/"] {
            assert!(cookie.contains(wanted), "{cookie}");
        }
        let (pair, _) = cookie.split_once(';').unwrap();
        let (_, secret) = pair.split_once('=').unwrap();
        assert!(!opened.text.contains(secret));
        let ask = async |method: Method, path: &str, headers: &[(&str, &str)]| {
            let mut request = axum::http::Request::builder().method(method).uri(path).header("cookie", pair);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            kit.request(request.body(axum::body::Body::empty()).unwrap()).await
        };
        let ours = [("sec-fetch-site", "same-origin")];
        ask(Method::GET, "/api/v1/session", &ours).await.ok(200);
        for others in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            ask(Method::GET, "/api/v1/session", &[others]).await.fails(401, "auth.required");
        }
        let gone = ask(Method::DELETE, "/api/v1/session", &ours).await;
        assert_eq!(gone.status, 204);
        assert!(gone.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
        ask(Method::GET, "/api/v1/session", &ours).await.fails(401, "auth.required");
    }

    #[tokio::test]
    async fn a_session_ends_by_itself() {
        let (kit, _) = with_password().await;
        let opened = log_in(&kit, ACME, "linus", PASSWORD).await.ok(201);
        kit.clock.advance(SESSION_LIFE);
        kit.get("/conversations", opened["secret"].as_str().unwrap()).await.fails(401, "auth.required");
    }

    #[tokio::test]
    async fn whatever_is_wrong_about_a_login_is_answered_alike() {
        let (kit, admin) = with_password().await;
        let wrong = log_in(&kit, ACME, "linus", "wrong horse battery").await;
        wrong.fails(401, "auth.login_failed");
        // Wrong password, another account's user, no such account, no password, and a user who is disabled.
        for (account, name) in [(ACME, "nobody"), (OTHER, "linus"), ("nowhere", "linus"), (ACME, "grace")] {
            assert_eq!(log_in(&kit, account, name, PASSWORD).await.text, wrong.text, "{account} {name}");
        }
        let disabled = json!({"login_name": "linus", "nickname": "L", "roles": ["agent"], "enabled": false});
        kit.put("/users/4712", &admin, disabled).await.ok(200);
        assert_eq!(log_in(&kit, ACME, "linus", PASSWORD).await.text, wrong.text);
    }

    #[tokio::test]
    async fn after_too_many_failures_even_the_right_password_waits() {
        let (kit, _) = with_password().await;
        for _ in 0..FAILED_LOGINS_OF_NAME_MAX {
            log_in(&kit, ACME, "linus", "x").await.fails(401, "auth.login_failed");
        }
        log_in(&kit, ACME, "linus", PASSWORD).await.fails(429, "request.too_many");
        // Somebody else is not held up.
        log_in(&kit, ACME, "grace", PASSWORD).await.fails(401, "auth.login_failed");
    }

    #[tokio::test]
    async fn a_new_password_ends_the_sessions_and_not_the_keys() {
        let (kit, admin) = with_password().await;
        let opened = log_in(&kit, ACME, "linus", PASSWORD).await.ok(201);
        kit.put("/users/4712/password", &admin, json!({"password": "another horse battery"})).await.ok(204);
        kit.get("/conversations", opened["secret"].as_str().unwrap()).await.fails(401, "auth.required");
        kit.get("/skills", &admin).await.ok(200);
        log_in(&kit, ACME, "linus", PASSWORD).await.fails(401, "auth.login_failed");
        log_in(&kit, ACME, "linus", "another horse battery").await.ok(201);
    }

    #[tokio::test]
    async fn users_change_their_own_password_by_the_present_one_and_nobody_elses() {
        let (kit, _) = with_password().await;
        let secret = log_in(&kit, ACME, "linus", PASSWORD).await.ok(201)["secret"].clone();
        let secret = secret.as_str().unwrap();
        let new = "another horse battery";
        let change = async |user: &str, present: Option<&str>| {
            let body = json!({"password": new, "present": present});
            kit.put(&format!("/users/{user}/password"), secret, body).await
        };
        change("4712", None).await.fails(401, "auth.login_failed");
        change("4712", Some("wrong horse battery")).await.fails(401, "auth.login_failed");
        change("4711", Some(PASSWORD)).await.fails(403, "role.missing");
        change("4712", Some(PASSWORD)).await.ok(204);
        log_in(&kit, ACME, "linus", new).await.ok(201);
    }

    #[tokio::test]
    async fn passwords_and_hashes_are_nowhere_to_be_seen() {
        let (kit, admin) = with_password().await;
        for path in ["/users", "/activity", "/settings", "/tokens"] {
            let text = kit.get(path, &admin).await.text;
            assert!(!text.contains(PASSWORD) && !text.contains("argon2"), "{path}: {text}");
        }
        kit.put("/users/4712/password", &admin, json!({"password": "short"}))
            .await
            .fails(400, "request.invalid");
    }

    #[tokio::test]
    async fn whose_token_it_is_is_told_to_everybody_who_has_one() {
        let kit = Kit::new().await;
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        let told = session(&kit, Method::GET, &agent).await.ok(200);
        assert_eq!(told["principal"], json!({"kind": "user", "id": "4711"}));
        assert_eq!(session(&kit, Method::GET, &kit.operator).await.ok(200)["roles"], json!(["operator"]));
        session(&kit, Method::DELETE, &kit.operator).await.fails(403, "auth.forbidden");
    }
}
