//! Deploying while functions run: what began with a version ends with it, what begins afterwards has the new one.

use std::time::Duration;

use crate::kit::{Center, account, after, lines, message};
use convoke_domain::account::Actor;
use convoke_domain::conversation::{Event, Recorded, Role};
use convoke_domain::function::{Command, FunctionSettings, VersionNumber};
use convoke_domain::state_change::StateChangeEvent;

fn said(log: &[Recorded]) -> Vec<String> {
    let controller = lines(log).into_iter().filter(|(role, _)| *role == Role::Controller);
    controller.map(|(_, text)| text).collect()
}

fn version(log: &[Recorded]) -> Option<VersionNumber> {
    log.iter().find_map(|recorded| match &recorded.event {
        Event::Settled(settled) => settled.function.map(|function| function.version),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn an_invocation_ends_with_the_version_it_began_with_and_the_next_has_the_new_one() {
    let center = Center::open().await;
    let event = StateChangeEvent::NewConversation;
    let function =
        center.deploy(event, FunctionSettings::default(), |_| after(Duration::from_secs(5), "one")).await;
    let (first, _) = center.conversation("hi").await;
    while center.host.runs() == 0 {
        tokio::task::yield_now().await;
    }
    center.redeploy(function, "two", |_| message("two")).await;
    let (second, _) = center.conversation("hello").await;

    let (first, second) = (center.quiet(first).await, center.quiet(second).await);
    assert_eq!((said(&first), version(&first)), (vec!["one".to_owned()], VersionNumber::new(1)));
    assert_eq!((said(&second), version(&second)), (vec!["two".to_owned()], VersionNumber::new(2)));
}

#[tokio::test(start_paused = true)]
async fn undeploying_counts_at_once_and_what_runs_still_answers() {
    let center = Center::open().await;
    let event = StateChangeEvent::NewConversation;
    let function =
        center.deploy(event, FunctionSettings::default(), |_| after(Duration::from_secs(5), "one")).await;
    let (first, _) = center.conversation("hi").await;
    while center.host.runs() == 0 {
        tokio::task::yield_now().await;
    }
    let undeploy = Command::Undeploy { id: function };
    center.handle.change_functions(&account(), &Actor::System, undeploy).await.unwrap();
    let (second, _) = center.conversation("hello").await;
    assert_eq!(said(&center.quiet(first).await), ["one"]);
    assert_eq!(version(&center.quiet(second).await), None);
    assert_eq!(center.host.runs(), 1);
}
