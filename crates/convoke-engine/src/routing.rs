//! Which waiting conversation is offered to which agent, and when it is somebody else's turn.
//!
//! ```text
//!  waiting, by deadline ──▶ offer to one agent ──▶ accepted: the conversation has an agent, and does not wait any more
//!        ▲                        │ rejected, expired, agent gone
//!        └────────────────────────┘ (not to the same agent again for a while)
//! ```
//!
//! One conversation is offered to one agent at a time: to the suggested one first, else to the one with the fewest
//! conversations, among equals to the one who was offered nothing for longest. The earliest deadline comes first, over all
//! skills; one without a deadline gets one after an hour, so nobody is passed by for ever. What is here is memory only:
//! after a restart agents come back, and what waits is offered anew. Who was connected is all that is kept ([`roll`]), so that
//! who does not come back gives their conversations back. Whether somebody may take a conversation is decided by the rules
//! of the domain, never here.

mod offer;
mod presence;
pub(crate) mod roll;
pub(crate) mod run;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use convoke_domain::account::Account;
use convoke_domain::conversation::Conversation;
use convoke_domain::id::{ConversationId, UserId};
use jiff::Timestamp;

pub use self::offer::{Offer, OfferId, OfferRefused, OfferState};
use self::presence::Presences;
pub use self::presence::{Availability, Presence};
pub(crate) use self::waiting::due;
use self::waiting::{Place, Waiting};
use crate::limits;

/// The routing of one account.
#[derive(Default)]
pub(crate) struct Routing {
    presences: Presences,
    waiting: Waiting,
    offers: BTreeMap<OfferId, Offer>,
    expiries: BTreeSet<(Timestamp, OfferId)>,
    changed_offers: Vec<Offer>,
    look_at: Option<Timestamp>,
    looked: bool,
    offered: u64,
}

/// An agent is gone for good: this conversation goes back to its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GiveBack {
    pub(crate) conversation: ConversationId,
    pub(crate) agent: UserId,
}

/// What became of agents whose last connection broke some time ago.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Those who did not come back in time.
    pub(crate) agents: Vec<UserId>,
    /// What they served.
    pub(crate) give_back: Vec<GiveBack>,
}

impl Routing {
    /// A conversation is another one than before; whether there is something to look at.
    pub(crate) fn moved(&mut self, old: Option<&Conversation>, new: &Conversation) -> bool {
        let before = old.filter(|old| old.is_open()).and_then(Conversation::assigned_agent);
        let after = Some(new).filter(|new| new.is_open()).and_then(Conversation::assigned_agent);
        if before != after {
            if let Some(agent) = before {
                self.presences.unload(agent, new.id);
            }
            if let Some(agent) = after {
                self.presences.load(agent, new.id);
            }
        }
        let waits = new.is_open() && after.is_none();
        if waits {
            let moved = self.waiting.put(new);
            if let Some(offer) = moved.then(|| self.waiting.offer_of(new.id)).flatten() {
                // It waits for others now.
                self.end_offer(&offer, OfferState::Cancelled, None);
            }
        } else if let Some(offer) = self.waiting.take(new.id) {
            let taken = self.offers.get(&offer).is_some_and(|offer| Some(offer.agent) == after);
            let state = if taken { OfferState::Accepted } else { OfferState::Cancelled };
            self.end_offer(&offer, state, after);
        }
        self.looked = false;
        waits || before != after
    }

    /// When there is something to look at without anything having happened.
    pub(crate) fn next_look(&self) -> Option<Timestamp> {
        if !self.looked {
            return Some(Timestamp::MIN);
        }
        let expiry = self.expiries.first().map(|(at, _)| *at);
        [expiry, self.presences.next_loss(), self.look_at].into_iter().flatten().min()
    }

    /// Takes back what nobody took, gives up on who is gone, and offers what waits.
    pub(crate) fn look(
        &mut self,
        account: &Account,
        now: Timestamp,
        state_of: impl Fn(ConversationId) -> Option<Arc<Conversation>>,
    ) -> Lost {
        self.expire(now);
        let agents = self.presences.take_lost(now);
        let mut give_back = Vec::new();
        for agent in agents.iter().copied() {
            self.withdraw_offers_to(agent, now);
            let held = self.presences.held_by(agent);
            give_back.extend(held.into_iter().map(|conversation| GiveBack { conversation, agent }));
        }
        self.offer_what_waits(account, now, state_of);
        // Last: what expired or was withdrawn just now has been offered anew, and is not to be looked at again.
        self.looked = true;
        Lost { agents, give_back }
    }

    fn expire(&mut self, now: Timestamp) {
        while let Some((at, id)) = self.expiries.first().cloned() {
            if at > now {
                return;
            }
            self.expiries.pop_first();
            // Whoever is accepting it just now was in time.
            if self.offers.get(&id).is_some_and(|offer| !offer.accepting) {
                self.pass_on(&id, OfferState::Expired, now);
            }
        }
    }

    /// Offers what waits, the earliest deadline first, as long as there is somebody to offer it to.
    fn offer_what_waits(
        &mut self,
        account: &Account,
        now: Timestamp,
        state_of: impl Fn(ConversationId) -> Option<Arc<Conversation>>,
    ) {
        self.look_at = None;
        let mut free = self.presences.free(account);
        for (skill, place) in self.waiting.in_order(|skill| free.has_skill(skill)) {
            if free.is_empty() {
                break;
            }
            if !free.has_skill(&skill) {
                continue;
            }
            let Some(state) = state_of(place.conversation) else { continue };
            let (agent, again) = self.waiting.choose(&state, &free, now);
            self.look_at = [self.look_at, again].into_iter().flatten().min();
            let Some(agent) = agent else { continue };
            self.offered += 1;
            free.take(agent);
            self.presences.offered(agent, self.offered);
            self.offer(account, &state, &place, agent, now);
        }
    }

