//! Agents and bots: what they are told, what they ask.

use serde_json::{Value, json};

use super::Center;
use crate::testing::{ACME, AGENT, SKILL, WORKSHOP};

#[tokio::test]
async fn an_agent_takes_answers_transfers_and_closes_a_conversation() {
    let center = Center::new().await;
    let mut agent = center.at_work(AGENT).await;
    let own = format!("{ACME}.{AGENT}");
    let body = json!({"convState": ["OPEN"], "agentIds": [own], "brandId": ACME});
    agent.ask(".ams.aam.SubscribeExConversations", body).await;
    assert_eq!(agent.told(".ams.aam.ExConversationChangeNotification").await["changes"], json!([]));
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    assert_eq!(agent.accept().await, id);
    let told = agent.change("UPSERT", |result| result["convId"] == id.as_str()).await;
    assert_eq!(told["conversationDetails"]["participants"]["ASSIGNED_AGENT"], json!([own]));
    assert_eq!(agent.ring("ACCEPTED").await["convId"], id.as_str());

    let asked = consumer.publish(&id, "my kettle is broken").await;
    let heard = agent.line("my kettle is broken").await;
    assert_eq!(heard["originatorMetadata"]["role"], "CONSUMER");
    assert_eq!(heard["sequence"], asked);
    assert_eq!(agent.publish(&id, "which one?").await, asked + 1);

    let fields = json!([
        {"field": "ParticipantsChange", "type": "REMOVE", "role": "ASSIGNED_AGENT", "userId": own},
        {"field": "Skill", "type": "UPDATE", "skill": WORKSHOP},
    ]);
    agent.update(&id, fields).await;
    let gone = agent.change("DELETE", |result| result["convId"] == id.as_str()).await;
    assert_eq!(gone["conversationDetails"]["skillId"], WORKSHOP);
    // It is offered again, for the other skill.
    assert_eq!(agent.accept().await, id);
    let close = json!({"field": "ConversationStateField", "conversationState": "CLOSE"});
    agent.update(&id, close).await;
    let gone = agent.change("DELETE", |result| result["conversationDetails"]["stage"] == "CLOSE").await;
    assert_eq!(gone["conversationDetails"]["closeReason"], "AGENT");
}

#[tokio::test]
async fn every_field_that_a_client_needs_is_sent() {
    let center = Center::new().await;
    let mut agent = center.at_work(AGENT).await;
    agent.ask(".ams.aam.SubscribeExConversations", json!({"convState": ["OPEN"]})).await;
    let mut consumer = center.consumer(&center.jwt().await, &["AUTO_MESSAGES"]).await;
    let id = consumer.open().await;
    consumer.publish(&id, "hello").await;
    agent.accept().await;
    let is_whole = |result: &Value| {
        result["conversationDetails"]["participants"]["ASSIGNED_AGENT"].is_array()
            && result["lastContentEventNotification"]["event"]["message"].is_string()
    };
    let told = agent.change("UPSERT", is_whole).await;
    for field in ["convId", "effectiveTTR", "lastUpdateTime"] {
        assert!(!told[field].is_null(), "{field}");
    }
    let details = &told["conversationDetails"];
    for field in [
        "convId",
        "skillId",
        "participants",
        "participantsPId",
        "dialogs",
        "brandId",
        "state",
        "stage",
        "startTs",
        "metaDataLastUpdateTs",
        "firstConversation",
        "ttr",
        "context",
        "note",
        "conversationHandlerDetails",
    ] {
        assert!(!details[field].is_null(), "{field}");
    }
    let roles = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(roles(&details["participants"]), roles(&details["participantsPId"]));
    let dialog = &details["dialogs"][0];
    for field in
        ["dialogId", "participantsDetails", "dialogType", "channelType", "metaData", "state", "creationTs"]
    {
        assert!(!dialog[field].is_null(), "{field}");
    }
    assert!(dialog["participantsDetails"].as_array().unwrap().iter().all(|one| one["state"] == "ACTIVE"));
    let heard = agent.settled().await;
    let line = heard.iter().find(|frame| frame["type"] == ".ams.ms.OnlineEventDistribution");
    if let Some(line) = line {
        for field in
            ["sequence", "originatorId", "originatorPId", "serverTimestamp", "dialogId", "messageAudience"]
        {
            assert!(!line["body"][field].is_null(), "{field}: {line}");
        }
    }
}

