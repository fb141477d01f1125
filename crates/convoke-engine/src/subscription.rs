//! Following a conversation: everything after a place, in order, without gaps, for as long as one listens.
//!
//! A subscription reads what is already durable from the log, one page at a time, and then what becomes durable from its
//! shard. One who listens too slowly loses its place with the shard, never in the conversation: it reads from the log
//! again, or is told so if it asked to be.

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
    source: Source,
}

/// Where the next events come from.
enum Source {
    /// Nobody was asked yet, or the place was lost.
    Nowhere,
    /// The log, up to where the shard went on to tell.
    Log(Live),
    /// The shard.
    Shard(Live),
}

type Live = mpsc::Receiver<Arc<[Recorded]>>;

impl Subscription {
    pub(crate) fn new(
        handle: Handle,
        account: AccountId,
        conversation: ConversationId,
        after: Option<EventSeq>,
    ) -> Self {
        Self { handle, account, conversation, seen: after, ready: VecDeque::new(), source: Source::Nowhere }
    }

    /// The next event; waits for it.
    ///
    /// # Errors
    /// If the log cannot be read, the conversation has too many followers, or the node stops.
    pub async fn next(&mut self) -> Result<Recorded, EngineError> {
        loop {
            if let Some(event) = self.next_or_behind().await? {
                return Ok(event);
            }
        }
    }

    /// The next event; waits for it. `None` if one fell behind: more happened than could wait. Asking again reads it from
    /// the log.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn next_or_behind(&mut self) -> Result<Option<Recorded>, EngineError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.seen = Some(event.seq);
                return Ok(Some(event));
            }
            if self.more().await? == Place::Lost {
                return Ok(None);
            }
        }
    }

    /// Gets more events ready.
    async fn more(&mut self) -> Result<Place, EngineError> {
        match &mut self.source {
            Source::Nowhere => {
                // Listens first, then reads: what becomes durable in between comes twice, and is seen once.
                let (subscriber, live) = mpsc::channel(limits::SUBSCRIBER_BACKLOG_MAX);
                self.handle.subscribe(self.conversation, subscriber).await?;
                self.source = Source::Log(live);
            }
            Source::Log(_) => {
                let from = EventSeq::after(self.seen);
                let events = self.handle.events(&self.account, self.conversation, from).await?;
                if events.is_empty()
                    && let Source::Log(live) = std::mem::replace(&mut self.source, Source::Nowhere)
                {
                    self.source = Source::Shard(live);
                }
                self.ready.extend(events);
            }
            Source::Shard(live) => {
                let Some(events) = live.recv().await else { return Ok(self.lose()) };
                return Ok(self.take(&events));
            }
        }
        Ok(Place::Kept)
    }

    fn take(&mut self, events: &[Recorded]) -> Place {
        let expected = EventSeq::after(self.seen);
        if events.first().is_some_and(|first| first.seq > expected) {
            // Something is missing in between: the log has it.
            return self.lose();
        }
        self.ready.extend(events.iter().filter(|event| event.seq >= expected).cloned());
        Place::Kept
    }

    fn lose(&mut self) -> Place {
        self.source = Source::Nowhere;
        Place::Lost
    }
}

/// Whether the shard still tells what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Kept,
    Lost,
}
