//! The payload that functions receive, produced by the real machine, against the schema that was written by hand.

use std::collections::BTreeSet;

use crate::scene::{AGENT, HELPER, Scene, consumer, pid};
use convoke_api::functions::payload::input_json;
use convoke_domain::conversation::event::{Actor, PrivateText, Role, Timer};
use convoke_domain::conversation::{Action, ParticipantId};
use convoke_domain::state_change::{CbotEventType, StateChangeEvent};
use convoke_domain::ttr::Ttr;
use jiff::ToSpan;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../../schema/controllerbot-payload.schema.json");

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// A conversation in which everything happens that fires.
fn whole_story() -> Vec<(CbotEventType, Value)> {
    let mut scene = Scene::open();
    let assigned = Actor::User(AGENT);
    scene.does(assigned, Action::Accept { agent: AGENT });
    scene.does(Actor::Consumer(consumer()), Action::SetTtr { ttr: Ttr::Urgent });
    let deadline = Some(scene.now.checked_add(40.minutes()).unwrap());
    scene.does(assigned, Action::SetManualDeadline { deadline });
    let helper = ParticipantId::User(HELPER);
    scene.does(Actor::User(HELPER), Action::Join { participant: helper, role: Role::Manager });
    scene.does(Actor::User(HELPER), Action::Leave { participant: helper });
    scene.writes(assigned, "Which order is it?");
    scene.timer_after(10, Timer::ConsumerNonResponsive);
    scene.does(assigned, Action::Transfer { skill: Some("654321".parse().unwrap()), agent: None });
    scene.later_hours(8);
    scene.writes(Actor::Consumer(consumer()), "Number 7");
    scene.does(Actor::Consumer(consumer()), Action::StepUp { identity: PrivateText::new("crm-1") });
    scene.does(Actor::Consumer(consumer()), Action::Close);
    scene.payloads()
}

