//! One connection at a board: what it looks at, what it is told, what it says about an agent.

use std::collections::BTreeSet;
use std::sync::Arc;

use convoke_domain::conversation::{Conversation, Recorded};
use convoke_domain::id::{AccountId, ConsumerId, ConversationId, UserId};
use convoke_domain::sequence::EventSeq;

use super::index::{FollowerId, Interest};
use super::mailbox::{ChatState, Mailbox, News};
use super::{Accepting, Board, Card, CardView};
use crate::error::EngineError;
use crate::handle::Handle;
use crate::routing::{Availability, Offer, OfferId, OfferRefused, Presence, roll};

/// Who follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Following {
    /// Somebody who works for the brand.
    Agent(UserId),
    /// A customer.
    Consumer(ConsumerId),
    /// Somebody who oversees the account and serves nobody.
    Observer,
}

/// A connection at the board of its account. It leaves when it is dropped.
pub struct Follower {
    handle: Handle,
    account: AccountId,
    board: Arc<Board>,
    mailbox: Arc<Mailbox>,
    id: FollowerId,
    who: Following,
    listens_to_offers: bool,
}

impl Handle {
    /// Goes to the board of an account. The answer comes when the board knows all open conversations; with it the
    /// conversations in which an agent takes part, and how far each is.
    ///
    /// # Errors
    /// If the log cannot be read, or it cannot be kept that the agent is here.
    pub async fn at_board(
        &self,
        account: &AccountId,
        who: Following,
    ) -> Result<(Follower, Vec<(ConversationId, EventSeq)>), EngineError> {
        let board = self.board(account).await?;
        if let Following::Agent(user) = who {
            roll::put_on(self, account, &board, user).await?;
        }
        let mailbox = Arc::new(Mailbox::default());
        let interest = own_interest(who);
        let mut inner = board.lock();
        let user = if let Following::Agent(user) = who { Some(user) } else { None };
        let id = inner.index.join(user, interest, Arc::clone(&mailbox));
        let present = user.map(|user| {
            inner.routing.connected(user);
            let served = inner.conversations_of(user).filter(|card| card.state.is_open());
            served.map(|card| (card.state.id, card.state.head)).collect()
        });
        drop(inner);
        let (handle, account) = (self.clone(), account.clone());
        let follower = Follower { handle, account, board, mailbox, id, who, listens_to_offers: false };
        Ok((follower, present.unwrap_or_default()))
    }
}

fn own_interest(who: Following) -> Interest {
    match who {
        Following::Agent(user) => Interest { agents: BTreeSet::from([user]), ..Interest::default() },
        Following::Consumer(consumer) => {
            Interest { consumers: BTreeSet::from([consumer]), ..Interest::default() }
        }
        Following::Observer => Interest { everything: true, ..Interest::default() },
    }
}

impl Follower {
    /// What changed since the last time; waits until something does.
    pub async fn news(&self) -> News {
        self.mailbox.take().await
    }

    /// Looks at all conversations of the account, or at those of these agents and consumers besides its own.
    pub fn look_at(
        &self,
        everything: bool,
        agents: impl IntoIterator<Item = UserId>,
        consumers: impl IntoIterator<Item = ConsumerId>,
    ) {
        let mut interest = own_interest(self.who);
        interest.everything = everything;
        interest.agents.extend(agents);
        interest.consumers.extend(consumers);
        self.board.lock().index.look_at(self.id, interest);
    }

    /// A conversation as it is on the board; `None` if it is not there, as one that was closed some time ago.
    pub fn card(&self, conversation: ConversationId) -> Option<CardView> {
        self.board.lock().cards.get(&conversation).map(Card::view)
    }

    /// Conversations that are not over and match, by id, at most `most`: of these agents, of these consumers, or of all.
    pub fn present_conversations(
        &self,
        agents: &BTreeSet<UserId>,
        consumers: &BTreeSet<ConsumerId>,
        most: usize,
        matches: impl Fn(&Conversation) -> bool,
    ) -> Vec<CardView> {
        let inner = self.board.lock();
        let matching = |card: &&Card| !card.state.is_over() && matches(&card.state);
        if agents.is_empty() && consumers.is_empty() {
            return inner.cards.values().filter(matching).take(most).map(Card::view).collect();
        }
        let of_agents = agents.iter().flat_map(|agent| inner.index.of_agent(*agent));
        let of_consumers = consumers.iter().flat_map(|consumer| inner.index.of_consumer(*consumer));
        let ids: BTreeSet<ConversationId> = of_agents.chain(of_consumers).copied().collect();
        let cards = ids.iter().filter_map(|id| inner.cards.get(id));
        cards.filter(matching).take(most).map(Card::view).collect()
    }

