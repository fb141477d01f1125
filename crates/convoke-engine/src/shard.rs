//! One writer per conversation: decides, appends, and only then tells anybody. Never performs an effect itself.
//!
//! ```text
//!   mailbox ──▶ held? ──▶ decide ──▶ step ──▶ committer
//!                                                │ durable
//!   subscribers, replies, timers, dispatch ◀─────┘
//! ```
//!
//! A shard decides on what it decided before, durable or not: steps of one conversation become durable in their order
//! or not at all. It never waits: a conversation that is not in memory, or is held, keeps its own writes waiting.

mod hold;
mod load;
mod message;
mod resident;
mod step;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use convoke_domain::conversation::{Action, Context, Decision, Rejection, Timer, decide};
use convoke_domain::id::{AccountId, ConsumerId, ConversationId};
use convoke_store::{Reject, Store};
use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::board::Boards;
use crate::committer::{From as CommittedBy, Pending, Verdicted};
use crate::directory::{AccountView, Directory};
use crate::error::EngineError;
use crate::invoke::Invoker;
use crate::keys::MasterKey;
use crate::limits;
use crate::outbox::{self, Outbox};
use crate::ports::{Clock, Entropy};
use crate::surveys;
use crate::timers::TimerIndex;

pub(crate) use load::key_owner;
pub use message::Written;
pub(crate) use message::{Subscriber, Ticket, ToShard, Write};
pub(crate) use resident::TriggerWork;
use resident::{ConsumerRecord, Resident};

/// What all shards share.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) master_key: MasterKey,
    pub(crate) directory: Arc<Directory>,
    pub(crate) timers: Arc<TimerIndex>,
    pub(crate) invoker: Arc<Invoker>,
    pub(crate) boards: Arc<Boards>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) tasks: TaskTracker,
}

/// A conversation, as far as the shard has it.
enum Slot {
    /// It is being read from the log; these wait for it.
    Loading(Vec<ToShard>),
    /// It is in memory.
    Here(Box<Resident>),
}

/// The single writer for a set of conversations.
pub(crate) struct Shard {
    index: usize,
    shared: Arc<Shared>,
    mailbox: mpsc::Receiver<ToShard>,
    own_mailbox: mpsc::WeakSender<ToShard>,
    committed: mpsc::Receiver<Vec<Verdicted<Ticket>>>,
    committer: mpsc::Sender<Pending<Ticket>>,
    slots: HashMap<ConversationId, Slot>,
    consumers: HashMap<(AccountId, ConsumerId), ConsumerRecord>,
    subscribers: HashMap<ConversationId, Vec<message::Subscriber>>,
    wakes: BinaryHeap<Reverse<(Instant, ConversationId)>>,
    outbox: Vec<Pending<Ticket>>,
    in_flight: usize,
}

impl Shard {
    pub(crate) fn new(
        index: usize,
        shared: Arc<Shared>,
        mailbox: (mpsc::WeakSender<ToShard>, mpsc::Receiver<ToShard>),
        committed: mpsc::Receiver<Vec<Verdicted<Ticket>>>,
        steps: mpsc::Sender<Pending<Ticket>>,
    ) -> Self {
        Self {
            index,
            shared,
            own_mailbox: mailbox.0,
            mailbox: mailbox.1,
            committed,
            committer: steps,
            slots: HashMap::new(),
            consumers: HashMap::new(),
            subscribers: HashMap::new(),
            wakes: BinaryHeap::new(),
            outbox: Vec::new(),
            in_flight: 0,
        }
    }

    /// Works until nobody can ask for anything any more and everything decided is durable.
    pub(crate) async fn run(mut self) {
        let mut messages = Vec::with_capacity(limits::BATCH_MAX);
        let mut open = true;
        while open || self.in_flight > 0 {
            let wake = self.wakes.peek().map(|Reverse((at, _))| *at);
            tokio::select! {
                biased;
                verdicts = self.committed.recv() => match verdicts {
                    Some(verdicts) => verdicts.into_iter().for_each(|verdict| self.on_verdict(verdict)),
                    None => return,
                },
                () = until(wake) => self.on_wake(),
                received = self.mailbox.recv_many(&mut messages, limits::BATCH_MAX),
                    if open && self.in_flight < limits::IN_FLIGHT_MAX =>
                {
                    open = received > 0;
                    messages.drain(..).for_each(|message| self.on_message(message));
                }
            }
            for pending in self.outbox.drain(..) {
                if self.committer.send(pending).await.is_err() {
                    return;
                }
            }
        }
    }

