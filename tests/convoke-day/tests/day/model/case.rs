//! One conversation as the model sees it, and what each deed changes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use convoke_domain::id::{ConsumerId, ConversationId, SkillId, UserId};
use jiff::Timestamp;

use super::answer::Pending;
use super::timing::Timer;
use super::{Closed, Previous, World};
use crate::faults::Fault;
use crate::firing::Firing;
use crate::journal::{As, Deed, Opening, Response, Who};

/// Somebody in a conversation, or who does something to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Person {
    Consumer(ConsumerId),
    User(UserId),
    ControllerBot,
    /// A timer.
    Nobody,
}

pub(super) const CONSUMER: &str = "CONSUMER";
pub(super) const ASSIGNED: &str = "ASSIGNED_AGENT";
pub(super) const CONTROLLER: &str = "CONTROLLER";
const READER: &str = "READER";

/// Who closed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closer {
    Agent,
    Consumer,
    Function,
    Time,
}

/// What the rules look at: everything that a change can change.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) opening: Opening,
    pub(super) opener: ConsumerId,
    pub(super) opened_at: Timestamp,
    pub(super) first_ever: bool,
    pub(super) opened_off: bool,
    pub(super) authenticated: bool,
    pub(super) closed: Option<(Closer, Timestamp)>,
    pub(super) skill: SkillId,
    pub(super) suggested: Option<UserId>,
    pub(super) people: BTreeMap<Person, &'static str>,
    pub(super) assigned_at: Option<Timestamp>,
    pub(super) queued_at: Timestamp,
    pub(super) back_to_queue_at: Option<Timestamp>,
    pub(super) ttr: Response,
    pub(super) promise: Option<Timestamp>,
    pub(super) talk: Talk,
    /// When something last changed that restarts the auto-close.
    pub(super) moved_at: Timestamp,
    pub(super) told_off_hours_at: Option<Timestamp>,
}

/// Who wrote when.
#[derive(Debug, Clone, Default)]
pub(super) struct Talk {
    pub(super) last: Option<(Timestamp, &'static str)>,
    pub(super) brand: Option<Timestamp>,
    pub(super) consumer: Option<Timestamp>,
    /// The first line of a consumer after the last one of the brand.
    pub(super) open_question: Option<Timestamp>,
    /// Whether a consumer wrote after the brand.
    pub(super) consumer_last: bool,
    /// Whether the brand wrote since the present agent took it.
    pub(super) agent_answered: bool,
}

impl Facts {
    pub(super) fn assigned(&self) -> Option<UserId> {
        self.people.iter().find_map(|(person, role)| match person {
            Person::User(user) if *role == ASSIGNED => Some(*user),
            Person::User(_) | Person::Consumer(_) | Person::ControllerBot | Person::Nobody => None,
        })
    }

    fn take_assigned_away(&mut self, at: Timestamp) {
        if let Some(user) = self.assigned() {
            self.people.remove(&Person::User(user));
            self.assigned_at = None;
            self.queued_at = at;
            self.back_to_queue_at = Some(at);
            self.moved_at = at;
        }
    }

    /// A transfer, by an agent or a function; whether it changes anything.
    pub(super) fn transfer(
        &mut self,
        skill: Option<&SkillId>,
        agent: Option<UserId>,
        at: Timestamp,
        world: &World,
    ) -> bool {
        let elsewhere = skill.filter(|skill| **skill != self.skill);
        let asked = agent.filter(|agent| self.assigned() != Some(*agent) && self.suggested != Some(*agent));
        if elsewhere.is_none() && asked.is_none() {
            return false;
        }
        let waited_since = self.queued_at;
        self.take_assigned_away(at);
        if let Some(skill) = elsewhere {
            self.skill = skill.clone();
            self.suggested = None;
            self.queued_at = at;
        }
        if world.has(Fault::TransferKeepsTheQueueTime) {
            self.queued_at = waited_since;
        }
        if agent.is_some() {
            self.suggested = agent;
        }
        self.moved_at = at;
        true
    }

    pub(super) fn brand_writes(&mut self, role: &'static str, at: Timestamp) {
        self.talk.last = Some((at, role));
        self.talk.brand = Some(at);
        self.talk.open_question = None;
        self.talk.consumer_last = false;
        self.talk.agent_answered = true;
        self.moved_at = at;
    }

