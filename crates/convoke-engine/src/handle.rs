//! What the rest of the program may ask of the engine: a handle that is cheap to clone and hides all loops.

use std::sync::Arc;

use convoke_domain::account::{self, Account, AccountMachine, Actor as AccountActor};
use convoke_domain::conversation::{
    Action, Actor, Command, Conversation, NewLine, Open, Origin, Recorded, Rejection,
};
use convoke_domain::function::{self, FunctionMachine, Functions};
use convoke_domain::id::{AccountId, ConsumerId, ConversationId, SkillId};
use convoke_domain::sequence::EventSeq;
use convoke_store::{ListFilter, ListPlace, ListRow, Store, StreamId};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::board::Boards;
use crate::contexts::ContextBook;
use crate::directory::{AccountView, Activity, Directory};
use crate::error::EngineError;
use crate::invoke::Invoker;
use crate::keys::MasterKey;
use crate::outbox::Outbox;
use crate::ports::{Clock, Entropy};
use crate::shard::{self, ToShard, Write, Written};
use crate::subscription::Subscription;
use crate::{limits, stored};

/// The engine, as everybody else sees it.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) master_key: MasterKey,
    pub(crate) directory: Arc<Directory>,
    pub(crate) contexts: ContextBook,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) boards: Arc<Boards>,
    pub(crate) invoker: Arc<Invoker>,
    pub(crate) shards: Vec<mpsc::Sender<ToShard>>,
}

/// How a conversation is opened.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Who opens it; without one, a new anonymous consumer.
    pub consumer: Option<ConsumerId>,
    /// Whether the consumer is known by an identity of the brand.
    pub authenticated: bool,
    /// The skill; without it the account's default skill.
    pub skill: Option<SkillId>,
    /// Where the consumer came from.
    pub origin: Origin,
    /// What the consumer writes first.
    pub first_line: Option<NewLine>,
}

/// A conversation that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Its id.
    pub conversation: ConversationId,
    /// Its consumer.
    pub consumer: ConsumerId,
    /// What it came to.
    pub written: Written,
}