    fn on_message(&mut self, message: ToShard) {
        match message {
            ToShard::Loaded { conversation, loaded } => self.on_loaded(conversation, *loaded),
            ToShard::Subscribe { conversation, subscriber, listening } => {
                let listens = self.subscribe(conversation, subscriber);
                // Whoever asked may have gone.
                let _ = listening.send(listens);
            }
            ToShard::Forget { account, consumer } => self.forget(account, consumer),
            message @ (ToShard::Write(_) | ToShard::Read { .. } | ToShard::Wake { .. }) => {
                self.on_addressed(message);
            }
        }
    }

    /// A message for one conversation, which may have to be loaded first.
    fn on_addressed(&mut self, message: ToShard) {
        let (account, conversation) = message.address();
        match self.slots.get_mut(&conversation) {
            Some(Slot::Loading(waiting)) if waiting.len() < limits::HELD_MAX => waiting.push(message),
            Some(Slot::Loading(_)) => message.refuse(EngineError::Busy),
            // Another account's id is answered exactly as an unknown one.
            Some(Slot::Here(resident)) if resident.account != account => {
                message.refuse(Rejection::NotFound.into());
            }
            Some(Slot::Here(_)) => self.with_resident(conversation, message),
            None => self.load(&account, conversation, message),
        }
    }

    fn with_resident(&mut self, conversation: ConversationId, message: ToShard) {
        match message {
            ToShard::Write(write) => self.intake(*write),
            ToShard::Read { reply, .. } => {
                let state = self.resident(conversation).and_then(Resident::snapshot);
                // Whoever asked may have gone.
                let _ = reply.send(state.ok_or(Rejection::NotFound.into()));
            }
            ToShard::Wake { .. } => self.dispatch(conversation),
            ToShard::Loaded { .. } | ToShard::Subscribe { .. } | ToShard::Forget { .. } => {}
        }
    }

    fn resident(&self, conversation: ConversationId) -> Option<&Resident> {
        match self.slots.get(&conversation) {
            Some(Slot::Here(resident)) => Some(resident),
            Some(Slot::Loading(_)) | None => None,
        }
    }

    fn resident_mut(&mut self, conversation: ConversationId) -> Option<&mut Resident> {
        match self.slots.get_mut(&conversation) {
            Some(Slot::Here(resident)) => Some(resident),
            Some(Slot::Loading(_)) | None => None,
        }
    }

    /// Decides a write at once, or lets it wait for the conversation's hold.
    fn intake(&mut self, write: Write) {
        let now = Instant::now();
        let Some(resident) = self.resident_mut(write.conversation) else { return };
        if resident.holds(&write, now) {
            if let Some(until) = resident.hold(write) {
                let conversation = resident.id;
                self.wakes.push(Reverse((until, conversation)));
            }
            return;
        }
        self.write(write);
    }

    /// Decides a write and puts its step on the way; then lets in who waited, if the hold is over.
    fn write(&mut self, write: Write) {
        let conversation = write.conversation;
        self.decide(write);
        self.release(conversation);
    }

    fn decide(&mut self, write: Write) {
        let Some(view) = self.shared.directory.account(&write.account) else {
            return write.refuse(&EngineError::Conversation(Rejection::NotFound));
        };
        let Some(resident) = self.resident(write.conversation) else { return };
        let history = self
            .consumers
            .get(&(write.account.clone(), resident.consumer))
            .map_or_else(Default::default, |consumer| consumer.history);
        let context = Context {
            now: self.shared.clock.now(),
            account: &view.account,
            functions: &view.bindings,
            history,
        };
        let timer = if let Action::TimerDue { timer } = &write.command.action { Some(*timer) } else { None };
        let decided = decide(write.conversation, resident.state.as_ref(), write.command.clone(), &context);
        match decided {
            Err(rejection) => self.rejected(write, timer, rejection),
            Ok(decision) => self.accept(write, timer, decision, &view),
        }
    }

    /// The rules refused. A timer is tried again, everybody else is told.
    fn rejected(&mut self, write: Write, timer: Option<Timer>, rejection: Rejection) {
        if let Some(timer) = timer {
            let again = self.shared.clock.now().checked_add(SignedDuration::from_secs(1));
            if let (Ok(again), Rejection::Busy) = (again, &rejection) {
                self.shared.timers.set(&write.account, write.conversation, timer, again);
            }
        }
        if self.resident(write.conversation).is_some_and(Resident::never_opened) {
            self.slots.remove(&write.conversation);
        }
        write.refuse(&rejection.into());
    }

