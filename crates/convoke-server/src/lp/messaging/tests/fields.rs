//! What `conversationField` changes, and that it is all or nothing.

use serde_json::{Value, json};

use super::{Center, Client};
use crate::testing::{ACME, AGENT, SKILL, WORKSHOP};

async fn served(center: &Center) -> (Client, Client, String) {
    let mut agent = center.at_work(AGENT).await;
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    agent.accept().await;
    (agent, consumer, id)
}

async fn state(center: &Center, id: &str) -> std::sync::Arc<convoke_domain::conversation::Conversation> {
    center.kit.handle.conversation(&ACME.parse().unwrap(), id.parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_change_with_one_wrong_part_changes_nothing() {
    let center = Center::new().await;
    let (mut agent, _consumer, id) = served(&center).await;
    let before = state(&center, &id).await;
    for (fields, code) in [
        (json!([{"field": "Note", "note": "n"}, {"field": "Skill", "skill": "999"}]), 404),
        (json!([{"field": "TTRField", "ttrType": "URGENT"}, {"field": "Unheard"}]), 501),
        (
            json!([{"field": "TTRField", "ttrType": "URGENT"},
            {"field": "ParticipantsChange", "type": "REMOVE", "role": "MANAGER"}]),
            404,
        ),
        (
            json!([{"field": "ParticipantsChange", "type": "REMOVE", "role": "ASSIGNED_AGENT"},
            {"field": "Skill", "skill": "not a skill"}]),
            400,
        ),
        (json!([]), 400),
    ] {
        let body = json!({"conversationId": id, "conversationField": fields});
        let refused = agent.refused(".ams.cm.UpdateConversationField", body).await;
        assert_eq!(refused.0, code, "{fields} {refused:?}");
    }
    assert_eq!(state(&center, &id).await, before);
}

#[tokio::test]
async fn every_variant_changes_what_it_says() {
    let center = Center::new().await;
    let (mut agent, _consumer, id) = served(&center).await;
    let soon = center.kit.handle.now().as_millisecond() + 60_000;
    let fields = json!([
        {"field": "TTRField", "ttrType": "CUSTOM", "value": 300},
        {"field": "ManualETTR", "time": soon},
        {"field": "DelayField", "type": "NIGHT", "tillWhen": soon},
        {"field": "Note", "note": "calls back"},
    ]);
    agent.update(&id, fields).await;
    agent.ask(".ams.aam.SubscribeExConversations", json!({"convState": "OPEN"})).await;
    let told = agent.change("UPSERT", |result| result["convId"] == id.as_str()).await;
    let details = &told["conversationDetails"];
    assert_eq!(details["ttr"], json!({"ttrType": "CUSTOM", "value": 300}));
    assert_eq!(details["manualETTR"], soon);
    assert_eq!(details["delay"], json!({"type": "NIGHT", "tillWhen": soon}));
    assert_eq!(details["note"], "calls back");
    assert_eq!(told["effectiveTTR"], soon);
    agent.update(&id, json!({"field": "ManualETTR", "time": Value::Null})).await;
    assert_eq!(state(&center, &id).await.manual_deadline, None);
}

#[tokio::test]
async fn back_to_queue_keeps_the_skill_and_a_transfer_changes_it() {
    let center = Center::new().await;
    let (mut agent, _consumer, id) = served(&center).await;
    let leave = json!({"field": "ParticipantsChange", "type": "REMOVE", "role": "ASSIGNED_AGENT"});
    agent.update(&id, json!([leave])).await;
    let back = state(&center, &id).await;
    assert_eq!((back.assigned_agent(), back.skill.as_str()), (None, SKILL));
    assert!(back.back_to_queue_at.is_some());
    assert_eq!(agent.accept().await, id);
    agent.update(&id, json!([leave, {"field": "Skill", "type": "UPDATE", "skill": WORKSHOP}])).await;
    let moved = state(&center, &id).await;
    assert_eq!((moved.assigned_agent(), moved.skill.as_str()), (None, WORKSHOP));
    // Nobody has the role any more.
    let body = json!({"conversationId": id, "conversationField": [leave]});
    assert_eq!(agent.refused(".ams.cm.UpdateConversationField", body).await.0, 404);
}

#[tokio::test]
async fn whoever_takes_no_part_changes_nothing() {
    let center = Center::new().await;
    let (_agent, _consumer, id) = served(&center).await;
    let mut other = center.agent(4712).await;
    for field in [
        json!({"field": "ConversationStateField", "conversationState": "CLOSE"}),
        json!({"field": "TTRField", "ttrType": "URGENT"}),
        json!({"field": "Note", "note": "n"}),
    ] {
        let body = json!({"conversationId": id, "conversationField": [field]});
        assert_eq!(other.refused(".ams.cm.UpdateConversationField", body).await.0, 403, "{field}");
    }
}
