//! Looks at the routing of each board when something happened there or a time has come, until the engine stops.

use convoke_domain::conversation::{Action, Actor, Command};
use convoke_domain::id::AccountId;
use jiff::Timestamp;
use tokio::sync::watch;

use super::{GiveBack, roll};
use crate::handle::Handle;
use crate::limits;

pub(crate) async fn run(handle: Handle, mut stopping: watch::Receiver<bool>) {
    loop {
        let woken = handle.inner.boards.wake.notified();
        let boards = handle.inner.boards.all();
        let now = handle.now();
        let mut next = Timestamp::MAX;
        for (account, board) in &*boards {
            if board.next_look().is_some_and(|at| at <= now)
                && let Some(view) = handle.account(account)
            {
                let lost = board.route(&view);
                give_back(&handle, account, lost.give_back).await;
                roll::strike_off(&handle, account, board, &lost.agents).await;
            }
            next = board.next_look().map_or(next, |at| next.min(at));
        }
        // Given back conversations, and whatever came meanwhile, have woken it again.
        tokio::select! {
            () = woken => {}
            () = handle.inner.clock.wait_until(next.max(now)), if next > now => {}
            _ = stopping.changed() => return,
        }
    }
}

/// Puts conversations of agents who are gone back into their queues. Whoever took one meanwhile keeps it.
async fn give_back(handle: &Handle, account: &AccountId, conversations: Vec<GiveBack>) {
    for some in conversations.chunks(limits::GIVEN_BACK_AT_ONCE) {
        let leaving = some.iter().map(|GiveBack { conversation, agent }| {
            let action = Action::HandOver { from: *agent, skill: None, agent: None };
            let command = Command { by: Actor::System, cause: None, action };
            async move { (*conversation, *agent, handle.command(account, *conversation, command).await) }
        });
        for (conversation, agent, left) in futures_util::future::join_all(leaving).await {
            if let Err(error) = left {
                tracing::info!(%conversation, %agent, %error, "an agent's conversation was not given back");
            }
        }
    }
}
