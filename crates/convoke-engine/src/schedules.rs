//! Schedules: fires what is due, once per due time, and runs its function.
//!
//! Whether something is due, the domain decides from what is recorded, so nothing is armed that could be lost: a start
//! looks at every schedule anew. A firing is durable before its function runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use convoke_domain::account::Actor;
use convoke_domain::function::{Command, Due, FiringResult, Schedule, ScheduleCommand};
use convoke_domain::id::{AccountId, FunctionId, InvocationId, ScheduleId};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::calls::{Call, CallEnding, CallFrom, Until};
use crate::directory::AccountView;
use crate::handle::Handle;

/// Fires schedules until the engine stops.
pub(crate) async fn run(handle: Handle, mut stopping: watch::Receiver<bool>) {
    let mut changes = handle.inner.directory.changes();
    let mut seen = BTreeMap::new();
    let mut interrupted = true;
    loop {
        changes.mark_unchanged();
        let next = fire_due(&handle, &mut seen, interrupted).await;
        interrupted = false;
        tokio::select! {
            () = handle.inner.clock.wait_until(next) => {}
            told = changes.changed() => if told.is_err() { return },
            _ = stopping.changed() => return,
        }
    }
}

/// An account as it was looked at, and when it has to be looked at again.
type Seen = BTreeMap<AccountId, (Arc<AccountView>, Timestamp)>;

/// Does what is due in every account; gives the time at which to look again.
async fn fire_due(handle: &Handle, seen: &mut Seen, interrupted: bool) -> Timestamp {
    let mut earliest = Timestamp::MAX;
    for view in handle.accounts() {
        let id = &view.account.id;
        let now = handle.now();
        let next = match seen.get(id) {
            // Nothing changed, and nothing is due.
            Some((known, next)) if Arc::ptr_eq(known, &view) && *next > now => *next,
            Some(_) | None => account_due(handle, &view, now, interrupted).await,
        };
        seen.insert(id.clone(), (view, next));
        earliest = earliest.min(next);
    }
    earliest
}

async fn account_due(handle: &Handle, view: &AccountView, now: Timestamp, interrupted: bool) -> Timestamp {
    let mut earliest = Timestamp::MAX;
    let account = &view.account.id;
    for (id, schedule) in &view.functions.schedules {
        let next = match schedule.due(now, interrupted) {
            Due::Never => continue,
            Due::Wait(next) => next,
            Due::Again(invocation) => {
                start(handle, account, *id, schedule, invocation);
                schedule.next_due().unwrap_or(Timestamp::MAX)
            }
            Due::Skip(until) => {
                note(handle, account, *id, ScheduleCommand::Skip { until }).await;
                now
            }
            Due::Fire(due) => {
                fire(handle, account, *id, schedule, due).await;
                now
            }
        };
        earliest = earliest.min(next);
    }
    earliest
}

/// Records the firing, and runs the function if it is recorded.
async fn fire(handle: &Handle, account: &AccountId, id: ScheduleId, schedule: &Schedule, due: Timestamp) {
    let invocation = handle.new_invocation();
    if note(handle, account, id, ScheduleCommand::Fire { due, invocation }).await {
        start(handle, account, id, schedule, invocation);
    }
}

/// Records something; whether that happened.
async fn note(handle: &Handle, account: &AccountId, id: ScheduleId, command: ScheduleCommand) -> bool {
    let fired = if let ScheduleCommand::Fire { invocation, .. } = command { Some(invocation) } else { None };
    let noted = handle.change_functions(account, &Actor::System, Command::Schedule { id, command }).await;
    match noted {
        Ok(view) => {
            let last = view.functions.schedules.get(&id).and_then(|schedule| schedule.last.as_ref());
            // It may have been paused in the same moment: then it did not fire.
            fired.is_none() || last.map(|firing| firing.invocation) == fired
        }
        Err(error) => {
            tracing::warn!(schedule = %id, %error, "what a schedule did could not be recorded");
            false
        }
    }
}

fn start(
    handle: &Handle,
    account: &AccountId,
    id: ScheduleId,
    schedule: &Schedule,
    invocation: InvocationId,
) {
    let firing = Firing {
        handle: handle.clone(),
        account: account.clone(),
        id,
        function: schedule.plan.function,
        input: input(&schedule.plan.input, handle.now()),
        invocation,
    };
    handle.inner.invoker.tasks.spawn(firing.run());
}

/// A function that runs for a schedule.
struct Firing {
    handle: Handle,
    account: AccountId,
    id: ScheduleId,
    function: FunctionId,
    input: Arc<str>,
    invocation: InvocationId,
}

impl Firing {
    async fn run(self) {
        let Self { handle, account, id, function, input, invocation } = self;
        let from = CallFrom::Schedule(invocation);
        let call = Call { input, from, request: None, until: Until::Answered };
        let result = match handle.call(&account, function, call).await {
            Ok(called) => match &called.answer.ending {
                CallEnding::Returned(_) => FiringResult::Answered,
                CallEnding::Failed { failure, .. } => FiringResult::Failed { code: failure.code.to_owned() },
            },
            Err(error) => FiringResult::Failed { code: error.code().to_owned() },
        };
        note(&handle, &account, id, ScheduleCommand::Finish { invocation, result }).await;
    }
}

/// The whole input of a firing: what the schedule holds, with the time.
fn input(held: &str, now: Timestamp) -> Arc<str> {
    let mut input: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(held).unwrap_or_default();
    input.entry("headers").or_insert_with(|| serde_json::Value::Array(Vec::new()));
    input.entry("payload").or_insert(serde_json::Value::Null);
    input.insert("timestamp".to_owned(), now.as_millisecond().into());
    serde_json::Value::Object(input).to_string().into()
}
