//! What is going on in an account: its open conversations as they are durable, who follows which, and who is offered what.
//!
//! ```text
//!   shard ──(durable step)──▶ board: card evolves, index follows ──▶ mailboxes of whom it concerns
//!                                └──▶ routing: waiting, offers ──▶ mailboxes of agents
//! ```
//!
//! A shard never waits here: a follower's mailbox holds which conversations changed and not what happened, so it grows no
//! further than there are conversations, and who is slow is told less often, of the latest state. Whom a step concerns is
//! found by index, by agent and by consumer. A board is opened when the first client that asks for it comes to its
//! account, or after a start if agents were connected before; until then the account costs nothing. What is here is nobody's
//! memory: the log is.

mod accepting;
mod card;
mod follower;
mod index;
mod load;
mod mailbox;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use convoke_domain::conversation::{Conversation, Recorded};
use convoke_domain::id::{AccountId, ConversationId, UserId};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};

pub use self::accepting::Accepting;
use self::card::Card;
pub use self::card::CardView;
pub use self::follower::{Follower, Following};
use self::index::Index;
pub use self::mailbox::{ChatState, News};
use crate::directory::AccountView;
use crate::ports::Clock;
use crate::routing::{Lost, Routing};

/// The boards of all accounts that have one.
pub(crate) struct Boards {
    by_account: ArcSwap<BTreeMap<AccountId, Arc<Board>>>,
    clock: Arc<dyn Clock>,
    /// Told when routing has something to look at.
    pub(crate) wake: Arc<Notify>,
}

/// The board of one account.
pub(crate) struct Board {
    clock: Arc<dyn Clock>,
    wake: Arc<Notify>,
    inner: Mutex<Inner>,
    loaded: watch::Sender<bool>,
}

#[derive(Default)]
struct Inner {
    cards: BTreeMap<ConversationId, Card>,
    /// Steps of conversations that are still being read.
    early: BTreeMap<ConversationId, Vec<Arc<[Recorded]>>>,
    loading: bool,
    index: Index,
    routing: Routing,
}

impl Boards {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { by_account: ArcSwap::default(), clock, wake: Arc::new(Notify::new()) }
    }

    /// The board of an account, if it is open.
    pub(crate) fn get(&self, account: &AccountId) -> Option<Arc<Board>> {
        self.by_account.load().get(account).cloned()
    }

    /// All open boards.
    pub(crate) fn all(&self) -> Arc<BTreeMap<AccountId, Arc<Board>>> {
        self.by_account.load_full()
    }

    /// A step of a conversation is durable.
    pub(crate) fn note(&self, account: &AccountId, conversation: ConversationId, events: &Arc<[Recorded]>) {
        if let Some(board) = self.by_account.load().get(account) {
            board.note(conversation, events);
        }
    }

    /// The board of an account; a new one if there was none, which the caller has to fill.
    fn open(&self, account: &AccountId) -> (Arc<Board>, bool) {
        let mut fresh = None;
        self.by_account.rcu(|boards| {
            if boards.contains_key(account) {
                return Arc::clone(boards);
            }
            let board = fresh.get_or_insert_with(|| Arc::new(Board::new(&self.clock, &self.wake)));
            let mut boards = BTreeMap::clone(boards);
            boards.insert(account.clone(), Arc::clone(board));
            Arc::new(boards)
        });
        let board = self.get(account).expect("it was there or has been put there");
        let is_fresh = fresh.is_some_and(|fresh| Arc::ptr_eq(&fresh, &board));
        (board, is_fresh)
    }
}

impl Board {
    fn new(clock: &Arc<dyn Clock>, wake: &Arc<Notify>) -> Self {
        let inner = Inner { loading: true, ..Inner::default() };
        Self {
            clock: Arc::clone(clock),
            wake: Arc::clone(wake),
            inner: Mutex::new(inner),
            loaded: watch::Sender::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, conversation: ConversationId, events: &Arc<[Recorded]>) {
        if events.is_empty() {
            return;
        }
        let routes = self.lock().note(conversation, events);
        if routes {
            self.wake.notify_one();
        }
    }

    /// When routing has to look again at the latest.
    pub(crate) fn next_look(&self) -> Option<Timestamp> {
        self.lock().routing.next_look()
    }

    /// Lets routing offer what waits and take back what nobody took. What is to be done about who is lost is for the caller.
    pub(crate) fn route(&self, view: &AccountView) -> Lost {
        let mut inner = self.lock();
        if inner.loading {
            return Lost::default();
        }
        let now = self.clock.now();
        let inner = &mut *inner;
        let cards = &inner.cards;
        let state_of = |id| cards.get(&id).map(|card: &Card| Arc::clone(&card.state));
        let lost = inner.routing.look(&view.account, now, state_of);
        inner.tell_of_routing();
        lost
    }

    /// These agents were connected to the process before this one; who is here by now has come back.
    pub(crate) fn were_connected(&self, agents: &[UserId]) {
        let mut inner = self.lock();
        let now = self.clock.now();
        for agent in agents {
            if inner.index.connections_of(*agent) == 0 {
                inner.routing.was_connected(*agent, now);
            }
        }
        drop(inner);
        self.wake.notify_one();
    }

    /// Whether an agent has a connection.
    pub(crate) fn is_connected(&self, agent: UserId) -> bool {
        self.lock().index.connections_of(agent) > 0
    }
}

impl Inner {
    /// Takes in a durable step; whether routing has to look.
    fn note(&mut self, id: ConversationId, events: &Arc<[Recorded]>) -> bool {
        let before = self.cards.remove(&id);
        let old = before.as_ref().map(|card| Arc::clone(&card.state));
        let Some(card) = Card::after(id, before, events) else {
            if self.loading {
                self.early.entry(id).or_default().push(Arc::clone(events));
            }
            return false;
        };
        let new = Arc::clone(&card.state);
        self.cards.insert(id, card);
        self.moved(old.as_deref(), &new)
    }

    /// A conversation is another one than before: index, routing and followers learn of it.
    fn moved(&mut self, old: Option<&Conversation>, new: &Conversation) -> bool {
        if let Some(forgotten) = self.index.moved(old, new) {
            self.cards.remove(&forgotten);
        }
        let routes = self.routing.moved(old, new);
        self.index.tell(old, new, |mailbox| mailbox.changed(new.id));
        self.tell_of_routing();
        routes
    }

    /// Hands offers and presences that changed to the agents whom they concern.
    fn tell_of_routing(&mut self) {
        for offer in self.routing.take_changed_offers() {
            self.index.tell_agent(offer.agent, |mailbox| mailbox.offered(&offer));
        }
        for agent in self.routing.take_changed_presences() {
            self.index.tell_everybody_on_agents(agent, |mailbox| mailbox.presence(agent));
        }
    }

    fn conversations_of(&self, agent: UserId) -> impl Iterator<Item = &Card> {
        self.index.of_agent(agent).filter_map(|id| self.cards.get(id))
    }
}