    fn consumer_writes(&mut self, at: Timestamp) {
        self.talk.last = Some((at, CONSUMER));
        self.talk.consumer = Some(at);
        self.talk.open_question.get_or_insert(at);
        self.talk.consumer_last = true;
        self.moved_at = at;
    }
}

/// What a change was besides a difference of facts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Change {
    /// Who did it; nobody if a timer did.
    pub(super) by: Option<Person>,
    /// The code of the event whose answer did it, and how deep the chain is by now.
    pub(super) cause: Option<(&'static str, u8)>,
    pub(super) response: Option<&'static str>,
    pub(super) off_hours_line: bool,
    pub(super) idle: Option<&'static str>,
}

/// One conversation, gone through from its opening to the end of the simulation.
pub(super) struct Case<'w> {
    pub(super) id: ConversationId,
    worlds: &'w [World],
    world: usize,
    pub(super) now: Timestamp,
    pub(super) facts: Option<Facts>,
    pub(super) fired: BTreeMap<Timer, (Timestamp, u8)>,
    pub(super) lane: VecDeque<Pending>,
    pub(super) firings: Vec<Firing>,
    keys: BTreeSet<(Person, u64)>,
    silent_opening: bool,
}

impl<'w> Case<'w> {
    pub(super) fn new(id: ConversationId, worlds: &'w [World], world: usize) -> Self {
        Self {
            id,
            worlds,
            world,
            now: Timestamp::MIN,
            facts: None,
            fired: BTreeMap::new(),
            lane: VecDeque::new(),
            firings: Vec::new(),
            keys: BTreeSet::new(),
            silent_opening: false,
        }
    }

