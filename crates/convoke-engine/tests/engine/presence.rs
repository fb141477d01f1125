//! Agents over restarts: who was connected and does not come back gives their conversations back, everybody else keeps them.

use std::time::Duration;

use convoke_domain::conversation::{Actor, Event, Recorded, Role};
use convoke_domain::id::UserId;
use convoke_engine::Following;

use crate::kit::{Center, account, agent, elapse};

const GRACE: Duration = Duration::from_mins(1);

fn given_back(log: &[Recorded]) -> bool {
    let leaves = |recorded: &Recorded| {
        matches!(recorded.event, Event::ParticipantLeft { role: Role::AssignedAgent, .. })
    };
    log.iter().any(leaves)
}

#[tokio::test(start_paused = true)]
async fn who_does_not_come_back_after_a_restart_gives_their_conversations_back() {
    let center = Center::open().await;
    let _desk = center.handle.at_board(&account(), Following::Agent(agent())).await.unwrap();
    let (id, _) = center.conversation("hello?").await;
    center.accept(id).await.unwrap();
    let center = center.crash().await;
    elapse(Duration::from_millis(1)).await;
    center.clock.advance(GRACE);
    center.until(id, given_back).await;
    // And once that is done, nobody is waited for any more.
    elapse(Duration::from_millis(1)).await;
    let center = center.crash().await;
    center.accept(id).await.unwrap();
    center.clock.advance(GRACE * 10);
    elapse(Duration::from_millis(1)).await;
    assert!(center.handle.conversation(&account(), id).await.unwrap().assigned_agent().is_some());
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_in_time_after_a_restart_keeps_them() {
    let center = Center::open().await;
    let desk = center.handle.at_board(&account(), Following::Agent(agent())).await.unwrap();
    let (id, _) = center.conversation("hello?").await;
    center.accept(id).await.unwrap();
    let center = center.crash().await;
    drop(desk);
    elapse(Duration::from_millis(1)).await;
    center.clock.advance(GRACE / 2);
    let (_desk, mine) = center.handle.at_board(&account(), Following::Agent(agent())).await.unwrap();
    assert_eq!(mine.len(), 1);
    center.clock.advance(GRACE * 10);
    elapse(Duration::from_millis(1)).await;
    center.say(id, Actor::User(agent()), "back again").await.unwrap();
    assert!(!given_back(&center.log(id).await));
}

#[tokio::test(start_paused = true)]
async fn who_serves_without_a_socket_is_not_waited_for() {
    let center = Center::open().await;
    let (id, _) = center.conversation("hello?").await;
    center.accept(id).await.unwrap();
    let center = center.crash().await;
    let somebody = Following::Agent(UserId::new(8).unwrap());
    let _desk = center.handle.at_board(&account(), somebody).await.unwrap();
    center.clock.advance(GRACE * 10);
    elapse(Duration::from_millis(1)).await;
    center.say(id, Actor::User(agent()), "still here").await.unwrap();
    assert!(!given_back(&center.log(id).await));
}
