//! Who somebody is, and what they send besides words.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use convoke_api::limits::FILE_BYTES_MAX;
use convoke_domain::account::{Principal, UserRole};
use convoke_domain::id::UserId;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Center, Client};
use crate::limits;
use crate::testing::{ACME, AGENT, Kit, OTHER, ScriptedHost, until};

const PICTURE: &[u8] = b"\x89PNG\r\n\x1A\n and so on";

/// The address that an answer gives.
fn address(place: &Value) -> String {
    let parameters = place["queryParams"].as_object().unwrap();
    let query: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
    format!("{}?{}", place["relativePath"].as_str().unwrap(), query.join("&"))
}

/// Sends the picture to the place that this client is given, and gives its path.
async fn send_picture(center: &Center, client: &mut Client) -> String {
    let wanted = json!({"fileSize": PICTURE.len(), "fileType": "PNG"});
    let place = client.ask("ms.GenerateURLForUploadFile", wanted).await;
    let request = Request::put(address(&place))
        .header("content-length", PICTURE.len())
        .header("content-type", "image/png")
        .body(Body::from(PICTURE))
        .unwrap();
    let response = center.kit.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 201);
    place["relativePath"].as_str().unwrap().to_owned()
}

async fn fetch(center: &Center, client: &mut Client, path: &str) -> Vec<u8> {
    let place = client.ask("ms.GenerateURLForDownloadFile", json!({"relativePath": path})).await;
    let request = Request::get(address(&place)).body(Body::empty()).unwrap();
    let response = center.kit.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}

#[tokio::test]
async fn the_old_brand_profile_is_the_accounts_times_to_respond() {
    let center = Center::new().await;
    let mut agent = center.at_work(AGENT).await;
    let before = agent.ask(".ams.brandprofile.GetBrandProfile", json!({})).await;
    assert_eq!(
        (&before["brandId"], &before["ttrUrgent"], &before["ttrCustom"]),
        (&json!(ACME), &json!(300), &Value::Null)
    );
    let (code, why) = agent.refused(".ams.brandprofile.SetBrandProfile", json!({"ttrUrgent": 60})).await;
    assert_eq!((code, why.as_str()), (403, "role.missing"));
    let principal = Principal::User(UserId::new(AGENT).unwrap());
    let token = center.kit.issue(ACME, principal, &[UserRole::Agent, UserRole::Administrator]).await;
    let mut administrator = center.agent_with(&token).await;
    for wrong in [json!({"ttrUrgent": 0}), json!({"ttrUrgent": "soon"}), json!({"ttrCustom": 60})] {
        assert_eq!(administrator.refused(".ams.brandprofile.SetBrandProfile", wrong).await.0, 400);
    }
    administrator.ask(".ams.brandprofile.SetBrandProfile", json!({"ttrUrgent": 60})).await;
    let after = administrator.ask(".ams.brandprofile.GetBrands", json!({})).await;
    assert_eq!(
        after,
        json!([{"brandId": ACME, "name": before["name"], "ttrUrgent": 60,
        "ttrNormal": before["ttrNormal"], "ttrCustom": null, "delayType": null, "tillWhen": null}])
    );
}

#[tokio::test]
async fn a_file_is_sent_shared_as_a_line_and_fetched_by_the_other_side() {
    let center = Center::new().await;
    let mut agent = center.at_work(4711).await;
    let mut consumer = center.consumer(&center.jwt().await, &["FILE_SHARING"]).await;
    let id = consumer.open().await;
    agent.accept().await;
    for by_agent in [false, true] {
        let (sender, receiver) =
            if by_agent { (&mut agent, &mut consumer) } else { (&mut consumer, &mut agent) };
        let path = send_picture(&center, sender).await;
        let message = json!({"caption": "my kettle", "relativePath": path, "fileType": "PNG", "preview": ""});
        let event = json!({"type": "ContentEvent", "contentType": "hosted/file", "message": message});
        if by_agent {
            receiver.ask("ms.SubscribeMessagingEvents", json!({"dialogId": id})).await;
        }
        sender.ask("ms.PublishEvent", json!({"dialogId": id, "event": event})).await;
        let wanted = json!(path);
        let told = receiver
            .find(|frame| {
                let one = &frame["body"]["event"]["message"]["relativePath"];
                let many = super::messages(frame);
                *one == wanted || many.iter().any(|line| line["event"]["message"]["relativePath"] == wanted)
            })
            .await;
        assert!(told.to_string().contains("my kettle"));
        assert_eq!(fetch(&center, receiver, &path).await, PICTURE);
    }
}

