//! What clients need is always sent: a test per row of the messaging contract's §4.3, over every frame of a conversation
//! that goes through everything that is told.

use serde_json::{Value, json};

use super::{Center, Client};
use crate::testing::{ACME, AGENT, WORKSHOP};

/// Every frame that an agent gets while a conversation is opened, taken, answered, joined, marked, transferred, taken
/// again, and closed; and the answers to some requests that are refused.
async fn heard_by_an_agent() -> Vec<Value> {
    let center = Center::new().await;
    let mut agent = center.agent(AGENT).await;
    agent.ask(".ams.routing.SubscribeAgentsState", json!({})).await;
    agent.ask(".ams.aam.SubscribeExConversations", json!({"convState": ["OPEN"]})).await;
    agent.ask(".ams.routing.SubscribeRoutingTasks", json!({})).await;
    agent.ask(".ams.routing.SetAgentState", json!({"availability": "ONLINE"})).await;
    let mut consumer = center.consumer(&center.jwt().await, &["AUTO_MESSAGES"]).await;
    let id = consumer.open().await;
    agent.accept().await;
    talk(&center, &mut agent, &mut consumer, &id).await;
    refusals(&mut agent, &id).await;
    let own = format!("{ACME}.{AGENT}");
    let to_the_workshop = json!([
        {"field": "ParticipantsChange", "type": "REMOVE", "role": "ASSIGNED_AGENT", "userId": own},
        {"field": "Skill", "type": "UPDATE", "skill": WORKSHOP},
    ]);
    agent.update(&id, to_the_workshop).await;
    agent.accept().await;
    agent.update(&id, json!({"field": "ConversationStateField", "conversationState": "CLOSE"})).await;
    agent.change("DELETE", |result| result["conversationDetails"]["stage"] == "CLOSE").await;
    agent.settled().await;
    agent.heard
}

async fn talk(center: &Center, agent: &mut Client, consumer: &mut Client, id: &str) {
    consumer.publish(id, "hello").await;
    agent.line("hello").await;
    agent.publish(id, "good morning").await;
    let typing = json!({"dialogId": id, "event": {"type": "ChatStateEvent", "chatState": "COMPOSING"}});
    consumer.ask("ms.PublishEvent", typing).await;
    let urgent = json!({"field": "TTRField", "ttrType": "URGENT"});
    let body = json!({"conversationId": id, "conversationField": [urgent]});
    consumer.ask("cm.UpdateConversationField", body).await;
    let mut manager = center.agent(4712).await;
    let change = |kind: &str| json!({"field": "ParticipantsChange", "type": kind, "role": "MANAGER"});
    manager.update(id, change("ADD")).await;
    manager.publish(id, "may I help?").await;
    agent.line("may I help?").await;
    manager.update(id, change("REMOVE")).await;
    let asked = agent.ask(".ams.ms.QueryMessages", json!({"dialogId": id, "newerThanSequence": 0})).await;
    assert!(asked.as_array().unwrap().len() >= 3, "{asked}");
}

async fn refusals(agent: &mut Client, id: &str) {
    agent.refused(".ams.unheard.Of", json!({})).await;
    agent.refused(".ams.cm.UpdateConversationField", json!({"conversationId": id})).await;
    agent.refused(".ams.routing.UpdateRingState", json!({"ringId": "x", "ringState": "ACCEPTED"})).await;
    agent.send(&json!([1])).await;
    agent.settled().await;
}

/// What happened to conversations, in every notification of it.
fn conversations(heard: &[Value]) -> Vec<&Value> {
    results(heard, ".ams.aam.ExConversationChangeNotification")
}

fn rings(heard: &[Value]) -> Vec<&Value> {
    results(heard, ".ams.routing.RoutingTaskNotification")
}

fn results<'v>(heard: &'v [Value], kind: &str) -> Vec<&'v Value> {
    let told = heard.iter().filter(|frame| frame["type"] == kind);
    let changes = told.flat_map(|frame| frame["body"]["changes"].as_array().unwrap());
    let results: Vec<&Value> = changes.map(|change| &change["result"]).collect();
    assert!(results.len() > 2, "{kind} is told");
    results
}

fn lines(heard: &[Value]) -> Vec<&Value> {
    let told = heard.iter().filter(|frame| frame["type"] == ".ams.ms.OnlineEventDistribution");
    told.map(|frame| &frame["body"]).collect()
}

fn roles(map: &Value) -> Vec<(&String, usize)> {
    let roles = map.as_object().expect("a map from role to ids");
    roles.iter().map(|(role, ids)| (role, ids.as_array().expect("a list of ids").len())).collect()
}

fn has(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value.get(*field).is_some_and(|value| !value.is_null()), "{field} is missing in {value}");
    }
}

#[tokio::test]
async fn participants_have_their_new_ids_beside_the_old_ones_in_the_same_order() {
    let heard = heard_by_an_agent().await;
    let mut most = 0;
    for result in conversations(&heard) {
        let details = &result["conversationDetails"];
        assert_eq!(roles(&details["participants"]), roles(&details["participantsPId"]), "{details}");
        most = most.max(roles(&details["participantsPId"]).len());
    }
    assert_eq!(most, 4, "consumer, controller, agent and manager");
}