#[tokio::test]
async fn the_lines_before_an_agent_came_are_asked_for_and_those_after_are_told() {
    let center = Center::new().await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    consumer.publish(&id, "before").await;
    let mut agent = center.at_work(AGENT).await;
    agent.accept().await;
    let asked = agent.ask(".ams.ms.QueryMessages", json!({"dialogId": id, "newerThanSequence": 0})).await;
    let lines: Vec<&Value> = asked.as_array().unwrap().iter().map(|line| &line["event"]["message"]).collect();
    assert!(lines.contains(&&json!("before")), "{lines:?}");
    consumer.publish(&id, "after").await;
    agent.line("after").await;
    assert!(agent.settled().await.iter().all(|frame| frame["body"]["event"]["message"] != "before"));
}

#[tokio::test]
async fn a_manager_who_joins_hears_until_they_leave() {
    let center = Center::new().await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    let mut manager = center.agent(AGENT).await;
    let change = |kind: &str| json!([{"field": "ParticipantsChange", "type": kind, "role": "MANAGER"}]);
    manager.update(&id, change("ADD")).await;
    consumer.publish(&id, "one").await;
    manager.line("one").await;
    manager.update(&id, change("REMOVE")).await;
    consumer.publish(&id, "two").await;
    manager.update(&id, change("ADD")).await;
    consumer.publish(&id, "three").await;
    manager.line("three").await;
    let heard = manager.settled().await;
    assert!(heard.iter().all(|frame| frame["body"]["event"]["message"] != "two"), "{heard:?}");
}

#[tokio::test]
async fn consumers_never_see_what_agents_say_among_themselves() {
    let center = Center::new().await;
    let mut consumer = center.consumer(&center.jwt().await, &["AUTO_MESSAGES"]).await;
    let id = consumer.open().await;
    consumer.ask("ms.SubscribeMessagingEvents", json!({"dialogId": id, "fromSeq": 0})).await;
    let mut agent = center.at_work(AGENT).await;
    agent.accept().await;
    let mut manager = center.agent(4712).await;
    manager.update(&id, json!({"field": "ParticipantsChange", "type": "ADD", "role": "MANAGER"})).await;
    let event = json!({"type": "ContentEvent", "contentType": "text/plain", "message": "he is angry"});
    let body = json!({"dialogId": id, "event": event, "messageAudience": "AGENTS_AND_MANAGERS"});
    agent.ask(".ams.ms.PublishEvent", body).await;
    assert_eq!(manager.line("he is angry").await["messageAudience"], "AGENTS_AND_MANAGERS");
    agent.publish(&id, "hello").await;
    consumer.line("hello").await;
    let query = json!({"dialogId": id});
    for told in [consumer.ask("ms.QueryMessages", query).await, json!(consumer.settled().await)] {
        assert!(!told.to_string().contains("he is angry"), "{told}");
    }
    let path = format!("/conversations/{id}/events");
    let jwt = center.kit.get(&path, &center.token_of(AGENT).await).await;
    assert!(jwt.text.contains("he is angry"));
}

