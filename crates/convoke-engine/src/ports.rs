//! What the engine needs from outside: storage, a sandbox, the time, chance. The binary's composition root names the
//! real ones, tests name others.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use convoke_domain::account::Egress;
use convoke_domain::function::FunctionSettings;
use convoke_domain::id::{AccountId, InvocationId};
use convoke_domain::invocation::FunctionRef;
use convoke_store::Store;
use convoke_store::runs::RunStore;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;

use crate::key_values::Transaction;
use crate::keys::MasterKey;
use crate::recordings::Recording;

/// A boxed future, for the seams that are called through `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the engine needs from outside.
pub struct Ports {
    /// The log.
    pub store: Arc<dyn Store>,
    /// The log of the functions' runs.
    pub runs: Arc<dyn RunStore>,
    /// Where functions run.
    pub sandbox: Arc<dyn FunctionHost>,
    /// The time that rules see.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Wraps the key of each consumer.
    pub master_key: MasterKey,
}

/// The time that the rules see: hours, timers, deadlines. Not that of holds and budgets, which is monotonic.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Completes when it is `at`, or later.
    fn wait_until(&self, at: Timestamp) -> BoxFuture<'_, ()>;
}

/// The real time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one source of time")]
    fn now(&self) -> Timestamp {
        to_milliseconds(Timestamp::now())
    }

    fn wait_until(&self, at: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // In slices, so that a clock that is set anew is noticed within a minute.
            while let Some(left) = remaining(self.now(), at) {
                tokio::time::sleep(left.min(Duration::from_mins(1))).await;
            }
        })
    }
}

/// The wire and the store know no finer times, so the rules do not either: what is read back is what was decided.
fn to_milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// How long until `at`; `None` if it is past.
fn remaining(now: Timestamp, at: Timestamp) -> Option<Duration> {
    at.duration_since(now).try_into().ok().filter(|left: &Duration| !left.is_zero())
}

/// A clock that goes with the real one and can be moved forward by hand, for tests and `convoke dev --test-clock`.
#[derive(Debug)]
pub struct MovableClock {
    moved: watch::Sender<SignedDuration>,
    base: Base,
}

#[derive(Debug)]
enum Base {
    /// Runs with the real time.
    Running,
    /// Stands still unless it is moved.
    Standing(Timestamp),
}

impl MovableClock {
    /// A clock that runs with the real time until it is moved.
    pub fn running() -> Self {
        Self { moved: watch::Sender::new(SignedDuration::ZERO), base: Base::Running }
    }

    /// A clock that stands at `at` until it is moved.
    pub fn standing(at: Timestamp) -> Self {
        Self { moved: watch::Sender::new(SignedDuration::ZERO), base: Base::Standing(at) }
    }

    /// Moves it forward; it never goes back.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.moved.send_modify(|moved| *moved = moved.saturating_add(by));
    }

    /// Moves it to `at`, unless that is past.
    pub fn advance_to(&self, at: Timestamp) {
        if let Some(by) = remaining(self.now(), at) {
            self.advance(by);
        }
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        let base = match self.base {
            Base::Running => SystemClock.now(),
            Base::Standing(at) => at,
        };
        to_milliseconds(base.checked_add(*self.moved.borrow()).unwrap_or(Timestamp::MAX))
    }

    fn wait_until(&self, at: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut moved = self.moved.subscribe();
            loop {
                moved.mark_unchanged();
                let Some(left) = remaining(self.now(), at) else { return };
                match self.base {
                    Base::Running => {
                        tokio::select! {
                            () = tokio::time::sleep(left.min(Duration::from_mins(1))) => {}
                            _ = moved.changed() => {}
                        }
                    }
                    Base::Standing(_) => {
                        if moved.changed().await.is_err() {
                            return;
                        }
                    }
                }
            }
        })
    }
}

/// Chance: ids, keys, seeds.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` with what nobody can guess.
    fn fill(&self, bytes: &mut [u8]);

    /// 128 such bits.
    fn bits(&self) -> u128 {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        u128::from_le_bytes(bytes)
    }
}

/// The operating system's entropy.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system has entropy");
    }
}

/// A repeatable sequence, for simulations: the same seed gives the same ids. Never for keys that guard anything.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64: a fixed odd step and a mixing of the bits.
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Where functions run.
pub trait FunctionHost: Send + Sync + 'static {
    /// Checks that a source loads and has a `lambda`.
    ///
    /// # Errors
    /// What is wrong with it, with its place if that is known.
    fn check(&self, program: &ProgramSource) -> Result<Checked, LoadError>;

    /// Everything that keeps a source from being deployed; nothing if it can be.
    fn problems(&self, program: &ProgramSource) -> Vec<LoadError> {
        self.check(program).err().into_iter().collect()
    }

    /// Requests `url` and follows its redirects as a function would, whatever hosts `egress` permits, and says for each
    /// hop whether a function would be let through. Addresses are judged as always.
    fn trace<'a>(&'a self, egress: &'a Egress, url: &'a str) -> BoxFuture<'a, Vec<EgressHop>> {
        let error = Some("this server runs no functions".to_owned());
        let hop =
            EgressHop { url: url.to_owned(), host: String::new(), permitted: false, status: None, error };
        let _ = egress;
        Box::pin(std::future::ready(vec![hop]))
    }

    /// Posts a body to where the account's allow-list and the guard of outbound requests let it go, and gives the status
    /// of the answer. A redirect is an answer like any other: nothing is sent on.
    ///
    /// # Errors
    /// Why there is no answer; nothing was sent to a host or an address that is not permitted.
    fn post<'a>(&'a self, egress: &'a Egress, post: Post) -> BoxFuture<'a, Result<u16, PostError>> {
        let _ = (egress, post);
        Box::pin(std::future::ready(Err(PostError { reason: "no_network" })))
    }

    /// Runs one attempt. `answered` is called as soon as the function has answered or failed; the future completes
    /// when nothing of it goes on any more.
    fn run(&self, job: Job, answered: Answered) -> BoxFuture<'_, RunReport>;
}