    /// Keeps what was decided and puts its step on the way to durability.
    fn accept(&mut self, write: Write, timer: Option<Timer>, decision: Decision, view: &AccountView) {
        let conversation = write.conversation;
        let Some(Slot::Here(resident)) = self.slots.get_mut(&conversation) else { return };
        let consumer = self.consumers.entry((write.account.clone(), resident.consumer)).or_default();
        let Some(mut step) = step::of(&self.shared, resident, consumer, &decision, timer, view) else {
            // Nothing happened, but what the asker is told may still have to become durable.
            resident.reply_when_durable(write, decision.reply);
            return;
        };
        if let Some(key_values) = &write.key_values
            && step::counts_an_answer(&decision.events)
        {
            // In the same append as the answer: both are true, or neither.
            step.facts.extend(key_values.facts());
        }
        let events: Arc<[_]> = decision.events.into();
        resident.state = decision.after;
        resident.in_flight += 1;
        resident.note_triggers(&events, Instant::now());
        if let Some(until) = resident.refresh_hold(view, Instant::now()) {
            self.wakes.push(Reverse((until, conversation)));
        }
        let head = step.head_after();
        let (timers, letters) = (step.timers.clone(), outbox::addressed(&step));
        let (surveys, reply) = (surveys::leaves_rows(&step), decision.reply);
        let ticket = Ticket { conversation, head, events, timers, letters, surveys, write, reply };
        self.outbox.push(Pending { step, from: CommittedBy::Shard { index: self.index, ticket } });
        self.in_flight += 1;
    }

    /// A step is durable, or will never be.
    fn on_verdict(&mut self, verdicted: Verdicted<Ticket>) {
        self.in_flight -= 1;
        let Verdicted { ticket, verdict } = verdicted;
        match verdict {
            Ok(_) => self.on_durable(ticket),
            Err(reject) => self.on_reject(ticket, &reject),
        }
    }

    fn on_durable(&mut self, ticket: Ticket) {
        let conversation = ticket.conversation;
        if let Some(key_values) = &ticket.write.key_values {
            key_values.finish(step::counts_an_answer(&ticket.events));
        }
        self.publish(conversation, &ticket.events);
        self.shared.boards.note(&ticket.write.account, conversation, &ticket.events);
        self.shared.outbox.note(&ticket.write.account, conversation, &ticket.letters);
        if ticket.surveys {
            self.shared.outbox.surveys.note(&ticket.write.account);
        }
        for op in &ticket.timers {
            step::keep_timer(&self.shared.timers, &ticket.write.account, conversation, op);
        }
        let written = Written { reply: ticket.reply, head: ticket.head };
        let Some(resident) = self.resident_mut(conversation) else { return ticket.write.answer(written) };
        resident.in_flight -= 1;
        resident.durable = ticket.head.max(resident.durable);
        resident.note_triggers(&ticket.events, Instant::now());
        let told = resident.take_replies_up_to_durable();
        ticket.write.answer(written);
        for (write, written) in told {
            write.answer(written);
        }
        self.dispatch(conversation);
        self.release(conversation);
        self.evict_if_crowded();
    }

    /// The storage refused a step. What was decided on top of it is void, so the conversation is read anew.
    fn on_reject(&mut self, ticket: Ticket, reject: &Reject) {
        let conversation = ticket.conversation;
        let unavailable = matches!(reject, Reject::Unavailable(_));
        if unavailable {
            tracing::error!(%conversation, %reject, "a step could not be stored; nothing is acknowledged any more");
        } else {
            tracing::warn!(%conversation, %reject, "a step was refused; the conversation is read anew");
        }
        if let Some(Slot::Here(resident)) = self.slots.remove(&conversation) {
            // Its key may never have become durable.
            self.consumers.remove(&(resident.account.clone(), resident.consumer));
            resident.refuse_all(&reject.to_string());
        }
        let again = !unavailable && matches!(ticket.write.command.action, Action::Settle(_));
        if again {
            // The answer is decided again on what is true now; the function does not run again.
            self.on_addressed(ToShard::Write(Box::new(ticket.write)));
        } else {
            ticket.write.refuse(&EngineError::Storage(reject.to_string()));
        }
    }

    /// Starts the work on the lane's head, if it is durable and nobody works on it.
    fn dispatch(&mut self, conversation: ConversationId) {
        let Some(resident) = self.resident(conversation) else { return };
        let Some(view) = self.shared.directory.account(&resident.account) else { return };
        let account = resident.account.clone();
        let Some(work) = resident.next_work(&view) else { return };
        let Some(mailbox) = self.own_mailbox.upgrade() else { return };
        if let Some(resident) = self.resident_mut(conversation) {
            resident.running = Some(work.trigger());
        }
        match work {
            resident::Work::Settle(settlement) => {
                let write = Write::settle(account, conversation, settlement);
                self.decide(write);
            }
            resident::Work::Invoke(trigger) => {
                let invoker = Arc::clone(&self.shared.invoker);
                self.shared.tasks.spawn(invoker.answer(view, *trigger, mailbox));
            }
        }
    }
}

async fn until(wake: Option<Instant>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
