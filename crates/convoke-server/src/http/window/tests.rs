//! What anybody on the internet can try with the consumer window.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER,
};
use serde_json::{Value, json};

use crate::caller::Peer;
use crate::limits;
use crate::testing::{ACME, Kit, OTHER, Reply, WORKSHOP};

const SHOP: &str = "https://shop.example";
const ELSEWHERE: &str = "https://elsewhere.example";

/// A kit whose account has a window on one page.
async fn with_window() -> Kit {
    let kit = Kit::new().await;
    allow(&kit, true).await;
    kit
}

async fn allow(kit: &Kit, enabled: bool) {
    let settings = json!({"window": {"enabled": enabled, "origins": [SHOP]}});
    kit.put("/settings", &kit.admin().await, settings).await.ok(200);
}

/// What a page asks, from an address.
async fn ask(
    kit: &Kit,
    path: &str,
    origin: Option<&str>,
    token: &str,
    body: &Value,
    address: [u8; 4],
) -> Reply {
    let mut request = Request::post(path).header(HOST, "convoke.example");
    if let Some(origin) = origin {
        request = request.header(ORIGIN, origin);
    }
    if !token.is_empty() {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    // As text, so that browsers let it pass without a question; the API itself wants JSON.
    let kind = if path.ends_with("/window") { "text/plain" } else { "application/json" };
    let mut request = request.header(CONTENT_TYPE, kind).body(Body::from(body.to_string())).unwrap();
    request.extensions_mut().insert(Peer((address, 5000).into()));
    kit.request(request).await
}

async fn open_at(kit: &Kit, account: &str, origin: Option<&str>, body: Value) -> Reply {
    ask(kit, &format!("/api/v1/accounts/{account}/window"), origin, "", &body, [192, 0, 2, 1]).await
}

async fn visit(kit: &Kit) -> Value {
    open_at(kit, ACME, Some(SHOP), json!({})).await.ok(200)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_listed_page_gets_an_identity_and_no_other_page_can_read_it() {
    let kit = with_window().await;
    let reply = open_at(&kit, ACME, Some(SHOP), json!({})).await;
    let session = reply.ok(200);
    assert_eq!(reply.headers[ACCESS_CONTROL_ALLOW_ORIGIN], SHOP);
    assert!(reply.headers["vary"].to_str().unwrap().contains("origin"));
    assert_eq!(session["off_hours"], false);
    let own = open_at(&kit, ACME, Some("https://convoke.example"), json!({})).await;
    assert_ne!(own.ok(200)["consumer"], session["consumer"]);
    for origin in [Some(ELSEWHERE), Some("null"), Some("https://shop.example.evil.example"), None] {
        let refused = open_at(&kit, ACME, origin, json!({})).await;
        refused.fails(404, "account.unknown");
        assert!(!refused.headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), "{origin:?}");
    }
}

#[tokio::test]
async fn accounts_without_a_window_and_unknown_ones_are_answered_alike() {
    let kit = with_window().await;
    let off = open_at(&kit, OTHER, Some(SHOP), json!({})).await;
    off.fails(404, "account.unknown");
    assert_eq!(off.text, open_at(&kit, "nobody", Some(SHOP), json!({})).await.text);
    assert_eq!(off.text, open_at(&kit, ACME, Some(ELSEWHERE), json!({})).await.text);
}

#[tokio::test]
async fn who_comes_back_is_who_they_were_and_whose_token_is_wrong_is_somebody_new() {
    let kit = with_window().await;
    let first = visit(&kit).await;
    let back = open_at(&kit, ACME, Some(SHOP), json!({"token": first["token"]})).await.ok(200);
    assert_eq!(back["consumer"], first["consumer"]);
    let brands = kit.consumer(ACME, 7);
    for wrong in ["", "cvw_acme.0.0.0", brands.as_str(), &"x".repeat(5_000)] {
        let other = open_at(&kit, ACME, Some(SHOP), json!({"token": wrong})).await.ok(200);
        assert_ne!(other["consumer"], first["consumer"]);
        assert_ne!(other["consumer"], "cons_00000000000000000000000000000007");
    }
    open_at(&kit, ACME, Some(SHOP), json!({"skill": "99"})).await.fails(404, "skill.unknown");
    open_at(&kit, ACME, Some(SHOP), json!({"consumer": "cons_1"})).await.fails(400, "request.invalid");
}

#[tokio::test]
async fn whom_the_brand_names_is_known_in_the_window_as_everywhere() {
    let kit = with_window().await;
    let name = async |name| kit.post("/consumers", &kit.admin().await, json!({"name": name})).await.ok(201);
    let (ada, bob) = (name("ada").await, name("bob").await);
    let enter = async |body| open_at(&kit, ACME, Some(SHOP), body).await;
    let session = enter(json!({"id_token": ada["id_token"]})).await.ok(200);
    assert_eq!((&session["consumer"], &session["known"]), (&ada["consumer"], &json!(true)));
    let path = format!("/api/v1/accounts/{ACME}/conversations");
    let token = text(&session["token"]);
    let opened = ask(&kit, &path, Some(SHOP), token, &json!({}), [192, 0, 2, 1]).await.ok(201);
    let seen = kit.get(&format!("/conversations/{}", text(&opened["id"])), &kit.admin().await).await.ok(200);
    assert_eq!(seen["authenticated"], true);

    // Once it is over, it is good only for the visit that began with it.
    kit.clock.advance(limits::EXCHANGED_JWT_LIFE);
    enter(json!({"id_token": ada["id_token"]})).await.fails(401, "auth.required");
    let again = json!({"id_token": ada["id_token"], "token": token});
    assert_eq!(enter(again).await.ok(200)["consumer"], ada["consumer"]);
    let others = json!({"id_token": bob["id_token"], "token": token});
    enter(others).await.fails(401, "auth.required");

    // A page that names nobody does not know them, and nobody's own words count.
    let anonymous = enter(json!({"token": token})).await.ok(200);
    assert_ne!(anonymous["consumer"], ada["consumer"]);
    assert_eq!(anonymous["known"], false);
    enter(json!({"id_token": anonymous["token"]})).await.fails(400, "request.invalid");
    enter(json!({"id_token": ada["token"]})).await.fails(400, "request.invalid");
}

#[tokio::test]
async fn a_token_counts_only_on_pages_that_may_have_the_window_and_while_there_is_one() {
    let kit = with_window().await;
    let token = text(&visit(&kit).await["token"]).to_owned();
    let path = format!("/api/v1/accounts/{ACME}/conversations");
    let open = async |origin| ask(&kit, &path, origin, &token, &json!({}), [192, 0, 2, 1]).await;
    open(Some(SHOP)).await.ok(201);
    for origin in [Some(ELSEWHERE), Some("null"), None] {
        open(origin).await.fails(401, "auth.required");
    }
    allow(&kit, false).await;
    open(Some(SHOP)).await.fails(401, "auth.required");
    let foreign = format!("/api/v1/accounts/{OTHER}/conversations");
    allow(&kit, true).await;
    ask(&kit, &foreign, Some(SHOP), &token, &json!({}), [192, 0, 2, 1]).await.fails(404, "account.unknown");
}

#[tokio::test]
async fn a_visitor_is_a_consumer_and_nothing_more() {
    let kit = with_window().await;
    let theirs = kit.open().await;
    let token = text(&visit(&kit).await["token"]).to_owned();
    let post = async |path: &str, body: Value| {
        let path = format!("/api/v1/accounts/{ACME}{path}");
        ask(&kit, &path, Some(SHOP), &token, &body, [192, 0, 2, 1]).await
    };
    post(&format!("{theirs}/lines"), json!({"text": "hi"})).await.fails(404, "conversation.not_found");
    post(&format!("{theirs}/step-up"), json!({"identity": "x"})).await.fails(403, "auth.forbidden");
    post("/consumers", json!({"name": "ada"})).await.fails(403, "auth.forbidden");
    let named = json!({"consumer": "cons_00000000000000000000000000000007"});
    post("/conversations", named).await.fails(403, "auth.forbidden");
    post("/conversations", json!({"authenticated": true})).await.fails(403, "auth.forbidden");
    post("/conversations", json!({"skill": WORKSHOP})).await.ok(201);
}

#[tokio::test(start_paused = true)]
async fn one_address_gets_so_many_new_identities_and_those_who_are_known_still_come_in() {
    let kit = with_window().await;
    let path = format!("/api/v1/accounts/{ACME}/window");
    let come = async |body: Value, address| ask(&kit, &path, Some(SHOP), "", &body, address).await;
    let known = come(json!({}), [192, 0, 2, 1]).await.ok(200);
    for _ in 1..limits::WINDOW_NEWCOMERS_MAX {
        come(json!({}), [192, 0, 2, 1]).await.ok(200);
    }
    let refused = come(json!({}), [192, 0, 2, 1]).await;
    refused.fails(429, "request.too_many");
    assert!(refused.headers.contains_key(RETRY_AFTER));
    assert_eq!(refused.headers[ACCESS_CONTROL_ALLOW_ORIGIN], SHOP, "the page can say why");
    come(json!({"token": known["token"]}), [192, 0, 2, 1]).await.ok(200);
    come(json!({}), [192, 0, 2, 2]).await.ok(200);
    tokio::time::advance(limits::WINDOW_NEWCOMER_REFILL).await;
    come(json!({}), [192, 0, 2, 1]).await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn one_address_opens_so_many_conversations_and_one_visitor_few_at_once() {
    let kit = with_window().await;
    let path = format!("/api/v1/accounts/{ACME}/conversations");
    let mut opened = 0;
    loop {
        let token = text(&visit(&kit).await["token"]).to_owned();
        let open = async || ask(&kit, &path, Some(SHOP), &token, &json!({}), [192, 0, 2, 9]).await;
        for _ in 0..limits::WINDOW_OPEN_MAX {
            if opened == limits::WINDOW_OPENINGS_MAX {
                open().await.fails(429, "request.too_many");
                return;
            }
            open().await.ok(201);
            opened += 1;
        }
        let problem = open().await.fails(429, "request.too_many");
        assert!(text(&problem["detail"]).contains("open at once"));
    }
}

#[tokio::test]
async fn a_visitor_who_does_not_wait_for_answers_opens_no_more_than_one_who_does() {
    let kit = with_window().await;
    let path = format!("/api/v1/accounts/{ACME}/conversations");
    let token = text(&visit(&kit).await["token"]).to_owned();
    let body = json!({});
    let open = || ask(&kit, &path, Some(SHOP), &token, &body, [192, 0, 2, 9]);
    let answers = futures_util::future::join_all((0..2 * limits::WINDOW_OPEN_MAX).map(|_| open())).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(429)), (limits::WINDOW_OPEN_MAX, limits::WINDOW_OPEN_MAX));
}

