//! Consumers' windows: who they are, what they hear, coming back.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Center, consumers, messages};
use crate::testing::{ACME, AGENT, Kit, ScriptedHost};

/// The texts of all lines among these frames, in their order.
fn texts(frames: &[Value]) -> Vec<String> {
    let all = frames.iter().flat_map(messages);
    all.filter_map(|message| message["event"]["message"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_window_that_does_not_wait_for_its_welcome_is_answered_in_order() {
    let center = Center::new().await;
    let jwt = center.jwt().await;
    let mut window = center.knock(&consumers(), &[]).await.unwrap();
    let headers = json!([
        {"type": ".ams.headers.ClientProperties", "features": ["AUTO_MESSAGES"]},
        {"type": ".ams.headers.ConsumerAuthentication", "jwt": jwt},
    ]);
    window.send(&json!({"id": 1, "type": "GetClock"})).await;
    window.send(&json!({"kind": "req", "id": 2, "type": "InitConnection", "headers": headers})).await;
    window.send(&json!({"kind": "req", "id": 3, "type": "cqm.SubscribeExConversations", "body": {}})).await;
    let mut order = Vec::new();
    for _ in 0..4 {
        let frame = window.next().await.unwrap();
        order.push(frame["reqId"].as_str().unwrap_or("notification").to_owned());
    }
    assert_eq!(order, ["2", "1", "3", "notification"]);
}

#[tokio::test]
async fn a_window_sees_its_own_conversation_and_its_own_words() {
    let center = Center::new().await;
    let jwt = center.jwt().await;
    let mut window = center.consumer(&jwt, &[]).await;
    let subscribed = window.ask("cqm.SubscribeExConversations", json!({"convState": ["OPEN"]})).await;
    assert_eq!(window.told("cqm.ExConversationChangeNotification").await["changes"], json!([]));
    let id = window.open().await;
    let frame = window.find(|frame| frame["body"]["changes"][0]["result"]["convId"] == id.as_str()).await;
    assert_eq!(frame["body"]["subscriptionId"], subscribed["subscriptionId"]);
    let details = &frame["body"]["changes"][0]["result"]["conversationDetails"];
    assert_eq!(details["dialogs"][0]["dialogId"], id.as_str());
    assert!(details["participants"].is_array() && details["participantsPId"].is_null());
    window.ask("ms.SubscribeMessagingEvents", json!({"dialogId": id})).await;
    window.publish(&id, "hello").await;
    let own = window.line("hello").await;
    let claims = jwt.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(own["originatorId"], claims["sub"]);
    assert_eq!(claims["aud"], format!("acc:{ACME}"));
}

#[tokio::test]
async fn a_window_that_comes_back_in_mid_stream_misses_nothing_and_hears_nothing_twice() {
    let center = Center::new().await;
    let jwt = center.jwt().await;
    let mut window = center.consumer(&jwt, &[]).await;
    let id = window.open().await;
    window.ask("ms.SubscribeMessagingEvents", json!({"dialogId": id, "fromSeq": 0})).await;
    let mut agent = center.at_work(AGENT).await;
    agent.accept().await;
    for number in 0..5 {
        agent.publish(&id, &format!("line {number}")).await;
    }
    let last = window.line("line 2").await["sequence"].as_u64().unwrap();
    drop(window);
    for number in 5..10 {
        agent.publish(&id, &format!("line {number}")).await;
    }
    let mut window = center.consumer(&jwt, &[]).await;
    let body = json!({"dialogId": id, "fromSeq": last + 1});
    window.ask("ms.SubscribeMessagingEvents", body).await;
    agent.publish(&id, "line 10").await;
    let mut heard =
        vec![window.find(|frame| texts(std::slice::from_ref(frame)).contains(&"line 3".to_owned())).await];
    while !texts(&heard).contains(&"line 10".to_owned()) {
        heard.push(window.find(|frame| !messages(frame).is_empty()).await);
    }
    let expected: Vec<String> = (3..=10).map(|number| format!("line {number}")).collect();
    assert_eq!(texts(&heard), expected);
}

#[tokio::test]
async fn only_a_window_that_declares_it_hears_the_controller_bot_live() {
    let host = ScriptedHost::echo();
    let center = Center::with(Kit::with(host).await).await;
    let admin = center.kit.admin().await;
    let source = json!({"type": "systemMessage", "text": "welcome"}).to_string();
    let function = json!({"name": "Greet", "source": source, "description": "d",
        "event": "controllerbot_messaging_new_conversation"});
    center.kit.post("/functions", &admin, function).await.ok(201);
    center.kit.post("/functions/Greet/deploy", &admin, Value::Null).await;
    let jwt = center.jwt().await;
    let mut with = center.consumer(&jwt, &["AUTO_MESSAGES"]).await;
    let mut without = center.consumer(&jwt, &[]).await;
    let id = with.open().await;
    for window in [&mut with, &mut without] {
        window.ask("ms.SubscribeMessagingEvents", json!({"dialogId": id, "fromSeq": 0})).await;
    }
    let welcome = with.line("welcome").await;
    assert_eq!(welcome["originatorMetadata"]["role"], "CONTROLLER");
    with.publish(&id, "thanks").await;
    without.line("thanks").await;
    assert!(!texts(&without.settled().await).contains(&"welcome".to_owned()));
    // Agents always do, and so does who asks for what was said.
    let history = without.ask("ms.QueryMessages", json!({"dialogId": id})).await;
    assert!(history.to_string().contains("welcome"));
}

#[tokio::test]
async fn an_identity_is_signed_exchanged_and_gone_on_with() {
    let center = Center::new().await;
    let ask = async |path: &str, body: Value| {
        center.kit.raw(Method::POST, &format!("/api/account/{ACME}{path}"), "", body).await
    };
    let anonymous = ask("/anonymous/authorize", json!({})).await.ok(200)["token"].clone();
    let knock = async |token: &Value| {
        let header = [("authorization", format!("jwt {}", token.as_str().unwrap()))];
        center.knock(&consumers(), &header).await.is_ok()
    };
    assert!(!knock(&anonymous).await, "what is to be exchanged is good for nothing else");
    let exchanged = ask("/app/connector/authenticate", json!({"id_token": anonymous})).await.ok(200);
    assert!(knock(&exchanged["token"]).await);
    let again = ask("/anonymous/authorize", json!({"id_token": exchanged["token"]})).await.ok(200);
    let subject = |token: &Value| {
        let claims = token.as_str().unwrap().split('.').nth(1).unwrap().to_owned();
        let bytes =
            base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()["sub"].clone()
    };
    assert_eq!(subject(&again["token"]), subject(&anonymous));
    // The brand vouches for somebody it has a name for.
    let named =
        center.kit.post("/consumers", &center.kit.admin().await, json!({"name": "ada"})).await.ok(201);
    let known = ask("/authenticate", json!({"authCode": named["id_token"]})).await.ok(200);
    let mut window = center.consumer(known["jwt"].as_str().unwrap(), &[]).await;
    let id = window.open().await;
    let state = center.kit.handle.conversation(&ACME.parse().unwrap(), id.parse().unwrap()).await.unwrap();
    assert!(state.authenticated && state.consumer.to_string() == named["consumer"].as_str().unwrap());
    assert_eq!(ask("/authenticate", json!({"id_token": "eyJ.x.y"})).await.status.as_u16(), 401);
    let script = async |callback: &str| {
        let path = format!("/api/account/{ACME}/signup.jsonp?callback={callback}");
        center.kit.raw(Method::GET, &path, "", Value::Null).await
    };
    assert!(script("lp.cb_1").await.text.starts_with("lp.cb_1({\"jwt\":\"ey"));
    assert_eq!(script("alert(1)//").await.status.as_u16(), 400);
}

#[tokio::test]
async fn a_consumer_marks_closes_and_rates_their_conversation() {
    let center = Center::new().await;
    let jwt = center.jwt().await;
    let mut window = center.consumer(&jwt, &[]).await;
    let id = window.open().await;
    let update = |fields: Value| json!({"conversationId": id, "conversationField": fields});
    window
        .ask(
            "cm.UpdateConversationField",
            update(json!([{"field": "TTRField", "ttrType": "URGENT", "value": 0}])),
        )
        .await;
    let close =
        json!({"field": "DialogChange", "type": "UPDATE", "dialog": {"dialogId": id, "state": "CLOSE"}});
    window.ask("cm.UpdateConversationField", update(close)).await;
    let rate =
        json!([{"field": "CSATRate", "csatRate": 5, "csatResolutionConfirmation": true, "status": "FILLED"}]);
    window.ask("cm.UpdateConversationField", update(rate)).await;
    let state = center.kit.handle.conversation(&ACME.parse().unwrap(), id.parse().unwrap()).await.unwrap();
    assert_eq!(state.ttr, convoke_domain::ttr::Ttr::Urgent);
    assert_eq!(state.rating.unwrap().rate, Some(5));
    let (code, title) = window
        .refused(
            "ms.PublishEvent",
            json!({"dialogId": id, "event": {"type": "ContentEvent", "message": "late"}}),
        )
        .await;
    assert_eq!((code, title.as_str()), (400, "conversation.closed"));
    // The next visit still finds it.
    window.ask("cqm.SubscribeExConversations", json!({"stage": ["CLOSE"]})).await;
    let told = window.change("UPSERT", |result| result["convId"] == id.as_str()).await;
    assert_eq!(told["conversationDetails"]["closeReason"], "CONSUMER");
}
