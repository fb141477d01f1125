//! One run from admission to quiescence: enter the guest, do what it asks for, enter it again with the answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use crate::execution::{Ending, Execution, Usage};
use crate::grant::Grant;
use crate::guest::meter::Meter;
use crate::guest::state::{Operation, Request, State};
use crate::guest::{Fault, Guest, IMAGE_HASH, Settled, Stop};
use crate::host::hidden::Hidden;
use crate::host::operations::{Operations, Ready};
use crate::limits::{INPUT_BYTES_MAX, MEMORY_BYTES_MAX, RunLimits};
use crate::pool::{Sandbox, Shared};
use crate::program::{Program, Start, refusal};
use crate::recording::{RecordedEntry, Recording};

/// Told as soon as a run's ending is decided.
pub type Answered = Box<dyn FnOnce(&Ending) + Send>;

/// Tells the time to runs; asked once per entry.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What one run is given.
pub struct Run {
    /// The input as JSON text.
    pub input: Arc<str>,
    /// What it may use.
    pub limits: RunLimits,
    /// Decides every random number of the run; different for each, or two runs draw the same.
    pub seed: u128,
    /// The clock it sees.
    pub clock: Clock,
    /// What it may reach.
    pub grant: Grant,
    /// What `console.getTraceId` gives: a name by which its author finds it again.
    pub trace: Arc<str>,
    /// Called as soon as the ending is decided; the run may go on for a while after it.
    pub answered: Option<Answered>,
}

impl Sandbox {
    /// Runs a program once. Waits for a free slot first, outside the run's own limits.
    pub async fn run(&self, program: &Program, run: Run) -> Execution {
        let now = (run.clock)();
        let recording = Recording::new(IMAGE_HASH, now, run.seed, Arc::clone(&run.input));
        if run.input.len() > INPUT_BYTES_MAX {
            return turned_away(run.answered, recording, "its input is too large");
        }
        let Some(slot) = admit(&self.shared).await else {
            return turned_away(run.answered, recording, "too many invocations are waiting");
        };
        let began = Instant::now();
        let meter = Arc::new(Meter::new(run.limits.cpu, began + run.limits.wall));
        let admitted = Admitted { now, began, recording, meter: Arc::clone(&meter), _slot: slot };
        let running = Box::pin(execute(Arc::clone(&self.shared), program.clone(), run, admitted));
        let pace = &program.inner.pace;
        let execution = self.shared.lane.drive(pace, &meter, running).await;
        pace.note(execution.usage.cpu);
        execution
    }
}

/// A run that was let in.
struct Admitted {
    now: Timestamp,
    began: Instant,
    recording: Recording,
    meter: Arc<Meter>,
    /// Free again when nothing of the run is left, on whatever thread that is.
    _slot: OwnedSemaphorePermit,
}

async fn execute(shared: Arc<Shared>, program: Program, run: Run, admitted: Admitted) -> Execution {
    let shared = &*shared;
    let _active = shared.activity();
    let Run { input, limits, seed, clock, grant, trace, answered } = run;
    let Admitted { now, began, recording, meter, _slot } = admitted;
    let memory = limits.memory_bytes.min(MEMORY_BYTES_MAX);
    let mut state = State::new(meter, Arc::clone(&shared.memory), memory, seed);
    state.answered = answered;
    state.source = Some(Arc::clone(&program.inner.source));
    state.trace = trace;
    state.result_bytes_max = limits.result_bytes;
    let guest = match Guest::new(&shared.image, state) {
        Ok(guest) => guest,
        Err(error) => return turned_away(None, recording, &format!("{error:#}")),
    };
    let operations = Operations::new(&shared.egress, grant);
    let mut running = Running { guest, operations, recording, clock, limits, began };
    let ended = match running.begin(&program, &input, now).await {
        Ok(()) => Box::pin(running.go_on()).await,
        Err(fault) => Err(fault),
    };
    running.finish(ended)
}

/// A free slot, or `None` if too many wait already.
async fn admit(shared: &Shared) -> Option<OwnedSemaphorePermit> {
    if let Ok(slot) = Arc::clone(&shared.admission).try_acquire_owned() {
        return Some(slot);
    }
    let waiting = Waiting::join(shared)?;
    let slot = Arc::clone(&shared.admission).acquire_owned().await.ok();
    drop(waiting);
    slot
}

