//! The survey after a conversation, in both dialects: what opens and ends it, and who hears what of it.

use std::time::Duration;

use convoke_domain::limits::SURVEY_EXPIRY;
use serde_json::{Value, json};

use super::{Center, Client, messages};
use crate::limits;
use crate::testing::{ACME, AGENT, Kit};

const UPDATE: &str = "cm.UpdateConversationField";

/// A center whose account asks its consumers afterwards.
async fn asking() -> Center {
    let kit = Kit::new().await;
    let survey = json!({"survey": {"enabled": true, "question": {"en": "How were we?"}}});
    kit.put("/settings", &kit.admin().await, survey).await.ok(200);
    Center::with(kit).await
}

/// An agent and a consumer whose client shows surveys, in a conversation; both follow what becomes of it.
async fn served(center: &Center) -> (Client, Client, String) {
    let mut agent = center.at_work(AGENT).await;
    let own = format!("{ACME}.{AGENT}");
    agent.ask(".ams.aam.SubscribeExConversations", json!({"agentIds": [own], "stage": ["OPEN"]})).await;
    let mut window = center.consumer(&center.jwt().await, &["MULTI_DIALOG"]).await;
    window.ask("cqm.SubscribeExConversations", json!({})).await;
    let id = window.open().await;
    agent.accept().await;
    (agent, window, id)
}

/// The fields that close a dialog.
fn close(dialog: &str) -> Value {
    let dialog = json!({"dialogId": dialog, "state": "CLOSE", "closedBy": "AGENT", "closedCause": "done"});
    json!([{"field": "DialogChange", "type": "UPDATE", "dialog": dialog}])
}

fn survey_of(id: &str) -> String {
    format!("{id}-1")
}

async fn rate(window: &mut Client, id: &str, field: Value) {
    let body = json!({"conversationId": id, "conversationField": [field]});
    window.ask(UPDATE, body).await;
}

fn line_in(dialog: &str, id: &str, text: &str) -> Value {
    let event = json!({"type": "ContentEvent", "contentType": "text/plain", "message": text});
    json!({"dialogId": dialog, "conversationId": id, "event": event})
}

fn is_asked(result: &Value) -> bool {
    let details = &result["conversationDetails"];
    details["state"] == "CLOSE" && details["stage"] == "OPEN"
}

fn is_over(result: &Value) -> bool {
    result["conversationDetails"]["stage"] == "CLOSE"
}

#[tokio::test]
async fn closing_the_main_dialog_asks_the_consumer_in_a_dialog_of_its_own() {
    let center = asking().await;
    let (mut agent, mut window, id) = served(&center).await;
    let survey = survey_of(&id);
    window.publish(&id, "hello").await;
    agent.update(&id, close(&id)).await;
    for client in [&mut agent, &mut window] {
        let details = client.change("UPSERT", is_asked).await["conversationDetails"].clone();
        assert_eq!((&details["closeReason"], &details["endTs"]), (&json!("AGENT"), &Value::Null));
        let [main, asked] = &details["dialogs"].as_array().unwrap()[..] else { panic!("{details}") };
        assert_eq!((&main["dialogType"], &main["state"]), (&json!("MAIN"), &json!("CLOSE")));
        assert_eq!((&main["closedBy"], &main["dialogId"]), (&json!("AGENT"), &json!(id)));
        assert_eq!((&asked["dialogType"], &asked["state"]), (&json!("POST_SURVEY"), &json!("OPEN")));
        assert_eq!((&asked["dialogId"], &asked["channelType"]), (&json!(survey), &json!("MESSAGING")));
        let roles = asked["participantsDetails"].as_array().unwrap().iter();
        assert_eq!(roles.map(|one| &one["role"]).collect::<Vec<_>>(), ["CONSUMER", "CONTROLLER"]);
    }
    agent.settled().await;
    window.ask("ms.SubscribeMessagingEvents", json!({"dialogId": survey, "fromSeq": 0})).await;
    let question = window.line("How were we?").await;
    assert_eq!((&question["sequence"], &question["dialogId"]), (&json!(0), &json!(survey)));
    let written = window.ask("ms.PublishEvent", line_in(&survey, &id, "it was fine")).await;
    assert_eq!(written["sequence"], 1, "each dialog counts for itself");
    let told = window.line("it was fine").await;
    assert_eq!((&told["dialogId"], &told["conversationId"]), (&json!(survey), &json!(id)));
    let heard = agent.settled().await;
    assert!(heard.iter().all(|frame| frame["type"] != ".ams.ms.OnlineEventDistribution"), "{heard:?}");
    rate(&mut window, &id, json!({"field": "CSATRate", "csatRate": 4, "status": "FILLED"})).await;
    let over = window.change("UPSERT", is_over).await["conversationDetails"].clone();
    assert_eq!((&over["csatRate"], &over["closeReason"]), (&json!(4), &json!("AGENT")));
    assert_eq!(over["dialogs"][1]["closedBy"], "CONSUMER");
    assert!(over["endTs"].is_number() && over["dialogs"][1]["endTs"] == over["endTs"]);
    agent.change("DELETE", is_over).await;
    let asked = agent.ask(".ams.ms.QueryMessages", json!({"dialogId": survey})).await;
    let sequences = asked.as_array().unwrap().iter().map(|line| line["sequence"].clone());
    assert_eq!(sequences.collect::<Vec<_>>(), [0, 1], "what was said is kept");
    let main = agent.ask(".ams.ms.QueryMessages", json!({"dialogId": id})).await;
    assert!(!main.to_string().contains("it was fine"), "and each dialog has its own lines");
}

