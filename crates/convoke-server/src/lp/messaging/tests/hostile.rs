//! Clients that mean no good, or are broken: refused with the right code, and the others do not notice.

use std::time::Duration;

use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{Center, Client, consumers};
use crate::limits;
use crate::testing::{ACME, AGENT, OTHER, SKILL};

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

#[tokio::test]
async fn who_never_reads_is_let_go_with_its_own_code_and_others_do_not_notice() {
    let center = Center::new().await;
    let mut window = center.consumer(&center.jwt().await, &[]).await;
    let id = window.open().await;
    let mut deaf = center.agent(4712).await;
    deaf.ask(".ams.aam.SubscribeExConversations", json!({})).await;
    deaf.update(&id, json!({"field": "ParticipantsChange", "type": "ADD", "role": "MANAGER"})).await;
    let mut agent = center.at_work(AGENT).await;
    agent.accept().await;
    // More than the system keeps for a socket that nobody reads.
    let long = "x".repeat(8_000);
    for number in 0..2_000 {
        let event = json!({"type": "ContentEvent", "message": format!("{number} {long}")});
        agent.begin(".ams.ms.PublishEvent", json!({"dialogId": id, "event": event})).await;
        if number % 50 == 0 {
            agent.settled().await;
        }
    }
    agent.settled().await;
    tokio::time::pause();
    tokio::time::advance(limits::LIVE_WRITE_TIME_MAX + std::time::Duration::from_secs(1)).await;
    tokio::time::resume();
    window.publish(&id, "are you still there?").await;
    agent.line("are you still there?").await;
    // What was on its way to it comes first, then the reason.
    let code = loop {
        if let Err(code) = deaf.next().await {
            break code;
        }
    };
    assert_eq!(code, 1008);
    let written = deaf.heard.iter().filter(|frame| frame["body"]["event"]["message"].is_string()).count();
    assert!(written < 2_000, "the rest was not kept for it");
    // It comes back and finds everything in the log.
    let mut again = center.agent(4712).await;
    let last = json!({"dialogId": id, "newerThanSequence": 2_000});
    let found = again.ask(".ams.ms.QueryMessages", last).await;
    assert_eq!(found.as_array().unwrap().last().unwrap()["event"]["message"], "are you still there?");
}

/// A JWT with one of its parts changed by `change`.
fn altered(jwt: &str, part: usize, change: impl Fn(&mut Value)) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut parts: Vec<String> = jwt.split('.').map(str::to_owned).collect();
    let mut object: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&parts[part]).unwrap()).unwrap();
    change(&mut object);
    parts[part] = URL_SAFE_NO_PAD.encode(object.to_string());
    parts.join(".")
}

#[tokio::test]
async fn a_token_that_ended_or_that_somebody_wrote_themselves_opens_no_door() {
    let center = Center::new().await;
    let jwt = center.jwt().await;
    let unsigned = altered(&jwt, 0, |header| header["alg"] = json!("none"));
    let by_another_key = altered(&jwt, 0, |header| header["kid"] = json!("mine"));
    let somebody_else =
        altered(&jwt, 1, |claims| claims["sub"] = json!("cons_00000000000000000000000000000009"));
    let for_ever = altered(&jwt, 1, |claims| claims["exp"] = json!(4_102_444_800_i64));
    let without_signature = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    let shortened = jwt.rsplit_once('.').unwrap().0.to_owned();
    let huge = format!("{jwt}{}", "x".repeat(limits::TOKEN_BYTES_MAX));
    for token in [unsigned, by_another_key, somebody_else, for_ever, without_signature, shortened, huge] {
        let header = [("authorization", format!("jwt {token}"))];
        let Err(error) = center.knock(&consumers(), &header).await else { panic!("{token} was let in") };
        assert_eq!(status(&error), 401, "{token}");
    }
    let own = center.token_of(AGENT).await;
    center.kit.clock.advance(Duration::from_hours(25));
    let path = format!("/ws_api/account/{ACME}/messaging/brand/{own}?v=2.1");
    let header = [("authorization", format!("jwt {jwt}"))];
    for (path, headers) in [(path, &[][..]), (consumers(), &header[..])] {
        let Err(error) = center.knock(&path, headers).await else { panic!("an old token was let in") };
        assert_eq!(status(&error), 401, "what ended some hours ago");
    }
}

#[tokio::test]
async fn a_frame_that_is_far_too_large_ends_its_socket_and_no_other() {
    let center = Center::new().await;
    let mut other = center.consumer(&center.jwt().await, &[]).await;
    let id = other.open().await;
    let mut window = center.consumer(&center.jwt().await, &[]).await;
    window.ask("GetClock", json!({})).await;
    // In pieces that are no larger than others are, and have no end.
    let piece = vec![b'x'; limits::LIVE_FRAME_BYTES_MAX];
    for number in 0..3 {
        let kind = OpCode::Data(if number == 0 { Data::Text } else { Data::Continue });
        let frame = Frame::message(piece.clone(), kind, false);
        if window.socket.send(Message::Frame(frame)).await.is_err() {
            break;
        }
    }
    assert_eq!(window.next().await, Err(1002));
    other.publish(&id, "still here").await;
}

