//! What the native API shows of a conversation: to staff everything and in words, to consumers only what is theirs.

use std::collections::BTreeSet;

use convoke_api::explain::{AccountNames, describe};
use convoke_api::v1::conversation::Conversation;
use convoke_api::v1::event::ConversationEvent;
use convoke_api::v1::explain::{ChangeStatus, Explanation};
use convoke_api::v1::participant::Viewer;
use convoke_domain::conversation::event::{Actor, PrivateText, Role};
use convoke_domain::conversation::{Action, Event, Failed, ParticipantId};
use convoke_domain::state_change::StateChangeEvent;
use convoke_domain::ttr::Ttr;
use serde_json::Value;

use crate::scene::{AGENT, HELPER, Scene, consumer, conversation};

/// A conversation with everything in it that is not a consumer's business.
fn story() -> Scene {
    let mut scene = Scene::before();
    let greet = scene.deploys("greet", StateChangeEvent::NewConversation);
    let route = scene.deploys("route", StateChangeEvent::ConversationRouting);
    scene.opens();
    let answer = r#"[{"type":"systemMessage","text":"Hello!"},{"type":"transfer","skillId":"654321"},
        {"type":"transfer","skillId":"1"},{"type":"shout"}]"#;
    scene.answers(greet, 2, Ok(answer));
    let failed = Failed { code: "function.threw".to_owned(), detail: PrivateText::new("TypeError: secret") };
    scene.answers(route, 4, Err(failed));
    scene.writes(Actor::Consumer(consumer()), "My kettle\nis broken");
    scene.does(Actor::User(AGENT), Action::Accept { agent: AGENT });
    let reader = ParticipantId::User(HELPER);
    scene.does(Actor::User(HELPER), Action::Join { participant: reader, role: Role::Reader });
    scene.does(Actor::Consumer(consumer()), Action::SetTtr { ttr: Ttr::Urgent });
    scene.does(Actor::Consumer(consumer()), Action::StepUp { identity: PrivateText::new("crm-1815") });
    scene.does(Actor::User(AGENT), Action::Close);
    scene
}

fn seen(scene: &Scene, viewer: Viewer) -> Vec<Value> {
    let names = AccountNames { account: &scene.account, functions: &scene.functions };
    let events = scene.events.iter().filter_map(|event| ConversationEvent::of(event, viewer, &names));
    events.map(|event| serde_json::to_value(event).unwrap()).collect()
}

#[test]
fn a_conversation_reads_as_sentences() {
    let scene = story();
    let names = AccountNames { account: &scene.account, functions: &scene.functions };
    let told: Vec<String> = scene.events.iter().map(|event| describe(event, &names)).collect();
    let expected = [
        "A consumer opened the conversation for skill 123456 (Skill 123456), the first of this consumer.",
        "An answer is due by 2026-03-03 10:20:01 UTC.",
        "This fired Messaging New Conversation (CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME).",
        "The Controller Bot wrote: “Hello!” (from greet, version 1)",
        "A function moved the conversation from skill 123456 (Skill 123456) to skill 654321 (Skill 654321).",
        "Function greet (version 1) answered after 2 attempts; its message was sent; the transfer was carried out; the \
         transfer was ignored: only the first of each type counts; something that is no command was rejected: there \
         is no command \"shout\"; the types are \"systemMessage\", \"transfer\" and \"closeConversation\".",
        "Function route (version 1) failed after 4 attempts (function.threw); the account's automatic message was sent.",
        "The Controller Bot wrote: “We are passing you on to the team that can help you best.” (automatic message)",
        "The consumer wrote: “My kettle is broken”",
        "Grace took the conversation.",
        "Alan reads along.",
        "The consumer changed the time to respond from normal to urgent.",
        "The consumer proved who they are.",
        "Grace closed the conversation.",
    ];
    for sentence in expected {
        assert!(told.iter().any(|line| line == sentence), "missing: {sentence}\n{told:#?}");
    }
    assert!(told.iter().all(|line| !line.contains('\n')), "one event, one line");
}

