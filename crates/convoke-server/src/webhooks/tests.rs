//! Letters as receivers get them: order, attempts, signatures, and what becomes of those that nobody takes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use convoke_domain::account::UserRole;
use convoke_engine::ports::Post;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::auth::hex;
use crate::testing::{ACME, Kit, ScriptedHost, until};

/// A receiver that takes what it is told to take.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// Letters with any of these words in them are refused.
    refused: Vec<String>,
    seen: Vec<Seen>,
}

/// A letter that came.
#[derive(Clone)]
struct Seen {
    post: Post,
    body: Value,
    taken: bool,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        let found = self.post.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

impl Receiver {
    fn host(&self) -> ScriptedHost {
        let receiver = self.clone();
        ScriptedHost::receiving(move |post| Ok(receiver.answer(post)))
    }

    fn answer(&self, post: &Post) -> u16 {
        let mut inner = self.0.lock().unwrap();
        let taken = !inner.refused.iter().any(|word| post.body.contains(word));
        let body = serde_json::from_str(&post.body).unwrap();
        inner.seen.push(Seen { post: post.clone(), body, taken });
        if taken { 204 } else { 503 }
    }

    fn refuse(&self, words: &[&str]) {
        self.0.lock().unwrap().refused = words.iter().map(|&word| word.to_owned()).collect();
    }

    fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap().seen.clone()
    }

    fn taken(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.taken).collect()
    }

    fn refusals(&self) -> usize {
        self.seen().iter().filter(|seen| !seen.taken).count()
    }

    /// The places of the events of one conversation, in the order in which they were taken.
    fn places(&self, conversation: &str) -> Vec<u64> {
        let own = self.taken().into_iter().filter(|seen| seen.body["subject"] == conversation);
        own.map(|seen| seen.body["data"]["seq"].as_u64().unwrap()).collect()
    }
}

/// A kit with a webhook; the webhook's path and secret.
async fn kit(receiver: &Receiver, webhook: Value) -> (Kit, String, String) {
    let kit = Kit::with(receiver.host()).await;
    kit.deliver();
    if webhook["topics"].is_array() {
        quiet(&kit).await;
    }
    let mut define = json!({"name": "CRM", "url": "https://crm.example.com/hooks"});
    define.as_object_mut().unwrap().extend(webhook.as_object().unwrap().clone());
    let made = kit.post("/webhooks", &kit.admin().await, define).await.ok(201);
    let path = format!("/webhooks/{}", made["id"].as_str().unwrap());
    (kit, path, made["secret"].as_str().unwrap().to_owned())
}

/// Lets nobody write but those who are told to.
async fn quiet(kit: &Kit) {
    let off = json!({"enabled": false});
    kit.put("/controller-bot", &kit.admin().await, off).await.ok(200);
}

/// Opens a conversation and writes these lines; its id.
async fn write(kit: &Kit, consumer: u128, lines: &[&str]) -> String {
    let token = kit.consumer(ACME, consumer);
    let opened = kit.post("/conversations", &token, json!({})).await.ok(201);
    let id = opened["id"].as_str().unwrap().to_owned();
    for line in lines {
        say(kit, consumer, &id, line).await;
    }
    id
}

async fn say(kit: &Kit, consumer: u128, conversation: &str, line: &str) {
    let path = format!("/conversations/{conversation}/lines");
    kit.post(&path, &kit.consumer(ACME, consumer), json!({"text": line})).await.ok(201);
}