#[tokio::test]
async fn what_comes_in_the_wrong_order_is_refused_and_changes_nothing() {
    let center = Center::new().await;
    let mut agent = center.agent(AGENT).await;
    let nothing = json!({"subscriptionId": "offers-1"});
    assert_eq!(agent.refused(".ams.routing.UpdateRoutingTaskSubscription", nothing.clone()).await.0, 404);
    assert_eq!(agent.refused(".ams.aam.UnsubscribeExConversations", nothing.clone()).await.0, 404);
    assert_eq!(agent.refused(".ams.aam.UpdateExConversationSubscription", nothing).await.0, 404);
    let mut agent = center.at_work(AGENT).await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    let own = format!("{ACME}.{AGENT}");
    let write = json!({"dialogId": id, "event": {"type": "ContentEvent", "message": "too early"}});
    assert_eq!(agent.refused(".ams.ms.PublishEvent", write).await.0, 403, "who takes no part writes nothing");
    let leave = json!({"conversationId": id, "conversationField":
        {"field": "ParticipantsChange", "type": "REMOVE", "role": "ASSIGNED_AGENT", "userId": own}});
    assert!(agent.refused(".ams.cm.UpdateConversationField", leave).await.0 < 500);
    let ring = agent.ring("WAITING").await;
    let accept = json!({"ringId": ring["ringId"], "ringState": "ACCEPTED"});
    agent.ask(".ams.routing.UpdateRingState", accept.clone()).await;
    assert_eq!(agent.refused(".ams.routing.UpdateRingState", accept).await, (409, "offer.over".to_owned()));
    consumer.ask("InitConnection", json!({})).await;
    let close = json!({"field": "ConversationStateField", "conversationState": "CLOSE"});
    agent.update(&id, close.clone()).await;
    let late = json!({"dialogId": id, "event": {"type": "ContentEvent", "message": "too late"}});
    let closed = (400, "conversation.closed".to_owned());
    assert_eq!(agent.refused(".ams.ms.PublishEvent", late.clone()).await, closed);
    assert_eq!(consumer.refused("ms.PublishEvent", late).await, closed);
    let again = json!({"conversationId": id, "conversationField": close});
    assert_eq!(agent.refused(".ams.cm.UpdateConversationField", again).await, closed);
    let said = agent.ask(".ams.ms.QueryMessages", json!({"dialogId": id})).await.to_string();
    assert!(!said.contains("too early") && !said.contains("too late"), "{said}");
}

#[tokio::test]
async fn who_does_not_wait_for_answers_opens_no_more_conversations_than_others() {
    let center = Center::new().await;
    let mut window = center.consumer(&center.jwt().await, &[]).await;
    let most = limits::OPEN_OF_CONSUMER_MAX;
    let mut asked = Vec::new();
    for _ in 0..3 * most {
        asked.push(window.begin("cm.ConsumerRequestConversation", json!({"skillId": SKILL})).await);
    }
    let mut opened = 0;
    for id in asked {
        match window.answer(&id).await["code"].as_u64() {
            Some(200) => opened += 1,
            code => assert_eq!(code, Some(429)),
        }
    }
    assert_eq!(opened, most);
}

#[tokio::test]
async fn several_connections_of_one_consumer_open_no_more_conversations_than_one() {
    let center = Center::new().await;
    let jwt = center.jwt().await;
    let mut windows = Vec::new();
    for _ in 0..3 {
        windows.push(center.consumer(&jwt, &[]).await);
    }
    let mut asked = Vec::new();
    for _ in 0..limits::OPEN_OF_CONSUMER_MAX {
        for (place, window) in windows.iter_mut().enumerate() {
            asked.push((place, window.begin("cm.ConsumerRequestConversation", json!({})).await));
        }
    }
    let mut opened = 0;
    for (place, id) in asked {
        let code = windows[place].answer(&id).await["code"].as_u64().unwrap();
        assert!(code == 200 || code == 429, "{code}");
        opened += usize::from(code == 200);
    }
    assert_eq!(opened, limits::OPEN_OF_CONSUMER_MAX);
}

#[tokio::test]
async fn a_flood_of_requests_is_answered_one_by_one_and_holds_up_nobody() {
    let center = Center::new().await;
    let mut flood = center.consumer(&center.jwt().await, &[]).await;
    let mut other = center.consumer(&center.jwt().await, &[]).await;
    let (flooded, quiet) = (flood.open().await, other.open().await);
    let mut asked = Vec::new();
    for number in 0..2_000 {
        let event = json!({"type": "ContentEvent", "message": format!("line {number}")});
        let body = json!({"dialogId": flooded, "event": event});
        asked.push(flood.begin("ms.PublishEvent", body).await);
    }
    other.publish(&quiet, "one line").await;
    let mut written = Vec::new();
    for id in asked {
        let answer = flood.answer(&id).await;
        match answer["code"].as_u64() {
            Some(200) => written.push(answer["body"]["sequence"].as_u64().unwrap()),
            code => assert_eq!(code, Some(429), "{answer}"),
        }
    }
    assert!(written.is_sorted_by(|one, next| one < next), "lines keep the order in which they were sent");
    assert!(!written.is_empty());
}