#[tokio::test(start_paused = true)]
async fn surveys_that_a_visitor_does_not_answer_keep_nobody_from_writing_again() {
    let kit = with_window().await;
    kit.put("/settings", &kit.admin().await, json!({"survey": {"enabled": true}})).await.ok(200);
    let token = text(&visit(&kit).await["token"]).to_owned();
    let path = format!("/api/v1/accounts/{ACME}/conversations");
    let open = json!({"features": ["MULTI_DIALOG"]});
    for _ in 0..=limits::WINDOW_OPEN_MAX {
        let opened = ask(&kit, &path, Some(SHOP), &token, &open, [192, 0, 2, 9]).await.ok(201);
        let close = format!("{path}/{}/close", text(&opened["id"]));
        ask(&kit, &close, Some(SHOP), &token, &Value::Null, [192, 0, 2, 9]).await.ok(200);
        let state = kit.get(&format!("/conversations/{}", text(&opened["id"])), &kit.operator).await.ok(200);
        assert_eq!(state["survey"]["open"], true);
    }
}

#[tokio::test(start_paused = true)]
async fn a_visitor_writes_only_so_fast_and_others_are_not_held_up() {
    let kit = with_window().await;
    let enter = async || {
        let token = text(&visit(&kit).await["token"]).to_owned();
        let path = format!("/api/v1/accounts/{ACME}/conversations");
        let opened = ask(&kit, &path, Some(SHOP), &token, &json!({}), [192, 0, 2, 1]).await.ok(201);
        (token, format!("{path}/{}/lines", text(&opened["id"])))
    };
    let write = async |token: &str, path: &str| {
        ask(&kit, path, Some(SHOP), token, &json!({"text": "again"}), [192, 0, 2, 1]).await
    };
    let (flooder, target) = enter().await;
    for _ in 0..limits::WINDOW_ACTS_MAX {
        write(&flooder, &target).await.ok(201);
    }
    write(&flooder, &target).await.fails(429, "request.too_many");
    let (other, path) = enter().await;
    write(&other, &path).await.ok(201);
    tokio::time::advance(limits::WINDOW_ACT_REFILL).await;
    write(&flooder, &target).await.ok(201);
    // What the brand vouches for is not counted.
    let own = kit.open().await;
    for _ in 0..=limits::WINDOW_ACTS_MAX {
        kit.post(&format!("{own}/lines"), &kit.consumer(ACME, 7), json!({"text": "again"})).await.ok(201);
    }
}

#[tokio::test]
async fn at_night_the_window_says_when_somebody_is_back() {
    let kit = with_window().await;
    let admin = kit.admin().await;
    let hours = json!({"name": "Office", "time_zone": "UTC", "week": [{"day": "tuesday", "from": "08:00", "to": "09:00"}]});
    kit.put("/working-hours/1", &admin, hours).await.ok(200);
    kit.put(&format!("/skills/{WORKSHOP}"), &admin, json!({"name": "Workshop", "working_hours": "1"}))
        .await
        .ok(200);
    let night = open_at(&kit, ACME, Some(SHOP), json!({"skill": WORKSHOP})).await.ok(200);
    assert_eq!((&night["off_hours"], &night["back_at"]), (&json!(true), &json!("2026-03-10T08:00:00Z")));
}
