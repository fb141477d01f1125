//! Calls of deployed functions from outside any conversation: by id, by event, by a schedule, by another function.
//!
//! A call runs once. It acts on no conversation: what the function returns goes to the caller. A call with a [`Request`]
//! can be sent again for a day and gets the first answer, also while that is still being made; only a call that did not
//! run for want of a sandbox is forgotten at once.

mod allowance;
mod remembered;
mod run;

use std::sync::Arc;

use convoke_domain::conversation::Cause;
use convoke_domain::function::{EventBinding, Function, OtherEvent, Rejection};
use convoke_domain::id::{AccountId, ConsumerId, FunctionId, InvocationId, SkillId};
use convoke_domain::invocation::FunctionRef;
use convoke_domain::limits::CAUSE_DEPTH_MAX;
use convoke_store::runs::RunSource;
use tokio::sync::watch;

use crate::directory::AccountView;
use crate::handle::Handle;
use crate::invoke::Attempt;
use crate::limits;
use crate::ports::{Job, ProgramSource, RunReport};

pub use allowance::Allowance;
pub(crate) use allowance::Allowances;
pub(crate) use remembered::Remembered;
pub use remembered::{Request, RequestId};
pub use run::{CallAnswer, CallEnding};

use remembered::Known;
use run::{Progress, Started};

/// A call of a function.
#[derive(Debug, Clone)]
pub struct Call {
    /// The whole input, as JSON.
    pub input: Arc<str>,
    /// Where it comes from.
    pub from: CallFrom,
    /// Its name, if its client may send it again.
    pub request: Option<Request>,
    /// What to wait for.
    pub until: Until,
}

/// Where a call comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFrom {
    /// A client.
    Client,
    /// A schedule; the firing has named the invocation.
    Schedule(InvocationId),
    /// Another function, with the cause that it passes on.
    Function(Cause),
    /// The survey of a conversation, which began or ended.
    Survey {
        /// Named by the event, so that it is the same after a crash.
        invocation: InvocationId,
        /// Whose conversation it was.
        consumer: ConsumerId,
        /// How many causes led to the event.
        depth: u8,
    },
}

impl CallFrom {
    /// How many causes led to the call.
    const fn depth(self) -> u8 {
        match self {
            Self::Client | Self::Schedule(_) => 0,
            Self::Function(cause) => cause.depth,
            Self::Survey { depth, .. } => depth,
        }
    }
}

/// What a caller waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The answer.
    Answered,
    /// That nothing of it goes on any more, so that its logs, calls and use are known.
    Ended,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The answer.
    pub answer: Arc<CallAnswer>,
    /// What it logged, called and used, if that was waited for and the call is not an old one.
    pub report: Option<Arc<RunReport>>,
    /// Whether this is the answer of an earlier call with the same name.
    pub repeated: bool,
}

/// Why nothing was called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No such account.
    #[error("there is no such account")]
    AccountUnknown,
    /// No such function, or it is not deployed.
    #[error("{0}")]
    Function(Rejection),
    /// The request id was used for a call with another content.
    #[error(
        "the request id was used for another call of this function within a day; use a new id for a new call"
    )]
    RequestReused,
    /// Functions that call functions that call functions.
    #[error("functions call each other {CAUSE_DEPTH_MAX} deep at most")]
    TooDeep,
    /// The node is shutting down.
    #[error("this node is shutting down; try another, or again in a moment")]
    Stopping,
}

impl CallError {
    /// The stable code that clients match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AccountUnknown => "account.unknown",
            Self::Function(rejection) => rejection.code(),
            Self::RequestReused => "request.id_reused",
            Self::TooDeep => "function.calls_too_deep",
            Self::Stopping => "node.stopping",
        }
    }
}

impl Handle {
    /// Takes one call out of the account's allowance; to be asked for each request of a client.
    pub fn admit_call(&self, account: &AccountId) -> Allowance {
        self.inner.invoker.allowances.take(account)
    }

    /// Calls the deployed version of a function.
    ///
    /// # Errors
    /// Why it was not called. A function that failed is an answer, not an error.
    pub async fn call(
        &self,
        account: &AccountId,
        function: FunctionId,
        call: Call,
    ) -> Result<Called, CallError> {
        let view = self.account(account).ok_or(CallError::AccountUnknown)?;
        self.call_in(&view, function, &call).await
    }

    /// Calls every deployed function that listens to an event, and to the skill if one is named, in the order of their
    /// ids. They run side by side, but for the chat survey: there each waits for the one before, and a failure ends the
    /// chain.
    ///
    /// # Errors
    /// Why one was not called. That none listens is no error.
    pub async fn call_event(
        &self,
        account: &AccountId,
        event: EventBinding,
        skill: Option<&SkillId>,
        call: &Call,
    ) -> Result<Vec<Called>, CallError> {
        let view = self.account(account).ok_or(CallError::AccountUnknown)?;
        let listening: Vec<FunctionId> = listening(&view, event, skill).collect();
        if event != EventBinding::Other(OtherEvent::ChatSurveyTranscript) {
            let calls = listening.into_iter().map(|function| self.call_in(&view, function, call));
            return futures_util::future::try_join_all(calls).await;
        }
        let mut answers = Vec::with_capacity(listening.len());
        for function in listening {
            let called = self.call_in(&view, function, call).await?;
            let failed = matches!(called.answer.ending, CallEnding::Failed { .. });
            answers.push(called);
            if failed {
                break;
            }
        }
        Ok(answers)
    }

    /// Whether a deployed function listens to an event, and to the skill if one is named.
    ///
    /// # Errors
    /// If there is no such account.
    pub fn is_implemented(
        &self,
        account: &AccountId,
        event: EventBinding,
        skill: Option<&SkillId>,
    ) -> Result<bool, CallError> {
        let view = self.account(account).ok_or(CallError::AccountUnknown)?;
        Ok(listening(&view, event, skill).next().is_some())
    }

