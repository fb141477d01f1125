//! Functions on surveys: told when the survey of a conversation begins, and when it ends (functions contract §8.3).
//!
//! ```text
//!   survey-event/<conversation>/<event>      its function has to be told
//! ```
//!
//! The step that opens or closes a survey leaves a row if a function listens. The row goes when the function has run,
//! whatever came of it: its answer is ignored, so there is nothing to settle. What a crash leaves runs again at the next
//! start, under the same invocation id. A row holds nothing that was said: what the function is told is made from the log.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use convoke_api::functions::survey_input_json;
use convoke_domain::conversation::{Conversation, Event, Recorded, replay};
use convoke_domain::function::{EventBinding, OtherEvent};
use convoke_domain::id::{AccountId, ConversationId, InvocationId};
use convoke_domain::sequence::EventSeq;
use convoke_store::{Fact, FactOp, Step};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::calls::{Call, CallError, CallFrom, Until, is_listened_to};
use crate::directory::AccountView;
use crate::error::EngineError;
use crate::handle::Handle;
use crate::limits;

const ROWS: &str = "survey-event/";

/// Accounts whose functions have to be told of surveys; each once.
#[derive(Default)]
pub(crate) struct Surveys {
    /// Whether there is more to do than whoever is at it has seen.
    accounts: Mutex<BTreeMap<AccountId, Doing>>,
    more: Notify,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// Somebody should begin.
    Waits,
    /// Somebody is at it.
    Under,
    /// Somebody is at it, and should look again.
    Again,
}

impl Surveys {
    /// A step is durable that left rows.
    pub(crate) fn note(&self, account: &AccountId) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        match accounts.get_mut(account) {
            Some(doing @ Doing::Under) => *doing = Doing::Again,
            Some(Doing::Waits | Doing::Again) => {}
            None => drop(accounts.insert(account.clone(), Doing::Waits)),
        }
        drop(accounts);
        self.more.notify_one();
    }

    /// The next account at which nobody is; waits for it.
    async fn next(&self) -> AccountId {
        loop {
            if let Some(account) = self.take() {
                return account;
            }
            self.more.notified().await;
        }
    }

    fn take(&self) -> Option<AccountId> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let (account, doing) = accounts.iter_mut().find(|(_, doing)| **doing == Doing::Waits)?;
        *doing = Doing::Under;
        Some(account.clone())
    }

    /// Somebody has done what they saw; whether they should look again.
    fn done(&self, account: &AccountId) -> bool {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        match accounts.get_mut(account) {
            Some(doing @ Doing::Again) => {
                *doing = Doing::Under;
                true
            }
            Some(Doing::Waits | Doing::Under) | None => {
                accounts.remove(account);
                false
            }
        }
    }
}

/// The rows of a step whose events a function listens to.
pub(crate) fn rows(view: &AccountView, after: Option<&Conversation>, events: &[Recorded]) -> Vec<FactOp> {
    let (Some(state), Some(last)) = (after, events.last()) else { return Vec::new() };
    let listened = |recorded: &&Recorded| {
        other_event(&recorded.event)
            .is_some_and(|event| is_listened_to(view, EventBinding::Other(event), &state.skill))
    };
    let row = |recorded: &Recorded| FactOp {
        key: format!("{ROWS}{}/{:020}", state.id, recorded.seq.number()),
        // The state that its function is told of is that after the whole step.
        value: Some(last.seq.number().to_le_bytes().to_vec()),
    };
    events.iter().filter(listened).map(row).collect()
}

/// Whether a step leaves rows.
pub(crate) fn leaves_rows(step: &Step) -> bool {
    step.facts.iter().any(|fact| fact.key.starts_with(ROWS))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "two events are about surveys, all others are not")]
fn other_event(event: &Event) -> Option<OtherEvent> {
    match event {
        Event::SurveyOpened { .. } => Some(OtherEvent::SurveyStarted),
        Event::SurveyClosed { .. } => Some(OtherEvent::SurveyEnded),
        _ => None,
    }
}

