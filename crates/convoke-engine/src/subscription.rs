//! Following a conversation: everything after a place, in order, without gaps, for as long as one listens.
//!
//! A subscription reads what is already durable from the log and then what becomes durable from its shard. One who
//! listens too slowly loses its place with the shard, never in the conversation: it reads from the log again.

use std::collections::VecDeque;
use std::sync::Arc;

use convoke_domain::conversation::Recorded;
use convoke_domain::id::{AccountId, ConversationId};
use convoke_domain::sequence::EventSeq;
use tokio::sync::mpsc;

use crate::error::EngineError;
use crate::handle::Handle;
use crate::limits;

/// A place in a conversation, and what comes after it.
pub struct Subscription {
    handle: Handle,
    account: AccountId,
    conversation: ConversationId,
    seen: Option<EventSeq>,
    ready: VecDeque<Recorded>,
    live: Option<mpsc::Receiver<Arc<[Recorded]>>>,
}

impl Subscription {
    pub(crate) fn new(
        handle: Handle,
        account: AccountId,
        conversation: ConversationId,
        after: Option<EventSeq>,
    ) -> Self {
        Self { handle, account, conversation, seen: after, ready: VecDeque::new(), live: None }
    }

    /// The next event; waits for it.
    ///
    /// # Errors
    /// If the log cannot be read, or the node stops.
    pub async fn next(&mut self) -> Result<Recorded, EngineError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.seen = Some(event.seq);
                return Ok(event);
            }
            match &mut self.live {
                None => self.catch_up().await?,
                Some(live) => match live.recv().await {
                    Some(events) => self.take(&events),
                    None => self.live = None,
                },
            }
        }
    }

    /// Listens first, then reads: what becomes durable in between comes twice, and is seen once.
    async fn catch_up(&mut self) -> Result<(), EngineError> {
        let (subscriber, live) = mpsc::channel(limits::SUBSCRIBER_BACKLOG_MAX);
        self.handle.subscribe(self.conversation, subscriber).await?;
        let mut from = EventSeq::after(self.seen);
        loop {
            let events = self.handle.events(&self.account, self.conversation, from).await?;
            let Some(last) = events.last() else { break };
            from = last.seq.next();
            self.ready.extend(events);
        }
        self.live = Some(live);
        Ok(())
    }

    fn take(&mut self, events: &[Recorded]) {
        let expected = EventSeq::after(self.ready.back().map(|event| event.seq).or(self.seen));
        match events.first() {
            // Something is missing in between: the log has it.
            Some(first) if first.seq > expected => self.live = None,
            Some(_) => self.ready.extend(events.iter().filter(|event| event.seq >= expected).cloned()),
            None => {}
        }
    }
}