#[tokio::test]
async fn a_consumer_closes_the_main_dialog_and_then_the_survey() {
    let center = asking().await;
    let (mut agent, mut window, id) = served(&center).await;
    window.ask(UPDATE, json!({"conversationId": id, "conversationField": close(&id)})).await;
    let asked = agent.change("UPSERT", is_asked).await["conversationDetails"].clone();
    assert_eq!(asked["closeReason"], "CONSUMER");
    // Named by the field alone, and by one thing instead of a list.
    let field = json!({"field": "DialogChange", "type": "UPDATE", "dialogId": survey_of(&id),
        "dialog": {"state": "CLOSE"}});
    window.ask(UPDATE, json!({"conversationId": id, "conversationField": field})).await;
    let over = window.change("UPSERT", is_over).await;
    assert!(over["conversationDetails"]["csatRate"].is_null());
}

#[tokio::test]
async fn each_status_of_a_rating_ends_the_survey() {
    let center = asking().await;
    for field in [
        json!({"field": "CSATRate", "csatRate": 1, "csatResolutionConfirmation": true, "status": "FILLED"}),
        json!({"field": "CSATRate", "csatResolutionConfirmation": false, "status": "PARTIALLY_FILLED"}),
        json!({"field": "CSATRate", "status": "SKIPPED"}),
    ] {
        let (mut agent, mut window, id) = served(&center).await;
        agent.update(&id, close(&id)).await;
        rate(&mut window, &id, field).await;
        window.change("UPSERT", |result| result["convId"] == id.as_str() && is_over(result)).await;
    }
}

#[tokio::test]
async fn closing_the_conversation_ends_everything_at_once() {
    let center = asking().await;
    let (mut agent, mut window, id) = served(&center).await;
    let whole = json!([{"field": "ConversationStateField", "conversationState": "CLOSE"}]);
    agent.update(&id, whole.clone()).await;
    let over = window.change("UPSERT", is_over).await["conversationDetails"].clone();
    assert_eq!(over["dialogs"].as_array().unwrap().len(), 1);
    let (mut agent, mut window, id) = served(&center).await;
    agent.update(&id, close(&id)).await;
    agent.update(&id, whole).await;
    let is_it = |result: &Value| result["convId"] == id.as_str() && is_over(result);
    let over = window.change("UPSERT", is_it).await["conversationDetails"].clone();
    assert_eq!(over["dialogs"][1]["closedBy"], "AGENT");
}

