//! Frames as they are: for every request and every kind of notification of the messaging contract's tables (§1.5, §1.7, §2.3),
//! one that was recorded, checked in beside this file. A field that is added, lost or changed shows here. After a change that
//! is meant, `CONVOKE_UPDATE=1` writes the recordings anew; what is different is for the review.
//!
//! Ids are numbered as they appear and secrets left out. Times stand as they are: the clock does.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{Center, Client};
use crate::testing::{ACME, AGENT, SKILL, WORKSHOP};

/// Every request of agents in the contract's table, without the mark of their dialect.
const OF_AGENTS: [&str; 22] = [
    "GetClock",
    "routing.SetAgentState",
    "routing.SubscribeAgentsState",
    "routing.SubscribeRoutingTasks",
    "routing.UpdateRoutingTaskSubscription",
    "routing.UpdateRingState",
    "aam.SubscribeExConversations",
    "aam.UpdateExConversationSubscription",
    "aam.UnsubscribeExConversations",
    "ms.QueryMessages",
    "ms.PublishEvent",
    "userprofile.GetUserProfile",
    "userprofile.SetUserProfile",
    "cm.AgentRequestConversation",
    "cm.UpdateConversationField",
    "ms.GenerateURLForUploadFile",
    "ms.GenerateURLForDownloadFile",
    "ms.token.GenerateDownloadToken",
    "brandprofile.GetBrands",
    "brandprofile.GetBrandProfile",
    "brandprofile.SetBrandProfile",
    "ms.SubscribeMessagingEvents",
];

/// Every request of consumers.
const OF_CONSUMERS: [&str; 12] = [
    "InitConnection",
    "GetClock",
    "cm.ConsumerRequestConversation",
    "cqm.SubscribeExConversations",
    "cqm.UnsubscribeExConversations",
    "ms.SubscribeMessagingEvents",
    "ms.PublishEvent",
    "cm.UpdateConversationField",
    "userprofile.SetUserProfile",
    "userprofile.GetUserProfile",
    "ms.GenerateURLForUploadFile",
    "ms.GenerateURLForDownloadFile",
];

/// Requests with their answers, by their types.
#[derive(Default)]
struct Recorder(BTreeMap<String, Value>);

impl Recorder {
    /// Asks and notes both, unless this type was noted already.
    async fn ask(&mut self, client: &mut Client, kind: &str, body: Value) -> Value {
        let id = client.begin(kind, body.clone()).await;
        let response = client.answer(&id).await;
        let name = kind.trim_start_matches(".ams.").trim_start_matches('.').to_owned();
        let request = json!({"kind": "req", "id": id, "type": kind, "body": body});
        let told = response["body"].clone();
        self.0.entry(name).or_insert(json!({"request": request, "response": response}));
        told
    }

    /// Everything that was recorded, with the notifications that came in between.
    fn finish(self, heard: &[Value], expected: &[&str]) -> Value {
        for kind in expected {
            assert!(self.0.contains_key(*kind), "{kind} is of the contract, and was not asked");
        }
        let mut notifications: BTreeMap<String, Value> = BTreeMap::new();
        for frame in heard.iter().filter(|frame| frame["kind"] == "notification") {
            notifications.entry(name(frame)).or_insert_with(|| frame.clone());
        }
        let mut known = Numbers::default();
        known.renamed(&json!({"requests": self.0, "notifications": notifications}))
    }
}