#[tokio::test]
async fn what_others_do_besides_writing_is_told_and_not_kept() {
    let center = Center::new().await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    consumer.ask("ms.SubscribeMessagingEvents", json!({"dialogId": id})).await;
    let mut agent = center.at_work(AGENT).await;
    agent.accept().await;
    let typing = json!({"dialogId": id, "event": {"type": "ChatStateEvent", "chatState": "COMPOSING"}});
    assert_eq!(agent.ask(".ams.ms.PublishEvent", typing).await["sequence"], 0);
    let told = consumer.told("ms.MessagingEventNotification").await;
    let change = &told["changes"][0];
    assert_eq!(change["event"]["chatState"], "COMPOSING");
    assert!(change["sequence"].is_null() && change["serverTimestamp"].is_null());
    let sent = consumer.publish(&id, "hello").await;
    let read = json!({"type": "AcceptStatusEvent", "status": "READ", "sequenceList": [sent]});
    let read = agent.ask(".ams.ms.PublishEvent", json!({"dialogId": id, "event": read})).await;
    assert_eq!(read["sequence"], sent + 1);
    let told =
        consumer.find(|frame| frame["body"]["changes"][0]["event"]["type"] == "AcceptStatusEvent").await;
    assert_eq!(told["body"]["changes"][0]["event"]["sequenceList"], json!([sent]));
}

#[tokio::test]
async fn a_card_is_carried_as_it_was_sent() {
    let center = Center::new().await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    let mut agent = center.at_work(AGENT).await;
    agent.accept().await;
    consumer.ask("ms.SubscribeMessagingEvents", json!({"dialogId": id})).await;
    let card = json!({"type": "RichContentEvent", "content": {"type": "vertical", "elements": []}});
    let metadata = json!([{"type": "ExternalId", "id": "card-1"}]);
    let request = json!({"kind": "req", "id": "card", "type": ".ams.ms.PublishEvent", "metadata": metadata,
        "body": {"dialogId": id, "event": card}});
    agent.send(&request).await;
    assert_eq!(agent.answer("card").await["code"], 200);
    let told = consumer.find(|frame| frame["body"]["changes"][0]["event"] == card).await;
    assert_eq!(told["body"]["changes"][0]["metadata"], metadata);
}

#[tokio::test]
async fn both_versions_of_the_older_dialect_are_spoken() {
    let center = Center::new().await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    let token = center.token_of(AGENT).await;
    let path = format!("/ws_api/account/{ACME}/messaging/brand/{token}?v=2");
    let mut agent = center.knock(&path, &[]).await.unwrap();
    agent.ask("aam.SubscribeExConversations", json!({"stage": "OPEN"})).await;
    let told = agent.change("UPSERT", |result| result["convId"] == id.as_str()).await;
    let participants = &told["conversationDetails"]["dialogs"][0]["participantsDetails"];
    assert!(participants.as_array().unwrap().iter().all(|one| one["state"].is_null()));
    assert_eq!(told["conversationDetails"]["skillId"], SKILL);
}

#[tokio::test]
async fn what_an_agent_closed_is_found_by_who_was_there_the_latest_first() {
    let center = Center::new().await;
    let mut agent = center.at_work(AGENT).await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let mut closed = Vec::new();
    for _ in 0..3 {
        let id = consumer.open().await;
        agent.accept().await;
        agent.update(&id, json!({"field": "ConversationStateField", "conversationState": "CLOSE"})).await;
        closed.push(id);
        center.kit.clock.advance(std::time::Duration::from_secs(1));
    }
    let user = |number| convoke_domain::id::UserId::new(number).unwrap();
    let account = ACME.parse().unwrap();
    let of = async |number, most| {
        let ids = center.kit.handle.closed_of_user(&account, user(number), most).await.unwrap();
        ids.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    closed.reverse();
    assert_eq!(of(AGENT, 10).await, closed);
    assert_eq!(of(AGENT, 2).await, closed[..2]);
    assert_eq!(of(4712, 10).await, Vec::<String>::new());
    let own = json!({"convState": ["CLOSE"], "agentIds": [format!("{ACME}.{AGENT}")]});
    agent.ask(".ams.aam.SubscribeExConversations", own).await;
    let told = agent.told(".ams.aam.ExConversationChangeNotification").await;
    assert_eq!(told["changes"].as_array().unwrap().len(), 3);
}
