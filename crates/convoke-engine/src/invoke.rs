//! Working on a trigger: attempts, backoff, deadline. What comes of it goes back to the conversation's shard, once.
//!
//! The answer settles as soon as it is given; the instance may run on for a while, and its calls and logs are recorded
//! when it has ended.

mod permits;
mod record;

use std::sync::Arc;

use convoke_api::functions::{input_json, parse_answer};
use convoke_domain::conversation::{Failed, PrivateText, Settlement, Settling};
use convoke_domain::function::Version;
use convoke_domain::id::InvocationId;
use convoke_domain::invocation::{AttemptFailure, FunctionRef, Retry, retry};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Duration, Instant};
use tokio_util::task::TaskTracker;

use crate::calls::{Allowances, Remembered};
use crate::directory::AccountView;
use crate::key_values::{KeyValueBook, Transaction};
use crate::limits;
use crate::meters::Meters;
use crate::ports::{Answered, Clock, Ending, Entropy, Failure, FunctionHost, Job, ProgramSource, RunReport};
use crate::runs::RunLog;
use crate::shard::{ToShard, TriggerWork, Write};

pub(crate) use permits::Permits;
pub(crate) use record::{Attempt, AttemptRecord};
use record::{EndNote, Ended};

/// Runs functions.
pub(crate) struct Invoker {
    pub(crate) host: Arc<dyn FunctionHost>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) permits: Permits,
    pub(crate) runs: Arc<RunLog>,
    pub(crate) key_values: Arc<KeyValueBook>,
    pub(crate) meters: Arc<Meters>,
    pub(crate) allowances: Allowances,
    pub(crate) remembered: Remembered,
    pub(crate) tasks: TaskTracker,
}

/// How often each kind of failure happened.
#[derive(Default)]
struct Tally {
    attempts: u8,
    timeouts: u8,
    unavailable: u8,
}

impl Invoker {
    /// Runs the function of a trigger until it has answered or the last attempt has failed, and tells the shard.
    pub(crate) async fn answer(
        self: Arc<Self>,
        view: Arc<AccountView>,
        work: TriggerWork,
        mailbox: mpsc::Sender<ToShard>,
    ) {
        let deadline = Instant::now() + limits::TRIGGER_TIME_MAX;
        let function = FunctionRef { function: work.binding.function, version: work.binding.version };
        let job = self.job_of(&view, &work, function);
        let (result, attempts, key_values) = match job {
            Some(job) => self.attempts(job, &work, deadline).await,
            None => (Err(gone()), 0, None),
        };
        let settlement = Settlement {
            trigger: work.entry.trigger,
            result: Settling::Ran {
                function,
                fence_policy: work.binding.settings.fence_policy,
                attempts,
                result: result.map(|json| parse_answer(json.as_deref())).map_err(|failure| Failed {
                    code: failure.code.to_owned(),
                    detail: PrivateText::new(failure.detail),
                }),
            },
        };
        let write = Write::settle(work.account, work.conversation, settlement).with_key_values(key_values);
        if mailbox.send(ToShard::Write(Box::new(write))).await.is_err() {
            tracing::debug!(
                "an answer came after its shard had stopped; the trigger runs again at the next start"
            );
        }
    }

    async fn attempts(
        self: &Arc<Self>,
        mut job: Job,
        work: &TriggerWork,
        deadline: Instant,
    ) -> (Result<Option<String>, Failure>, u8, Option<Arc<Transaction>>) {
        let mut tally = Tally::default();
        loop {
            let mut bits = [0; 16];
            self.entropy.fill(&mut bits);
            job.seed = u128::from_le_bytes(bits);
            let ending = self.attempt(job.clone(), work, &mut tally, deadline).await;
            // An instance may run on; what it writes from now on would come after its answer.
            job.key_values.answered();
            let failure = match ending {
                Ending::Returned(json) => {
                    return (Ok(json), tally.attempts, Some(job.key_values).filter(|own| own.has_writes()));
                }
                Ending::Failed(failure) => failure,
            };
            job.key_values.finish(false);
            match tally.wait(&failure) {
                Some(wait) if Instant::now() + wait < deadline => {
                    tokio::time::sleep(self.jittered(wait)).await;
                    // What the failed attempt wrote is gone with it.
                    job.key_values = self.key_values.begin(&job.account, true);
                }
                Some(_) | None => return (Err(failure), tally.attempts, None),
            }
        }
    }