/// What a notification is about, more exactly than its type.
fn name(frame: &Value) -> String {
    let first = &frame["body"]["changes"][0];
    let event = frame["body"]["event"]["type"].as_str().or(first["event"]["type"].as_str());
    let result = &first["result"];
    let state =
        result["ringsDetails"][0]["ringState"].as_str().or(result["conversationDetails"]["state"].as_str());
    // Only a survey makes the whole another than its main dialog.
    let whole = result["conversationDetails"]["stage"].as_str().filter(|whole| Some(*whole) != state);
    let parts = [frame["type"].as_str(), first["type"].as_str(), event, state, whole];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Gives ids numbers, in the order in which they appear.
#[derive(Default)]
struct Numbers(Vec<String>);

impl Numbers {
    fn renamed(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => json!(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.renamed(item)).collect(),
            Value::Object(fields) => {
                let renamed = fields.iter().map(|(name, value)| (self.text(name), self.renamed(value)));
                Value::Object(renamed.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let id = ["conv_", "cons_"].into_iter().find(|prefix| rest.starts_with(prefix));
            let digits = |from: &str| from.bytes().take_while(u8::is_ascii_hexdigit).count();
            if let Some(prefix) = id.filter(|prefix| digits(&rest[prefix.len()..]) >= 32) {
                let (whole, after) = rest.split_at(prefix.len() + 32);
                let place = self.0.iter().position(|known| known == whole).unwrap_or_else(|| {
                    self.0.push(whole.to_owned());
                    self.0.len() - 1
                });
                out.push_str(prefix);
                out.push_str(&(place + 1).to_string());
                rest = after;
            } else if digits(rest) >= 64 {
                out += "…";
                rest = &rest[64..];
            } else {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        out
    }
}

/// Holds what was recorded now against what is checked in.
fn compare(name: &str, now: &Value) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/lp/messaging/tests/frames").join(name);
    let text = format!("{now:#}\n");
    if std::env::var_os("CONVOKE_UPDATE").is_some() {
        std::fs::write(&file, text).unwrap();
        return;
    }
    let checked_in: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    for part in ["requests", "notifications"] {
        let (before, now) = (checked_in[part].as_object().unwrap(), now[part].as_object().unwrap());
        for kind in before.keys().chain(now.keys()) {
            assert_eq!(
                before.get(kind),
                now.get(kind),
                "{kind}: is the change meant? See the head of this file"
            );
        }
    }
}

fn line(id: &str, text: &str) -> Value {
    json!({"dialogId": id, "conversationId": id,
        "event": {"type": "ContentEvent", "contentType": "text/plain", "message": text}})
}

#[tokio::test]
async fn agents_are_told_what_is_recorded() {
    let center = Center::new().await;
    let (mut agent, mut noted) = (center.agent(AGENT).await, Recorder::default());
    let own = format!("{ACME}.{AGENT}");
    noted.ask(&mut agent, ".GetClock", json!({})).await;
    noted
        .ask(&mut agent, ".ams.routing.SubscribeAgentsState", json!({"brandId": ACME, "agentId": own}))
        .await;
    let offers = json!({"brandId": ACME, "agentId": own, "channelType": "MESSAGING"});
    let offers = noted.ask(&mut agent, ".ams.routing.SubscribeRoutingTasks", offers).await;
    noted.ask(&mut agent, ".ams.routing.UpdateRoutingTaskSubscription", offers).await;
    let open = json!({"convState": ["OPEN"], "agentIds": [own], "brandId": ACME});
    let mine = noted.ask(&mut agent, ".ams.aam.SubscribeExConversations", open).await;
    let online = json!({"availability": "ONLINE", "channels": ["MESSAGING"], "agentUserId": own});
    noted.ask(&mut agent, ".ams.routing.SetAgentState", online).await;
    let mut window = center.consumer(&center.jwt().await, &["AUTO_MESSAGES"]).await;
    let id = window.open().await;
    let ring = agent.ring("WAITING").await;
    let taken = json!({"ringId": ring["ringId"], "ringState": "ACCEPTED"});
    noted.ask(&mut agent, ".ams.routing.UpdateRingState", taken).await;
    agent.ring("ACCEPTED").await;
    agent.change("UPSERT", |result| result["convId"] == id.as_str()).await;
    window.publish(&id, "hello").await;
    agent.line("hello").await;
    noted.ask(&mut agent, ".ams.ms.PublishEvent", line(&id, "good morning")).await;
    let typing = json!({"dialogId": id, "event": {"type": "ChatStateEvent", "chatState": "COMPOSING"}});
    window.ask("ms.PublishEvent", typing).await;
    let read = json!({"dialogId": id, "event": {"type": "AcceptStatusEvent", "status": "READ", "sequenceList": [1]}});
    window.ask("ms.PublishEvent", read).await;
    agent.find(|frame| frame["body"]["event"]["type"] == "AcceptStatusEvent").await;
    noted.ask(&mut agent, ".ams.ms.QueryMessages", json!({"dialogId": id, "newerThanSequence": 0})).await;
    noted.ask(&mut agent, ".ams.ms.SubscribeMessagingEvents", json!({"dialogId": id})).await;
    let consumer = people_and_files(&mut noted, &mut agent, &id).await;
    let all =
        json!({"subscriptionId": mine["subscriptionId"], "convState": ["OPEN", "CLOSE"], "agentIds": [own]});
    noted.ask(&mut agent, ".ams.aam.UpdateExConversationSubscription", all).await;
    let away = json!({"conversationId": id, "conversationField": [
        {"field": "ParticipantsChange", "type": "REMOVE", "role": "ASSIGNED_AGENT"},
        {"field": "Skill", "type": "UPDATE", "skill": WORKSHOP},
    ]});
    noted.ask(&mut agent, ".ams.cm.UpdateConversationField", away).await;
    agent.change("DELETE", |result| result["convId"] == id.as_str()).await;
    agent.accept().await;
    agent.update(&id, json!({"field": "ConversationStateField", "conversationState": "CLOSE"})).await;
    agent.change("UPSERT", |result| result["conversationDetails"]["state"] == "CLOSE").await;
    noted.ask(&mut agent, ".ams.aam.UnsubscribeExConversations", mine).await;
    let context = json!({"type": "ProactiveContext", "originConversationId": id});
    let again = json!({"channelType": "MESSAGING", "consumerId": consumer, "conversationContext": context});
    noted.ask(&mut agent, ".ams.cm.AgentRequestConversation", again).await;
    agent.settled().await;
    compare("agent.json", &noted.finish(&agent.heard, &OF_AGENTS));
}

/// Asks who somebody is, and for places of files; gives the consumer.
async fn people_and_files(noted: &mut Recorder, agent: &mut Client, id: &str) -> Value {
    let details = |frame: &Value| frame["body"]["changes"][0]["result"]["conversationDetails"].clone();
    let told = agent.heard.iter().map(details).find(|details| details["convId"] == id).unwrap();
    let consumer = told["participantsPId"]["CONSUMER"][0].clone();
    noted.ask(agent, ".ams.userprofile.GetUserProfile", json!({"userId": consumer})).await;
    noted.ask(agent, ".ams.userprofile.SetUserProfile", json!({"firstName": "x"})).await;
    let picture = json!({"fileSize": 1000, "fileType": "JPEG"});
    let place = noted.ask(agent, ".ams.ms.GenerateURLForUploadFile", picture).await;
    let path = json!({"relativePath": place["relativePath"]});
    noted.ask(agent, ".ams.ms.GenerateURLForDownloadFile", path).await;
    let form = json!({"downloadable": {"type": "secure-form", "dialogId": id}});
    noted.ask(agent, ".ams.ms.token.GenerateDownloadToken", form).await;
    for kind in ["GetBrands", "GetBrandProfile", "SetBrandProfile"] {
        noted.ask(agent, &format!(".ams.brandprofile.{kind}"), json!({})).await;
    }
    consumer
}

#[tokio::test]
async fn consumers_are_told_what_is_recorded() {
    let center = Center::new().await;
    let mut agent = center.at_work(AGENT).await;
    let jwt = center.jwt().await;
    let (mut window, mut noted) = (center.consumer(&jwt, &["AUTO_MESSAGES"]).await, Recorder::default());
    noted.ask(&mut window, "InitConnection", json!({})).await;
    noted.ask(&mut window, "GetClock", json!({})).await;
    let all = json!({"convState": ["OPEN", "CLOSE"], "stage": ["OPEN", "CLOSE"]});
    let mine = noted.ask(&mut window, "cqm.SubscribeExConversations", all).await;
    noted.ask(&mut window, "userprofile.SetUserProfile", json!({"firstName": "Ada"})).await;
    noted.ask(&mut window, "userprofile.GetUserProfile", json!({})).await;
    let context = json!({"type": "SharkContext", "lang": "en-US", "visitorId": "12", "sessionId": "13"});
    let campaign = json!({"campaignId": "14", "engagementId": "15"});
    let opening = json!({"skillId": SKILL, "conversationContext": context, "campaignInfo": campaign});
    let opened = noted.ask(&mut window, "cm.ConsumerRequestConversation", opening).await;
    let id = opened["conversationId"].as_str().unwrap().to_owned();
    noted.ask(&mut window, "ms.SubscribeMessagingEvents", json!({"dialogId": id, "fromSeq": 0})).await;
    noted.ask(&mut window, "ms.PublishEvent", line(&id, "hello")).await;
    assert_eq!(agent.accept().await, id);
    agent.publish(&id, "good morning").await;
    window.line("good morning").await;
    let typing = json!({"dialogId": id, "event": {"type": "ChatStateEvent", "chatState": "COMPOSING"}});
    agent.ask(".ams.ms.PublishEvent", typing).await;
    window
        .find(|frame| super::messages(frame).iter().any(|told| told["event"]["type"] == "ChatStateEvent"))
        .await;
    let place = json!({"fileSize": 1000, "fileType": "JPEG"});
    let place = noted.ask(&mut window, "ms.GenerateURLForUploadFile", place).await;
    let path = json!({"relativePath": place["relativePath"]});
    noted.ask(&mut window, "ms.GenerateURLForDownloadFile", path).await;
    let close = json!({"conversationId": id, "conversationField":
        [{"field": "ConversationStateField", "conversationState": "CLOSE"}]});
    noted.ask(&mut window, "cm.UpdateConversationField", close).await;
    window.change("UPSERT", |result| result["conversationDetails"]["state"] == "CLOSE").await;
    noted.ask(&mut window, "cqm.UnsubscribeExConversations", mine).await;
    window.settled().await;
    compare("consumer.json", &noted.finish(&window.heard, &OF_CONSUMERS));
}

/// A conversation whose consumer is asked afterwards, as both sides are told it from the close of the main dialog on.
#[tokio::test]
async fn both_sides_are_told_of_a_survey_as_is_recorded() {
    let center = Center::new().await;
    let survey = json!({"survey": {"enabled": true, "question": {"en": "How were we?"}}});
    center.kit.put("/settings", &center.kit.admin().await, survey).await.ok(200);
    let mut agent = center.at_work(AGENT).await;
    agent.ask(".ams.aam.SubscribeExConversations", json!({"stage": ["OPEN"]})).await;
    let mut window = center.consumer(&center.jwt().await, &["AUTO_MESSAGES", "MULTI_DIALOG"]).await;
    window.ask("cqm.SubscribeExConversations", json!({})).await;
    let id = window.open().await;
    agent.accept().await;
    let ended = |result: &Value, stage: &str| {
        result["conversationDetails"]["state"] == "CLOSE" && result["conversationDetails"]["stage"] == stage
    };
    agent
        .change("UPSERT", |result| result["conversationDetails"]["participants"]["ASSIGNED_AGENT"].is_array())
        .await;
    for client in [&mut agent, &mut window] {
        client.settled().await;
        client.heard.clear();
    }
    let (mut by_agent, mut by_window) = (Recorder::default(), Recorder::default());
    let close = json!({"conversationId": id, "conversationField": [
        {"field": "DialogChange", "type": "UPDATE", "dialog": {"dialogId": id, "state": "CLOSE"}},
    ]});
    by_agent.ask(&mut agent, ".ams.cm.UpdateConversationField", close).await;
    let asked = window.change("UPSERT", |result| ended(result, "OPEN")).await;
    let survey = asked["conversationDetails"]["dialogs"][1]["dialogId"].as_str().unwrap().to_owned();
    let listen = json!({"dialogId": survey, "conversationId": id, "fromSeq": 0});
    by_window.ask(&mut window, "ms.SubscribeMessagingEvents", listen).await;
    window.line("How were we?").await;
    let mut answer = line(&survey, "it was fine");
    answer["conversationId"] = json!(id);
    by_window.ask(&mut window, "ms.PublishEvent", answer).await;
    window.line("it was fine").await;
    let rating = json!({"conversationId": id, "conversationField": [{"field": "CSATRate", "csatRate": 5,
        "csatResolutionConfirmation": true, "status": "FILLED"}]});
    by_window.ask(&mut window, "cm.UpdateConversationField", rating).await;
    window.change("UPSERT", |result| ended(result, "CLOSE")).await;
    agent.change("DELETE", |result| ended(result, "CLOSE")).await;
    by_agent.ask(&mut agent, ".ams.ms.QueryMessages", json!({"dialogId": survey})).await;
    for client in [&mut agent, &mut window] {
        client.settled().await;
    }
    compare(
        "survey-agent.json",
        &by_agent.finish(&agent.heard, &["cm.UpdateConversationField", "ms.QueryMessages"]),
    );
    let asked = ["ms.SubscribeMessagingEvents", "ms.PublishEvent", "cm.UpdateConversationField"];
    compare("survey-consumer.json", &by_window.finish(&window.heard, &asked));
}