#[test]
fn every_event_has_the_payload_of_the_schema() {
    let schema = schema();
    let payloads = whole_story();
    let fired: BTreeSet<StateChangeEvent> = payloads.iter().map(|(code, _)| code.event()).collect();
    assert_eq!(fired, BTreeSet::from(StateChangeEvent::ALL), "the story has to fire all eight");
    for (code, payload) in &payloads {
        let errors: Vec<String> =
            schema.iter_errors(payload).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{code}: {errors:#?}\n{payload:#}");
    }
}

#[test]
fn a_renamed_a_missing_and_a_mistyped_field_turn_it_red() {
    let schema = schema();
    for (code, payload) in whole_story() {
        for pointer in leaves(&payload["payload"], "/payload".to_owned()) {
            let mut missing = payload.clone();
            let value = remove(&mut missing, &pointer);
            assert!(!schema.is_valid(&missing), "{code}: {pointer} may be missing");

            let mut renamed = missing.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            renamed.pointer_mut(parent).unwrap()[format!("{name}x")] = value.clone();
            assert!(!schema.is_valid(&renamed), "{code}: {pointer} may be renamed");

            let mut mistyped = payload.clone();
            *mistyped.pointer_mut(&pointer).unwrap() = if value.is_string() { json!(1) } else { json!("1") };
            assert!(!schema.is_valid(&mistyped), "{code}: {pointer} may have another type");
        }
    }
}

/// Every field that is in an object, lists as a whole.
fn leaves(value: &Value, path: String) -> Vec<String> {
    match value.as_object() {
        Some(object) => {
            object.iter().flat_map(|(key, value)| leaves(value, format!("{path}/{key}"))).collect()
        }
        None => vec![path],
    }
}

fn remove(value: &mut Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap()
}

fn of(payloads: &[(CbotEventType, Value)], code: CbotEventType) -> &Value {
    &payloads.iter().find(|(fired, _)| *fired == code).unwrap_or_else(|| panic!("{code} fired")).1["payload"]
}

#[test]
fn each_section_says_what_happened() {
    let payloads = whole_story();
    let opened = of(&payloads, CbotEventType::ConsumerOpenNewConversationFirstTime);
    assert_eq!(opened["start"], json!({ "firstConversation": true }));
    assert_eq!(opened["general"]["oldConvState"], "CLOSE");
    assert_eq!(opened["general"]["newConvState"], "OPEN");
    assert_eq!(opened["participantChange"]["oldParticipants"], json!([]));

    let connected = of(&payloads, CbotEventType::YouAreConnectedTo);
    let new = connected["participantChange"]["newParticipants"].as_array().unwrap();
    assert!(new.contains(&json!({ "id": "demo.4711", "role": "ASSIGNED_AGENT" })), "{new:?}");
    assert!(new.contains(&json!({ "id": consumer().to_string(), "role": "CONSUMER" })), "{new:?}");

    let urgent = of(&payloads, CbotEventType::ConsumerAskedUrgentResponseTime);
    assert_eq!(urgent["ttr"]["oldTtr"], json!({ "ttrType": "NORMAL", "value": 1200 }));
    assert_eq!(urgent["ttr"]["newTtr"], json!({ "ttrType": "URGENT", "value": 300 }));

    let routed = of(&payloads, CbotEventType::EngagementTransferred);
    assert_eq!(routed["routing"], json!({ "oldSkillId": "123456", "newSkillId": "654321" }));

    let line = of(&payloads, CbotEventType::ConsumerSendMessageOnOffHours);
    assert_eq!(line["mid"], json!({ "openedInOffHours": false }));
    assert_eq!(line["general"]["inOffHours"], true);
    assert_eq!(line["general"]["lastMessageComposer"], "CONSUMER");

    let closed = of(&payloads, CbotEventType::ConsumerEndConversation);
    assert_eq!(closed["end"], json!({ "closeReason": "CONSUMER" }));
    assert_eq!(closed["general"]["newConvState"], "CLOSE");
    assert_eq!(closed["general"]["effectiveTTR"], -1);
    assert_eq!(connected["end"], json!({ "closeReason": "" }));
}

#[test]
fn numbers_are_numbers_and_digits_are_digits() {
    let payloads = whole_story();
    let promised = &of(&payloads, CbotEventType::AgentUpdatedResponseTime)["general"];
    let manual = promised["manualETTR"].as_str().unwrap();
    assert_eq!(manual.parse::<i64>().unwrap(), promised["effectiveTTR"].as_i64().unwrap());
    assert_eq!(promised["originatorId"], 4711);
    assert_eq!(promised["originatorPid"], pid(AGENT).to_string());
    assert_eq!(promised["originatorMetadata"], json!({ "id": "demo.4711", "role": "ASSIGNED_AGENT" }));
    assert_eq!(promised["sessionId"], 81_520_337);
    assert_eq!(promised["clientLanguage"], "en-US");

    let opened = &of(&payloads, CbotEventType::ConsumerOpenNewConversationFirstTime)["general"];
    assert_eq!(opened["originatorId"], consumer().number());
    assert_eq!(opened["manualETTR"], "");
    assert_eq!(opened["backToQueueTs"], 0);
    assert_eq!(opened["convId"], opened["dialogId"]);

    let idle = of(&payloads, CbotEventType::ConsumerNonResponsive);
    assert_eq!(idle["general"]["originatorId"], 0);
    assert_eq!(idle["general"]["originatorPid"], "");
    assert_eq!(
        idle["general"]["originatorMetadata"],
        json!({ "id": "demo.controller", "role": "CONTROLLER" })
    );
    assert_eq!(idle["idle"]["consumerNonResponsive"], json!({ "time": 10, "timeUnits": "MINUTES" }));
    assert_eq!(idle["idle"]["convNotTakenTime"], json!({ "time": 90, "timeUnits": "SECONDS" }));
    assert_eq!(idle["idle"]["agentNonResponsive"], json!({ "time": 1, "timeUnits": "HOURS" }));
}

#[test]
fn misspelt_keys_say_the_same_as_the_right_ones() {
    for (_, payload) in whole_story() {
        let (general, idle) = (&payload["payload"]["general"], &payload["payload"]["idle"]);
        assert_eq!(general["contexttype"], general["contextType"]);
        assert_eq!(general["campaignInfo"]["engangementId"], general["campaignInfo"]["engagementId"]);
        assert_eq!(idle["consumserNonResponsive"], idle["consumerNonResponsive"]);
    }
}

#[test]
fn an_erased_address_is_empty() {
    let mut scene = Scene::open();
    let triggered = scene.triggered().remove(0);
    let mut payload = (*triggered.payload).clone();
    payload.general.client_ip.restore(None);
    let json = input_json(&scene.account.id, &payload, |_| None, scene.now);
    assert!(json.contains(r#""clientIpAdress":"""#), "{json}");
    scene.writes(Actor::Consumer(consumer()), "still here");
}