#[tokio::test]
async fn every_event_of_a_conversation_is_told_once_in_its_order_with_a_signature_that_counts() {
    let receiver = Receiver::default();
    let (kit, _, secret) = kit(&receiver, json!({})).await;
    let id = write(&kit, 7, &["one", "two", "three"]).await;
    let admin = kit.admin().await;
    let settled = || async { kit.get(&format!("/conversations/{id}/events"), &admin).await.ok(200) };
    until(|| async { receiver.places(&id).len() == settled().await["items"].as_array().unwrap().len() })
        .await;
    let places = receiver.places(&id);
    assert_eq!(places, (1..=places.len() as u64).collect::<Vec<_>>());
    for seen in receiver.taken() {
        assert_eq!(seen.body["specversion"], "1.0");
        assert_eq!(seen.body["id"], format!("{id}-{}", seen.body["data"]["seq"]));
        assert_eq!(seen.header("convoke-event-id"), seen.body["id"]);
        assert_eq!(seen.header("content-type"), "application/cloudevents+json; charset=utf-8");
        let (at, signature) = seen.header("convoke-signature").split_once(',').unwrap();
        let mut expected = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        expected.update(format!("{}.{}", at.trim_start_matches("t="), seen.post.body).as_bytes());
        assert_eq!(signature, format!("v1={}", hex(&expected.finalize().into_bytes())));
    }
    let types: Vec<Value> = receiver.taken().iter().map(|seen| seen.body["type"].clone()).collect();
    assert_eq!(types[0], "dev.convoke.conversation.opened");
    let fired = "dev.convoke.state_change.controllerbot_messaging_new_conversation";
    let trigger = receiver.taken().into_iter().find(|seen| seen.body["type"] == fired).unwrap();
    assert!(trigger.body["data"]["payload"]["general"]["cbotEventType"].is_string(), "{}", trigger.body);
}