    /// Runs one attempt until its answer; what goes on after it is followed in a task of its own.
    async fn attempt(
        self: &Arc<Self>,
        job: Job,
        work: &TriggerWork,
        tally: &mut Tally,
        deadline: Instant,
    ) -> Ending {
        let permit = match tokio::time::timeout_at(deadline, self.permits.acquire(&job.account)).await {
            Ok(permit) => permit,
            Err(_elapsed) => return Ending::Failed(host_busy()),
        };
        tally.attempts = tally.attempts.saturating_add(1);
        let (answered, answer) = oneshot::channel();
        let told = Box::new(move |ending| {
            // Nobody waits any more if the trigger's time is over.
            let _ = answered.send(ending);
        });
        let (invoker, attempt) = (Arc::clone(self), Attempt::triggered(work, tally.attempts));
        self.tasks.spawn(async move {
            invoker.observe(job, attempt, permit, told).await;
        });
        match tokio::time::timeout_at(deadline, answer).await {
            Ok(Ok(ending)) => ending,
            Ok(Err(_dropped)) => Ending::Failed(vanished()),
            Err(_elapsed) => Ending::Failed(too_long()),
        }
    }

    /// Runs one attempt until nothing of it goes on any more, and keeps what is to be known of it.
    pub(crate) async fn observe(
        &self,
        job: Job,
        attempt: Attempt,
        permit: OwnedSemaphorePermit,
        answered: Answered,
    ) -> Arc<RunReport> {
        let record = AttemptRecord::begin(&job, attempt);
        let (ended, began) = (EndNote::default(), Instant::now());
        let note = Arc::clone(&ended);
        let on_answer = Box::new(move |ending: Ending| {
            // Told once; a second time would be the host's mistake, and the first one counts.
            let _ = note.set(Ended::of(&ending, began.elapsed()));
            answered(ending);
        });
        self.meters.running.inc();
        let mut report = self.host.run(job, on_answer).await;
        self.meters.running.dec();
        drop(permit);
        let recording = report.recording.take();
        let report = Arc::new(report);
        let record = record.end(&ended, Arc::clone(&report), recording);
        self.meters.attempt(&record);
        self.runs.record(record);
        report
    }

    fn job_of(&self, view: &AccountView, work: &TriggerWork, function: FunctionRef) -> Option<Job> {
        let version: &Version = view.functions.get(function.function)?.versions.get(&function.version)?;
        let now = self.clock.now();
        let account = &view.account;
        let pid = |user| account.user(user).map(|user| user.pid);
        let (conversation, trigger) = (work.conversation, work.entry.trigger);
        Some(Job {
            account: work.account.clone(),
            function: Some(function),
            program: ProgramSource {
                source: Arc::clone(&version.source),
                environment: Arc::new(version.environment.clone()),
            },
            settings: version.settings,
            invocation: InvocationId::Triggered { conversation, trigger },
            depth: work.entry.depth,
            input: input_json(&work.account, &work.entry.payload, pid, now).into(),
            now,
            seed: 0,
            egress: Arc::new(account.egress.clone()),
            inspected: false,
            live: true,
            key_values: self.key_values.begin(&work.account, true),
        })
    }

    /// Up to a fifth more, so that a thousand failed functions do not come back at once.
    fn jittered(&self, wait: Duration) -> Duration {
        let mut byte = [0; 1];
        self.entropy.fill(&mut byte);
        wait + wait.mul_f64(f64::from(byte[0]) / 255.0 / 5.0)
    }
}

impl Tally {
    fn wait(&mut self, failure: &Failure) -> Option<Duration> {
        match failure.kind {
            AttemptFailure::TimedOut => self.timeouts = self.timeouts.saturating_add(1),
            AttemptFailure::HostUnavailable => {
                self.unavailable = self.unavailable.saturating_add(1);
                self.attempts = self.attempts.saturating_sub(1);
            }
            AttemptFailure::Threw | AttemptFailure::Final => {}
        }
        match retry(failure.kind, self.attempts, self.timeouts, self.unavailable) {
            Retry::After(wait) => Some(wait),
            Retry::Never => None,
        }
    }
}

fn gone() -> Failure {
    let detail = "the version is no longer kept".to_owned();
    Failure { code: "function.version_gone", detail, kind: AttemptFailure::Final }
}

/// No permit was to be had.
pub(crate) fn host_busy() -> Failure {
    let detail = "too many functions of the account ran at once".to_owned();
    Failure { code: "function.host_busy", detail, kind: AttemptFailure::HostUnavailable }
}

fn vanished() -> Failure {
    let detail = "the sandbox ended without saying how".to_owned();
    Failure { code: "function.host_unavailable", detail, kind: AttemptFailure::HostUnavailable }
}

fn too_long() -> Failure {
    let detail = format!("no answer within {} seconds", limits::TRIGGER_TIME_MAX.as_secs());
    Failure { code: "function.timed_out", detail, kind: AttemptFailure::Final }
}