impl Handle {
    /// The engine's clock.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The engine's entropy.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.inner.entropy
    }

    /// The storage, for health and figures.
    pub fn store(&self) -> &dyn Store {
        &*self.inner.store
    }

    /// All accounts, in the order of their ids.
    pub fn accounts(&self) -> Vec<Arc<AccountView>> {
        self.inner.directory.all()
    }

    /// An account as it is now.
    pub fn account(&self, id: &AccountId) -> Option<Arc<AccountView>> {
        self.inner.directory.account(id)
    }

    /// Changes an account's settings; whoever reads afterwards sees it.
    ///
    /// # Errors
    /// The rule that refuses it, or the storage's failure.
    pub async fn configure(
        &self,
        account: &AccountId,
        by: &AccountActor,
        command: account::Command,
    ) -> Result<Arc<AccountView>, EngineError> {
        self.inner.directory.change_account(account, by, command).await
    }

    /// Changes an account's functions; deploying is [`Self::deploy`].
    ///
    /// # Errors
    /// The rule that refuses it, or the storage's failure.
    pub async fn change_functions(
        &self,
        account: &AccountId,
        by: &AccountActor,
        command: function::Command,
    ) -> Result<Arc<AccountView>, EngineError> {
        self.inner.directory.change_functions(account, by, command).await
    }

    /// What `tell` says of the changes of an account's settings, oldest first, from `from`; at most `most`. It is shown
    /// the settings before and after each; what it says nothing about is left out.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn settings_history<T>(
        &self,
        account: &AccountId,
        from: EventSeq,
        most: usize,
        tell: impl FnMut(&Option<Account>, &Option<Account>, &Activity<account::Event>) -> Option<T>,
    ) -> Result<Vec<T>, EngineError> {
        let stream = StreamId::Account(account.clone());
        self.inner.directory.history::<AccountMachine, T>(&stream, from, most, tell).await
    }

    /// The same for an account's functions.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn functions_history<T>(
        &self,
        account: &AccountId,
        from: EventSeq,
        most: usize,
        tell: impl FnMut(&Functions, &Functions, &Activity<function::Event>) -> Option<T>,
    ) -> Result<Vec<T>, EngineError> {
        let stream = StreamId::Functions(account.clone());
        self.inner.directory.history::<FunctionMachine, T>(&stream, from, most, tell).await
    }

    /// The place of the last change of an account's settings, and of its functions.
    pub async fn history_heads(&self, account: &AccountId) -> (Option<EventSeq>, Option<EventSeq>) {
        let directory = &self.inner.directory;
        let settings = directory.head(&StreamId::Account(account.clone())).await;
        (settings, directory.head(&StreamId::Functions(account.clone())).await)
    }

    /// Opens a conversation.
    ///
    /// # Errors
    /// The rule that refuses it, or a failure.
    pub async fn open(&self, account: &AccountId, opening: Opening) -> Result<Opened, EngineError> {
        let new_consumer = opening.consumer.is_none();
        let consumer = opening.consumer.unwrap_or_else(|| self.new_consumer());
        let conversation = ConversationId::for_consumer(consumer, self.inner.entropy.bits());
        let action = Action::Open(Open {
            id: conversation,
            consumer,
            authenticated: opening.authenticated,
            skill: opening.skill,
            origin: opening.origin,
            first_line: opening.first_line,
        });
        let command = Command { by: Actor::Consumer(consumer), cause: None, action };
        let mut write = Write::new(account.clone(), conversation, command);
        write.new_consumer = new_consumer;
        let written = self.send_write(write).await?;
        Ok(Opened { conversation, consumer, written })
    }

    /// A consumer id that nobody has.
    pub fn new_consumer(&self) -> ConsumerId {
        ConsumerId::from_bits(self.inner.entropy.bits())
    }

    /// Asks something of a conversation; the answer is durable.
    ///
    /// # Errors
    /// The rule that refuses it, or a failure.
    pub async fn command(
        &self,
        account: &AccountId,
        conversation: ConversationId,
        command: Command,
    ) -> Result<Written, EngineError> {
        self.send_write(Write::new(account.clone(), conversation, command)).await
    }

    /// The state of a conversation as it was last decided.
    ///
    /// # Errors
    /// If there is none in this account, or it cannot be read.
    pub async fn conversation(
        &self,
        account: &AccountId,
        conversation: ConversationId,
    ) -> Result<Arc<Conversation>, EngineError> {
        let (reply, answer) = oneshot::channel();
        let message = ToShard::Read { account: account.clone(), conversation, reply };
        self.shard(conversation).try_send(message).map_err(full_or_gone)?;
        answer.await.map_err(|_| EngineError::Stopping)?
    }

    /// Durable events of a conversation from `from`, oldest first; some hundred at once, empty past the head.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn events(
        &self,
        account: &AccountId,
        conversation: ConversationId,
        from: EventSeq,
    ) -> Result<Vec<Recorded>, EngineError> {
        let stream = StreamId::Conversation { account: account.clone(), conversation };
        let records = self.inner.store.read(&stream, from, limits::READ_RECORDS_MAX).await?;
        let Some(first) = records.first() else { return Ok(Vec::new()) };
        let key = match stored::consumer(&first.body) {
            Some(consumer) => self.data_key(account, consumer).await?,
            None => None,
        };
        let mut events = Vec::new();
        for record in &records {
            let read = stored::decode(conversation, record.first, &record.body, key.as_ref())?;
            events.extend(read.into_iter().filter(|event| event.seq >= from));
        }
        Ok(events)
    }

    /// All durable events of a conversation from `from`, as many as they are.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn events_from(
        &self,
        account: &AccountId,
        conversation: ConversationId,
        from: EventSeq,
    ) -> Result<Vec<Recorded>, EngineError> {
        let mut events: Vec<Recorded> = Vec::new();
        loop {
            let from = events.last().map_or(from, |last| last.seq.next());
            let more = self.events(account, conversation, from).await?;
            if more.is_empty() {
                return Ok(events);
            }
            events.extend(more);
        }
    }

    /// Follows a conversation from after a place: all that is there, then what comes.
    ///
    /// # Errors
    /// If there is no such conversation in this account.
    pub async fn follow(
        &self,
        account: &AccountId,
        conversation: ConversationId,
        after: Option<EventSeq>,
    ) -> Result<Subscription, EngineError> {
        self.conversation(account, conversation).await?;
        Ok(Subscription::new(self.clone(), account.clone(), conversation, after))
    }

    /// Conversations of an account, latest change first.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn conversations(
        &self,
        account: &AccountId,
        filter: &ListFilter,
        before: Option<ListPlace>,
        most: usize,
    ) -> Result<Vec<ListRow>, EngineError> {
        Ok(self.inner.store.list(account, filter, before, most).await?)
    }

    /// Destroys a consumer's key: what they wrote is gone, order and provenance stay.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn erase_consumer(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> Result<bool, EngineError> {
        let erased = self.inner.store.erase_key(account, consumer).await?;
        self.inner.invoker.runs.forget(account, consumer).await;
        for shard in &self.inner.shards {
            let forget = ToShard::Forget { account: account.clone(), consumer };
            shard.send(forget).await.map_err(|_| EngineError::Stopping)?;
        }
        Ok(erased)
    }

    pub(crate) async fn subscribe(
        &self,
        conversation: ConversationId,
        subscriber: shard::Subscriber,
    ) -> Result<(), EngineError> {
        // What becomes durable before the shard listens would be missed by both: the log was read, and nobody was told.
        let (listening, listens) = oneshot::channel();
        let message = ToShard::Subscribe { conversation, subscriber, listening };
        self.shard(conversation).send(message).await.map_err(|_| EngineError::Stopping)?;
        match listens.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(EngineError::Busy),
            Err(_) => Err(EngineError::Stopping),
        }
    }

    pub(crate) fn shard(&self, conversation: ConversationId) -> &mpsc::Sender<ToShard> {
        let shards = &self.inner.shards;
        &shards[usize::from(conversation.partition().number()) % shards.len()]
    }

    async fn send_write(&self, mut write: Write) -> Result<Written, EngineError> {
        if self.account(&write.account).is_none() {
            return Err(Rejection::NotFound.into());
        }
        let (asker, answer) = oneshot::channel();
        write.askers.push(asker);
        let shard = self.shard(write.conversation);
        shard.try_send(ToShard::Write(Box::new(write))).map_err(full_or_gone)?;
        answer.await.map_err(|_| EngineError::Stopping)?
    }

    pub(crate) async fn data_key(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
    ) -> Result<Option<crate::keys::DataKey>, EngineError> {
        let Some(wrapped) = self.inner.store.key(account, consumer).await? else { return Ok(None) };
        let owner = shard::key_owner(account, consumer);
        let key = self.inner.master_key.unwrap(owner.as_bytes(), &wrapped);
        key.map(Some).map_err(|error| EngineError::Unreadable(format!("a consumer's key: {error}")))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
fn full_or_gone(error: mpsc::error::TrySendError<ToShard>) -> EngineError {
    match error {
        mpsc::error::TrySendError::Full(_) => EngineError::Busy,
        mpsc::error::TrySendError::Closed(_) => EngineError::Stopping,
    }
}
