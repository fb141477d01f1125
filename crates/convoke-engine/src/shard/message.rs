//! What a shard is told, and what it tells.

use std::sync::Arc;

use convoke_domain::conversation::{Action, Actor, Command, Conversation, Recorded, Reply, Settlement};
use convoke_domain::id::{AccountId, ConsumerId, ConversationId, WebhookId};
use convoke_domain::sequence::EventSeq;
use convoke_store::TimerOp;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::load::LoadedConversation;
use crate::error::EngineError;
use crate::key_values::Transaction;

/// Where a subscriber gets its events.
pub(crate) type Subscriber = mpsc::Sender<Arc<[Recorded]>>;

/// A message to a shard.
pub(crate) enum ToShard {
    /// Decide a command.
    Write(Box<Write>),
    /// Tell the state.
    Read {
        account: AccountId,
        conversation: ConversationId,
        reply: oneshot::Sender<Result<Arc<Conversation>, EngineError>>,
    },
    /// Look after a conversation that was left with unsettled triggers.
    Wake { account: AccountId, conversation: ConversationId },
    /// Tell this subscriber of what becomes durable from now on, and say when that is, or that there is no room.
    Subscribe { conversation: ConversationId, subscriber: Subscriber, listening: oneshot::Sender<bool> },
    /// A conversation was read from the log.
    Loaded { conversation: ConversationId, loaded: Box<LoadedConversation> },
    /// A consumer's key was erased: forget it.
    Forget { account: AccountId, consumer: ConsumerId },
}

impl ToShard {
    /// Which conversation it is for; only for messages that have one.
    pub(crate) fn address(&self) -> (AccountId, ConversationId) {
        match self {
            Self::Write(write) => (write.account.clone(), write.conversation),
            Self::Read { account, conversation, .. } | Self::Wake { account, conversation } => {
                (account.clone(), *conversation)
            }
            Self::Subscribe { .. } | Self::Loaded { .. } | Self::Forget { .. } => {
                unreachable!("only addressed messages are asked for their address")
            }
        }
    }

    /// Tells whoever asked that it was not done.
    pub(crate) fn refuse(self, error: EngineError) {
        match self {
            Self::Write(write) => write.refuse(&error),
            Self::Read { reply, .. } => drop(reply.send(Err(error))),
            Self::Wake { .. } | Self::Subscribe { .. } | Self::Loaded { .. } | Self::Forget { .. } => {}
        }
    }
}

/// A command on its way.
pub(crate) struct Write {
    pub(crate) account: AccountId,
    pub(crate) conversation: ConversationId,
    pub(crate) command: Command,
    /// The consumer is new: nothing is known of it, and nothing has to be read.
    pub(crate) new_consumer: bool,
    pub(crate) arrived: Instant,
    /// Who waits for the answer; more than one if a client retried with the same key.
    pub(crate) askers: Vec<oneshot::Sender<Result<Written, EngineError>>>,
    /// What the function whose answer this is keeps, if it wrote something.
    pub(crate) key_values: Option<Arc<Transaction>>,
}

/// What a write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// What the asker is told.
    pub reply: Reply,
    /// The conversation's head with it.
    pub head: Option<EventSeq>,
}

impl Write {
    pub(crate) fn new(account: AccountId, conversation: ConversationId, command: Command) -> Self {
        Self {
            account,
            conversation,
            command,
            new_consumer: false,
            arrived: Instant::now(),
            askers: Vec::new(),
            key_values: None,
        }
    }

    pub(crate) fn settle(account: AccountId, conversation: ConversationId, settlement: Settlement) -> Self {
        let action = Action::Settle(settlement);
        Self::new(account, conversation, Command { by: Actor::ControllerBot, cause: None, action })
    }

    /// The same, with what the function that answered keeps.
    pub(crate) fn with_key_values(self, key_values: Option<Arc<Transaction>>) -> Self {
        Self { key_values, ..self }
    }

    /// Tells who asked that it is done and durable. Nobody may be listening any more: that is theirs to decide.
    pub(crate) fn answer(self, written: Written) {
        if let Some(key_values) = &self.key_values {
            // Whatever has not become true by now was not part of the answer that counted.
            key_values.finish(false);
        }
        for asker in self.askers {
            let _ = asker.send(Ok(written));
        }
    }

    /// Tells who asked that it was not done.
    pub(crate) fn refuse(self, error: &EngineError) {
        if let Some(key_values) = &self.key_values {
            key_values.finish(false);
        }
        for asker in self.askers {
            let _ = asker.send(Err(error.clone()));
        }
    }
}

/// What a shard wants to know again when a step is durable.
pub(crate) struct Ticket {
    pub(crate) conversation: ConversationId,
    pub(crate) head: Option<EventSeq>,
    pub(crate) events: Arc<[Recorded]>,
    pub(crate) timers: Vec<TimerOp>,
    /// The webhooks that the step leaves a letter to.
    pub(crate) letters: Vec<WebhookId>,
    /// Whether it leaves something to tell functions on surveys.
    pub(crate) surveys: bool,
    pub(crate) write: Write,
    pub(crate) reply: Reply,
}