/// A place in the queue for a slot, left when dropped.
struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn join(shared: &'a Shared) -> Option<Self> {
        let place = Self(shared);
        if shared.queued.fetch_add(1, Ordering::Relaxed) < shared.queue_max { Some(place) } else { None }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.queued.fetch_sub(1, Ordering::Relaxed);
    }
}

fn turned_away(answered: Option<Answered>, recording: Recording, why: &str) -> Execution {
    let ending = Ending::HostUnavailable { why: why.to_owned() };
    if let Some(answered) = answered {
        answered(&ending);
    }
    Execution {
        ending,
        logs: Vec::new(),
        logs_truncated: false,
        calls: Vec::new(),
        usage: Usage::default(),
        recording: recording.finished(&Hidden::default()),
        inspection: None,
    }
}

/// A run in progress.
struct Running<'a> {
    guest: Guest,
    operations: Operations<'a>,
    recording: Recording,
    clock: Clock,
    limits: RunLimits,
    began: Instant,
}

impl Running<'_> {
    /// Brings the program into the instance and calls its lambda.
    async fn begin(&mut self, program: &Program, input: &str, now: Timestamp) -> Result<(), Fault> {
        let delta = match &program.inner.start {
            Start::Restored(delta) => Some(delta),
            Start::Evaluated => {
                let verdict = self.guest.load_in_turns(&program.inner.sourced(), now).await?;
                if verdict < 0 {
                    let why = refusal(verdict, self.guest.state()).to_string();
                    self.guest.state_mut().decide(Ending::DoesNotLoad { why });
                    return Ok(());
                }
                None
            }
        };
        self.guest.invoke(delta, input, now).await
    }

    /// Answers operations until none is outstanding or a limit is reached.
    async fn go_on(&mut self) -> Result<(), Fault> {
        let mut after_answer = None;
        loop {
            let now = Instant::now();
            for request in std::mem::take(&mut self.guest.state_mut().requests) {
                match request {
                    Request::Start { id, name, arguments } => {
                        self.operations.start(id, name, &arguments, now);
                    }
                    Request::Cancel { id } => self.operations.cancel(id, now),
                }
            }
            if self.guest.state().outstanding.is_empty() {
                return Ok(());
            }
            let mut deadline = self.guest.state().meter.deadline();
            if self.guest.state().ending.is_some() {
                let until = *after_answer.get_or_insert(now + self.limits.after_answer);
                deadline = deadline.min(until);
            }
            let Some(ready) = self.operations.next(deadline).await else {
                return Err(Fault::Stopped(Stop::Wall));
            };
            let Ready { id, operation, settled, recorded, learned } = ready;
            if let Some(learned) = learned {
                self.guest.state_mut().hidden.learn(&learned);
            }
            if !self.guest.state_mut().outstanding.remove(&id) {
                continue;
            }
            let at = (self.clock)();
            self.guest.settle(id, &settled, at).await?;
            self.record(at, id, operation, recorded, settled);
        }
    }

    /// Records an answer. Secrets are taken out when all of them are known, at the end.
    fn record(
        &mut self,
        at: Timestamp,
        id: i32,
        operation: Operation,
        recorded: Option<String>,
        settled: Settled,
    ) {
        let answer = recorded.unwrap_or(settled.text);
        let (name, fulfilled) = (operation.name().to_owned(), settled.fulfilled);
        self.recording.push(operation, RecordedEntry { at, operation: id, name, fulfilled, answer });
    }

    fn finish(mut self, ended: Result<(), Fault>) -> Execution {
        let ending = match ended {
            Err(fault) => fault.ending(self.guest.state()),
            Ok(()) if self.guest.state().starved > 0 => {
                Ending::HostUnavailable { why: "the host has no memory left for it now".into() }
            }
            Ok(()) if self.guest.state().denied > 0 => Ending::OutOfMemory,
            Ok(()) => Ending::NeverCompletes,
        };
        let memory_peak_bytes = self.guest.memory_bytes();
        let calls = self.operations.finish(Instant::now());
        let state = self.guest.state_mut();
        state.decide(ending);
        let inspection = state.inspection.take();
        let (logs, logs_truncated) = std::mem::take(&mut state.logs).finish(&state.hidden);
        let usage = Usage {
            cpu: state.meter.used(),
            wall: self.began.elapsed(),
            memory_peak_bytes,
            operations: state.operations,
        };
        let ending = state.ending.take().expect("decided above, if not before");
        let recording = self.recording.finished(&state.hidden);
        Execution { ending, logs, logs_truncated, calls, usage, recording, inspection }
    }
}