#[tokio::test]
async fn a_client_that_shows_no_dialogs_is_not_asked() {
    let center = asking().await;
    let mut agent = center.at_work(AGENT).await;
    let mut window = center.consumer(&center.jwt().await, &["AUTO_MESSAGES"]).await;
    window.ask("cqm.SubscribeExConversations", json!({})).await;
    let id = window.open().await;
    agent.accept().await;
    agent.update(&id, close(&id)).await;
    let over = window.change("UPSERT", is_over).await["conversationDetails"].clone();
    assert_eq!(over["dialogs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_survey_that_nobody_answers_expires_after_a_week() {
    let center = asking().await;
    let (mut agent, mut window, id) = served(&center).await;
    agent.update(&id, close(&id)).await;
    window.change("UPSERT", is_asked).await;
    drop((agent, window));
    center.kit.clock.advance(SURVEY_EXPIRY + Duration::from_secs(1));
    crate::testing::until(async || {
        let state = center.kit.handle.conversation(&ACME.parse().unwrap(), id.parse().unwrap()).await;
        state.unwrap().is_over()
    })
    .await;
    let mut agent = center.agent(AGENT).await;
    agent.ask(".ams.aam.SubscribeExConversations", json!({"stage": ["CLOSE"]})).await;
    let over = agent.change("UPSERT", is_over).await["conversationDetails"].clone();
    let survey = &over["dialogs"][1];
    assert_eq!((&survey["closedBy"], &survey["closedCause"]), (&json!("SYSTEM"), &json!("TIMEOUT")));
}

#[tokio::test]
async fn a_window_that_comes_back_finds_the_survey_that_waits_for_it() {
    let center = asking().await;
    let (jwt, features) = (center.jwt().await, ["MULTI_DIALOG"]);
    let mut agent = center.at_work(AGENT).await;
    let mut window = center.consumer(&jwt, &features).await;
    let id = window.open().await;
    agent.accept().await;
    drop(window);
    agent.update(&id, close(&id)).await;
    let mut window = center.consumer(&jwt, &features).await;
    window.ask("cqm.SubscribeExConversations", json!({"convState": ["OPEN"]})).await;
    assert_eq!(window.told("cqm.ExConversationChangeNotification").await["changes"], json!([]));
    window.ask("cqm.SubscribeExConversations", json!({"stage": ["OPEN"]})).await;
    let asked = window.change("UPSERT", is_asked).await;
    let survey = asked["conversationDetails"]["dialogs"][1]["dialogId"].clone();
    window.ask("ms.SubscribeMessagingEvents", json!({"dialogId": survey})).await;
    window.line("How were we?").await;
}

#[tokio::test]
async fn what_does_not_belong_into_a_survey_is_refused() {
    let center = asking().await;
    let (mut agent, mut window, id) = served(&center).await;
    let survey = survey_of(&id);
    let unknown = (404, "dialog.unknown".to_owned());
    // There is none yet, and there will never be a third dialog.
    let third = format!("{id}-2");
    for dialog in [survey.as_str(), third.as_str()] {
        for kind in ["ms.SubscribeMessagingEvents", "ms.QueryMessages"] {
            assert_eq!(window.refused(kind, json!({"dialogId": dialog})).await, unknown, "{kind} {dialog}");
        }
        assert_eq!(window.refused("ms.PublishEvent", line_in(dialog, &id, "x")).await, unknown);
        let body = json!({"conversationId": id, "conversationField": close(dialog)});
        assert_eq!(window.refused(UPDATE, body).await, unknown);
    }
    agent.update(&id, close(&id)).await;
    window.change("UPSERT", is_asked).await;
    // Whoever served is out of it.
    let refused = agent.refused(".ams.ms.PublishEvent", line_in(&survey, &id, "was I good?")).await;
    assert_eq!(refused, (403, "participant.role_not_allowed".to_owned()));
    let mut stranger = center.consumer(&center.jwt().await, &["MULTI_DIALOG"]).await;
    let other = stranger.open().await;
    for dialog in [survey.clone(), survey_of(&other)] {
        let refused = stranger.refused("ms.PublishEvent", line_in(&dialog, &other, "x")).await;
        assert_eq!(refused, unknown, "{dialog} is of another conversation, or of none");
    }
    let foreign = json!({"conversationId": other, "conversationField": close(&survey)});
    assert_eq!(stranger.refused(UPDATE, foreign).await, unknown);
    assert_eq!(stranger.refused("ms.QueryMessages", json!({"dialogId": survey})).await.0, 404);
    for rate in [0, 6, -1, 300] {
        let field = json!({"field": "CSATRate", "csatRate": rate, "status": "FILLED"});
        let body = json!({"conversationId": id, "conversationField": [field]});
        assert_eq!(window.refused(UPDATE, body).await.0, 400, "{rate}");
    }
    let body = json!({"conversationId": id, "conversationField": [{"field": "CSATRate", "csatRate": 5}]});
    assert_eq!(agent.refused(".ams.cm.UpdateConversationField", body).await.0, 403);
    rate(&mut window, &id, json!({"field": "CSATRate", "csatRate": 5})).await;
    let refused = window.refused("ms.PublishEvent", line_in(&survey, &id, "one more thing")).await;
    assert_eq!(refused, (400, "conversation.closed".to_owned()));
    let body = json!({"conversationId": id, "conversationField": close(&survey)});
    assert_eq!(window.refused(UPDATE, body).await, (400, "conversation.closed".to_owned()));
}

#[tokio::test]
async fn who_answers_no_survey_at_all_opens_conversations_no_more() {
    let center = asking().await;
    let mut window = center.consumer(&center.jwt().await, &["MULTI_DIALOG"]).await;
    for _ in 0..limits::PRESENT_OF_CONSUMER_MAX {
        let id = window.open().await;
        window.ask(UPDATE, json!({"conversationId": id, "conversationField": close(&id)})).await;
    }
    assert_eq!(window.refused("cm.ConsumerRequestConversation", json!({})).await.0, 429);
}

#[tokio::test]
async fn typing_and_receipts_in_a_survey_stay_in_it() {
    let center = asking().await;
    let (mut agent, mut window, id) = served(&center).await;
    let survey = survey_of(&id);
    agent.update(&id, close(&id)).await;
    window.change("UPSERT", is_asked).await;
    agent.settled().await;
    window.ask("ms.SubscribeMessagingEvents", json!({"dialogId": survey})).await;
    let event = |event: Value| json!({"dialogId": survey, "conversationId": id, "event": event});
    let read = json!({"type": "AcceptStatusEvent", "status": "READ", "sequenceList": [0]});
    assert_eq!(window.ask("ms.PublishEvent", event(read)).await["sequence"], 1);
    let is_receipt = |told: &Value| told["event"]["type"] == "AcceptStatusEvent";
    let frame = window.find(|frame| messages(frame).iter().any(is_receipt)).await;
    assert_eq!(frame["body"]["dialogId"], survey);
    let typing = json!({"type": "ChatStateEvent", "chatState": "COMPOSING"});
    window.ask("ms.PublishEvent", event(typing)).await;
    let heard = agent.settled().await;
    assert!(heard.iter().all(|frame| frame["type"] != ".ams.ms.OnlineEventDistribution"), "{heard:?}");
}

#[tokio::test]
async fn history_tells_both_dialogs() {
    let center = asking().await;
    let (mut agent, mut window, id) = served(&center).await;
    window.publish(&id, "hello").await;
    agent.update(&id, close(&id)).await;
    window.change("UPSERT", is_asked).await;
    window.ask("ms.PublishEvent", line_in(&survey_of(&id), &id, "it was fine")).await;
    let (handle, account) = (&center.kit.handle, ACME.parse().unwrap());
    let state = handle.conversation(&account, id.parse().unwrap()).await.unwrap();
    let first = convoke_domain::sequence::EventSeq::FIRST;
    let events = handle.events(&account, id.parse().unwrap(), first).await.unwrap();
    let view = handle.account(&account).unwrap();
    let record = convoke_api::lp::history::record(&view.account, &state, &events, &[]);
    assert_eq!(record["info"]["status"], "OPEN");
    let dialogs = record["dialogs"].as_array().unwrap().iter();
    let dialogs: Vec<_> = dialogs.map(|dialog| (&dialog["dialogType"], &dialog["status"])).collect();
    assert_eq!(dialogs, [(&json!("MAIN"), &json!("CLOSE")), (&json!("POST_SURVEY"), &json!("OPEN"))]);
    let lines = record["messageRecords"].as_array().unwrap();
    let of = |text: &str| {
        let is_it = |line: &&Value| line["messageData"]["msg"]["text"] == text;
        lines.iter().find(is_it).unwrap()["dialogId"].clone()
    };
    assert_eq!((of("hello"), of("it was fine")), (json!(id), json!(survey_of(&id))));
}