    pub(super) fn world(&self) -> &'w World {
        &self.worlds[self.world]
    }

    /// From now on another world counts.
    pub(super) fn enter(&mut self, world: usize) {
        self.world = world;
    }

    pub(super) fn into_firings(self) -> Vec<Firing> {
        self.firings
    }

    /// By whom and when it was closed, if it was.
    pub(super) fn closed(&self) -> Option<(ConsumerId, Closed)> {
        let facts = self.facts.as_ref()?;
        let (closer, at) = facts.closed?;
        let automatically = closer == Closer::Time || self.world().has(Fault::FortyEightHoursForAnyClose);
        Some((facts.opener, Closed { at, automatically }))
    }

    pub(super) fn open(&mut self, consumer: ConsumerId, opening: &Opening, previous: Previous) {
        let at = self.now;
        let opened_off = !self.world().calendar(&opening.skill).is_on(at);
        let mut facts = Facts {
            opening: opening.clone(),
            opener: consumer,
            opened_at: at,
            first_ever: previous.count == 0 || self.world().has(Fault::EverybodyIsNew),
            opened_off,
            authenticated: opening.authenticated,
            closed: None,
            skill: opening.skill.clone(),
            suggested: None,
            people: [(Person::Consumer(consumer), CONSUMER), (Person::ControllerBot, CONTROLLER)].into(),
            assigned_at: None,
            queued_at: at,
            back_to_queue_at: None,
            ttr: Response::Normal,
            promise: None,
            talk: Talk::default(),
            moved_at: at,
            told_off_hours_at: None,
        };
        if opening.first_line {
            facts.consumer_writes(at);
        }
        let known = opening.authenticated || self.world().has(Fault::ReopeningOfAnonymousIsSilent);
        let soon = previous
            .closed
            .is_some_and(|closed| closed.automatically && at.duration_since(closed.at) < super::timing::SOON);
        self.silent_opening = known && soon && !self.world().has(Fault::ReopeningWithin48HoursFires);
        self.facts = Some(facts);
        let change = Change { by: Some(Person::Consumer(consumer)), ..Change::default() };
        self.name_changes(None, change);
        self.settle_all();
    }

    /// An agent did not come back: what they serve goes back to its queue.
    pub(super) fn lose(&mut self, agent: UserId) {
        let now = self.now;
        let serves = self
            .facts
            .as_ref()
            .is_some_and(|facts| facts.closed.is_none() && facts.assigned() == Some(agent));
        if serves {
            self.change(Change::default(), |facts, _| facts.take_assigned_away(now));
        }
    }

    pub(super) fn takes(&mut self, who: Who, deed: &Deed) {
        let (now, world) = (self.now, self.world());
        let person = match who {
            Who::Consumer(consumer) => Person::Consumer(consumer),
            Who::User(user) => Person::User(user),
        };
        let role = self.facts.as_ref().and_then(|facts| facts.people.get(&person).copied());
        let by = Change { by: Some(person), ..Change::default() };
        match deed {
            Deed::Open(_) => {}
            Deed::Write { key } => self.write(person, role, *key, by),
            Deed::WritePrivately => {
                if world.has(Fault::PrivateLinesAreAnswers) {
                    self.change(by, |facts, _| facts.brand_writes(role.unwrap_or(READER), now));
                }
            }
            Deed::Accept => self.change(by, |facts, _| {
                facts.people.insert(person, ASSIGNED);
                facts.assigned_at = Some(now);
                facts.talk.agent_answered = false;
                facts.suggested = None;
                facts.moved_at = now;
            }),
            Deed::Join { role } => self.change(by, |facts, world| {
                facts.people.insert(person, word(*role));
                if *role != As::Reader || !world.has(Fault::ReadersDoNotRestartAutoClose) {
                    facts.moved_at = now;
                }
            }),
            Deed::Bring { friend } => self.change(by, |facts, _| {
                facts.people.insert(Person::Consumer(*friend), CONSUMER);
                facts.moved_at = now;
            }),
            Deed::Leave => self.change(by, |facts, world| {
                if role == Some(ASSIGNED) {
                    facts.take_assigned_away(now);
                } else {
                    facts.people.remove(&person);
                    if role != Some(READER) || !world.has(Fault::ReadersDoNotRestartAutoClose) {
                        facts.moved_at = now;
                    }
                }
            }),
            Deed::Transfer { skill, agent } => self.change(by, |facts, world| {
                facts.transfer(skill.as_ref(), *agent, now, world);
            }),
            Deed::SetTtr(response) => self.respond(by, person, *response),
            Deed::Promise(until) => {
                let same = self.facts.as_ref().is_some_and(|facts| facts.promise == *until);
                let response = (!same).then_some("AGENT_UPDATED_RESPONSE_TIME");
                self.change(Change { response, ..by }, |facts, _| {
                    facts.promise = *until;
                    facts.moved_at = if same { facts.moved_at } else { now };
                });
            }
            Deed::StepUp => self.change(by, |facts, _| {
                facts.authenticated = true;
                facts.moved_at = now;
            }),
            Deed::Close => self.change(by, |facts, _| {
                let closer = if role == Some(CONSUMER) { Closer::Consumer } else { Closer::Agent };
                facts.closed = Some((closer, now));
            }),
        }
    }

    fn write(&mut self, person: Person, role: Option<&'static str>, key: Option<u64>, by: Change) {
        let (now, world) = (self.now, self.world());
        if let Some(key) = key
            && !self.keys.insert((person, key))
            && !world.has(Fault::RetriedLineCountsTwice)
        {
            return;
        }
        match role {
            Some(CONSUMER) => {
                let (off, opened_off) = self.facts.as_ref().map_or((false, false), |facts| {
                    (!world.calendar(&facts.skill).is_on(now), facts.opened_off)
                });
                let counts = !opened_off || world.has(Fault::OffHoursLineWhateverTheOpening);
                let change = Change { off_hours_line: off && counts, ..by };
                self.change(change, |facts, _| facts.consumer_writes(now));
            }
            Some(role) => self.change(by, |facts, _| facts.brand_writes(role, now)),
            None => {}
        }
    }

    fn respond(&mut self, by: Change, person: Person, response: Response) {
        let now = self.now;
        let Some(facts) = &self.facts else { return };
        let same = facts.ttr == response;
        let by_consumer = matches!(person, Person::Consumer(_));
        if by_consumer && response == Response::Normal && facts.ttr != Response::Urgent {
            // There is no mark to take back.
            return;
        }
        let code = match (by_consumer, response) {
            (true, Response::Urgent) => "CONSUMER_ASKED_URGENT_RESPONSE_TIME",
            (true, _) => "CONSUMER_CANCELED_URGENT_RESPONSE_TIME",
            (false, _) => "AGENT_UPDATED_RESPONSE_TIME",
        };
        let fires = !same || (by_consumer && self.world().has(Fault::UrgentTwiceFiresTwice));
        self.change(Change { response: fires.then_some(code), ..by }, |facts, _| {
            facts.ttr = response;
            facts.moved_at = if same { facts.moved_at } else { now };
        });
    }

    /// Something changes; what it fires is answered before anything else happens.
    pub(super) fn change(&mut self, change: Change, make: impl FnOnce(&mut Facts, &World)) {
        self.change_unanswered(change, make);
        self.settle_all();
    }

    pub(super) fn change_unanswered(&mut self, change: Change, make: impl FnOnce(&mut Facts, &World)) {
        let world = self.world();
        let Some(facts) = &mut self.facts else { return };
        let before = facts.clone();
        make(facts, world);
        self.note_overtaken(&before);
        self.name_changes(Some(&before), change);
    }

    /// Names what the change was, in the order of DESIGN §4, and lets it wait for its answer.
    fn name_changes(&mut self, before: Option<&Facts>, change: Change) {
        let Some(after) = self.facts.clone() else { return };
        let mut codes: Vec<&'static str> = Vec::new();
        if let Some(before) = before {
            codes.extend((!before.authenticated && after.authenticated).then_some("CONSUMER_STEP_UP"));
            codes.extend((before.skill != after.skill).then_some("ENGAGEMENT_TRANSFERED"));
            codes.extend(company(before, &after, self.world()));
            codes.extend(change.response);
            codes.extend(change.off_hours_line.then_some("CONSUMER_SEND_MESSAGE_ON_OFFHOURS"));
            codes.extend(change.idle);
            codes.extend(end(before, &after));
        } else {
            codes.push(match (after.first_ever, after.opened_off) {
                (true, true) => "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME_OFF_HOURS",
                (true, false) => "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME",
                (false, true) => "CONSUMER_OPEN_NEW_CONVERSATION_OFF_HOURS",
                (false, false) => "CONSUMER_OPEN_NEW_CONVERSATION",
            });
        }
        let silent = before.is_none() && self.silent_opening;
        for code in codes {
            self.fire(code, before, &after, change, silent);
        }
    }
}