    /// The latest events of a conversation that the board keeps, oldest first.
    pub fn latest(&self, conversation: ConversationId) -> Vec<Recorded> {
        let inner = self.board.lock();
        let steps = inner.cards.get(&conversation).into_iter().flat_map(|card| &card.latest);
        steps.flat_map(|step| step.iter()).cloned().collect()
    }

    /// The durable events of a conversation after a place, up to where the board is.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn events_since(
        &self,
        conversation: ConversationId,
        seen: Option<EventSeq>,
    ) -> Result<Vec<Recorded>, EngineError> {
        let here = self.board.lock().cards.get(&conversation).and_then(|card| card.since(seen));
        let from = EventSeq::after(seen);
        if let Some(steps) = here {
            let events = steps.iter().flat_map(|step| step.iter()).filter(|event| event.seq >= from);
            return Ok(events.cloned().collect());
        }
        self.handle.events_from(&self.account, conversation, from).await
    }

    /// Tells the others in a conversation what somebody does besides writing.
    pub fn tell_chat_state(&self, state: &ChatState) {
        let inner = self.board.lock();
        let Some(card) = inner.cards.get(&state.conversation) else { return };
        inner.index.tell(None, &card.state, |mailbox| {
            if !std::ptr::eq(mailbox, Arc::as_ptr(&self.mailbox)) {
                mailbox.chat(state);
            }
        });
    }

    /// Whether offers reach the agent over this connection, from now on.
    pub fn listen_to_offers(&mut self) {
        if let (Following::Agent(user), false) = (self.who, self.listens_to_offers) {
            self.listens_to_offers = true;
            self.board.lock().routing.listening(user, 1);
            self.board.wake.notify_one();
        }
    }

    /// The open offers to an agent.
    pub fn offers_to(&self, agent: UserId) -> Vec<Offer> {
        self.board.lock().routing.offers_to(agent)
    }

    /// The agent says whether they take conversations.
    pub fn set_availability(&self, availability: Availability) {
        if let Following::Agent(user) = self.who {
            let mut inner = self.board.lock();
            inner.routing.set_availability(user, availability);
            inner.tell_of_routing();
            drop(inner);
            self.board.wake.notify_one();
        }
    }

    /// How an agent is present.
    pub fn presence(&self, agent: UserId) -> Presence {
        self.board.lock().routing.presence(agent)
    }

    /// All agents who are known to be there or to have been.
    pub fn presences(&self) -> Vec<(UserId, Presence)> {
        self.board.lock().routing.presences()
    }

    /// Begins to accept an offer. It is being accepted as long as what is returned is kept.
    ///
    /// # Errors
    /// If it is not this agent's, or is over.
    pub fn accept(&self, offer: &OfferId) -> Result<Accepting, OfferRefused> {
        let Following::Agent(user) = self.who else { return Err(OfferRefused::Unknown) };
        let conversation = self.board.lock().routing.begin_accept(user, offer)?;
        Ok(Accepting::new(&self.board, offer, user, conversation))
    }

    /// The agent does not take it.
    ///
    /// # Errors
    /// If it is not this agent's, or is over.
    pub fn reject(&self, offer: &OfferId) -> Result<(), OfferRefused> {
        let Following::Agent(user) = self.who else { return Err(OfferRefused::Unknown) };
        let mut inner = self.board.lock();
        let now = self.board.clock.now();
        inner.routing.reject(user, offer, now)?;
        inner.tell_of_routing();
        drop(inner);
        self.board.wake.notify_one();
        Ok(())
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut inner = self.board.lock();
        inner.index.leave(self.id);
        if let Following::Agent(user) = self.who {
            if self.listens_to_offers {
                inner.routing.listening(user, -1);
            }
            let gone = inner.index.connections_of(user) == 0;
            let now = self.board.clock.now();
            inner.routing.disconnected(user, gone, now);
            inner.tell_of_routing();
        }
        drop(inner);
        self.board.wake.notify_one();
    }
}