/// Tells functions, until the engine stops; first what was left by the process before this one.
pub(crate) async fn run(handle: Handle, mut stopping: watch::Receiver<bool>) {
    for view in handle.accounts() {
        handle.inner.outbox.surveys.note(&view.account.id);
    }
    loop {
        let account = tokio::select! {
            account = handle.inner.outbox.surveys.next() => account,
            _ = stopping.changed() => return,
        };
        let (handle, stopping) = (handle.clone(), stopping.clone());
        let tasks = handle.inner.invoker.tasks.clone();
        tasks.spawn(async move {
            loop {
                if let Err(error) = tell(&handle, &account, &stopping).await {
                    tracing::warn!(%account, %error, "functions were not told of all surveys; the next start does");
                }
                if !handle.inner.outbox.surveys.done(&account) {
                    return;
                }
            }
        });
    }
}

/// An event of a survey that a function has to be told.
struct Row {
    key: String,
    event: EventSeq,
    /// The last event of its step.
    until: EventSeq,
}

/// Tells of everything that is there by now, some conversations at a time.
async fn tell(
    handle: &Handle,
    account: &AccountId,
    stopping: &watch::Receiver<bool>,
) -> Result<(), EngineError> {
    let mut after: Option<String> = None;
    while !*stopping.borrow() {
        let store = &handle.inner.store;
        let page = store.facts(account, ROWS, after.as_deref(), limits::SURVEY_EVENTS_AT_ONCE).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        let mut telling = JoinSet::new();
        for (conversation, rows) in by_conversation(page) {
            telling.spawn(tell_of(handle.clone(), account.clone(), conversation, rows));
        }
        let mut failed = None;
        // To the end, whatever becomes of one: calls that have begun are not broken off.
        while let Some(told) = telling.join_next().await {
            failed = told.map_err(|_| EngineError::Stopping).flatten().err().or(failed);
        }
        if let Some(error) = failed {
            return Err(error);
        }
    }
    Ok(())
}

/// The rows of each conversation, in their order: a survey begins before it ends.
fn by_conversation(page: Vec<Fact>) -> BTreeMap<ConversationId, Vec<Row>> {
    let mut rows: BTreeMap<ConversationId, Vec<Row>> = BTreeMap::new();
    for (key, value) in page {
        let read = || {
            let (conversation, event) = key.strip_prefix(ROWS)?.split_once('/')?;
            let until = u64::from_le_bytes(value.try_into().ok()?);
            let row = Row {
                key: key.clone(),
                event: EventSeq::new(event.parse().ok()?)?,
                until: EventSeq::new(until)?,
            };
            Some((conversation.parse().ok()?, row))
        };
        if let Some((conversation, row)) = read() {
            rows.entry(conversation).or_default().push(row);
        } else {
            tracing::warn!(key, "a row about a survey cannot be read");
        }
    }
    rows
}

async fn tell_of(
    handle: Handle,
    account: AccountId,
    conversation: ConversationId,
    rows: Vec<Row>,
) -> Result<(), EngineError> {
    for row in rows {
        call(&handle, &account, conversation, &row).await?;
        let told = vec![FactOp { key: row.key, value: None }];
        handle.inner.outbox.write(&account, told).await?;
    }
    Ok(())
}

/// Calls the function that listens by now. That there is none any more, or that it fails, is no error.
async fn call(
    handle: &Handle,
    account: &AccountId,
    conversation: ConversationId,
    row: &Row,
) -> Result<(), EngineError> {
    let mut events = handle.events_from(account, conversation, EventSeq::FIRST).await?;
    events.retain(|recorded| recorded.seq <= row.until);
    if events.last().is_none_or(|last| last.seq < row.until) {
        // Retention has taken it.
        return Ok(());
    }
    let Some(view) = handle.account(account) else { return Ok(()) };
    let happened = events.iter().find(|recorded| recorded.seq == row.event);
    let event = happened.and_then(|recorded| other_event(&recorded.event));
    let depth = happened.and_then(|recorded| recorded.cause).map_or(0, |cause| cause.depth);
    let (Some(event), Some(state)) = (event, replay(conversation, None, &events)) else { return Ok(()) };
    let call = Call {
        input: survey_input_json(&view.account, &state, &events, handle.now()).into(),
        from: CallFrom::Survey {
            invocation: InvocationId::Triggered { conversation, trigger: row.event },
            consumer: state.consumer,
            depth,
        },
        request: None,
        until: Until::Ended,
    };
    match handle.call_event(account, EventBinding::Other(event), Some(&state.skill), &call).await {
        Err(CallError::Stopping) => Err(EngineError::Stopping),
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::info!(%account, %conversation, code = error.code(), "a function was not told of a survey");
            Ok(())
        }
    }
}
