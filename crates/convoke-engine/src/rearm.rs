//! Timers after a change of settings: every open conversation of the account looks at its own again.
//!
//! A timer that comes due too early fires nothing and is armed again for the right time. So it is enough to let all of them
//! come due once. The change of settings leaves a mark in the same write, which goes when all were looked at: a crash in
//! between only makes the next start begin again.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use convoke_domain::conversation::{Action, Actor, Command, Timer};
use convoke_domain::id::{AccountId, ConversationId};
use convoke_domain::sequence::EventSeq;
use convoke_store::{FactOp, ListFilter};
use jiff::Timestamp;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinSet;

use crate::error::EngineError;
use crate::handle::Handle;
use crate::limits;
use crate::shard::{ToShard, Write};

/// The fact that tells of an account whose timers have to be looked at.
pub(crate) const MARK: &str = "timers.rearm";

/// The mark of a change on this head; each change leaves another one.
pub(crate) fn fact(head: Option<EventSeq>) -> FactOp {
    let head = head.map_or(0, EventSeq::number);
    FactOp { key: MARK.to_owned(), value: Some(head.to_le_bytes().to_vec()) }
}

/// Accounts whose conversations' timers have to be looked at; each at most once.
#[derive(Default)]
pub(crate) struct Rearming {
    accounts: Mutex<BTreeSet<AccountId>>,
    more: Notify,
}

impl Rearming {
    pub(crate) fn add(&self, account: AccountId) {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).insert(account);
        self.more.notify_one();
    }

    /// The next one; waits for it.
    async fn next(&self) -> AccountId {
        loop {
            let next = self.accounts.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            match next {
                Some(account) => return account,
                None => self.more.notified().await,
            }
        }
    }
}

/// Looks at the timers of one account after the other, until the engine stops.
pub(crate) async fn run(handle: Handle, mut stopping: watch::Receiver<bool>) {
    let work = async {
        loop {
            let account = handle.inner.directory.rearming.next().await;
            if let Err(error) = rearm(&handle, &account).await {
                tracing::warn!(%account, %error, "timers were not all looked at; the next start does");
            }
        }
    };
    tokio::select! {
        () = work => {}
        _ = stopping.changed() => {}
    }
}

async fn rearm(handle: &Handle, account: &AccountId) -> Result<(), EngineError> {
    let Some(mark) = handle.inner.store.fact(account, MARK).await? else { return Ok(()) };
    let began = handle.now();
    sweep(handle, account, Timestamp::MIN).await?;
    // Whatever moved to the front of the list meanwhile knew the new settings, unless it was decided just before them.
    let recent = began.saturating_sub(limits::REARM_OVERLAP).unwrap_or(Timestamp::MIN);
    sweep(handle, account, recent).await?;
    handle.inner.directory.rearmed(account, &mark).await
}

/// Looks at the open conversations that changed since `since`, some at a time.
async fn sweep(handle: &Handle, account: &AccountId, since: Timestamp) -> Result<(), EngineError> {
    let filter = ListFilter { open: Some(true), ..ListFilter::default() };
    let mut place = None;
    loop {
        let page = handle.conversations(account, &filter, place, limits::REARM_AT_ONCE).await?;
        let mut looking = JoinSet::new();
        for row in page.iter().take_while(|row| row.summary.changed_at >= since) {
            looking.spawn(look_again(handle.clone(), account.clone(), row.conversation));
        }
        let looked = looking.len();
        looking.join_all().await;
        match page.last() {
            Some(last) if looked == page.len() => place = Some(last.place()),
            Some(_) | None => return Ok(()),
        }
    }
}

/// Lets all timers of a conversation come due.
async fn look_again(handle: Handle, account: AccountId, conversation: ConversationId) {
    for timer in Timer::ALL {
        let command = Command { by: Actor::System, cause: None, action: Action::TimerDue { timer } };
        let mut write = Write::new(account.clone(), conversation, command);
        let (asker, answer) = oneshot::channel();
        write.askers.push(asker);
        if handle.shard(conversation).send(ToShard::Write(Box::new(write))).await.is_err() {
            return;
        }
        // Closed meanwhile, or busy: then it is looked at when it changes or a second later.
        let _ = answer.await;
    }
}