/// Something to be posted. Its `Debug` form shows neither address nor content, since both can hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Post {
    /// Where.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Post").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// Why a post has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no answer: {reason}")]
pub struct PostError {
    /// A stable name, for instance `timed_out` or `address_not_allowed`.
    pub reason: &'static str,
}

/// One request of a chain of redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressHop {
    /// Where, without query: it may carry secrets.
    pub url: String,
    /// The host, as an allow-list could name it; empty if that would not help, because of its address.
    pub host: String,
    /// Whether the account's allow-list names the host.
    pub permitted: bool,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Why there was none.
    pub error: Option<String>,
}

/// Called once, with how the attempt ended.
pub type Answered = Box<dyn FnOnce(Ending) + Send>;

/// A function's code with what its top level sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramSource {
    /// JavaScript.
    pub source: Arc<str>,
    /// Environment variables, present when the top level runs.
    pub environment: Arc<BTreeMap<String, String>>,
}

/// A source that can be deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Whether its top level is evaluated in each instance anew.
    pub evaluates_per_invocation: bool,
}

/// Why a source cannot be deployed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LoadError {
    /// Stable code, for instance `function.syntax`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// Line in the source, from 1, if it is known.
    pub line: Option<u32>,
    /// Column in that line, from 1, if it is known.
    pub column: Option<u32>,
}

/// One attempt to be run.
#[derive(Clone)]
pub struct Job {
    /// The account it runs for.
    pub account: AccountId,
    /// The version, if it is a deployed one: prepared once and kept.
    pub function: Option<FunctionRef>,
    /// Its code.
    pub program: ProgramSource,
    /// Its limits.
    pub settings: FunctionSettings,
    /// The invocation, the same for every attempt.
    pub invocation: InvocationId,
    /// How many causes led to it; what it causes by itself is one deeper.
    pub depth: u8,
    /// The whole input, as JSON.
    pub input: Arc<str>,
    /// When it begins, by the engine's clock.
    pub now: Timestamp,
    /// Seed of its randomness.
    pub seed: u128,
    /// Which hosts it may call.
    pub egress: Arc<Egress>,
    /// Whether it is looked at while it runs, which takes longer.
    pub inspected: bool,
    /// Whether it may change something outside of itself. One that may not reads what it could, and nothing else.
    pub live: bool,
    /// What it reads and writes of the account's key-values.
    pub key_values: Arc<Transaction>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It answered, with this JSON; `None` is `undefined`.
    Returned(Option<String>),
    /// It did not.
    Failed(Failure),
}

/// How an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable code, for instance `function.threw`.
    pub code: &'static str,
    /// What it said, for the developer: name, message and stack in the user's file.
    pub detail: String,
    /// Whether another attempt may help.
    pub kind: convoke_domain::invocation::AttemptFailure,
}

/// What is known of an attempt when nothing of it goes on any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunReport {
    /// What it logged.
    pub logs: Vec<LogLine>,
    /// Whether more was logged than is kept.
    pub logs_truncated: bool,
    /// Which hosts it called.
    pub calls: Vec<OutboundCall>,
    /// CPU time.
    pub cpu: Duration,
    /// Time from begin to end.
    pub wall: Duration,
    /// Most memory at once. Bytes.
    pub memory_bytes_max: u64,
    /// Where it was, if it was looked at and answered.
    pub inspection: Option<Inspection>,
    /// What a replay of it needs, until it is handed to the run log.
    pub recording: Option<Recording>,
}

/// Where a run was that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Statements that were reached.
    pub statements: u64,
    /// File and line of the newest of them, the oldest first.
    pub trace: Vec<(String, u32)>,
    /// File and line at which it threw.
    pub at: Option<(String, u32)>,
    /// What could be seen there: names, and values as data.
    pub locals: BTreeMap<String, Value>,
}

/// One log entry of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// The message.
    pub message: String,
    /// Further arguments, each as JSON.
    pub extras: Vec<String>,
    /// When, by the clock the function sees.
    pub at: Timestamp,
}

/// One outbound call of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundCall {
    /// Method and target without query, which may carry secrets.
    pub target: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// How long it took.
    pub duration: Duration,
    /// What went wrong, if something did.
    pub error: Option<String>,
}
