//! Functions run by the clock: once per due time, also when the node was down.

use std::time::Duration;

use crate::kit::{Center, account, throw};
use convoke_domain::account::Actor as AccountActor;
use convoke_domain::function::{
    Command, FiringResult, FunctionSettings, MissedRuns, Schedule, ScheduleCommand, SchedulePlan,
};
use convoke_domain::hours::Zone;
use convoke_domain::id::{FunctionId, ScheduleId};
use convoke_engine::ports::{Clock as _, Ending};

fn id() -> ScheduleId {
    ScheduleId::from_bits(1)
}

impl Center {
    /// A deployed function that answers after a moment.
    async fn job(&self) -> FunctionId {
        let answer = (Duration::from_millis(50), Ending::Returned(None));
        let function =
            self.create("job", None, &[], FunctionSettings::default(), move |_| answer.clone()).await;
        self.handle.deploy(&account(), &AccountActor::System, function).await.unwrap();
        function
    }

    async fn every_hour(&self, function: FunctionId, missed: MissedRuns) {
        let plan = SchedulePlan {
            function,
            cron: "0 * * * *".parse().unwrap(),
            zone: Zone::utc(),
            description: String::new(),
            input: r#"{"headers":[],"payload":{"a":1}}"#.to_owned(),
            missed,
        };
        self.schedule(ScheduleCommand::Define { plan }).await;
    }

    async fn schedule(&self, command: ScheduleCommand) {
        self.change_functions(Command::Schedule { id: id(), command }).await;
    }

    fn scheduled(&self) -> Schedule {
        self.handle.account(&account()).unwrap().functions.schedules[&id()].clone()
    }

    /// Moves the clock, and waits until the firing for that time has ended.
    async fn reaches(&self, time: &str) {
        let at: jiff::Timestamp = time.parse().unwrap();
        self.clock.advance_to(at);
        while self.scheduled().last.is_none_or(|last| last.at < at || last.result.is_none()) {
            tokio::time::advance(Duration::from_millis(10)).await;
            tokio::task::yield_now().await;
        }
    }

    /// Lets everything happen that is going to.
    async fn settles(&self) {
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_due_time_fires_once() {
    let center = Center::open().await;
    let function = center.job().await;
    center.every_hour(function, MissedRuns::RunOnce).await;
    for (nth, time) in ["2026-03-02T11:00:00Z", "2026-03-02T12:00:00Z"].into_iter().enumerate() {
        center.reaches(time).await;
        let last = center.scheduled().last.unwrap();
        assert_eq!((last.due.to_string().as_str(), last.result), (time, Some(FiringResult::Answered)));
        assert_eq!(center.host.runs(), nth + 1);
    }
    center.settles().await;
    assert_eq!(center.host.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_starts_again_does_not_fire_a_due_time_twice() {
    let center = Center::open().await;
    let function = center.job().await;
    center.every_hour(function, MissedRuns::RunOnce).await;
    center.reaches("2026-03-02T11:00:00Z").await;
    let center = center.crash().await;
    center.settles().await;
    assert_eq!(center.host.runs(), 1);
    center.reaches("2026-03-02T12:00:00Z").await;
    assert_eq!(center.host.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_runs_once_or_not_at_all() {
    for (missed, runs) in [(MissedRuns::RunOnce, 1), (MissedRuns::Skip, 0)] {
        let center = Center::open().await;
        let function = center.job().await;
        center.every_hour(function, missed).await;
        center.schedule(ScheduleCommand::Pause).await;
        center.settles().await;
        // As if the node had been down: nobody looks until it is long past.
        center.clock.advance_to("2026-03-02T15:30:00Z".parse().unwrap());
        let center = center.crash().await;
        center.settles().await;
        assert_eq!(center.host.runs(), 0, "a paused schedule misses nothing");
        center.schedule(ScheduleCommand::Resume).await;
        center.settles().await;
        assert_eq!(center.scheduled().next_due().unwrap().to_string(), "2026-03-02T16:00:00Z");
        // Three due times pass in one jump.
        center.clock.advance_to("2026-03-02T18:30:00Z".parse().unwrap());
        tokio::time::advance(Duration::from_millis(100)).await;
        center.settles().await;
        tokio::time::advance(Duration::from_millis(100)).await;
        center.settles().await;
        assert_eq!(center.host.runs(), runs, "{missed:?}");
        assert_eq!(center.scheduled().next_due().unwrap().to_string(), "2026-03-02T19:00:00Z");
        assert!(center.clock.now() < "2026-03-02T19:00:00Z".parse().unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_noted_and_the_next_time_comes() {
    let center = Center::open().await;
    let function = center.create("job", None, &[], FunctionSettings::default(), |_| throw("Error: no")).await;
    center.handle.deploy(&account(), &AccountActor::System, function).await.unwrap();
    center.every_hour(function, MissedRuns::RunOnce).await;
    center.reaches("2026-03-02T11:00:00Z").await;
    let failed = FiringResult::Failed { code: "function.threw".to_owned() };
    assert_eq!(center.scheduled().last.unwrap().result, Some(failed));
    assert_eq!(center.host.runs(), 1, "what a schedule runs is not tried again");
    assert_eq!(center.scheduled().next_due().unwrap().to_string(), "2026-03-02T12:00:00Z");
}

#[tokio::test(start_paused = true)]
async fn undeploying_the_function_ends_its_schedules() {
    let center = Center::open().await;
    let function = center.job().await;
    center.every_hour(function, MissedRuns::RunOnce).await;
    center.change_functions(Command::Undeploy { id: function }).await;
    center.clock.advance_to("2026-03-02T12:00:00Z".parse().unwrap());
    center.settles().await;
    assert_eq!((center.host.runs(), center.scheduled().next_due()), (0, None));
}