#[tokio::test]
async fn participants_are_told_by_role_whoever_is_there() {
    let heard = heard_by_an_agent().await;
    for result in conversations(&heard) {
        let participants = &result["conversationDetails"]["participants"];
        has(participants, &["CONSUMER", "CONTROLLER"]);
        assert!(roles(participants).iter().all(|(_, ids)| *ids > 0), "{participants}");
    }
}

#[tokio::test]
async fn a_conversation_has_its_dialogs_open_or_closed() {
    let heard = heard_by_an_agent().await;
    for result in conversations(&heard) {
        let dialogs = result["conversationDetails"]["dialogs"].as_array().expect("a list of dialogs");
        assert_eq!(dialogs.len(), 1);
        has(&dialogs[0], &["dialogId", "dialogType", "channelType", "state", "metaData"]);
        assert_eq!(dialogs[0]["dialogId"], result["convId"]);
    }
}

#[tokio::test]
async fn a_dialog_has_the_details_of_its_participants_and_no_role_that_has_no_id() {
    let heard = heard_by_an_agent().await;
    for result in conversations(&heard) {
        let details = &result["conversationDetails"];
        let listed = details["dialogs"][0]["participantsDetails"].as_array().expect("a list");
        assert!(listed.len() > 1, "{details}");
        for participant in listed {
            has(participant, &["id", "role", "state"]);
            let role = participant["role"].as_str().unwrap();
            let known = details["participants"][role].as_array();
            assert!(known.is_some_and(|ids| ids.contains(&participant["id"])), "{role} in {details}");
            assert!(details["participantsPId"][role].is_array(), "{role} in {details}");
        }
    }
}

#[tokio::test]
async fn every_answer_says_to_which_request_it_belongs_and_of_which_type_it_is() {
    let heard = heard_by_an_agent().await;
    let answers: Vec<&Value> = heard.iter().filter(|frame| frame["kind"] == "resp").collect();
    assert!(answers.len() > 15, "{}", answers.len());
    for answer in answers {
        assert!(answer["reqId"].is_string() && answer["type"].is_string(), "{answer}");
        assert!(answer["code"].is_u64() && answer.get("body").is_some(), "{answer}");
    }
}

#[tokio::test]
async fn what_bots_read_of_a_conversation_is_always_there() {
    let heard = heard_by_an_agent().await;
    let mut with_lines = 0;
    for result in conversations(&heard) {
        has(result, &["convId", "effectiveTTR", "lastUpdateTime", "conversationDetails"]);
        let details = &result["conversationDetails"];
        has(details, &["stage", "state", "ttr", "context", "startTs", "metaDataLastUpdateTs", "brandId"]);
        has(details, &["skillId", "firstConversation", "conversationHandlerDetails"]);
        has(&details["ttr"], &["ttrType", "value"]);
        assert!(details["skillId"].is_string());
        if let Some(line) = result.get("lastContentEventNotification") {
            has(line, &["sequence", "originatorId", "originatorPId", "serverTimestamp", "event", "dialogId"]);
            with_lines += 1;
        }
    }
    assert!(with_lines > 3, "once something was written, it is told with the conversation");
    for frame in heard.iter().filter(|frame| frame["kind"] == "notification") {
        let one_event = frame["type"] == ".ams.ms.OnlineEventDistribution";
        assert!(one_event || frame["body"]["subscriptionId"].is_string(), "{frame}");
    }
}

#[tokio::test]
async fn a_ring_is_told_whole_whatever_becomes_of_it() {
    let heard = heard_by_an_agent().await;
    let first = heard.iter().find(|frame| frame["type"] == ".ams.routing.RoutingTaskNotification").unwrap();
    assert!(first["body"]["changes"].is_array(), "the first notification comes though nothing rings");
    for result in rings(&heard) {
        has(
            result,
            &["routingTaskId", "conversationId", "consumerId", "skillId", "brandId", "taskCompleted"],
        );
        for ring in result["ringsDetails"].as_array().expect("a list of rings") {
            has(ring, &["ringId", "ringState", "ringExpiration", "ringExpirationTs", "weight"]);
            has(ring, &["convId", "consumerId", "skillId", "brandId"]);
            assert_eq!(ring["ringExpiration"], 72_000);
        }
    }
}

#[tokio::test]
async fn a_line_says_who_wrote_it_when_and_at_which_place_and_a_chat_state_only_who() {
    let heard = heard_by_an_agent().await;
    let (mut written, mut typed) = (0, 0);
    for line in lines(&heard) {
        has(
            line,
            &["originatorId", "originatorPId", "originatorMetadata", "conversationId", "dialogId", "event"],
        );
        has(&line["originatorMetadata"], &["id", "role"]);
        if line["event"]["type"] == "ChatStateEvent" {
            assert!(line.get("sequence").is_none() && line.get("serverTimestamp").is_none(), "{line}");
            typed += 1;
        } else {
            has(line, &["sequence", "serverTimestamp"]);
            written += 1;
        }
    }
    assert!(written >= 3 && typed == 1, "{written} lines, {typed} chat states");
}
