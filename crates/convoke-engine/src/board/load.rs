//! Filling a new board: every open conversation of the account is read from the log.
//!
//! The board listens to the shards from its first moment, so what becomes durable meanwhile is kept and put on top.

use std::sync::Arc;

use convoke_domain::conversation::Recorded;
use convoke_domain::id::{AccountId, ConversationId};
use convoke_domain::sequence::EventSeq;
use convoke_store::ListFilter;

use super::{Board, Card};
use crate::error::EngineError;
use crate::handle::Handle;
use crate::limits;

impl Handle {
    /// The board of an account, with everything on it.
    pub(crate) async fn board(&self, account: &AccountId) -> Result<Arc<Board>, EngineError> {
        let (board, fresh) = self.inner.boards.open(account);
        if fresh {
            let (handle, account, board) = (self.clone(), account.clone(), Arc::clone(&board));
            // On its own: the connection that came first may go before it is done.
            self.inner.invoker.tasks.spawn(async move {
                if let Err(error) = fill(&handle, &account, &board).await {
                    tracing::error!(%account, %error, "not all open conversations could be read; they are not routed");
                }
                board.ready();
            });
        }
        let mut loaded = board.loaded.subscribe();
        loaded.wait_for(|loaded| *loaded).await.map_err(|_| EngineError::Stopping)?;
        Ok(board)
    }
}

async fn fill(handle: &Handle, account: &AccountId, board: &Board) -> Result<(), EngineError> {
    let filter = ListFilter { open: Some(true), ..ListFilter::default() };
    let mut place = None;
    loop {
        let page = handle.conversations(account, &filter, place, limits::READ_RECORDS_MAX).await?;
        let Some(last) = page.last() else { return Ok(()) };
        place = Some(last.place());
        for row in page {
            let events = handle.events_from(account, row.conversation, EventSeq::FIRST).await?;
            board.put(row.conversation, events);
        }
    }
}

impl Board {
    /// Puts a conversation that was read on the board, unless it is there by now.
    fn put(&self, id: ConversationId, events: Vec<Recorded>) {
        let mut inner = self.lock();
        if inner.cards.contains_key(&id) {
            return;
        }
        let head = events.last().map(|last| last.seq);
        let Some(mut card) = Card::after(id, None, &events.into()) else { return };
        for step in inner.early.remove(&id).unwrap_or_default() {
            // A step that was read already begins before what is known; only what is new follows it.
            let news: Vec<Recorded> = step.iter().filter(|event| Some(event.seq) > head).cloned().collect();
            if news.is_empty() {
                continue;
            }
            let Some(next) = Card::after(id, Some(card), &news.into()) else { return };
            card = next;
        }
        let state = Arc::clone(&card.state);
        inner.cards.insert(id, card);
        inner.moved(None, &state);
    }

    /// Everything is here.
    fn ready(&self) {
        let mut inner = self.lock();
        inner.loading = false;
        inner.early.clear();
        drop(inner);
        self.loaded.send_replace(true);
        self.wake.notify_one();
    }
}