    fn offer(
        &mut self,
        account: &Account,
        state: &Conversation,
        place: &Place,
        agent: UserId,
        now: Timestamp,
    ) {
        let expires_at = now.saturating_add(limits::OFFER_TIME).unwrap_or(Timestamp::MAX);
        let id = OfferId::new(state.id, &account.id, now, self.offered);
        let offer = Offer {
            id: id.clone(),
            agent,
            conversation: state.id,
            consumer: state.consumer,
            skill: state.skill.clone(),
            state: OfferState::Waiting,
            offered_at: now,
            expires_at,
            due: place.due,
            assigned: None,
            accepting: false,
        };
        self.waiting.offered(state.id, id.clone(), agent);
        self.presences.reserve(agent, 1);
        self.expiries.insert((expires_at, id.clone()));
        self.changed_offers.push(offer.clone());
        self.offers.insert(id, offer);
    }

    /// The open offers to an agent.
    pub(crate) fn offers_to(&self, agent: UserId) -> Vec<Offer> {
        self.offers.values().filter(|offer| offer.agent == agent).cloned().collect()
    }

    /// An agent begins to accept an offer.
    pub(crate) fn begin_accept(
        &mut self,
        agent: UserId,
        id: &OfferId,
    ) -> Result<ConversationId, OfferRefused> {
        let offer = self.own_offer(agent, id)?;
        if std::mem::replace(&mut offer.accepting, true) {
            return Err(OfferRefused::Over);
        }
        Ok(offer.conversation)
    }

    /// What came of accepting: if it was taken, the conversation's own change ends the offer.
    pub(crate) fn end_accept(&mut self, id: &OfferId, taken: bool, now: Timestamp) {
        let Some(offer) = self.offers.get_mut(id) else { return };
        offer.accepting = false;
        if !taken {
            self.pass_on(id, OfferState::Cancelled, now);
        }
    }

    /// An agent does not take it.
    pub(crate) fn reject(&mut self, agent: UserId, id: &OfferId, now: Timestamp) -> Result<(), OfferRefused> {
        if self.own_offer(agent, id)?.accepting {
            return Err(OfferRefused::Over);
        }
        self.pass_on(id, OfferState::Rejected, now);
        Ok(())
    }

    fn own_offer(&mut self, agent: UserId, id: &OfferId) -> Result<&mut Offer, OfferRefused> {
        if !id.is_well_formed() {
            return Err(OfferRefused::Unknown);
        }
        // Somebody else's offer is answered as one that is over: what others are offered is not told.
        self.offers.get_mut(id).filter(|offer| offer.agent == agent).ok_or(OfferRefused::Over)
    }

    /// An offer ends without an agent: others are asked, this one not again for a while.
    fn pass_on(&mut self, id: &OfferId, state: OfferState, now: Timestamp) {
        if let Some(offer) = self.offers.get(id) {
            let again = now.saturating_add(limits::OFFER_TIME).unwrap_or(Timestamp::MAX);
            self.waiting.passed(offer.conversation, offer.agent, again);
        }
        self.end_offer(&id.clone(), state, None);
        self.looked = false;
    }

    fn end_offer(&mut self, id: &OfferId, state: OfferState, assigned: Option<UserId>) {
        let Some(mut offer) = self.offers.remove(id) else { return };
        self.expiries.remove(&(offer.expires_at, offer.id.clone()));
        self.presences.reserve(offer.agent, -1);
        self.waiting.offer_ended(offer.conversation, id);
        offer.state = state;
        offer.assigned = assigned;
        offer.accepting = false;
        self.changed_offers.push(offer);
    }

    fn withdraw_offers_to(&mut self, agent: UserId, now: Timestamp) {
        for offer in self.offers_to(agent) {
            if !offer.accepting {
                self.pass_on(&offer.id, OfferState::Cancelled, now);
            }
        }
    }

    /// Offers that are not as they were, in the order of their changes.
    pub(crate) fn take_changed_offers(&mut self) -> Vec<Offer> {
        std::mem::take(&mut self.changed_offers)
    }

    /// Agents whose presence is not as it was.
    pub(crate) fn take_changed_presences(&mut self) -> BTreeSet<UserId> {
        self.presences.take_changed()
    }

    /// A connection of an agent began.
    pub(crate) fn connected(&mut self, agent: UserId) {
        self.presences.connected(agent);
    }

    /// A connection of an agent ended; whether it was the last one.
    pub(crate) fn disconnected(&mut self, agent: UserId, last: bool, now: Timestamp) {
        if last {
            self.presences.lost(agent, now);
            self.withdraw_offers_to(agent, now);
        }
        self.looked = false;
    }

    /// An agent was connected to the process before this one: they have some time to come back.
    pub(crate) fn was_connected(&mut self, agent: UserId, now: Timestamp) {
        self.presences.lost(agent, now);
        self.looked = false;
    }

    /// One connection more, or fewer, over which offers reach an agent.
    pub(crate) fn listening(&mut self, agent: UserId, change: i32) {
        self.presences.listening(agent, change);
        self.looked = false;
    }

    /// An agent says whether they take conversations.
    pub(crate) fn set_availability(&mut self, agent: UserId, availability: Availability) {
        self.presences.set_availability(agent, availability);
        self.looked = false;
    }

    /// How an agent is present.
    pub(crate) fn presence(&self, agent: UserId) -> Presence {
        self.presences.of(agent)
    }

    /// All agents who are or were present.
    pub(crate) fn presences(&self) -> Vec<(UserId, Presence)> {
        self.presences.all()
    }
}
