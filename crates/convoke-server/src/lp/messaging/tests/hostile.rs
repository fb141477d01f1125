//! Clients that mean no good, or are broken: refused with the right code, and the others do not notice.

use std::time::Duration;

use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{Center, consumers};
use crate::limits;
use crate::testing::{ACME, AGENT, OTHER};

fn status(error: &Error) -> u16 {
    match error {
        Error::Http(response) => response.status().as_u16(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn tokens_that_do_not_count_are_refused_at_the_door() {
    let center = Center::new().await;
    let own = center.token_of(AGENT).await;
    let foreign = center.kit.token(OTHER, &[convoke_domain::account::UserRole::Agent]).await;
    let developer = center.kit.token(ACME, &[convoke_domain::account::UserRole::FaasDeveloper]).await;
    let jwt = center.jwt().await;
    for (path, code) in [
        (format!("/ws_api/account/{ACME}/messaging/brand/{foreign}?v=2.1"), 401),
        (format!("/ws_api/account/{ACME}/messaging/brand/{own}x?v=2.1"), 401),
        (format!("/ws_api/account/nobody/messaging/brand/{own}?v=2.1"), 401),
        (format!("/ws_api/account/{ACME}/messaging/brand/{developer}?v=2.1"), 403),
        (format!("/ws_api/account/{ACME}/messaging/brand/{jwt}?v=2.1"), 403),
        ("/ws_api/account/nobody/messaging/consumer?v=3".to_owned(), 401),
    ] {
        let Err(error) = center.knock(&path, &[]).await else { panic!("{path} was let in") };
        assert_eq!(status(&error), code, "{path}");
    }
    let forged = format!("{}x", &jwt[..jwt.len() - 1]);
    let account = OTHER.parse().unwrap();
    let consumer = convoke_domain::id::ConsumerId::from_bits(7);
    let foreign = center.kit.auth.consumer_token(&account, consumer).0;
    for token in [forged, foreign, own] {
        let header = [("authorization", format!("jwt {token}"))];
        let Err(error) = center.knock(&consumers(), &header).await else { panic!("{token} was let in") };
        assert_eq!(status(&error), 401);
    }
}

#[tokio::test]
async fn a_token_that_ends_ends_the_socket_with_its_own_code() {
    let center = Center::new().await;
    let mut window = center.consumer(&center.jwt().await, &[]).await;
    window.ask("GetClock", json!({})).await;
    center.kit.clock.advance(limits::CONSUMER_JWT_LIFE);
    window.begin("GetClock", json!({})).await;
    assert_eq!(window.next().await, Err(4401));
    let mut agent = center.agent(AGENT).await;
    center.kit.clock.advance(Duration::from_hours(25));
    agent.begin(".GetClock", json!({})).await;
    assert_eq!(agent.next().await, Err(4401));
}

#[tokio::test]
async fn a_window_that_does_not_say_who_it_is_is_closed() {
    let center = Center::new().await;
    let mut flood = center.knock(&consumers(), &[]).await.unwrap();
    for number in 0..=limits::REQUESTS_BEFORE_INIT_MAX {
        flood.send(&json!({"id": number, "type": "GetClock"})).await;
    }
    assert_eq!(flood.next().await, Err(4401));
    let mut forger = center.knock(&consumers(), &[]).await.unwrap();
    let headers = json!([{"type": ".ams.headers.ConsumerAuthentication", "jwt": "eyJ.x.y"}]);
    forger.send(&json!({"id": 1, "type": "InitConnection", "headers": headers})).await;
    assert_eq!(forger.next().await.unwrap()["code"], 401);
    assert_eq!(forger.next().await, Err(4401));
}

#[tokio::test]
async fn somebody_elses_conversation_is_answered_as_one_that_is_not_there() {
    let center = Center::new().await;
    let mut owner = center.consumer(&center.jwt().await, &[]).await;
    let id = owner.open().await;
    owner.publish(&id, "my card is 4111").await;
    let mut thief = center.consumer(&center.jwt().await, &[]).await;
    let missing = "conv_00000000000000000000000000000009";
    let content = json!({"type": "ContentEvent", "message": "x"});
    for (kind, body) in [
        ("ms.QueryMessages", json!({})),
        ("ms.SubscribeMessagingEvents", json!({})),
        ("ms.PublishEvent", json!({"event": content})),
        (
            "cm.UpdateConversationField",
            json!({"conversationField": [{"field": "TTRField", "ttrType": "URGENT"}]}),
        ),
    ] {
        let named = |id: &str| {
            let mut body = body.clone();
            body["dialogId"] = json!(id);
            body["conversationId"] = json!(id);
            body
        };
        let (theirs, nobodys) =
            (thief.refused(kind, named(&id)).await, thief.refused(kind, named(missing)).await);
        assert_eq!((theirs.0, theirs.1.as_str()), (404, "conversation.not_found"), "{kind}");
        assert_eq!(theirs, nobodys, "{kind}");
    }
    let all =
        json!({"convState": ["OPEN"], "consumerId": "cons_00000000000000000000000000000007", "agentIds": []});
    thief.ask("cqm.SubscribeExConversations", all).await;
    owner.publish(&id, "again").await;
    assert!(!json!(thief.settled().await).to_string().contains(&id));
    // Another account's agent sees nothing of it either.
    let principal = convoke_domain::account::Principal::User(convoke_domain::id::UserId::new(AGENT).unwrap());
    let token = center.kit.issue(OTHER, principal, &[convoke_domain::account::UserRole::Agent]).await;
    let path = format!("/ws_api/account/{OTHER}/messaging/brand/{token}?v=2.1");
    let mut other = center.knock(&path, &[]).await.unwrap();
    assert_eq!(other.refused(".ams.ms.QueryMessages", json!({"dialogId": id})).await.0, 404);
    other.ask(".ams.aam.SubscribeExConversations", json!({})).await;
    assert_eq!(other.told(".ams.aam.ExConversationChangeNotification").await["changes"], json!([]));
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_the_socket_goes_on() {
    let center = Center::new().await;
    let mut agent = center.agent(AGENT).await;
    for frame in [json!([1]), json!({"id": "a"}), json!({"id": "b", "type": ".ams.unheard.Of"})] {
        agent.send(&frame).await;
        let answer = agent.find(|frame| frame["kind"] == "resp").await;
        assert!(answer["code"].as_u64().unwrap() >= 400, "{answer}");
    }
    let large = "x".repeat(limits::LIVE_FRAME_BYTES_MAX + 1);
    agent.send(&json!({"id": "c", "type": large})).await;
    assert_eq!(agent.find(|frame| frame["kind"] == "resp").await["code"], 400);
    assert_eq!(agent.refused("cm.ConsumerRequestConversation", json!({})).await.0, 403);
    agent.ask(".GetClock", json!({})).await;
    let mut window = center.consumer(&center.jwt().await, &[]).await;
    assert_eq!(window.refused("routing.SetAgentState", json!({"availability": "ONLINE"})).await.0, 403);
    window.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(window.next().await, Err(1002));
}

#[tokio::test]
async fn a_flood_of_conversations_is_stopped() {
    let center = Center::new().await;
    let mut window = center.consumer(&center.jwt().await, &[]).await;
    for _ in 0..limits::OPEN_OF_CONSUMER_MAX {
        window.open().await;
    }
    let refused = window.refused("cm.ConsumerRequestConversation", json!({"skillId": "123456"})).await;
    assert_eq!(refused.0, 429);
}

#[tokio::test]
async fn who_does_not_read_holds_up_nobody() {
    let center = Center::new().await;
    let jwt = center.jwt().await;
    let mut window = center.consumer(&jwt, &[]).await;
    let id = window.open().await;
    // Follows everything and never reads again.
    let mut deaf = center.agent(4712).await;
    deaf.ask(".ams.aam.SubscribeExConversations", json!({})).await;
    deaf.update(&id, json!({"field": "ParticipantsChange", "type": "ADD", "role": "MANAGER"})).await;
    let mut agent = center.at_work(AGENT).await;
    agent.accept().await;
    let long = "x".repeat(8_000);
    for number in 0..500 {
        agent
            .begin(
                ".ams.ms.PublishEvent",
                json!({"dialogId": id, "event":
            {"type": "ContentEvent", "message": format!("{number} {long}")}}),
            )
            .await;
        if number % 50 == 0 {
            agent.settled().await;
        }
    }
    agent.publish(&id, "the last one").await;
    // It reads at last, and still misses nothing.
    let mut heard = 0;
    loop {
        let by_agent = |frame: &Value| frame["body"]["originatorMetadata"]["role"] == "ASSIGNED_AGENT";
        let frame: Value = deaf.find(by_agent).await;
        let text = frame["body"]["event"]["message"].as_str().unwrap().to_owned();
        if text == "the last one" {
            break;
        }
        assert_eq!(text.split(' ').next().unwrap(), heard.to_string());
        heard += 1;
    }
    assert_eq!(heard, 500);
}
