//! Timers of open conversations when the settings that they go by change.

use std::time::Duration;

use convoke_domain::account::{Command as AccountCommand, IdleTimer, IdleTimers};
use convoke_domain::conversation::{Event, Recorded, Timer};

use crate::kit::Center;

/// The queue timer fires after this time, once; the others are off.
fn queue_after(minutes: u64, enabled: bool) -> AccountCommand {
    let off = IdleTimer { enabled: false, time: Duration::from_mins(5), repeat: 1 };
    let queue = IdleTimer { enabled, time: Duration::from_mins(minutes), repeat: 1 };
    let idle =
        IdleTimers { awaiting_in_queue: queue, agent_non_responsive: off, consumer_non_responsive: off };
    AccountCommand::SetIdleTimers { idle }
}

impl Center {
    fn wait_minutes(&self, minutes: u64) {
        self.clock.advance(Duration::from_mins(minutes));
    }
}

fn queue_fired(log: &[Recorded]) -> bool {
    !minutes_until_fired(log).is_empty()
}

/// When the queue timer fired, counted from the opening.
fn minutes_until_fired(log: &[Recorded]) -> Vec<i64> {
    let fired = |recorded: &&Recorded| {
        matches!(recorded.event, Event::IdleFired { timer: Timer::AwaitingInQueue, .. })
    };
    let minutes = |recorded: &Recorded| recorded.at.duration_since(log[0].at).as_mins();
    log.iter().filter(fired).map(minutes).collect()
}

#[tokio::test(start_paused = true)]
async fn a_shorter_idle_time_counts_for_conversations_that_wait_already() {
    let center = Center::open().await;
    center.configure(queue_after(60, true)).await;
    let (id, _) = center.conversation("hello?").await;
    center.wait_minutes(20);
    center.configure(queue_after(30, true)).await;
    center.wait_minutes(15);
    center.until(id, queue_fired).await;
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_is_switched_on_counts_from_when_the_conversation_began_to_wait() {
    let center = Center::open().await;
    center.configure(queue_after(60, false)).await;
    let (id, _) = center.conversation("hello?").await;
    center.wait_minutes(90);
    center.configure(queue_after(60, true)).await;
    center.until(id, queue_fired).await;
}

#[tokio::test(start_paused = true)]
async fn a_longer_idle_time_holds_back_what_was_armed() {
    let center = Center::open().await;
    center.configure(queue_after(30, true)).await;
    let (id, _) = center.conversation("hello?").await;
    center.configure(queue_after(60, true)).await;
    center.wait_minutes(45);
    center.quiet(id).await;
    center.wait_minutes(20);
    assert_eq!(minutes_until_fired(&center.until(id, queue_fired).await), [65]);
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_is_switched_off_does_not_fire_until_it_is_on_again() {
    let center = Center::open().await;
    center.configure(queue_after(30, true)).await;
    let (id, _) = center.conversation("hello?").await;
    center.configure(queue_after(30, false)).await;
    center.wait_minutes(45);
    center.quiet(id).await;
    center.wait_minutes(45);
    center.configure(queue_after(30, true)).await;
    assert_eq!(minutes_until_fired(&center.until(id, queue_fired).await), [90]);
}

#[tokio::test(start_paused = true)]
async fn a_crash_right_after_the_change_does_not_forget_it() {
    let center = Center::open().await;
    center.configure(queue_after(60, true)).await;
    let mut ids = Vec::new();
    for _ in 0..200 {
        ids.push(center.conversation("hello?").await.0);
    }
    center.configure(queue_after(30, true)).await;
    let center = center.crash().await;
    center.wait_minutes(35);
    for id in ids {
        center.until(id, queue_fired).await;
    }
}