#[tokio::test]
async fn a_conversation_that_is_not_taken_waits_alone_and_stays_in_order() {
    let receiver = Receiver::default();
    receiver.refuse(&["stuck"]);
    let (kit, path, _) = kit(&receiver, json!({"topics": ["content"]})).await;
    let stuck = write(&kit, 7, &["first", "stuck", "third"]).await;
    let other = write(&kit, 8, &["a", "b"]).await;
    until(|| async { receiver.places(&other).len() == 2 && receiver.refusals() == 1 }).await;
    assert_eq!(receiver.places(&stuck).len(), 1, "what comes after the one that is stuck waits for it");
    let admin = kit.admin().await;
    let deliveries = format!("{path}/deliveries");
    let waits = |attempts: u64| {
        let asked = kit.get(&deliveries, &admin);
        async move { asked.await.ok(200)["failing"][0]["attempts"] == attempts }
    };
    until(|| waits(1)).await;
    for (attempts, seconds) in [(2, 2), (3, 4), (4, 8)] {
        kit.clock.advance(Duration::from_millis(seconds * 1000 - 1));
        say(&kit, 8, &other, "meanwhile").await;
        until(|| async { receiver.places(&other).len() as u64 == attempts + 1 }).await;
        assert_eq!(receiver.refusals() as u64, attempts - 1, "nothing is tried before its time");
        kit.clock.advance(Duration::from_millis(1));
        until(|| waits(attempts)).await;
    }
    let waiting = kit.get(&deliveries, &admin).await;
    assert_eq!(waiting.ok(200)["failing"][0]["status"], 503);
    let listed = kit.get("/webhooks", &admin).await.ok(200)["items"][0].clone();
    assert_eq!([&listed["waiting"], &listed["failing"], &listed["dead"]], [1, 1, 0]);
    assert!(!waiting.text.contains("stuck"));
    receiver.refuse(&[]);
    kit.clock.advance(Duration::from_secs(16));
    until(|| async { receiver.places(&stuck).len() == 3 }).await;
    let places = receiver.places(&stuck);
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn what_was_tried_for_long_enough_is_dead_can_be_looked_at_and_is_told_again_on_request() {
    let receiver = Receiver::default();
    receiver.refuse(&["secret words"]);
    let webhook = json!({"topics": ["content"], "retention_seconds": 5});
    let (kit, path, _) = kit(&receiver, webhook).await;
    let id = write(&kit, 7, &["secret words", "later"]).await;
    for (attempts, seconds) in [(1, 2), (2, 3)] {
        until(|| async { receiver.refusals() == attempts }).await;
        let admin = kit.admin().await;
        let waits = || async {
            let waiting = kit.get(&format!("{path}/deliveries"), &admin).await.ok(200);
            waiting["failing"][0]["attempts"] == attempts
        };
        until(waits).await;
        kit.clock.advance(Duration::from_secs(seconds));
    }
    until(|| async { receiver.places(&id).len() == 1 }).await;
    assert_eq!(receiver.refusals(), 3, "the last attempt is made when the time is over");
    let developer = kit.token(ACME, &[UserRole::FaasDeveloper]).await;
    let dead = || async { kit.get("/webhooks", &developer).await.ok(200)["items"][0]["dead"].clone() };
    assert_eq!(dead().await, 1);
    let listed = kit.get(&format!("{path}/dead-letters"), &developer).await;
    let letter = listed.ok(200)["items"][0].clone();
    assert_eq!((&letter["attempts"], &letter["status"]), (&json!(3), &json!(503)));
    assert_eq!(letter["event"], "dev.convoke.conversation.line_published");
    assert!(!listed.text.contains("secret words"), "a list holds no words");
    let one = format!("{path}/dead-letters/{}", letter["id"].as_str().unwrap());
    let inspected = kit.get(&one, &developer).await.ok(200);
    assert_eq!(inspected["body"]["data"]["line"], "secret words");
    let faas_admin = kit.token(ACME, &[UserRole::FaasAdmin]).await;
    kit.get(&one, &faas_admin).await.fails(403, "auth.forbidden");
    receiver.refuse(&[]);
    kit.post(&format!("{one}/redeliver"), &developer, Value::Null).await.ok(200);
    until(|| async { receiver.places(&id).len() == 2 }).await;
    assert_eq!(dead().await, 0);
    kit.get(&one, &developer).await.fails(404, "request.not_found");
    let again = kit.post(&format!("{path}/redeliver"), &developer, Value::Null).await.ok(200);
    assert_eq!(again, json!({"redelivered": 0, "more": false}));
}

#[tokio::test]
async fn the_words_of_an_erased_consumer_are_told_to_nobody_any_more() {
    let receiver = Receiver::default();
    receiver.refuse(&["line_published"]);
    let (kit, _, _) = kit(&receiver, json!({"topics": ["content"]})).await;
    let id = write(&kit, 7, &["my address is"]).await;
    until(|| async { receiver.refusals() == 1 }).await;
    let consumer = receiver.seen()[0].body["data"]["author"].clone();
    let consumer = consumer["id"].as_str().unwrap_or_else(|| panic!("{consumer}"));
    kit.delete(&format!("/consumers/{consumer}"), &kit.admin().await).await.ok(200);
    receiver.refuse(&[]);
    let told = || async {
        kit.clock.advance(Duration::from_mins(5));
        receiver.places(&id).len() == 1
    };
    until(told).await;
    let told = &receiver.taken()[0];
    assert!(told.body["data"]["line"].is_null() && !told.post.body.contains("address"), "{}", told.body);
}

#[tokio::test]
async fn liveperson_s_receivers_get_its_notifications_headers_and_signature() {
    let receiver = Receiver::default();
    let (kit, path, secret) = kit(&receiver, json!({"form": "liveperson"})).await;
    let id = write(&kit, 7, &["hello"]).await;
    let said = |seen: &Seen| seen.body["body"]["changes"][0]["event"]["message"] == "hello";
    until(|| async { receiver.taken().iter().any(said) }).await;
    let taken = receiver.taken();
    let is_change = |seen: &&Seen| seen.body["type"] == "cqm.ExConversationChangeNotification";
    let change = taken.iter().find(is_change).unwrap();
    assert_eq!(change.body["kind"], "notification");
    let details = &change.body["body"]["changes"][0]["result"]["conversationDetails"];
    assert_eq!((&details["convId"], &details["participants"][0]["role"]), (&json!(id), &json!("CONSUMER")));
    let message = taken.iter().find(|seen| said(seen)).unwrap();
    assert_eq!(message.body["type"], "ms.MessagingEventNotification");
    assert!(message.body["body"]["sentTs"].is_i64());
    assert_eq!(message.header("x-liveperson-account-id"), ACME);
    assert_eq!(format!("/webhooks/{}", message.header("x-liveperson-client-id")), path);
    let mut expected = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    expected.update(message.post.body.as_bytes());
    let expected = STANDARD.encode(expected.finalize().into_bytes());
    assert_eq!(message.header("x-liveperson-signature"), format!("sha256={expected}"));
}

#[tokio::test]
async fn a_webhook_that_is_off_or_gone_is_told_nothing() {
    let receiver = Receiver::default();
    receiver.refuse(&["waits"]);
    let (kit, path, _) = kit(&receiver, json!({"topics": ["content"]})).await;
    let admin = kit.admin().await;
    let define = |enabled: bool| json!({"name": "CRM", "url": "https://crm.example.com/hooks", "topics": ["content"], "enabled": enabled});
    let id = write(&kit, 7, &["waits"]).await;
    until(|| async { receiver.refusals() == 1 }).await;
    kit.put(&path, &admin, define(false)).await.ok(200);
    say(&kit, 7, &id, "never told").await;
    receiver.refuse(&[]);
    kit.put(&path, &admin, define(true)).await.ok(200);
    say(&kit, 7, &id, "told").await;
    let both = || async {
        kit.clock.advance(Duration::from_secs(2));
        receiver.taken().len() == 2
    };
    until(both).await;
    let lines: Vec<Value> = receiver.taken().iter().map(|seen| seen.body["data"]["line"].clone()).collect();
    assert_eq!(lines, ["waits", "told"]);
    kit.delete(&path, &admin).await.ok(204);
    kit.get(&path, &admin).await.fails(404, "webhook.unknown");
    say(&kit, 7, &id, "to nobody").await;
    let account = ACME.parse().unwrap();
    until(|| async { kit.handle.letter_boxes(&account).await.unwrap().is_empty() }).await;
    assert_eq!(receiver.taken().len(), 2);
}

#[tokio::test]
async fn what_happened_before_anybody_delivered_is_delivered_when_somebody_does() {
    let receiver = Receiver::default();
    let kit = Kit::with(receiver.host()).await;
    quiet(&kit).await;
    let admin = kit.admin().await;
    let define = json!({"name": "CRM", "url": "https://crm.example.com/hooks", "topics": ["content"]});
    kit.post("/webhooks", &admin, define).await.ok(201);
    let id = write(&kit, 7, &["one", "two"]).await;
    assert!(receiver.seen().is_empty());
    kit.deliver();
    until(|| async { receiver.places(&id).len() == 2 }).await;
}

#[tokio::test]
async fn a_test_letter_tells_what_came_of_it_and_a_secret_is_never_shown_again() {
    let receiver = Receiver::default();
    let (kit, path, secret) = kit(&receiver, json!({})).await;
    let admin = kit.admin().await;
    let tested = kit.post(&format!("{path}/test"), &admin, Value::Null).await.ok(200);
    assert_eq!(tested, json!({"delivered": true, "status": 204}));
    receiver.refuse(&["webhook.test"]);
    let tested = kit.post(&format!("{path}/test"), &admin, Value::Null).await.ok(200);
    assert_eq!(tested, json!({"delivered": false, "status": 503, "reason": "status"}));
    for path in [path.as_str(), "/webhooks", "/activity"] {
        let shown = kit.get(path, &admin).await;
        shown.ok(200);
        assert!(!shown.text.contains(&secret) && !shown.text.contains("sealed"), "{}", shown.text);
    }
    let renewed = kit.post(&format!("{path}/secret"), &admin, Value::Null).await.ok(200);
    assert_ne!(renewed["secret"], json!(secret));
}
