//! The run log: one row per attempt of a function, with what it logged and called; figures over them; and the answers of
//! calls that may be sent again.
//!
//! It lies beside the conversations' log and promises less, so that it never slows it down:
//!
//! 1. **Late.** What is kept is stored soon, not before anybody is answered. The end of the process loses nothing that
//!    [`RunStore::keep`] acknowledged; the end of the machine may lose the last seconds.
//! 2. **Whole.** A batch is stored as a whole or not at all.
//! 3. **In order.** Rows have growing numbers in the order in which they were kept; a number is a time, too: the
//!    microsecond of its batch, or the next free one.
//! 4. **Reads follow writes.** A read that begins after an acknowledgement sees what was acknowledged.
//! 5. **Accounts are apart.** No read of one account returns a row of another.
//! 6. **Figures count every run but tests**, also those whose rows are dropped for want of room.
//! 7. **Retention takes whole days** (UTC), of rows and of figures; recordings have days of their own.
//!
//! What it leaves out: what is in a row's sealed part. The engine seals it, with the key of the consumer in whose
//! conversation the function ran, or with the account's.

pub mod conformance;
mod durations;
mod memory;
mod query;
mod schema;
mod sqlite;
mod worker;

use std::collections::BTreeMap;
use std::time::Duration;

use convoke_domain::function::VersionNumber;
use convoke_domain::id::{AccountId, ConversationId, FunctionId, InvocationId};
use convoke_domain::state_change::CbotEventType;
use jiff::Timestamp;
use jiff::civil::Date;

pub use durations::Durations;
pub use memory::MemoryRuns;
pub use sqlite::SqliteRuns;

use crate::{BoxFuture, StoreError, limits};

/// Why a function ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunSource {
    /// A conversation changed.
    Change,
    /// A client called it.
    Call,
    /// Another function called it.
    Function,
    /// A schedule was due.
    Schedule,
    /// Somebody tried it.
    Test,
}

impl RunSource {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 5] = [Self::Change, Self::Call, Self::Function, Self::Schedule, Self::Test];
}

/// How an attempt came out, in the classes that figures count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunState {
    /// It answered.
    Succeeded,
    /// Its code failed it.
    CodingFailure,
    /// The platform failed it.
    PlatformFailure,
    /// It took too long.
    TimedOut,
    /// It never said how it ended.
    Unknown,
}

impl RunState {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 5] =
        [Self::Succeeded, Self::CodingFailure, Self::PlatformFailure, Self::TimedOut, Self::Unknown];
}

/// A level of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// For its author while at work.
    Debug,
    /// What happens.
    Info,
    /// What should be looked at.
    Warn,
    /// What went wrong.
    Error,
}

impl LogLevel {
    /// All of them, from the least to the gravest.
    pub const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warn, Self::Error];
}

/// A set of levels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Levels(u8);

impl Levels {
    /// Every level.
    pub const ALL: Self = Self(0b1111);

    /// The set with one level more.
    #[must_use]
    pub const fn with(self, level: LogLevel) -> Self {
        Self(self.0 | (1 << level as u8))
    }

    /// Whether a level is in it.
    pub const fn has(self, level: LogLevel) -> bool {
        self.0 & (1 << level as u8) != 0
    }

    /// Whether a level is in both.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl FromIterator<LogLevel> for Levels {
    fn from_iter<I: IntoIterator<Item = LogLevel>>(levels: I) -> Self {
        levels.into_iter().fold(Self::default(), Self::with)
    }
}

/// One attempt of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The account.
    pub account: AccountId,
    /// The invocation; for a conversation's it names that, too.
    pub invocation: InvocationId,
    /// Which attempt, from 1.
    pub attempt: u8,
    /// The function.
    pub function: FunctionId,
    /// Its version; `None` for a draft.
    pub version: Option<VersionNumber>,
    /// Why it ran.
    pub source: RunSource,
    /// What had happened in the conversation.
    pub code: Option<CbotEventType>,
    /// When it began, by the engine's clock; kept to the microsecond.
    pub began_at: Timestamp,
    /// How it came out.
    pub state: RunState,
    /// The stable code of its failure.
    pub failure: Option<String>,
    /// From its begin to its answer; kept to the microsecond.
    pub answered_after: Duration,
    /// From its begin until nothing of it went on any more; kept to the microsecond.
    pub wall: Duration,
    /// CPU time; kept to the microsecond.
    pub cpu: Duration,
    /// Most memory at once. Bytes.
    pub memory_bytes_max: u64,
    /// The levels of its log lines.
    pub levels: Levels,
    /// Lines, calls and words of the failure, sealed; empty if there are none. Opaque to the storage.
    pub sealed: Vec<u8>,
}

impl NewRun {
    /// The conversation it answered.
    pub const fn conversation(&self) -> Option<ConversationId> {
        match self.invocation {
            InvocationId::Triggered { conversation, .. } => Some(conversation),
            InvocationId::Direct(_) => None,
        }
    }
}

/// An attempt as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRun {
    /// Its number; see promise 3.
    pub number: u64,
    /// What is known of it.
    pub run: NewRun,
}

/// The answer of a call that may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The account.
    pub account: AccountId,
    /// The function that was called.
    pub function: FunctionId,
    /// The client's name for the call.
    pub request: String,
    /// SHA-256 of what was sent.
    pub content: [u8; 32],
    /// When it was called.
    pub called_at: Timestamp,
    /// The answer, sealed. Opaque to the storage.
    pub sealed: Vec<u8>,
}

/// The attempt of a recording that is there, when it began, and its size in bytes.
pub type RecordingRow = (u8, Timestamp, u64);

