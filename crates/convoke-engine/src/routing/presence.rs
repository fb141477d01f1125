//! Who is there, who takes conversations, and how many each has.

use std::collections::{BTreeMap, BTreeSet};

use convoke_domain::account::Account;
use convoke_domain::id::{ConversationId, SkillId, UserId};
use jiff::Timestamp;

use crate::limits;

/// Whether an agent takes conversations (messaging contract §1.5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Availability {
    /// They do.
    Online,
    /// They have enough to do.
    Occupied,
    /// They are away.
    Away,
    /// They are back soon.
    BackSoon,
    /// They are not there.
    #[default]
    Offline,
}

impl Availability {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Online, Self::Occupied, Self::Away, Self::BackSoon, Self::Offline];

    /// The name on the wire.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Online => "ONLINE",
            Self::Occupied => "OCCUPIED",
            Self::Away => "AWAY",
            Self::BackSoon => "BACK_SOON",
            Self::Offline => "OFFLINE",
        }
    }

    /// The one with this name on the wire.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|availability| availability.wire_name() == name)
    }
}

/// How an agent is present.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presence {
    /// Whether they take conversations.
    pub availability: Availability,
    /// How many they serve.
    pub load: usize,
}

/// All agents of an account who are there, or serve conversations.
#[derive(Default)]
pub(super) struct Presences {
    agents: BTreeMap<UserId, Agent>,
    losses: BTreeSet<(Timestamp, UserId)>,
    changed: BTreeSet<UserId>,
}

#[derive(Default)]
struct Agent {
    availability: Availability,
    serves: BTreeSet<ConversationId>,
    /// Offers that they did not answer yet.
    offers: usize,
    listening: usize,
    last_offered: u64,
    /// When their conversations are given back, if they do not return.
    lost_at: Option<Timestamp>,
}

impl Presences {
    fn agent(&mut self, agent: UserId) -> &mut Agent {
        self.agents.entry(agent).or_default()
    }

    pub(super) fn load(&mut self, agent: UserId, conversation: ConversationId) {
        self.agent(agent).serves.insert(conversation);
    }

    pub(super) fn unload(&mut self, agent: UserId, conversation: ConversationId) {
        self.agent(agent).serves.remove(&conversation);
    }

    /// One open offer more, or fewer.
    pub(super) fn reserve(&mut self, agent: UserId, change: isize) {
        let agent = self.agent(agent);
        agent.offers = agent.offers.saturating_add_signed(change);
    }

    pub(super) fn offered(&mut self, agent: UserId, number: u64) {
        self.agent(agent).last_offered = number;
    }

    pub(super) fn listening(&mut self, agent: UserId, change: i32) {
        let agent = self.agent(agent);
        let change = isize::try_from(change).unwrap_or_default();
        agent.listening = agent.listening.saturating_add_signed(change);
    }

    pub(super) fn set_availability(&mut self, agent: UserId, availability: Availability) {
        let known = self.agent(agent);
        if std::mem::replace(&mut known.availability, availability) != availability {
            self.changed.insert(agent);
        }
    }

    /// They are back, if they were lost.
    pub(super) fn connected(&mut self, agent: UserId) {
        if let Some(at) = self.agent(agent).lost_at.take() {
            self.losses.remove(&(at, agent));
        }
    }

    /// Their last connection broke, or that of the process before this one: they have some time to come back.
    pub(super) fn lost(&mut self, agent: UserId, now: Timestamp) {
        let known = self.agent(agent);
        let at = now.saturating_add(limits::LOST_AGENT_GRACE).unwrap_or(Timestamp::MAX);
        if let Some(earlier) = known.lost_at.replace(at) {
            self.losses.remove(&(earlier, agent));
        }
        self.losses.insert((at, agent));
    }

    pub(super) fn next_loss(&self) -> Option<Timestamp> {
        self.losses.first().map(|(at, _)| *at)
    }

    /// Who did not come back in time; they are offline now.
    pub(super) fn take_lost(&mut self, now: Timestamp) -> Vec<UserId> {
        let mut lost = Vec::new();
        while let Some((at, agent)) = self.losses.first().copied()
            && at <= now
        {
            self.losses.pop_first();
            self.agent(agent).lost_at = None;
            self.set_availability(agent, Availability::Offline);
            lost.push(agent);
        }
        lost
    }

    pub(super) fn held_by(&self, agent: UserId) -> Vec<ConversationId> {
        self.agents.get(&agent).map(|agent| agent.serves.iter().copied().collect()).unwrap_or_default()
    }

    pub(super) fn of(&self, agent: UserId) -> Presence {
        self.agents.get(&agent).map_or_else(Presence::default, Agent::presence)
    }

    pub(super) fn all(&self) -> Vec<(UserId, Presence)> {
        self.agents.iter().map(|(id, agent)| (*id, agent.presence())).collect()
    }

    pub(super) fn take_changed(&mut self) -> BTreeSet<UserId> {
        std::mem::take(&mut self.changed)
    }

    /// Those who can be offered something now.
    pub(super) fn free(&self, account: &Account) -> Free {
        let mut free = Free::default();
        for (id, agent) in &self.agents {
            let there = agent.availability == Availability::Online && agent.listening > 0;
            let Some(user) = account.user(*id).filter(|user| there && user.serves()) else { continue };
            let load = agent.serves.len() + agent.offers;
            let room = user.load_max().saturating_sub(load);
            if room == 0 {
                continue;
            }
            let candidate = Candidate { load, last_offered: agent.last_offered, room };
            free.agents.insert(*id, candidate);
            for skill in &user.skills {
                free.by_skill.entry(skill.clone()).or_default().insert(*id);
            }
        }
        free
    }
}

impl Agent {
    fn presence(&self) -> Presence {
        Presence { availability: self.availability, load: self.serves.len() }
    }
}

/// Agents who can be offered something.
#[derive(Default)]
pub(super) struct Free {
    agents: BTreeMap<UserId, Candidate>,
    by_skill: BTreeMap<SkillId, BTreeSet<UserId>>,
}

struct Candidate {
    load: usize,
    last_offered: u64,
    room: usize,
}

impl Free {
    pub(super) fn is_empty(&self) -> bool {
        self.agents.is_empty()
    }

    pub(super) fn has_skill(&self, skill: &SkillId) -> bool {
        self.by_skill.contains_key(skill)
    }

    /// Whether this agent is free and has the skill.
    pub(super) fn includes(&self, agent: UserId, skill: &SkillId) -> bool {
        self.by_skill.get(skill).is_some_and(|agents| agents.contains(&agent))
    }

    /// The agent with the skill who has the least to do, and among equals was offered nothing for longest.
    pub(super) fn best(&self, skill: &SkillId, may: impl Fn(UserId) -> bool) -> Option<UserId> {
        let agents = self.by_skill.get(skill)?.iter().copied().filter(|agent| may(*agent));
        agents.min_by_key(|agent| self.agents.get(agent).map(|known| (known.load, known.last_offered)))
    }

    /// One conversation more for this agent.
    pub(super) fn take(&mut self, agent: UserId) {
        let Some(candidate) = self.agents.get_mut(&agent) else { return };
        candidate.load += 1;
        candidate.room -= 1;
        candidate.last_offered = u64::MAX;
        if candidate.room == 0 {
            self.agents.remove(&agent);
            self.by_skill.retain(|_, agents| {
                agents.remove(&agent);
                !agents.is_empty()
            });
        }
    }
}
