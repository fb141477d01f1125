//! How events reach the engine, and how it is seen what came of them. A generator knows only [`Consumer`].

mod live;
mod websocket;

use anyhow::{Context, Result, bail};
use convoke_domain::conversation::{Action, Actor, Command, Event, Settled};
use convoke_domain::id::{AccountId, ConsumerId, ConversationId};
use convoke_domain::invocation::MessageFate;
use convoke_domain::ttr::Ttr;
use convoke_engine::{Handle, Subscription};

pub(crate) use live::{Live, refused};
pub(crate) use websocket::{Door, OverWebSocket};

/// Somebody with one conversation, who causes one event at a time.
pub(crate) trait Consumer: Send + 'static {
    /// Causes the next event, and completes when what was answered to it is durable and was seen.
    fn event(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// A conversation to act in.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) account: AccountId,
    pub(crate) conversation: ConversationId,
    pub(crate) consumer: ConsumerId,
}

/// One in the same process, by the engine's handle.
pub(crate) struct InProcess {
    handle: Handle,
    target: Target,
    following: Subscription,
    urgent: bool,
}

impl InProcess {
    /// Begins to follow `target`, which is not urgent yet.
    pub(crate) async fn follow(handle: Handle, target: Target) -> Result<Self> {
        let head = handle.conversation(&target.account, target.conversation).await?.head;
        let following = handle.follow(&target.account, target.conversation, Some(head)).await?;
        Ok(Self { handle, target, following, urgent: false })
    }

    /// Causes the next event, and gives what came of it.
    pub(crate) async fn settled(&mut self) -> Result<Settled> {
        self.urgent = !self.urgent;
        let Target { account, conversation, consumer } = &self.target;
        let written = self.handle.command(account, *conversation, toggle(*consumer, self.urgent)).await?;
        let head = written.head.context("an event has a place")?;
        loop {
            let recorded = self.following.next().await?;
            if let Event::Settled(settled) = recorded.event
                && recorded.seq > head
            {
                return Ok(settled);
            }
        }
    }
}

impl Consumer for InProcess {
    async fn event(&mut self) -> Result<()> {
        let settled = self.settled().await?;
        match settled.message {
            MessageFate::Sent { .. } | MessageFate::Automatic { .. } => Ok(()),
            MessageFate::Suppressed
            | MessageFate::None { .. }
            | MessageFate::Fenced { .. }
            | MessageFate::Closed => bail!("no message was applied: {settled:?}"),
        }
    }
}

/// Marks or unmarks a conversation as urgent.
pub(crate) fn toggle(consumer: ConsumerId, urgent: bool) -> Command {
    let ttr = if urgent { Ttr::Urgent } else { Ttr::Normal };
    Command { by: Actor::Consumer(consumer), cause: None, action: Action::SetTtr { ttr } }
}
