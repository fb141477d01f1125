//! Schedules in their life, by their events.

use std::collections::BTreeMap;

use super::{Due, FiringResult, MissedRuns, SchedulePlan, ScheduleState};
use crate::account::{Account, Actor, UserRole};
use crate::automatic_message::Language;
use crate::decider::Decider;
use crate::function::{
    Command, Context, Draft, Event, FunctionMachine, FunctionSettings, Functions, Rejection, ScheduleCommand,
    SourceCheck,
};
use crate::hours::Zone;
use crate::id::{DeploymentId, FunctionId, InvocationId, ScheduleId};

const FUNCTION: FunctionId = FunctionId::from_bits(1);
const ID: ScheduleId = ScheduleId::from_bits(1);

fn at(time: &str) -> jiff::Timestamp {
    format!("2026-03-02T{time}:00Z").parse().unwrap()
}

fn invocation(number: u128) -> InvocationId {
    format!("inv_{number:032x}").parse().unwrap()
}

/// Functions of an account as they come to be, one command after another.
struct Story(Functions);

impl Story {
    /// A deployed function, and a schedule that is due every hour, made at 10:00.
    fn hourly(missed: MissedRuns) -> Self {
        let mut story = Self(Functions::default());
        let draft =
            Draft { source: "x".into(), environment: BTreeMap::new(), settings: FunctionSettings::default() };
        let create = Command::Create {
            id: FUNCTION,
            name: "job".to_owned(),
            description: String::new(),
            event: None,
            skills: [].into(),
            draft,
        };
        story.tell("10:00", create).unwrap();
        let check = SourceCheck { draft_revision: 1, result: Ok("0".repeat(64)) };
        let deploy = Command::Deploy { id: FUNCTION, deployment: DeploymentId::from_bits(1), check };
        story.tell("10:00", deploy).unwrap();
        story.schedule("10:00", ScheduleCommand::Define { plan: plan(missed) }).unwrap();
        story
    }

    fn tell(&mut self, time: &str, command: Command) -> Result<Vec<Event>, Rejection> {
        self.tell_as(&Actor::System, time, command)
    }

    fn tell_as(&mut self, actor: &Actor, time: &str, command: Command) -> Result<Vec<Event>, Rejection> {
        let account = Account::new("acme".parse().unwrap(), "Acme".to_owned(), Language::english());
        let context = Context { now: at(time), actor, account: &account };
        let events = FunctionMachine::decide(&self.0, command, &context)?;
        self.0 = events.iter().fold(self.0.clone(), FunctionMachine::evolve);
        Ok(events)
    }

    fn schedule(&mut self, time: &str, command: ScheduleCommand) -> Result<Vec<Event>, Rejection> {
        self.tell(time, Command::Schedule { id: ID, command })
    }

    fn due(&self, time: &str, interrupted: bool) -> Due {
        self.0.schedules[&ID].due(at(time), interrupted)
    }

    fn state(&self) -> ScheduleState {
        self.0.schedules[&ID].state
    }
}

fn plan(missed: MissedRuns) -> SchedulePlan {
    SchedulePlan {
        function: FUNCTION,
        cron: "0 * * * *".parse().unwrap(),
        zone: Zone::utc(),
        description: String::new(),
        input: "{}".to_owned(),
        missed,
    }
}

#[test]
fn a_due_time_is_taken_once() {
    let mut story = Story::hourly(MissedRuns::RunOnce);
    assert_eq!(story.due("10:59", false), Due::Wait(at("11:00")));
    assert_eq!(story.due("11:00", false), Due::Fire(at("11:00")));
    let fire = |number| ScheduleCommand::Fire { due: at("11:00"), invocation: invocation(number) };
    assert_eq!(story.schedule("11:00", fire(1)).unwrap().len(), 1);
    assert_eq!(story.schedule("11:00", fire(2)).unwrap(), []);
    assert_eq!(story.due("11:00", false), Due::Wait(at("12:00")));
}