/// Runs that were not kept because there were too many at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The account.
    pub account: AccountId,
    /// When it was noticed.
    pub at: Timestamp,
    /// How many.
    pub runs: u64,
}

/// What is kept together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunBatch {
    /// Attempts that ended.
    pub runs: Vec<NewRun>,
    /// What replays of attempts need, sealed, by the attempt's place in `runs`. Opaque to the storage.
    pub recordings: BTreeMap<usize, Vec<u8>>,
    /// Answers to be remembered.
    pub answers: Vec<KeptAnswer>,
    /// First keys of accounts, wrapped; one that an account has already stays.
    pub keys: Vec<(AccountId, Vec<u8>)>,
    /// What is missing.
    pub gaps: Vec<Gap>,
}

impl RunBatch {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.answers.is_empty() && self.keys.is_empty() && self.gaps.is_empty()
    }
}

/// Which runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Of this function.
    pub function: Option<FunctionId>,
    /// In this conversation.
    pub conversation: Option<ConversationId>,
    /// Of this invocation.
    pub invocation: Option<InvocationId>,
    /// With a log line of one of these levels.
    pub levels: Option<Levels>,
    /// That came out so.
    pub state: Option<RunState>,
    /// That began then or later.
    pub from: Option<Timestamp>,
    /// That began before.
    pub until: Option<Timestamp>,
}

/// Where a page of runs begins, and its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunPlace {
    /// The newest first, beginning before this number, or with the last one there is.
    Before(Option<u64>),
    /// The oldest first, beginning after this number; 0 for the first one there is.
    After(u64),
}

impl RunFilter {
    /// Whether it wants this run.
    pub fn wants(&self, run: &NewRun) -> bool {
        self.function.is_none_or(|function| function == run.function)
            && self.conversation.is_none_or(|conversation| run.conversation() == Some(conversation))
            && self.invocation.is_none_or(|invocation| invocation == run.invocation)
            && self.levels.is_none_or(|levels| levels.meets(run.levels))
            && self.state.is_none_or(|state| state == run.state)
            && self.from.is_none_or(|from| run.began_at >= from)
            && self.until.is_none_or(|until| run.began_at < until)
    }
}

/// How one function did in five minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The function.
    pub function: FunctionId,
    /// When the five minutes begin.
    pub from: Timestamp,
    /// Attempts by how they came out; what is not there is 0.
    pub counts: BTreeMap<RunState, u64>,
    /// How long they took to answer.
    pub durations: Durations,
    /// CPU time of all together.
    pub cpu: Duration,
}

/// Which days are dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunRetention {
    /// The first day that is kept of each account.
    pub first_days: BTreeMap<AccountId, Date>,
    /// The first day of which recordings are kept of each account.
    pub first_recording_days: BTreeMap<AccountId, Date>,
    /// The first day of which figures are kept of each account; where there is none, they go with the runs.
    pub first_figure_days: BTreeMap<AccountId, Date>,
    /// Answers of calls that were made before are forgotten.
    pub answers_since: Option<Timestamp>,
    /// How large everything together may become; beyond it the oldest days go. Bytes.
    pub bytes_max: Option<u64>,
}

/// A run log. See the promises above; pages hold at most [`limits::PAGE_ROWS_MAX`] rows, whatever is asked for.
pub trait RunStore: Send + Sync + 'static {
    /// Keeps a batch, at `now` by the engine's clock; gives the number of its last run, or of the last one there is.
    fn keep(&self, batch: RunBatch, now: Timestamp) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// A page of an account's runs.
    fn runs(
        &self,
        account: &AccountId,
        filter: &RunFilter,
        place: RunPlace,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredRun>, StoreError>>;

    /// How many runs of an account were not kept, of those noticed from `from` until before `until`.
    fn missing(
        &self,
        account: &AccountId,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// An account's figures from `from` until before `until`, of one function or of all, ordered by time and function.
    fn figures(
        &self,
        account: &AccountId,
        function: Option<FunctionId>,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<Figure>, StoreError>>;

    /// The answer of a named call.
    fn answer(
        &self,
        account: &AccountId,
        function: FunctionId,
        request: &str,
    ) -> BoxFuture<'_, Result<Option<KeptAnswer>, StoreError>>;

    /// The recordings of an invocation, ordered by attempt. An attempt that was begun again after the process ended has
    /// the one that was kept last.
    fn recordings(
        &self,
        account: &AccountId,
        invocation: InvocationId,
    ) -> BoxFuture<'_, Result<Vec<RecordingRow>, StoreError>>;

    /// The sealed recording of one attempt.
    fn recording(
        &self,
        account: &AccountId,
        invocation: InvocationId,
        attempt: u8,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>>;

    /// The account's wrapped key.
    fn account_key(&self, account: &AccountId) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>>;

    /// Drops what is too old or too much; gives the number of runs dropped.
    fn prune(&self, retention: RunRetention) -> BoxFuture<'_, Result<u64, StoreError>>;
}

/// The number that a run gets after the last one, in a batch that is kept at `now`.
fn next_number(last: u64, now: Timestamp) -> u64 {
    u64::try_from(now.as_microsecond()).unwrap_or(0).max(last.saturating_add(1))
}

/// The five minutes that a time lies in.
fn slot(at: Timestamp) -> i64 {
    at.as_second().div_euclid(limits::FIGURE_SECONDS)
}

/// When five minutes begin.
fn slot_begin(slot: i64) -> Timestamp {
    Timestamp::from_second(slot.saturating_mul(limits::FIGURE_SECONDS)).unwrap_or(Timestamp::MIN)
}

/// The first microsecond of a day.
fn day_begin(day: Date) -> i64 {
    day.to_zoned(jiff::tz::TimeZone::UTC).map_or(i64::MIN, |begin| begin.timestamp().as_microsecond())
}