    async fn call_in(
        &self,
        view: &Arc<AccountView>,
        id: FunctionId,
        call: &Call,
    ) -> Result<Called, CallError> {
        let function = view.functions.get(id).ok_or(CallError::Function(Rejection::FunctionUnknown(id)))?;
        if call.from.depth() > CAUSE_DEPTH_MAX {
            return Err(CallError::TooDeep);
        }
        let account = &view.account.id;
        let memory = &self.inner.invoker.remembered;
        let known = call.request.as_ref().map(|request| memory.enter(account, id, request, self.now()));
        let (sender, progress) = match known {
            Some(Known::Before(progress)) => return finished(progress, call.until, true).await,
            Some(Known::Other) => return Err(CallError::RequestReused),
            Some(Known::New(sender)) => {
                let progress = sender.subscribe();
                (sender, progress)
            }
            None => watch::channel(Progress::Running),
        };
        if let Some(request) = &call.request
            && let Some(answer) = self.kept_answer(account, id, request).await?
        {
            sender.send_replace(Progress::Ended(answer, None));
            return finished(progress, call.until, true).await;
        }
        let started = match self.started(view, id, function, call, sender) {
            Ok(started) => started,
            Err(error) => {
                if let Some(request) = &call.request {
                    memory.forget(account, id, &request.id);
                }
                return Err(error);
            }
        };
        let invoker = Arc::clone(&self.inner.invoker);
        invoker.tasks.spawn(started.run(Arc::clone(&invoker)));
        finished(progress, call.until, false).await
    }

    /// The answer of a call that was made before the node was started last.
    async fn kept_answer(
        &self,
        account: &AccountId,
        id: FunctionId,
        request: &Request,
    ) -> Result<Option<Arc<CallAnswer>>, CallError> {
        let log = &self.inner.invoker.runs;
        // A log that cannot be read must not keep functions from being called.
        let kept = log.kept_answer(account, id, request).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the answers of earlier calls cannot be read");
            None
        });
        let Some((kept, answer)) = kept else { return Ok(None) };
        if self.now().duration_since(kept.called_at) > limits::REMEMBERED_FOR {
            return Ok(None);
        }
        if kept.content != request.content {
            self.inner.invoker.remembered.forget(account, id, &request.id);
            return Err(CallError::RequestReused);
        }
        Ok(Some(Arc::new(answer)))
    }

    fn started(
        &self,
        view: &AccountView,
        id: FunctionId,
        function: &Function,
        call: &Call,
        progress: watch::Sender<Progress>,
    ) -> Result<Started, CallError> {
        let (deployment, version) = function
            .deployed_version()
            .ok_or_else(|| CallError::Function(Rejection::NotDeployed(function.name.clone())))?;
        let named = FunctionRef { function: id, version: deployment.version };
        let (attempt, invocation) = match call.from {
            CallFrom::Client => (Attempt::direct(id, RunSource::Call), self.new_invocation()),
            CallFrom::Schedule(invocation) => (Attempt::direct(id, RunSource::Schedule), invocation),
            CallFrom::Function(_) => (Attempt::direct(id, RunSource::Function), self.new_invocation()),
            CallFrom::Survey { invocation, consumer, .. } => (Attempt::of_survey(id, consumer), invocation),
        };
        let job = Job {
            account: view.account.id.clone(),
            function: Some(named),
            program: ProgramSource {
                source: Arc::clone(&version.source),
                environment: Arc::new(version.environment.clone()),
            },
            settings: version.settings,
            invocation,
            depth: call.from.depth(),
            input: Arc::clone(&call.input),
            now: self.now(),
            seed: self.entropy().bits(),
            egress: Arc::new(view.account.egress.clone()),
            inspected: false,
            live: true,
            key_values: self.inner.invoker.key_values.begin(&view.account.id, true),
        };
        Ok(Started { job, attempt, function: named, request: call.request.clone(), progress })
    }

    /// An invocation id that nobody has.
    pub(crate) fn new_invocation(&self) -> InvocationId {
        InvocationId::Direct(uuid::Uuid::from_u128(self.entropy().bits()))
    }
}

/// Whether a deployed function listens to an event in conversations with a skill.
pub(crate) fn is_listened_to(view: &AccountView, event: EventBinding, skill: &SkillId) -> bool {
    listening(view, event, Some(skill)).next().is_some()
}

/// The deployed functions of an event. Without a skill all of them listen.
fn listening<'a>(
    view: &'a AccountView,
    event: EventBinding,
    skill: Option<&'a SkillId>,
) -> impl Iterator<Item = FunctionId> + 'a {
    let functions = view.functions.functions.iter().filter(move |(_, function)| {
        function.event == Some(event)
            && function.deployed_version().is_some()
            && (skill.is_none() || function.answers(skill))
    });
    functions.map(|(id, _)| *id)
}

/// Waits until a call is as far as is wanted.
async fn finished(
    mut progress: watch::Receiver<Progress>,
    until: Until,
    repeated: bool,
) -> Result<Called, CallError> {
    let enough = |progress: &Progress| match progress {
        Progress::Running => false,
        Progress::Answered(_) => until == Until::Answered,
        Progress::Ended(..) => true,
    };
    let reached = progress.wait_for(enough).await.map_err(|_| CallError::Stopping)?.clone();
    match reached {
        Progress::Running => Err(CallError::Stopping),
        Progress::Answered(answer) => Ok(Called { answer, report: None, repeated }),
        Progress::Ended(answer, report) => Ok(Called { answer, report, repeated }),
    }
}