#[test]
fn what_was_missed_follows_the_policy() {
    let once = Story::hourly(MissedRuns::RunOnce);
    assert_eq!(once.due("14:30", false), Due::Fire(at("14:00")), "once, for the last of four");
    let skip = Story::hourly(MissedRuns::Skip);
    assert_eq!(skip.due("14:30", false), Due::Skip(at("14:00")));
    assert_eq!(skip.due("14:01", false), Due::Fire(at("14:00")), "the last of them is just due");
}

#[test]
fn a_firing_that_the_node_died_in_follows_the_policy() {
    for (missed, expected) in
        [(MissedRuns::RunOnce, Due::Again(invocation(1))), (MissedRuns::Skip, Due::Wait(at("12:00")))]
    {
        let mut story = Story::hourly(missed);
        let fire = ScheduleCommand::Fire { due: at("11:00"), invocation: invocation(1) };
        story.schedule("11:00", fire).unwrap();
        assert_eq!(story.due("11:10", true), expected);
        assert_eq!(story.due("11:10", false), Due::Wait(at("12:00")), "it still runs");
        let finish = ScheduleCommand::Finish { invocation: invocation(1), result: FiringResult::Answered };
        story.schedule("11:11", finish).unwrap();
        assert_eq!(story.due("11:12", true), Due::Wait(at("12:00")));
    }
}

#[test]
fn undeploying_ends_and_deploying_allows_to_resume() {
    let mut story = Story::hourly(MissedRuns::RunOnce);
    story.tell("10:30", Command::Undeploy { id: FUNCTION }).unwrap();
    assert_eq!((story.state(), story.due("12:00", false)), (ScheduleState::Ended, Due::Never));
    let refused = story.schedule("12:00", ScheduleCommand::Resume).unwrap_err();
    assert_eq!(refused.code(), "function.not_deployed");
    let check = SourceCheck { draft_revision: 1, result: Ok("0".repeat(64)) };
    let deploy = Command::Deploy { id: FUNCTION, deployment: DeploymentId::from_bits(2), check };
    story.tell("12:30", deploy).unwrap();
    assert_eq!(story.state(), ScheduleState::Ended, "somebody has to want it");
    story.schedule("12:30", ScheduleCommand::Resume).unwrap();
    assert_eq!(story.due("12:31", false), Due::Wait(at("13:00")));
}

#[test]
fn a_deleted_function_takes_its_schedules_along() {
    let mut story = Story::hourly(MissedRuns::RunOnce);
    story.tell("10:30", Command::Undeploy { id: FUNCTION }).unwrap();
    story.tell("10:31", Command::Delete { id: FUNCTION }).unwrap();
    assert!(story.0.schedules.is_empty());
}

#[test]
fn an_account_has_so_many_schedules_and_functions_administrators_keep_them() {
    let mut story = Story::hourly(MissedRuns::RunOnce);
    let administrator = Actor::Principal {
        principal: crate::account::Principal::Application,
        token: None,
        roles: [UserRole::FaasAdmin].into(),
    };
    for number in 2..=crate::limits::SCHEDULES_MAX {
        let define = ScheduleCommand::Define { plan: plan(MissedRuns::Skip) };
        let command = Command::Schedule { id: ScheduleId::from_bits(number as u128), command: define };
        story.tell_as(&administrator, "10:00", command).unwrap();
    }
    let one_more = ScheduleCommand::Define { plan: plan(MissedRuns::Skip) };
    let refused =
        story.tell("10:00", Command::Schedule { id: ScheduleId::from_bits(999), command: one_more });
    assert_eq!(refused.unwrap_err().code(), "schedule.too_many");
    let code = story.tell_as(&administrator, "10:00", Command::Undeploy { id: FUNCTION }).unwrap_err().code();
    assert_eq!(code, "role.missing");
}