const fn word(role: As) -> &'static str {
    match role {
        As::Agent => "AGENT",
        As::Manager => "MANAGER",
        As::Reader => READER,
        As::BrandBot => "BRAND_BOT",
    }
}

/// The one code of a change of participants: the first that holds (DESIGN §2, Participants).
fn company(before: &Facts, after: &Facts, world: &World) -> Option<&'static str> {
    let (old, new) = (before.assigned(), after.assigned());
    if new.is_some() && new != old {
        return Some("YOU_ARE_CONNECTED_TO");
    }
    let stays = before.skill == after.skill || world.has(Fault::BackToQueueOnTransfer);
    if old.is_some() && new.is_none() && stays {
        return Some("BACK_TO_QUEUE");
    }
    let announced = |role: &str| {
        matches!(role, "AGENT" | "MANAGER" | "BRAND_BOT")
            || (role == READER && world.has(Fault::ReadersAreAnnounced))
    };
    let new_in = |here: &Facts, there: &Facts, counts: &dyn Fn(&str) -> bool| {
        here.people
            .iter()
            .any(|(person, role)| counts(role) && !there.people.get(person).is_some_and(|role| counts(role)))
    };
    let consumers = |role: &str| role == CONSUMER;
    if new_in(after, before, &announced) {
        Some("ANOTHER_AGENT_JOINED_CONVERSATION")
    } else if new_in(before, after, &announced) {
        Some("JOINED_AGENT_LEFT_CONVERSATION")
    } else if new_in(after, before, &consumers) {
        Some("CONSUMER_JOINED_CONVERSATION")
    } else if new_in(before, after, &consumers) {
        Some("CONSUMER_LEFT_CONVERSATION")
    } else {
        None
    }
}

fn end(before: &Facts, after: &Facts) -> Option<&'static str> {
    let (closer, _) = after.closed.filter(|_| before.closed.is_none())?;
    Some(match closer {
        Closer::Agent => "AGENT_END_CONVERSATION",
        Closer::Consumer => "CONSUMER_END_CONVERSATION",
        Closer::Function | Closer::Time => "SYSTEM_END_CONVERSATION",
    })
}
