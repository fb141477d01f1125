//! The roll of agents who are connected, kept over restarts: who was there when a process died, and does not come back, gives
//! their conversations back as if only their connection had broken.
//!
//! An agent is put on it before their first connection counts, and struck off when they have been gone for the grace time.
//! Who serves conversations in another way than over the sockets of the messaging protocol is not on it, and keeps them.

use std::sync::Arc;

use convoke_domain::id::{AccountId, UserId};
use convoke_store::limits::STEP_ROWS_MAX;
use convoke_store::{FactOp, StoreError};

use crate::board::Board;
use crate::error::EngineError;
use crate::handle::Handle;

/// Begin of the name of each entry.
const PREFIX: &str = "connected.";

fn entry(agent: UserId, there: bool) -> FactOp {
    FactOp { key: format!("{PREFIX}{agent}"), value: there.then(|| b"1".to_vec()) }
}

/// Puts an agent on the roll, unless they are there already.
pub(crate) async fn put_on(
    handle: &Handle,
    account: &AccountId,
    board: &Board,
    agent: UserId,
) -> Result<(), EngineError> {
    let entry = entry(agent, true);
    if board.is_connected(agent) || handle.inner.store.fact(account, &entry.key).await?.is_some() {
        return Ok(());
    }
    handle.inner.contexts.set_facts(account, vec![entry]).await
}

/// Strikes agents off who did not come back; those who do so just now stay on it.
pub(super) async fn strike_off(handle: &Handle, account: &AccountId, board: &Board, agents: &[UserId]) {
    for some in agents.chunks(STEP_ROWS_MAX) {
        if let Err(error) = strike_off_some(handle, account, board, some).await {
            // They are asked for once more after the next restart, and give back nothing that is not theirs.
            let agents = some.len();
            tracing::warn!(%account, agents, %error, "the roll of connected agents could not be kept");
        }
    }
}

async fn strike_off_some(
    handle: &Handle,
    account: &AccountId,
    board: &Board,
    agents: &[UserId],
) -> Result<(), EngineError> {
    let contexts = &handle.inner.contexts;
    contexts.set_facts(account, agents.iter().map(|agent| entry(*agent, false)).collect()).await?;
    let back = agents.iter().filter(|agent| board.is_connected(**agent));
    let back: Vec<FactOp> = back.map(|agent| entry(*agent, true)).collect();
    if back.is_empty() { Ok(()) } else { contexts.set_facts(account, back).await }
}

/// Calls the roll after a start: the boards of accounts with agents on it are opened, and whoever does not come back in
/// time is given up on.
pub(crate) async fn call(handle: &Handle) -> Result<(), StoreError> {
    for view in handle.accounts() {
        let account = view.account.id.clone();
        let mut agents: Vec<UserId> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = handle.inner.store.facts(&account, PREFIX, after.as_deref(), usize::MAX).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            agents
                .extend(page.iter().filter_map(|(key, _)| key.strip_prefix(PREFIX)?.parse::<UserId>().ok()));
        }
        if !agents.is_empty() {
            // Beside the start: a board reads every open conversation.
            handle.inner.invoker.tasks.spawn(expect(handle.clone(), account, agents));
        }
    }
    Ok(())
}

async fn expect(handle: Handle, account: AccountId, agents: Vec<UserId>) {
    let board: Result<Arc<Board>, EngineError> = handle.board(&account).await;
    match board {
        Ok(board) => board.were_connected(&agents),
        Err(error) => tracing::warn!(%account, %error, "agents who were connected cannot be expected back"),
    }
}
