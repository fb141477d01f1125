//! A conversation changes, its function runs, its commands act.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::kit::{Center, agent, lines, message, throw};
use convoke_domain::conversation::{Action, Actor, Event, Role};
use convoke_domain::function::FunctionSettings;
use convoke_domain::invocation::{MessageFate, Outcome};
use convoke_domain::state_change::StateChangeEvent;
use convoke_engine::ports::Ending;

#[tokio::test(start_paused = true)]
async fn a_consumer_who_opens_a_conversation_gets_the_functions_message() {
    let center = Center::open().await;
    center
        .deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| message("Hello!"))
        .await;
    let (id, _) = center.conversation("hi").await;
    let log = center.quiet(id).await;
    assert_eq!(lines(&log), [(Role::Consumer, "hi".to_owned()), (Role::Controller, "Hello!".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn without_a_function_the_automatic_message_is_sent_in_the_same_step() {
    let center = Center::open().await;
    let (id, _) = center.conversation("hi").await;
    let log = center.log(id).await;
    assert_eq!(lines(&log).len(), 2, "{log:?}");
    assert!(log.iter().any(|recorded| matches!(
        &recorded.event,
        Event::Settled(settled) if matches!(settled.message, MessageFate::Automatic { .. })
    )));
}

#[tokio::test(start_paused = true)]
async fn message_routing_and_end_come_in_that_order_each_with_its_own_event() {
    let center = Center::open().await;
    center
        .deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| {
            let json = r#"[{"type":"closeConversation"},{"type":"transfer","skillId":"2"},
                           {"type":"systemMessage","text":"your message"}]"#;
            (Duration::ZERO, Ending::Returned(Some(json.to_owned())))
        })
        .await;
    let (id, _) = center.conversation("hi").await;
    let log = center.quiet(id).await;
    let order: Vec<&str> = log
        .iter()
        .filter_map(|recorded| match &recorded.event {
            Event::LinePublished(line) if line.role == Role::Controller => Some("message"),
            Event::SkillChanged { .. } => Some("routing"),
            Event::Closed { .. } => Some("end"),
            Event::Triggered(triggered) => Some(triggered.event.title()),
            _ => None,
        })
        .collect();
    assert_eq!(
        order,
        [
            "Messaging New Conversation",
            "message",
            "routing",
            "end",
            "Messaging Conversation Routing",
            "Messaging Conversation End"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_function_that_throws_is_tried_four_times_and_then_the_automatic_message_is_sent() {
    let center = Center::open().await;
    center.deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| throw("no")).await;
    let (id, _) = center.conversation("hi").await;
    let log = center.quiet(id).await;
    assert_eq!(center.host.runs(), 4);
    let settled = log.iter().find_map(|recorded| match &recorded.event {
        Event::Settled(settled) => Some(settled),
        _ => None,
    });
    let settled = settled.unwrap();
    assert_eq!(settled.attempts, 4);
    assert!(matches!(&settled.outcome, Outcome::Failed { code, .. } if code == "function.threw"));
    assert!(matches!(settled.message, MessageFate::Automatic { .. }));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_not_durable_is_asked_for_again_after_a_crash_and_applied_once() {
    let center = Center::open().await;
    let run = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&run);
    center
        .deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), move |_| {
            let nth = counted.fetch_add(1, Ordering::Relaxed);
            // The first run is still going on when the process dies.
            crate::kit::after(Duration::from_secs(if nth == 0 { 20 } else { 0 }), &format!("answer {nth}"))
        })
        .await;
    let (id, _) = center.conversation("hi").await;
    let center = center.crash().await;
    let log = center.quiet(id).await;
    let answers: Vec<_> = lines(&log).into_iter().filter(|(role, _)| *role == Role::Controller).collect();
    assert_eq!(answers, [(Role::Controller, "answer 1".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn switching_the_controller_bot_off_drops_running_answers() {
    let center = Center::open().await;
    center
        .deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), |_| {
            crate::kit::after(Duration::from_secs(5), "too late")
        })
        .await;
    let (id, _) = center.conversation("hi").await;
    center.configure(convoke_domain::account::Command::SwitchControllerBot { enabled: false }).await;
    let log = center.quiet(id).await;
    assert!(lines(&log).iter().all(|(role, _)| *role != Role::Controller), "{log:?}");
    assert!(log.iter().any(
        |recorded| matches!(&recorded.event, Event::Settled(settled) if settled.outcome == Outcome::Dropped)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_retried_publish_is_the_same_line() {
    let center = Center::open().await;
    let (id, consumer) = center.conversation("hi").await;
    let publish = || {
        let key = convoke_domain::conversation::CommandKey::new("k1");
        Action::Publish(convoke_domain::conversation::NewLine { text: "again".to_owned(), key, extra: None })
    };
    let first = center.act(id, Actor::Consumer(consumer), publish()).await.unwrap();
    let second = center.act(id, Actor::Consumer(consumer), publish()).await.unwrap();
    let (
        convoke_domain::conversation::Reply::Line(first),
        convoke_domain::conversation::Reply::Duplicate(second),
    ) = (first.reply, second.reply)
    else {
        panic!("{first:?} {second:?}")
    };
    assert_eq!(first, second);
}

#[tokio::test(start_paused = true)]
async fn an_idle_agent_is_noticed_when_the_clock_moves() {
    let center = Center::open().await;
    let (id, _) = center.conversation("hi").await;
    center.accept(id).await.unwrap();
    center.clock.advance(Duration::from_mins(5));
    let log = center
        .until(id, |events| {
            events.iter().any(|recorded| {
                matches!(
                    &recorded.event,
                    Event::Triggered(triggered) if triggered.event == StateChangeEvent::ConversationIdle
                )
            })
        })
        .await;
    assert!(!log.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_conversation_of_another_account_is_unknown() {
    let center = Center::open().await;
    let (id, consumer) = center.conversation("hi").await;
    let other = "other".parse().unwrap();
    let command = convoke_domain::conversation::Command {
        by: Actor::Consumer(consumer),
        cause: None,
        action: Action::Close,
    };
    let refused = center.handle.command(&other, id, command).await.unwrap_err();
    assert_eq!(refused.code(), "conversation.not_found");
}

#[tokio::test(start_paused = true)]
async fn erasing_a_consumer_leaves_order_and_takes_the_words() {
    let center = Center::open().await;
    let (id, consumer) = center.conversation("my card number").await;
    let before = center.log(id).await;
    assert!(center.handle.erase_consumer(&crate::kit::account(), consumer).await.unwrap());
    let after = center.log(id).await;
    assert_eq!(before.len(), after.len());
    assert!(lines(&after).iter().all(|(_, text)| text == "…"), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn an_agent_who_accepts_is_announced() {
    let center = Center::open().await;
    center
        .deploy(StateChangeEvent::ParticipantsChange, FunctionSettings::default(), |_| message("Kim is here"))
        .await;
    let (id, _) = center.conversation("hi").await;
    center.accept(id).await.unwrap();
    center.say(id, Actor::User(agent()), "I am Kim").await.unwrap();
    let said: Vec<String> = lines(&center.quiet(id).await).into_iter().map(|(_, text)| text).collect();
    let log: Vec<String> = lines(&center.log(id).await).into_iter().map(|(_, text)| text).collect();
    assert!(said.contains(&"Kim is here".to_owned()) || log.contains(&"Kim is here".to_owned()));
    let place = |text: &str| log.iter().position(|line| line == text).unwrap();
    assert!(
        place("Kim is here") < place("I am Kim"),
        "the message came before the agent's own words: {log:?}"
    );
}
