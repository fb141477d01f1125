//! A place at the board of an account, whoever asks and over whatever: what concerns them, and how they are told of it.
//!
//! The board is the engine's; nothing here decides who is offered what. What is told of a conversation is how it is by
//! now: who reads slowly is told less often, never something old.

use std::collections::{BTreeSet, VecDeque};

use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::board::{self, AgentPresence, Board, Card};
use convoke_api::v1::conversation::Conversation;
use convoke_api::v1::event::ConversationEvent;
use convoke_api::v1::live::LiveMessage;
use convoke_api::v1::participant::{Party, Role, Viewer};
use convoke_domain::account::UserRole;
use convoke_domain::conversation::{Conversation as State, ParticipantId, Role as DomainRole};
use convoke_domain::id::{ConversationId, UserId};
use convoke_engine::{
    Accepting, Availability, CardView, ChatState, Follower, Following, News, Offer, OfferId, OfferRefused,
    OfferState,
};
use jiff::Timestamp;

use crate::caller::{Caller, Identity, Tenant};
use crate::limits;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// Chat states of the messaging protocol that mean writing, and not writing any more.
const WRITING: &str = "COMPOSING";
const NOT_WRITING: &str = "PAUSE";

/// A place at the board.
pub(crate) struct Seat {
    follower: Follower,
    who: Following,
    all: bool,
    /// Open conversations that were told.
    known: BTreeSet<ConversationId>,
}

impl Seat {
    /// Goes to the board. With `listening`, offers reach the agent from now on.
    pub(crate) async fn take(server: &Shared, tenant: &Tenant, all: bool, listening: bool) -> Answer<Self> {
        if all && !tenant.caller.oversees() {
            let detail = "seeing all conversations needs one of the roles agent manager, administrator";
            return Err(Problem::new(PlatformError::Forbidden, detail).into());
        }
        let who = whoever(&tenant.caller);
        // Only over a live connection is an agent there in person: one that ends is a loss.
        let in_person = match who {
            Following::Agent(_) if !listening => Following::Observer,
            who @ (Following::Agent(_) | Following::Consumer(_) | Following::Observer) => who,
        };
        let (mut follower, _) = server.handle.at_board(tenant.id(), in_person).await?;
        if let Following::Agent(_) = in_person {
            follower.listen_to_offers();
            follower.look_at(true, [], []);
        }
        Ok(Self { follower, who, all, known: BTreeSet::new() })
    }

    /// All that concerns the caller now.
    pub(crate) fn board(&mut self, tenant: &Tenant, now: Timestamp) -> Board {
        let mut cards = self.present_conversations(tenant);
        cards.sort_by_key(|card| (card.due(), card.state.id));
        let more = cards.len() > limits::BOARD_CARDS_MAX;
        cards.truncate(limits::BOARD_CARDS_MAX);
        self.known = cards.iter().map(|card| card.state.id).collect();
        let offers =
            if let Following::Agent(user) = self.who { self.follower.offers_to(user) } else { Vec::new() };
        Board {
            now,
            conversations: cards.iter().map(|card| shown_card(card, true, tenant)).collect(),
            more,
            offers: offers.iter().map(offer).collect(),
            agents: self.agents(tenant),
        }
    }

    fn present_conversations(&self, tenant: &Tenant) -> Vec<CardView> {
        let (nobody, most) = (BTreeSet::new(), limits::BOARD_LOOKED_AT_MAX);
        let concerns = |state: &State| self.goes_on(state) && self.concerns(state, tenant);
        match self.who {
            Following::Consumer(consumer) => {
                self.follower.present_conversations(&nobody, &BTreeSet::from([consumer]), most, concerns)
            }
            Following::Agent(_) | Following::Observer => {
                self.follower.present_conversations(&nobody, &BTreeSet::new(), most, concerns)
            }
        }
    }

    /// Whether there is still something to do in it: after the close only for a consumer who is asked about it.
    fn goes_on(&self, state: &State) -> bool {
        match self.who {
            Following::Consumer(_) => !state.is_over(),
            Following::Agent(_) | Following::Observer => state.is_open(),
        }
    }

    /// Whether a conversation concerns the caller.
    fn concerns(&self, state: &State, tenant: &Tenant) -> bool {
        match self.who {
            Following::Observer => true,
            Following::Consumer(consumer) => {
                state.consumer == consumer
                    || state.participants.contains_key(&ParticipantId::Consumer(consumer))
            }
            Following::Agent(user) => {
                let serves =
                    |user| tenant.view.account.user(user).is_some_and(|it| it.skills.contains(&state.skill));
                self.all
                    || state.participants.contains_key(&ParticipantId::User(user))
                    || (state.assigned_agent().is_none() && serves(user))
            }
        }
    }

    fn agents(&self, tenant: &Tenant) -> Vec<AgentPresence> {
        if matches!(self.who, Following::Consumer(_)) {
            return Vec::new();
        }
        let users = tenant.view.account.users.keys();
        users.filter_map(|user| self.agent(*user, tenant)).collect()
    }

    fn agent(&self, agent: UserId, tenant: &Tenant) -> Option<AgentPresence> {
        let user = tenant.view.account.user(agent).filter(|user| user.serves())?;
        let presence = self.follower.presence(agent);
        Some(AgentPresence {
            agent,
            name: user.nickname.clone(),
            skills: user.skills.clone(),
            availability: shown(presence.availability),
            load: presence.load,
        })
    }

    /// What changed since the last time; waits until something does.
    pub(crate) async fn news(&self) -> News {
        self.follower.news().await
    }