#[test]
fn a_consumer_sees_neither_triggers_nor_provenance_nor_staff() {
    let scene = story();
    let seen = seen(&scene, Viewer::Consumer);
    let types: BTreeSet<&str> = seen.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let shown = [
        "closed",
        "deadline_moved",
        "line_published",
        "opened",
        "participant_joined",
        "skill_changed",
        "stepped_up",
        "ttr_changed",
    ];
    assert_eq!(types, BTreeSet::from(shown));
    let text = serde_json::to_string(&seen).unwrap();
    for secret in [
        "4711",
        "4712",
        "alan",
        "greet",
        "route",
        "crm-1815",
        "TypeError",
        "provenance",
        "inv_",
        "fn_",
        "203.0.113",
    ] {
        assert!(!text.contains(secret), "a consumer can read {secret}: {text}");
    }
    assert!(text.contains("grace"), "agents are known by their nicknames");
    assert!(text.contains("My kettle"), "and lines are shown");

    let names = AccountNames { account: &scene.account, functions: &scene.functions };
    let state = serde_json::to_string(&Conversation::of(scene.state(), Viewer::Consumer, &names)).unwrap();
    for secret in ["4711", "4712", "alan", "pending", "203.0.113"] {
        assert!(!state.contains(secret), "a consumer can read {secret}: {state}");
    }
}

#[test]
fn staff_see_every_event_with_its_place_and_where_a_line_comes_from() {
    let scene = story();
    let seen = seen(&scene, Viewer::Staff);
    let places: Vec<u64> = seen.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(places, (1..=scene.events.len() as u64).collect::<Vec<u64>>());
    let hello = seen.iter().find(|event| event["line"] == "Hello!").unwrap();
    assert_eq!(hello["provenance"]["function"]["name"], "greet");
    assert_eq!(hello["provenance"]["attempt"], 2);
    assert_eq!(hello["provenance"]["command"], 0);
    assert_eq!(hello["author"]["kind"], "controller_bot");
    assert!(hello["cause"]["invocation"].as_str().unwrap().starts_with("inv_"));
}

#[test]
fn what_was_written_reads_back() {
    let scene = story();
    for value in seen(&scene, Viewer::Staff).into_iter().chain(seen(&scene, Viewer::Consumer)) {
        let event: ConversationEvent = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(event).unwrap(), value);
    }
}

#[test]
fn an_explanation_says_of_each_change_what_came_of_it() {
    let scene = story();
    let names = AccountNames { account: &scene.account, functions: &scene.functions };
    let explanation = Explanation::of(conversation(), &scene.events, &names);
    assert!(!explanation.undecided);
    assert_eq!(explanation.seq, scene.events.last().unwrap().seq.number());

    let opened = &explanation.changes[0];
    assert_eq!(
        (opened.status, opened.title.as_str()),
        (ChangeStatus::Answered, "Messaging New Conversation")
    );
    let settled = opened.settled.as_ref().unwrap();
    assert_eq!(settled.function.as_ref().unwrap().name.as_deref(), Some("greet"));
    assert_eq!(settled.attempts, 2);
    assert_eq!(settled.commands.len(), 4);

    let routed = &explanation.changes[1];
    assert_eq!(routed.status, ChangeStatus::Failed);
    assert_eq!(routed.cause.as_ref().unwrap().invocation, opened.invocation.unwrap());
    let outcome = &routed.settled.as_ref().unwrap().outcome;
    assert_eq!(outcome.code.as_deref(), Some("function.threw"));
    assert_eq!(outcome.detail.as_deref(), Some("TypeError: secret"));

    let connected = &explanation.changes[2];
    assert_eq!(connected.status, ChangeStatus::NotInvoked);
    assert!(connected.text.contains("none is deployed for this event"), "{}", connected.text);
}

#[test]
fn an_unanswered_trigger_and_a_switched_off_bot_are_told_apart() {
    let mut waiting = Scene::before();
    waiting.deploys("greet", StateChangeEvent::NewConversation);
    waiting.opens();
    let names = AccountNames { account: &waiting.account, functions: &waiting.functions };
    let explanation = Explanation::of(conversation(), &waiting.events, &names);
    assert!(explanation.undecided);
    assert_eq!(explanation.changes[0].status, ChangeStatus::Pending);

    let mut off = Scene::before();
    off.account.controller_bot_enabled = false;
    off.opens();
    let names = AccountNames { account: &off.account, functions: &off.functions };
    let explanation = Explanation::of(conversation(), &off.events, &names);
    assert_eq!(explanation.changes[0].status, ChangeStatus::Unfired);
    assert_eq!(explanation.changes[0].text, "not fired: the account's Controller Bot is off");
}

#[test]
fn erased_words_are_null_and_said_to_be_erased() {
    let mut scene = story();
    for recorded in &mut scene.events {
        if let Some(text) = recorded.event.private_text_mut() {
            text.restore(None);
        }
    }
    let names = AccountNames { account: &scene.account, functions: &scene.functions };
    let line = scene.events.iter().find(|event| matches!(event.event, Event::LinePublished(_))).unwrap();
    assert!(describe(line, &names).contains("(erased)"));
    let seen = seen(&scene, Viewer::Staff);
    let line = seen.iter().find(|event| event["type"] == "line_published").unwrap();
    assert_eq!(line["line"], Value::Null);
}
