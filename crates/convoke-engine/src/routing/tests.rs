//! Whom waiting conversations are offered to, and when.

use convoke_domain::account::{Account, Skill, User, UserRole};
use convoke_domain::automatic_message::Language;
use convoke_domain::conversation::{Actor, Event, Origin, ParticipantId, Recorded, Role, replay};
use convoke_domain::id::{ConsumerId, SkillId};
use convoke_domain::sequence::EventSeq;
use jiff::SignedDuration;
use uuid::Uuid;

use super::*;

const START: Timestamp = Timestamp::constant(1_800_000_000, 0);

/// A routing with its conversations, and a clock that is moved.
struct Floor {
    routing: Routing,
    account: Account,
    states: BTreeMap<ConversationId, Arc<Conversation>>,
    now: Timestamp,
}

impl Floor {
    /// Agents who are there, with the skills of each.
    fn new(agents: &[(u64, &[&str])]) -> Self {
        let mut account = Account::new("acme".parse().unwrap(), "acme".to_owned(), Language::english());
        let mut routing = Routing::default();
        for (number, skills) in agents {
            let skills: BTreeSet<SkillId> = skills.iter().map(|skill| skill.parse().unwrap()).collect();
            for skill in &skills {
                account.skills.insert(skill.clone(), Skill::named(skill.as_str()));
            }
            let user = User {
                login_name: number.to_string(),
                nickname: number.to_string(),
                pid: Uuid::from_u128(u128::from(*number)),
                skills,
                roles: [UserRole::Agent].into(),
                enabled: true,
                load_max: None,
            };
            account.users.insert(agent(*number), user);
            routing.connected(agent(*number));
            routing.listening(agent(*number), 1);
            routing.set_availability(agent(*number), Availability::Online);
        }
        Self { routing, account, states: BTreeMap::new(), now: START }
    }

    /// A conversation that waits for a skill.
    fn waits(&mut self, number: u128, skill: &str, deadline: Option<i64>) -> ConversationId {
        let id = ConversationId::from_bits(number);
        let opened = Event::Opened {
            consumer: ConsumerId::from_bits(number),
            skill: skill.parse().unwrap(),
            authenticated: false,
            in_off_hours: false,
            first_conversation: true,
            origin: Origin::default().into(),
        };
        self.happens(id, [opened]);
        let deadline = deadline.map(|minutes| START + SignedDuration::from_mins(minutes));
        self.happens(id, [Event::DeadlineMoved { deadline }]);
        id
    }

    fn happens(&mut self, id: ConversationId, events: impl IntoIterator<Item = Event>) {
        let old = self.states.get(&id).cloned();
        for event in events {
            let state = self.states.get(&id).map(|state| Conversation::clone(state));
            let seq = EventSeq::after(state.as_ref().map(|state| state.head));
            let recorded = Recorded { seq, at: self.now, by: Actor::System, cause: None, event };
            self.states.insert(id, replay(id, state, [&recorded]).unwrap().into());
        }
        self.routing.moved(old.as_deref(), &self.states[&id]);
    }

    fn is_taken(&mut self, id: ConversationId, by: u64) {
        let participant = ParticipantId::User(agent(by));
        self.happens(id, [Event::ParticipantJoined { participant, role: Role::AssignedAgent }]);
    }

    fn is_given_back(&mut self, id: ConversationId, by: u64) {
        let participant = ParticipantId::User(agent(by));
        self.happens(id, [Event::ParticipantLeft { participant, role: Role::AssignedAgent }]);
    }

    /// Looks, and gives what is new: conversation, agent and state of each offer that changed.
    fn look(&mut self) -> Vec<(u128, u64, OfferState)> {
        let states = &self.states;
        let lost = self.routing.look(&self.account, self.now, |id| states.get(&id).cloned());
        let given_back = lost.give_back;
        if !given_back.is_empty() {
            for GiveBack { conversation, agent } in given_back {
                self.is_given_back(conversation, agent.number());
            }
            return self.look();
        }
        let changed = self.routing.take_changed_offers().into_iter();
        changed.map(|offer| (offer.conversation.bits(), offer.agent.number(), offer.state)).collect()
    }

    fn offer_to(&self, number: u64) -> OfferId {
        self.routing.offers_to(agent(number))[0].id.clone()
    }

    fn passes(&mut self, time: SignedDuration) {
        self.now += time;
    }
}

