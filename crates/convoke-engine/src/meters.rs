//! What the engine counts for its operator. The names of all metrics are here.
//!
//! Promises: labels are words of ours, so that their number is fixed whatever accounts there are and whatever they do.
//! Leaves out: figures of single accounts and functions, which their developers read from the run log.

use std::time::Duration;

use convoke_store::Reject;
use convoke_store::runs::{RunSource, RunState};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::ending::FailureClass;
use crate::handle::Handle;
use crate::invoke::AttemptRecord;
use crate::limits;

/// One label with its value.
type Labels<const N: usize> = [(&'static str, &'static str); N];

const ATTEMPTS: &str = "convoke_invocation_attempts";
const ANSWERED_AFTER: &str = "convoke_invocation_answer_seconds";
const COMPUTED: &str = "convoke_invocation_cpu_seconds";
const RUNNING: &str = "convoke_invocations_running";
const STEPS: &str = "convoke_steps";
const REFUSED: &str = "convoke_steps_refused";
const COMMITTED_AFTER: &str = "convoke_commit_seconds";
const WAITING: &str = "convoke_queue_messages";
const STORAGE: &str = "convoke_storage_available";

/// The counters of one node.
pub(crate) struct Meters {
    attempts: Family<Labels<2>, Counter>,
    answered_after: Family<Labels<1>, Histogram>,
    computed: Counter<f64, std::sync::atomic::AtomicU64>,
    pub(crate) running: Gauge,
    steps: Counter,
    refused: Family<Labels<1>, Counter>,
    committed_after: Histogram,
    waiting: Family<Labels<1>, Gauge>,
    storage: Gauge,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            attempts: Family::default(),
            // From 1 ms to about 33 s, which is longer than a function may take.
            answered_after: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 2.0, 16))
            }),
            computed: Counter::default(),
            running: Gauge::default(),
            steps: Counter::default(),
            refused: Family::default(),
            // From 0.1 ms, in memory, to about 3 s, which no disk in order takes.
            committed_after: Histogram::new(exponential_buckets(0.000_1, 2.0, 16)),
            waiting: Family::default(),
            storage: Gauge::default(),
        }
    }
}

impl Meters {
    /// An attempt ended.
    pub(crate) fn attempt(&self, record: &AttemptRecord) {
        let source = ("source", source(record.source));
        let outcome = ("outcome", outcome(record));
        self.attempts.get_or_create(&[source, outcome]).inc();
        let after = record.ended.as_ref().map_or(record.report.wall, |ended| ended.after);
        self.answered_after.get_or_create(&[source]).observe(after.as_secs_f64());
        self.computed.inc_by(record.report.cpu.as_secs_f64());
    }

    /// Steps were handed to the storage together; how many it took, and why it refused the others.
    pub(crate) fn commit<'a>(&self, verdicts: impl Iterator<Item = Option<&'a Reject>>, took: Duration) {
        self.committed_after.observe(took.as_secs_f64());
        for verdict in verdicts {
            match verdict {
                None => self.steps.inc(),
                Some(reject) => self.refused.get_or_create(&[("reason", reason(reject))]).inc(),
            };
        }
    }

    fn register(&self, registry: &mut Registry) {
        let help = "Attempts of functions that ended, by why they ran and how they came out";
        registry.register(ATTEMPTS, help, self.attempts.clone());
        let help = "From an attempt's begin to its answer or failure";
        registry.register(ANSWERED_AFTER, help, self.answered_after.clone());
        registry.register(COMPUTED, "Processor time of all functions", self.computed.clone());
        registry.register(
            RUNNING,
            "Attempts under way, those that wait for something included",
            self.running.clone(),
        );
        registry.register(STEPS, "Steps that became durable", self.steps.clone());
        registry.register(REFUSED, "Steps that the storage refused, by reason", self.refused.clone());
        registry.register(
            COMMITTED_AFTER,
            "From handing a batch of steps to the storage to its verdict",
            self.committed_after.clone(),
        );
        registry.register(WAITING, "What waits in each queue", self.waiting.clone());
        registry.register(
            STORAGE,
            "1 while the storage acknowledges, 0 from its first failure on",
            self.storage.clone(),
        );
    }
}

impl Handle {
    /// Adds what this engine counts to a registry; once per registry.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.inner.invoker.meters.register(registry);
    }

    /// Looks at what is only known by looking: how much waits, and whether the storage takes more. To be called before the
    /// registry is read.
    pub fn refresh_metrics(&self) {
        let meters = &self.inner.invoker.meters;
        let mailboxes = self.inner.shards.iter().map(|shard| shard.max_capacity() - shard.capacity());
        let waiting = [
            ("shards", mailboxes.sum()),
            ("run_log", limits::RUN_QUEUE_MAX - self.inner.invoker.runs.room()),
        ];
        for (queue, messages) in waiting {
            let messages = i64::try_from(messages).unwrap_or(i64::MAX);
            meters.waiting.get_or_create(&[("queue", queue)]).set(messages);
        }
        let ready = matches!(self.store().health(), convoke_store::Health::Ready);
        meters.storage.set(i64::from(ready));
    }
}

const fn source(source: RunSource) -> &'static str {
    match source {
        RunSource::Change => "change",
        RunSource::Call => "call",
        RunSource::Function => "function",
        RunSource::Schedule => "schedule",
        RunSource::Test => "test",
    }
}

/// In the words of the run log's states.
fn outcome(record: &AttemptRecord) -> &'static str {
    match record.state() {
        RunState::Succeeded => "succeeded",
        RunState::CodingFailure => "coding_failure",
        RunState::PlatformFailure => "platform_failure",
        RunState::TimedOut => "timed_out",
        RunState::Unknown => "unknown",
    }
}

const fn reason(reject: &Reject) -> &'static str {
    match reject {
        Reject::Conflict { .. } => "conflict",
        Reject::Fenced => "fenced",
        Reject::CursorMoved => "cursor_moved",
        Reject::KeyExists => "key_exists",
        Reject::Invalid(_) => "invalid",
        Reject::Unavailable(_) => "unavailable",
    }
}

impl AttemptRecord {
    /// How it came out, in the classes that figures count.
    pub(crate) fn state(&self) -> RunState {
        match &self.ended {
            None => RunState::Unknown,
            Some(ended) => match ended.failure.as_ref().map(crate::ports::Failure::class) {
                None => RunState::Succeeded,
                Some(FailureClass::Threw | FailureClass::RuntimeError | FailureClass::LimitReached) => {
                    RunState::CodingFailure
                }
                Some(FailureClass::TimedOut) => RunState::TimedOut,
                Some(FailureClass::Unavailable) => RunState::PlatformFailure,
            },
        }
    }
}