#[tokio::test]
async fn ids_of_another_account_are_answered_as_ids_that_there_are_not() {
    let center = Center::new().await;
    let mut owner = center.consumer(&center.jwt().await, &[]).await;
    let id = owner.open().await;
    owner.publish(&id, "my card is 4111").await;
    let mut agent = center.at_work(AGENT).await;
    let ring = agent.ring("WAITING").await["ringId"].as_str().unwrap().to_owned();
    let mut stranger = stranger(&center).await;
    let missing = "conv_00000000000000000000000000000009";
    let close = json!({"field": "ConversationStateField", "conversationState": "CLOSE"});
    for (kind, body) in [
        (".ams.ms.QueryMessages", json!({})),
        (".ams.ms.PublishEvent", json!({"event": {"type": "ContentEvent", "message": "x"}})),
        (".ams.ms.PublishEvent", json!({"event": {"type": "ChatStateEvent", "chatState": "COMPOSING"}})),
        (".ams.cm.UpdateConversationField", json!({"conversationField": close})),
        (
            ".ams.cm.UpdateConversationField",
            json!({"conversationField": {"field": "ParticipantsChange", "type": "ADD", "role": "MANAGER"}}),
        ),
    ] {
        let named = |id: &str| {
            let mut body = body.clone();
            body["dialogId"] = json!(id);
            body["conversationId"] = json!(id);
            body
        };
        let theirs = stranger.refused(kind, named(&id)).await;
        assert_eq!(theirs, (404, "conversation.not_found".to_owned()), "{kind}");
        assert_eq!(theirs, stranger.refused(kind, named(missing)).await, "{kind}");
    }
    let accept = |ring: &str| json!({"ringId": ring, "ringState": "ACCEPTED"});
    let theirs = stranger.refused(".ams.routing.UpdateRingState", accept(&ring)).await;
    let nobodys = stranger.refused(".ams.routing.UpdateRingState", accept(&ring.replace('7', "8"))).await;
    assert_eq!(theirs, nobodys);
    agent.ask(".ams.routing.UpdateRingState", accept(&ring)).await;
    let heard = json!(stranger.settled().await).to_string();
    assert!(!heard.contains(&id) && !heard.contains("4111"), "{heard}");
}

/// Somebody of another account who follows all that they can.
async fn stranger(center: &Center) -> Client {
    let principal = convoke_domain::account::Principal::User(convoke_domain::id::UserId::new(AGENT).unwrap());
    let token = center.kit.issue(OTHER, principal, &[convoke_domain::account::UserRole::Agent]).await;
    let path = format!("/ws_api/account/{OTHER}/messaging/brand/{token}?v=2.1");
    let mut stranger = center.knock(&path, &[]).await.unwrap();
    stranger.ask(".ams.aam.SubscribeExConversations", json!({})).await;
    stranger.ask(".ams.routing.SubscribeRoutingTasks", json!({})).await;
    stranger.ask(".ams.routing.SetAgentState", json!({"availability": "ONLINE"})).await;
    stranger
}

#[tokio::test]
async fn what_is_longer_or_more_than_a_client_ever_needs_is_refused() {
    let center = Center::new().await;
    let mut agent = center.agent(AGENT).await;
    agent.send(&json!({"kind": "req", "id": "x".repeat(65), "type": ".GetClock", "body": {}})).await;
    let answer = agent.find(|frame| frame["kind"] == "resp").await;
    assert_eq!((&answer["code"], &answer["reqId"]), (&json!(400), &json!("")));
    for _ in 0..limits::SUBSCRIPTIONS_MAX {
        agent.ask(".ams.aam.SubscribeExConversations", json!({})).await;
    }
    assert_eq!(agent.refused(".ams.aam.SubscribeExConversations", json!({})).await.0, 429);
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    let open = |skill: &str| json!({"skillId": skill});
    assert_eq!(consumer.refused("cm.ConsumerRequestConversation", open("12345678901")).await.0, 400);
    let long = json!({"dialogId": id, "event": {"type": "ContentEvent", "message": "x".repeat(20_000)}});
    let refused = consumer.refused("ms.PublishEvent", long).await;
    assert_eq!(refused.1, "line.too_long");
    let mut window = center.knock(&consumers(), &[]).await.unwrap();
    let headers = json!([{"type": ".ams.headers.ConsumerAuthentication", "jwt": "x".repeat(4_000)}]);
    window.send(&json!({"id": 1, "type": "InitConnection", "headers": headers})).await;
    assert_eq!(window.next().await.unwrap()["code"], 401);
    assert_eq!(window.next().await, Err(4401));
    consumer.publish(&id, "still here").await;
}