    /// News as the caller is told of them.
    pub(crate) fn told(&mut self, news: News, tenant: &Tenant) -> VecDeque<LiveMessage> {
        let mut told = VecDeque::new();
        told.extend(news.offers.iter().map(|it| LiveMessage::Offer { offer: Box::new(offer(it)) }));
        if !matches!(self.who, Following::Consumer(_)) {
            let presences = news.presences.iter().filter_map(|agent| self.agent(*agent, tenant));
            told.extend(presences.map(|agent| LiveMessage::Presence { agent }));
        }
        for conversation in news.conversations {
            told.extend(self.changed(conversation, tenant));
        }
        told.extend(news.chat.iter().filter_map(|state| self.typing(state, tenant)));
        told
    }

    fn changed(&mut self, conversation: ConversationId, tenant: &Tenant) -> Option<LiveMessage> {
        let card = self.follower.card(conversation)?;
        let concerns = self.concerns(&card.state, tenant);
        let known = self.known.contains(&conversation);
        if concerns && self.goes_on(&card.state) {
            self.known.insert(conversation);
        } else {
            self.known.remove(&conversation);
        }
        (concerns || known).then(|| LiveMessage::Card { card: Box::new(shown_card(&card, concerns, tenant)) })
    }

    fn typing(&self, state: &ChatState, tenant: &Tenant) -> Option<LiveMessage> {
        let card = self.follower.card(state.conversation)?;
        let viewer = tenant.caller.viewer();
        let silent = state.role == DomainRole::Reader && viewer == Viewer::Consumer;
        if silent || Some(state.who) == self.participant() || !self.concerns(&card.state, tenant) {
            return None;
        }
        Some(LiveMessage::Typing {
            conversation: state.conversation,
            who: Party::of(state.who.into(), viewer, &tenant.names()),
            role: Role::from(state.role),
            typing: state.state == WRITING,
        })
    }

    fn participant(&self) -> Option<ParticipantId> {
        match self.who {
            Following::Agent(user) => Some(ParticipantId::User(user)),
            Following::Consumer(consumer) => Some(ParticipantId::Consumer(consumer)),
            Following::Observer => None,
        }
    }

    /// Tells the others in a conversation whether the caller is writing. Whoever takes no part in it tells nobody.
    /// Gives what is told.
    pub(crate) fn tell_typing(&self, conversation: ConversationId, typing: bool) -> Option<ChatState> {
        let (card, who) = self.follower.card(conversation).zip(self.participant())?;
        let role = card.state.role_of(who)?;
        let state = if typing { WRITING } else { NOT_WRITING };
        let told = ChatState { conversation, who, role, state };
        self.follower.tell_chat_state(&told);
        Some(told)
    }

    /// The caller says whether they take conversations.
    pub(crate) fn set_availability(&self, availability: board::Availability) {
        self.follower.set_availability(meant(availability));
    }

    /// Begins to accept an offer; it ends with what is returned.
    pub(crate) fn accept(&self, offer: &OfferId) -> Answer<Accepting> {
        self.follower.accept(offer).map_err(over)
    }

    /// The caller does not take it.
    pub(crate) fn reject(&self, offer: &OfferId) -> Answer<()> {
        self.follower.reject(offer).map_err(over)
    }
}

/// A conversation as the caller sees it. When it concerns them no longer, what was said last may be later than they left.
fn shown_card(card: &CardView, concerns: bool, tenant: &Tenant) -> Card {
    let (viewer, names) = (tenant.caller.viewer(), tenant.names());
    let last_line = card.last_spoken_line.as_ref().filter(|_| concerns);
    let last_line = last_line.and_then(|line| ConversationEvent::of(line, viewer, &names));
    Card {
        conversation: Conversation::of(&card.state, viewer, &names),
        due: card.due(),
        last_line: last_line.map(Box::new),
    }
}

/// As whom somebody is at the board.
fn whoever(caller: &Caller) -> Following {
    match caller.identity {
        Identity::Consumer(consumer) => Following::Consumer(consumer),
        Identity::User { user, .. } if is_agent(caller) => Following::Agent(user),
        Identity::Operator
        | Identity::User { .. }
        | Identity::Application { .. }
        | Identity::Client { .. }
        | Identity::Function(_) => Following::Observer,
    }
}

fn is_agent(caller: &Caller) -> bool {
    caller.has_any(&[UserRole::Agent, UserRole::AgentManager])
}

fn over(refused: OfferRefused) -> ApiError {
    let error = match refused {
        OfferRefused::Unknown => PlatformError::OfferUnknown,
        OfferRefused::Over => PlatformError::OfferOver,
    };
    Problem::new(error, refused.to_string()).into()
}

fn offer(offer: &Offer) -> board::Offer {
    board::Offer {
        id: offer.id.to_string(),
        conversation: offer.conversation,
        consumer: offer.consumer,
        skill: offer.skill.clone(),
        state: match offer.state {
            OfferState::Waiting => board::OfferState::Waiting,
            OfferState::Accepted => board::OfferState::Accepted,
            OfferState::Rejected => board::OfferState::Rejected,
            OfferState::Expired => board::OfferState::Expired,
            OfferState::Cancelled => board::OfferState::Cancelled,
        },
        offered_at: offer.offered_at,
        expires_at: offer.expires_at,
    }
}

const fn shown(availability: Availability) -> board::Availability {
    match availability {
        Availability::Online => board::Availability::Online,
        Availability::Occupied => board::Availability::Occupied,
        Availability::Away => board::Availability::Away,
        Availability::BackSoon => board::Availability::BackSoon,
        Availability::Offline => board::Availability::Offline,
    }
}

const fn meant(availability: board::Availability) -> Availability {
    match availability {
        board::Availability::Online => Availability::Online,
        board::Availability::Occupied => Availability::Occupied,
        board::Availability::Away => Availability::Away,
        board::Availability::BackSoon => Availability::BackSoon,
        board::Availability::Offline => Availability::Offline,
    }
}