#[tokio::test]
async fn a_place_for_a_file_that_cannot_be_sent_is_refused() {
    let center = Center::new().await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    for (size, kind) in [
        (json!(0), "PNG"),
        (json!(-1), "PNG"),
        (json!(FILE_BYTES_MAX + 1), "PNG"),
        (json!(10), "html"),
        (json!(10), "../png"),
    ] {
        let refused = consumer
            .refused("ms.GenerateURLForUploadFile", json!({"fileSize": size, "fileType": kind}))
            .await;
        assert_eq!(refused, (400, "request.invalid".to_owned()), "{size} {kind}");
    }
    let path = send_picture(&center, &mut consumer).await;
    for other in [path.replace(ACME, OTHER), path.replace(".png", ".exe"), "/etc/passwd".to_owned()] {
        let refused = consumer.refused("ms.GenerateURLForDownloadFile", json!({"relativePath": other})).await;
        assert_eq!(refused, (404, "request.not_found".to_owned()), "{other}");
    }
}

#[tokio::test]
async fn what_a_consumer_says_of_themselves_is_told_to_agents_until_they_are_erased() {
    let center = Center::new().await;
    let mut agent = center.at_work(4711).await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let said = json!({"firstName": "Ada", "privateData": {"email": "ada@example.com"},
        "authenticatedData": {"lp_sdes": [{"type": "ctmrinfo"}]}});
    // Before the first conversation, as windows do.
    consumer.ask("userprofile.SetUserProfile", said).await;
    let own = consumer.ask("userprofile.GetUserProfile", json!({})).await;
    let who = own["userId"].clone();
    let id = consumer.open().await;
    consumer.publish(&id, "hello").await;
    assert_eq!(agent.accept().await, id);
    let told = agent.ask(".ams.userprofile.GetUserProfile", json!({"userId": who})).await;
    assert_eq!((&told["firstName"], &told["role"]), (&json!("Ada"), &json!("CONSUMER")));
    assert_eq!(told["privateData"]["email"], "ada@example.com");
    assert_eq!(told["authenticatedData"]["lp_sdes"], json!([]), "nobody vouches for themselves");
    let mut other = center.consumer(&center.jwt().await, &[]).await;
    let refused = other.refused("userprofile.GetUserProfile", json!({"userId": who})).await;
    assert_eq!(refused.0, 404);
    let erase = format!("/consumers/{}", who.as_str().unwrap());
    center.kit.delete(&erase, &center.kit.admin().await).await.ok(200);
    let told = agent.ask(".ams.userprofile.GetUserProfile", json!({"userId": who})).await;
    assert_eq!((&told["firstName"], &told["privateData"]), (&json!(""), &json!({})));
    // Whoever comes back says it anew, and writes.
    consumer.ask("userprofile.SetUserProfile", json!({"firstName": "Grace"})).await;
    consumer.publish(&id, "me again").await;
    let told = agent.ask(".ams.userprofile.GetUserProfile", json!({"userId": who})).await;
    assert_eq!(told["firstName"], "Grace");
}

#[tokio::test]
async fn agents_are_called_what_their_account_calls_them() {
    let center = Center::new().await;
    let mut agent = center.agent(4711).await;
    let refused = agent.refused(".ams.userprofile.SetUserProfile", json!({"firstName": "x"})).await;
    assert_eq!(refused, (403, "request.other_side".to_owned()));
    let own = agent.ask(".ams.userprofile.GetUserProfile", json!({})).await;
    assert_eq!((&own["firstName"], &own["role"]), (&json!("grace"), &json!("BRAND_AGENT")));
}

