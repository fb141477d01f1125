//! One call on its way: it runs in a task of its own, so that a client who goes away and comes back finds it running.

use std::sync::Arc;

use convoke_domain::id::{AccountId, InvocationId};
use convoke_domain::invocation::FunctionRef;
use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use super::remembered::Request;
use crate::ending::FailureClass;
use crate::invoke::{Attempt, Invoker, host_busy};
use crate::limits;
use crate::ports::{Ending, Failure, Job, RunReport};
use crate::runs::AnswerToKeep;

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEnding {
    /// It answered with this JSON; `None` is `undefined`.
    Returned(Option<Arc<str>>),
    /// It did not.
    Failed {
        /// What kind of failure it was.
        class: FailureClass,
        /// Stable code and what was said.
        failure: Failure,
    },
}

/// What one function came to in one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAnswer {
    /// The invocation.
    pub invocation: InvocationId,
    /// The version that ran.
    pub function: FunctionRef,
    /// When it was called.
    pub called_at: Timestamp,
    /// How it ended.
    pub ending: CallEnding,
}

/// How far a call is.
#[derive(Debug, Clone)]
pub(super) enum Progress {
    Running,
    Answered(Arc<CallAnswer>),
    /// Nothing of it goes on any more.
    Ended(Arc<CallAnswer>, Option<Arc<RunReport>>),
}

/// A call that is about to run.
pub(super) struct Started {
    pub(super) job: Job,
    pub(super) attempt: Attempt,
    pub(super) function: FunctionRef,
    pub(super) request: Option<Request>,
    pub(super) progress: watch::Sender<Progress>,
}

impl CallEnding {
    fn of(ending: Ending) -> Self {
        match ending {
            Ending::Returned(json) => Self::Returned(json.map(Arc::from)),
            Ending::Failed(failure) => Self::Failed { class: failure.class(), failure },
        }
    }

    /// Whether it did not run, so that the same call may be tried again.
    pub(super) fn may_run_again(&self) -> bool {
        matches!(self, Self::Failed { class: FailureClass::Unavailable, .. })
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Returned(json) => json.as_ref().map_or(0, |json| json.len()),
            Self::Failed { failure, .. } => failure.detail.len(),
        }
    }
}

impl Started {
    /// Runs it and tells how it goes, to whoever listens then.
    pub(super) async fn run(self, invoker: Arc<Invoker>) {
        let Self { job, attempt, function, request, progress } = self;
        let account = job.account.clone();
        let (invocation, called_at) = (job.invocation, job.now);
        let answer_of = move |ending| {
            Arc::new(CallAnswer { invocation, function, called_at, ending: CallEnding::of(ending) })
        };
        let waiting = tokio::time::timeout(limits::CALL_WAIT_MAX, invoker.permits.acquire(&account));
        let Ok(permit) = waiting.await else {
            let answer = answer_of(Ending::Failed(host_busy()));
            remember(&invoker, &account, &answer, request.as_ref());
            progress.send_replace(Progress::Ended(answer, Some(Arc::default())));
            return;
        };
        let (told, listener, key_values) =
            (progress.clone(), Arc::clone(&invoker), Arc::clone(&job.key_values));
        let tell = move |ending| {
            let answer = answer_of(ending);
            remember(&listener, &account, &answer, request.as_ref());
            told.send_replace(Progress::Answered(answer));
        };
        let (settled, known) = oneshot::channel();
        let tasks = invoker.tasks.clone();
        let answered = Box::new(move |ending| {
            key_values.answered();
            if key_values.has_writes() {
                // Told when what it keeps is durable, so that nobody hears of an answer whose writes are lost.
                tasks.spawn(async move {
                    tell(key_values.settle(ending).await);
                    let _ = settled.send(());
                });
            } else {
                tell(ending);
                let _ = settled.send(());
            }
        });
        let report = invoker.observe(job, attempt, permit, answered).await;
        // An error is a host that never told: then nothing was settled.
        let _ = known.await;
        progress.send_if_modified(|progress| {
            if let Progress::Answered(answer) = progress {
                *progress = Progress::Ended(Arc::clone(answer), Some(report));
            }
            true
        });
    }
}

/// Keeps the answer in mind and in the run log, or forgets a call that did not run.
fn remember(invoker: &Invoker, account: &AccountId, answer: &Arc<CallAnswer>, request: Option<&Request>) {
    let Some(Request { id, content }) = request else { return };
    let function = answer.function.function;
    if answer.ending.may_run_again() {
        return invoker.remembered.forget(account, function, id);
    }
    invoker.remembered.weigh(account, function, id, answer.ending.bytes());
    invoker.runs.keep_answer(AnswerToKeep {
        account: account.clone(),
        request: id.clone(),
        content: *content,
        answer: Arc::clone(answer),
    });
}