fn agent(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

#[test]
fn the_earliest_deadline_comes_first_over_all_skills() {
    let mut floor = Floor::new(&[]);
    floor.waits(1, "1", Some(30));
    floor.waits(2, "2", Some(10));
    floor.waits(3, "1", Some(20));
    let mut busy = Floor::new(&[(7, &["1", "2"])]);
    std::mem::swap(&mut floor.account, &mut busy.account);
    floor.routing.connected(agent(7));
    floor.routing.listening(agent(7), 1);
    floor.routing.set_availability(agent(7), Availability::Online);
    let offered: Vec<u128> = floor.look().iter().map(|offer| offer.0).collect();
    assert_eq!(offered, [2, 3, 1]);
}

#[test]
fn conversations_are_spread_over_the_agents_with_the_least_to_do() {
    let mut floor = Floor::new(&[(1, &["1"]), (2, &["1"]), (3, &["2"])]);
    for number in 1..=4 {
        floor.waits(number, "1", Some(10));
    }
    let mut of: BTreeMap<u64, usize> = BTreeMap::new();
    for (_, agent, state) in floor.look() {
        assert_eq!(state, OfferState::Waiting);
        *of.entry(agent).or_default() += 1;
    }
    assert_eq!(of, BTreeMap::from([(1, 2), (2, 2)]));
}

#[test]
fn nobody_who_is_offline_full_or_without_the_skill_is_offered_anything() {
    let mut floor = Floor::new(&[(1, &["1"]), (2, &["2"]), (3, &["1"])]);
    floor.routing.set_availability(agent(1), Availability::Away);
    for number in 1..=11 {
        floor.waits(number, "1", Some(10));
    }
    let offered = floor.look();
    assert_eq!(offered.len(), 10, "as many as one usually serves");
    assert!(offered.iter().all(|offer| offer.1 == 3));
    floor.is_taken(ConversationId::from_bits(1), 3);
    assert_eq!(floor.look(), [(1, 3, OfferState::Accepted)]);
    floor.is_given_back(ConversationId::from_bits(1), 3);
    assert_eq!(floor.look().len(), 1, "there is room for one again");
}

#[test]
fn an_agent_is_offered_as_many_as_they_are_set_to_serve() {
    let mut floor = Floor::new(&[(1, &["1"]), (2, &["1"])]);
    for (number, load) in [(1, 3), (2, 0)] {
        floor.account.users.get_mut(&agent(number)).unwrap().load_max = Some(load);
    }
    for number in 1..=5 {
        floor.waits(number, "1", Some(10));
    }
    let offered: Vec<u64> = floor.look().iter().map(|offer| offer.1).collect();
    assert_eq!(offered, [1, 1, 1]);
    floor.account.users.get_mut(&agent(1)).unwrap().load_max = Some(4);
    floor.routing.set_availability(agent(1), Availability::Online);
    assert_eq!(floor.look().len(), 1);
}

#[test]
fn an_offer_that_nobody_answers_goes_to_the_next_and_comes_back_when_all_were_asked() {
    let mut floor = Floor::new(&[(1, &["1"]), (2, &["1"])]);
    floor.waits(1, "1", Some(10));
    assert_eq!(floor.look(), [(1, 1, OfferState::Waiting)]);
    floor.passes(limits::OFFER_TIME - SignedDuration::from_millis(1));
    assert_eq!(floor.look(), []);
    floor.passes(SignedDuration::from_millis(1));
    assert_eq!(floor.look(), [(1, 1, OfferState::Expired), (1, 2, OfferState::Waiting)]);
    let expires = floor.now + limits::OFFER_TIME;
    assert_eq!(
        floor.routing.next_look(),
        Some(expires),
        "the next one expires in time, whatever else happens"
    );
    let offer = floor.offer_to(2);
    floor.routing.reject(agent(2), &offer, floor.now).unwrap();
    assert_eq!(floor.look(), [(1, 2, OfferState::Rejected)], "the first one was asked just now");
    let again = floor.routing.next_look().unwrap();
    assert_eq!(again, floor.now + limits::OFFER_TIME);
    floor.now = again;
    assert_eq!(floor.look(), [(1, 1, OfferState::Waiting)]);
}

#[test]
fn a_conversation_without_a_deadline_is_not_passed_by_for_ever() {
    let mut floor = Floor::new(&[(1, &["1"])]);
    floor.waits(1, "1", None);
    floor.waits(2, "1", Some(59));
    floor.waits(3, "1", Some(61));
    let offered: Vec<u128> = floor.look().iter().map(|offer| offer.0).collect();
    assert_eq!(offered, [2, 1, 3]);
}

#[test]
fn the_suggested_agent_is_asked_alone_and_others_if_they_are_not_there() {
    let mut floor = Floor::new(&[(1, &["1"]), (2, &["1"])]);
    let id = floor.waits(1, "1", Some(10));
    floor.happens(id, [Event::AgentSuggested { agent: agent(2) }]);
    assert_eq!(floor.look(), [(1, 2, OfferState::Waiting)]);
    floor.passes(limits::OFFER_TIME);
    assert_eq!(floor.look(), [(1, 2, OfferState::Expired), (1, 1, OfferState::Waiting)]);
    let gone = floor.waits(2, "1", Some(10));
    floor.routing.set_availability(agent(2), Availability::Offline);
    floor.happens(gone, [Event::AgentSuggested { agent: agent(2) }]);
    assert_eq!(floor.look(), [(2, 1, OfferState::Waiting)]);
}

#[test]
fn an_offer_is_void_when_the_conversation_moves_to_another_skill_or_ends() {
    let mut floor = Floor::new(&[(1, &["1"]), (2, &["2"])]);
    let id = floor.waits(1, "1", Some(10));
    floor.look();
    let skills = ["1", "2"].map(|skill| skill.parse().unwrap());
    let [from, to] = skills;
    floor.happens(id, [Event::SkillChanged { from, to }]);
    assert_eq!(floor.look(), [(1, 1, OfferState::Cancelled), (1, 2, OfferState::Waiting)]);
    floor.happens(id, [Event::Closed { by: convoke_domain::conversation::Closer::AutoClose }]);
    assert_eq!(floor.look(), [(1, 2, OfferState::Cancelled)]);
}

#[test]
fn agents_who_do_not_come_back_give_their_conversations_back() {
    let mut floor = Floor::new(&[(1, &["1"]), (2, &["1"])]);
    let id = floor.waits(1, "1", Some(10));
    floor.look();
    floor.is_taken(id, 1);
    floor.look();
    floor.routing.listening(agent(1), -1);
    floor.routing.disconnected(agent(1), true, floor.now);
    assert_eq!(floor.look(), []);
    assert_eq!(floor.routing.next_look(), Some(floor.now + limits::LOST_AGENT_GRACE));
    floor.passes(limits::LOST_AGENT_GRACE);
    assert_eq!(floor.look(), [(1, 2, OfferState::Waiting)]);
    assert_eq!(floor.routing.presence(agent(1)), Presence { availability: Availability::Offline, load: 0 });
}

#[test]
fn agents_who_come_back_in_time_keep_them() {
    let mut floor = Floor::new(&[(1, &["1"])]);
    let id = floor.waits(1, "1", Some(10));
    floor.look();
    floor.is_taken(id, 1);
    floor.routing.disconnected(agent(1), true, floor.now);
    floor.passes(SignedDuration::from_secs(59));
    floor.routing.connected(agent(1));
    floor.passes(SignedDuration::from_hours(1));
    floor.look();
    assert_eq!(floor.states[&id].assigned_agent(), Some(agent(1)));
}

#[test]
fn an_offer_is_accepted_once_by_the_agent_whose_it_is() {
    let mut floor = Floor::new(&[(1, &["1"]), (2, &["1"])]);
    let id = floor.waits(1, "1", Some(10));
    floor.look();
    let offer = floor.offer_to(1);
    assert_eq!(floor.routing.begin_accept(agent(2), &offer), Err(OfferRefused::Over));
    assert_eq!(floor.routing.begin_accept(agent(1), &OfferId::named("nonsense")), Err(OfferRefused::Unknown));
    assert_eq!(floor.routing.begin_accept(agent(1), &offer), Ok(id));
    assert_eq!(floor.routing.begin_accept(agent(1), &offer), Err(OfferRefused::Over));
    // Its time passes while it is decided: it was in time.
    floor.passes(limits::OFFER_TIME);
    assert_eq!(floor.look(), []);
    floor.is_taken(id, 1);
    assert_eq!(floor.look(), [(1, 1, OfferState::Accepted)]);
    assert_eq!(floor.routing.begin_accept(agent(1), &offer), Err(OfferRefused::Over));
}
