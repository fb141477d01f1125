//! The reference model: what the rules say must have fired, found out from the journal alone.
//!
//! Written from DESIGN §2 to §4 and the contracts (messaging protocol §5, functions §8), and from nothing else: of
//! `convoke-domain` it shares the ids. It goes through each conversation by itself, from one deed to the next, and asks in
//! between which timers have come due. It is slow, plain, and never asks the engine anything.

mod answer;
mod case;
mod hours;
mod payload;
mod timing;

use std::collections::BTreeMap;

use convoke_domain::id::{ConsumerId, ConversationId, SkillId, UserId};
use jiff::{SignedDuration, Timestamp};

use crate::center::Center;
use crate::faults::Fault;
use crate::firing::Firing;
use crate::journal::{Deed, Entry, What, Who};
use case::Case;
use hours::Calendar;

/// How long an agent whose last connection broke has to come back.
const GRACE: SignedDuration = SignedDuration::from_mins(1);

/// What was decided about the center at some time, and when each skill is staffed by it.
struct World {
    center: Center,
    calendars: BTreeMap<SkillId, Calendar>,
    fault: Option<Fault>,
}

impl World {
    fn new(center: Center, fault: Option<Fault>) -> Self {
        let calendars =
            center.skills.iter().map(|(id, skill)| (id.clone(), Calendar::of(skill, fault))).collect();
        Self { center, calendars, fault }
    }

    fn calendar(&self, skill: &SkillId) -> &Calendar {
        self.calendars.get(skill).expect("conversations have skills of the center")
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

/// Something that concerns a conversation.
enum Matter<'j> {
    Did(Who, &'j Deed),
    /// From now on this world counts.
    World(usize),
    /// An agent did not come back.
    Lost(UserId),
}

/// What must have fired until `end`, one conversation after the other, in the order in which they were opened.
pub(crate) fn predict<'j>(
    center: &Center,
    journal: &'j [Entry],
    end: Timestamp,
    fault: Option<Fault>,
) -> Prediction<'j> {
    Prediction {
        worlds: worlds(center, journal, fault),
        general: general_matters(journal, fault),
        conversations: by_conversation(journal).into_iter(),
        known: BTreeMap::new(),
        end,
    }
}

/// What the rules say of each conversation.
pub(crate) struct Prediction<'j> {
    worlds: Vec<World>,
    general: Vec<(Timestamp, usize, General)>,
    conversations: std::vec::IntoIter<(ConversationId, Matters<'j>)>,
    known: BTreeMap<ConsumerId, Previous>,
    end: Timestamp,
}

impl Iterator for Prediction<'_> {
    type Item = (ConversationId, Vec<Firing>);

    fn next(&mut self) -> Option<Self::Item> {
        let (conversation, mut matters) = self.conversations.next()?;
        let world = self.add_general(&mut matters);
        let mut case = Case::new(conversation, &self.worlds, world);
        for (at, _, matter) in &matters {
            case.let_time_pass(*at);
            match matter {
                Matter::Did(Who::Consumer(consumer), Deed::Open(opening)) => {
                    let previous = self.known.entry(*consumer).or_default();
                    case.open(*consumer, opening, *previous);
                    previous.count += 1;
                }
                Matter::Did(who, deed) => case.takes(*who, deed),
                Matter::World(index) => case.enter(*index),
                Matter::Lost(agent) => case.lose(*agent),
            }
        }
        case.let_time_pass(self.end);
        if let Some((consumer, closed)) = case.closed() {
            self.known.entry(consumer).or_default().closed = Some(closed);
        }
        Some((conversation, case.into_firings()))
    }
}

impl<'j> Prediction<'j> {
    /// Puts what concerns every conversation among a conversation's own matters; the world in which it begins.
    fn add_general(&self, matters: &mut Matters<'j>) -> usize {
        let opened = matters.first().map_or((self.end, 0), |(at, place, _)| (*at, *place));
        let mut world = 0;
        for (at, place, matter) in &self.general {
            let before = (*at, *place) < opened;
            match matter {
                General::World(index) if before => world = *index,
                General::World(index) => matters.push((*at, *place, Matter::World(*index))),
                General::Lost(agent) if !before => matters.push((*at, *place, Matter::Lost(*agent))),
                General::Lost(_) => {}
            }
        }
        matters.sort_by_key(|(at, place, _)| (*at, *place));
        world
    }
}

/// What is known of a consumer's earlier conversations.
#[derive(Debug, Clone, Copy, Default)]
struct Previous {
    count: u64,
    closed: Option<Closed>,
}

/// When a conversation was closed, and whether because nothing happened any more.
#[derive(Debug, Clone, Copy)]
struct Closed {
    at: Timestamp,
    automatically: bool,
}

/// What concerns every conversation.
enum General {
    World(usize),
    Lost(UserId),
}

/// The world as it is at first, and after each change.
fn worlds(center: &Center, journal: &[Entry], fault: Option<Fault>) -> Vec<World> {
    let mut center = center.clone();
    let mut worlds = vec![World::new(center.clone(), fault)];
    for entry in journal {
        if let What::Changed(change) = &entry.what {
            center.apply(change);
            worlds.push(World::new(center.clone(), fault));
        }
    }
    worlds
}

fn general_matters(journal: &[Entry], fault: Option<Fault>) -> Vec<(Timestamp, usize, General)> {
    let mut matters = Vec::new();
    let mut gone: BTreeMap<UserId, (Timestamp, usize)> = BTreeMap::new();
    let mut world = 0;
    for (place, entry) in journal.iter().enumerate() {
        match entry.what {
            What::Changed(_) => {
                world += 1;
                matters.push((entry.at, place, General::World(world)));
            }
            What::Gone(agent) => {
                gone.insert(agent, (entry.at + GRACE, place));
            }
            What::Back(agent) => {
                // Who comes back at the very moment comes too late.
                gone.retain(|id, (at, place)| {
                    let lost = *at <= entry.at;
                    if lost {
                        matters.push((*at, *place, General::Lost(*id)));
                    }
                    *id != agent && !lost
                });
            }
            What::Did { .. } => {}
        }
    }
    matters.extend(gone.into_iter().map(|(agent, (at, place))| (at, place, General::Lost(agent))));
    if fault == Some(Fault::GraceForgotten) {
        matters.retain(|(_, _, matter)| !matches!(matter, General::Lost(_)));
    }
    matters.sort_by_key(|(at, place, _)| (*at, *place));
    matters
}

type Matters<'j> = Vec<(Timestamp, usize, Matter<'j>)>;

/// The deeds of each conversation, in the order in which the conversations were opened.
fn by_conversation(journal: &[Entry]) -> Vec<(ConversationId, Matters<'_>)> {
    let mut order: Vec<ConversationId> = Vec::new();
    let mut deeds: BTreeMap<ConversationId, Matters<'_>> = BTreeMap::new();
    for (place, entry) in journal.iter().enumerate() {
        if let What::Did { conversation, by, deed } = &entry.what {
            if matches!(deed, Deed::Open(_)) {
                order.push(*conversation);
            }
            deeds.entry(*conversation).or_default().push((entry.at, place, Matter::Did(*by, deed)));
        }
    }
    order.into_iter().filter_map(|id| Some((id, deeds.remove(&id)?))).collect()
}
