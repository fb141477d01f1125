//! What is remembered of invocations: how each attempt ended, what it logged and called. In memory, the latest of each
//! account; what an answer *did* is in the conversation's log for ever.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use convoke_domain::id::{AccountId, ConversationId, FunctionId, InvocationId};
use convoke_domain::invocation::FunctionRef;
use convoke_domain::state_change::CbotEventType;
use jiff::Timestamp;

use crate::limits;
use crate::ports::{Ending, Job, RunReport};
use crate::shard::TriggerWork;

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    account: AccountId,
    /// The invocation it belongs to.
    pub invocation: InvocationId,
    /// The conversation it answered; `None` for calls and tests.
    pub conversation: Option<ConversationId>,
    /// What had happened; `None` for calls and tests.
    pub code: Option<CbotEventType>,
    /// The function version; `None` for a draft under test.
    pub function: Option<FunctionRef>,
    /// Which attempt, from 1.
    pub attempt: u8,
    /// When it began, by the engine's clock.
    pub began_at: Timestamp,
    /// What it logged, called and used.
    pub report: RunReport,
    /// How it ended; `None` while that is not known.
    pub ending: Option<Ending>,
}

/// All attempts of one invocation, oldest first.
pub type InvocationRecord = Vec<Arc<AttemptRecord>>;

/// The latest attempts of each account.
#[derive(Debug, Default)]
pub struct Invocations {
    accounts: Mutex<HashMap<AccountId, Latest>>,
}

#[derive(Debug, Default)]
struct Latest {
    attempts: VecDeque<Arc<AttemptRecord>>,
    endings: VecDeque<((InvocationId, u8), Ending)>,
}

impl AttemptRecord {
    pub(crate) fn begin(job: &Job, work: &TriggerWork, attempt: u8) -> Self {
        Self {
            account: job.account.clone(),
            invocation: job.invocation,
            conversation: Some(work.conversation),
            code: Some(work.entry.code),
            function: job.function,
            attempt,
            began_at: job.now,
            report: RunReport::default(),
            ending: None,
        }
    }

    pub(crate) fn end(&mut self, report: RunReport) {
        self.report = report;
    }
}

impl Invocations {
    /// The attempts of an invocation that are still remembered.
    pub fn of(&self, account: &AccountId, invocation: InvocationId) -> InvocationRecord {
        self.select(account, |attempt| attempt.invocation == invocation)
    }

    /// The remembered attempts of a function, oldest first.
    pub fn of_function(&self, account: &AccountId, function: FunctionId) -> InvocationRecord {
        self.select(account, |attempt| attempt.function.is_some_and(|version| version.function == function))
    }

    fn select(&self, account: &AccountId, wanted: impl Fn(&AttemptRecord) -> bool) -> InvocationRecord {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(latest) = accounts.get(account) else { return Vec::new() };
        latest.attempts.iter().filter(|attempt| wanted(attempt)).cloned().collect()
    }

    /// Notes how an attempt ended, which is known before what it still does.
    pub(crate) fn ended(&self, work: &TriggerWork, attempt: u8, ending: &Ending) {
        let invocation =
            InvocationId::Triggered { conversation: work.conversation, trigger: work.entry.trigger };
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = accounts.entry(work.account.clone()).or_default();
        let known = latest
            .attempts
            .iter_mut()
            .rev()
            .find(|known| known.invocation == invocation && known.attempt == attempt);
        if let Some(known) = known {
            Arc::make_mut(known).ending = Some(ending.clone());
        } else {
            latest.endings.push_back(((invocation, attempt), ending.clone()));
            while latest.endings.len() > limits::INVOCATIONS_KEPT_MAX {
                latest.endings.pop_front();
            }
        }
    }

    pub(crate) fn keep(&self, mut record: AttemptRecord) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = accounts.entry(record.account.clone()).or_default();
        let name = (record.invocation, record.attempt);
        if let Some(at) = latest.endings.iter().position(|(known, _)| *known == name) {
            record.ending = latest.endings.remove(at).map(|(_, ending)| ending);
        }
        while latest.attempts.len() >= limits::INVOCATIONS_KEPT_MAX {
            latest.attempts.pop_front();
        }
        latest.attempts.push_back(Arc::new(record));
    }
}
