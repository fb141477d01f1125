//! One attempt as it is handed to the run log. What an answer *did* is in the conversation's log.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use convoke_domain::id::{AccountId, ConsumerId, FunctionId, InvocationId};
use convoke_domain::invocation::FunctionRef;
use convoke_domain::state_change::CbotEventType;
use convoke_store::runs::RunSource;
use jiff::Timestamp;

use crate::ports::{Ending, Failure, Job, RunReport};
use crate::recordings::Recording;
use crate::shard::TriggerWork;

/// What an attempt is known by before it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    function: FunctionId,
    source: RunSource,
    consumer: Option<ConsumerId>,
    code: Option<CbotEventType>,
    number: u8,
}

impl Attempt {
    /// The n-th attempt, from 1, to answer a trigger.
    pub(crate) fn triggered(work: &TriggerWork, number: u8) -> Self {
        Self {
            function: work.binding.function,
            source: RunSource::Change,
            consumer: Some(work.consumer),
            code: Some(work.entry.code),
            number,
        }
    }

    /// The only attempt to tell a function of the survey of a conversation with this consumer.
    pub(crate) fn of_survey(function: FunctionId, consumer: ConsumerId) -> Self {
        Self { function, source: RunSource::Change, consumer: Some(consumer), code: None, number: 1 }
    }

    /// The only attempt of what is no answer to a trigger.
    pub(crate) fn direct(function: FunctionId, source: RunSource) -> Self {
        Self { function, source, consumer: None, code: None, number: 1 }
    }
}

/// One attempt.
#[derive(Debug)]
pub(crate) struct AttemptRecord {
    pub(crate) account: AccountId,
    /// The invocation it belongs to.
    pub(crate) invocation: InvocationId,
    /// The function.
    pub(crate) function: FunctionId,
    /// Its version; `None` for a draft under test.
    pub(crate) version: Option<FunctionRef>,
    /// Why it ran.
    pub(crate) source: RunSource,
    /// The consumer of the conversation it answered; `None` for calls, schedules and tests.
    pub(crate) consumer: Option<ConsumerId>,
    /// What had happened there.
    pub(crate) code: Option<CbotEventType>,
    /// Which attempt, from 1.
    pub(crate) attempt: u8,
    /// When it began, by the engine's clock.
    pub(crate) began_at: Timestamp,
    /// How it ended; `None` if that was never said.
    pub(crate) ended: Option<Ended>,
    /// What it logged, called and used.
    pub(crate) report: Arc<RunReport>,
    /// What a replay needs.
    pub(crate) recording: Option<Recording>,
}

/// How an attempt ended, without what it returned.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    /// How long after its begin it answered or failed.
    pub(crate) after: Duration,
    /// How it failed, if it did.
    pub(crate) failure: Option<Failure>,
}

/// Where the end of an attempt is noted while the function may still be busy.
pub(super) type EndNote = Arc<OnceLock<Ended>>;

impl Ended {
    pub(super) fn of(ending: &Ending, after: Duration) -> Self {
        let failure = match ending {
            Ending::Returned(_) => None,
            Ending::Failed(failure) => Some(failure.clone()),
        };
        Self { after, failure }
    }
}

impl AttemptRecord {
    pub(super) fn begin(job: &Job, attempt: Attempt) -> Self {
        let Attempt { function, source, consumer, code, number } = attempt;
        Self {
            account: job.account.clone(),
            invocation: job.invocation,
            function,
            version: job.function,
            source,
            consumer,
            code,
            attempt: number,
            began_at: job.now,
            ended: None,
            report: Arc::default(),
            recording: None,
        }
    }

    pub(super) fn end(
        mut self,
        note: &EndNote,
        report: Arc<RunReport>,
        recording: Option<Recording>,
    ) -> Self {
        self.ended = note.get().cloned();
        self.report = report;
        self.recording = recording;
        self
    }
}