#[tokio::test]
async fn what_somebody_does_besides_writing_is_told_once_to_webhooks_that_want_it() {
    let seen: Arc<Mutex<Vec<Value>>> = Arc::default();
    let receiver = Arc::clone(&seen);
    let host = ScriptedHost::receiving(move |post| {
        let body: Value = serde_json::from_str(&post.body).unwrap();
        let mut seen = receiver.lock().unwrap();
        seen.push(body);
        // The first one is not taken.
        Ok(if seen.len() == 1 { 503 } else { 204 })
    });
    let center = Center::with(Kit::with(host).await).await;
    center.kit.deliver();
    let define = json!({"name": "CRM", "url": "https://crm.example.com", "form": "liveperson",
        "topics": ["chat_states"]});
    let admin = center.kit.admin().await;
    center.kit.post("/webhooks", &admin, define).await.ok(201);
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    consumer.publish(&id, "hello").await;
    for (state, told) in [("COMPOSING", 1), ("PAUSE", 2)] {
        let event = json!({"type": "ChatStateEvent", "chatState": state});
        consumer.ask("ms.PublishEvent", json!({"dialogId": id, "event": event})).await;
        until(async || seen.lock().unwrap().len() == told).await;
    }
    let last = seen.lock().unwrap()[1].clone();
    assert_eq!(last["type"], "ms.MessagingEventNotification");
    let change = &last["body"]["changes"][0];
    assert_eq!(change["event"], json!({"type": "ChatStateEvent", "chatState": "PAUSE"}));
    assert_eq!(change["dialogId"], id.as_str());
    assert!(change.get("sequence").is_none(), "{change}");
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_keeps_no_other_account_from_being_told_who_types() {
    let told: Arc<Mutex<usize>> = Arc::default();
    let receiver = Arc::clone(&told);
    let host = ScriptedHost::receiving(move |_| {
        *receiver.lock().unwrap() += 1;
        Ok(204)
    });
    let center = Center::with(Kit::with(host.never_answering_at("slow.example.com")).await).await;
    center.kit.deliver();
    for (account, host) in [(ACME, "slow.example.com"), (OTHER, "quick.example.com")] {
        let define = json!({"name": "CRM", "url": format!("https://{host}"), "form": "liveperson",
            "topics": ["chat_states"]});
        let path = format!("/api/v1/accounts/{account}/webhooks");
        let admin = center.kit.token(account, &[UserRole::Administrator]).await;
        center.kit.raw(axum::http::Method::POST, &path, &admin, define).await.ok(201);
    }
    let mut slow = center.consumer_of(ACME).await;
    let mut quick = center.consumer_of(OTHER).await;
    let (id, others) = (slow.open().await, quick.open().await);
    let event = json!({"type": "ChatStateEvent", "chatState": "COMPOSING"});
    for _ in 0..=limits::CHAT_DELIVERIES_AT_ONCE {
        slow.ask("ms.PublishEvent", json!({"dialogId": id, "event": event})).await;
    }
    quick.ask("ms.PublishEvent", json!({"dialogId": others, "event": event})).await;
    until(async || *told.lock().unwrap() == 1).await;
}

#[tokio::test]
async fn an_agent_writes_again_to_whom_they_know_and_to_nobody_else() {
    let center = Center::new().await;
    let mut agent = center.at_work(4711).await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let who = consumer.ask("userprofile.GetUserProfile", json!({})).await["userId"].clone();
    consumer.ask("cqm.SubscribeExConversations", json!({"convState": ["OPEN", "CLOSE"]})).await;
    let first = consumer.open().await;
    assert_eq!(agent.accept().await, first);
    agent.update(&first, json!({"field": "ConversationStateField", "conversationState": "CLOSE"})).await;
    let again = |consumer: &Value, before: &str| {
        let context = json!({"type": "ProactiveContext", "originConversationId": before});
        json!({"consumerId": consumer, "conversationContext": context})
    };
    let opened = agent.ask(".ams.cm.AgentRequestConversation", again(&who, &first)).await;
    let second = opened["conversationId"].as_str().unwrap();
    assert_ne!(second, first);
    let told = consumer.change("UPSERT", |result| result["convId"] == second).await;
    assert_eq!(told["conversationDetails"]["context"]["type"], "ProactiveContext");
    assert_eq!(agent.accept().await, second);
    let stranger = json!("cons_00000000000000000000000000000099");
    assert_eq!(agent.refused(".ams.cm.AgentRequestConversation", again(&stranger, &first)).await.0, 404);
    let nowhere = "conv_00000000000000000000000000000099";
    assert_eq!(agent.refused(".ams.cm.AgentRequestConversation", again(&who, nowhere)).await.0, 404);
    let refused = consumer.refused("cm.AgentRequestConversation", again(&who, &first)).await;
    assert_eq!(refused, (403, "request.other_side".to_owned()));
}
