//! The conversations that wait for an agent, by skill and deadline, and who did not want them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use convoke_domain::conversation::Conversation;
use convoke_domain::id::{ConversationId, SkillId, UserId};
use jiff::Timestamp;

use super::offer::OfferId;
use super::presence::Free;
use crate::limits;

/// All that wait.
#[derive(Default)]
pub(super) struct Waiting {
    queues: BTreeMap<SkillId, BTreeSet<Place>>,
    entries: BTreeMap<ConversationId, Entry>,
}

/// A place in a queue: the earliest deadline first, among equals who waits for longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) due: Timestamp,
    queued_at: Timestamp,
    pub(super) conversation: ConversationId,
}

struct Entry {
    skill: SkillId,
    place: Place,
    offer: Option<OfferId>,
    suggested: Option<UserId>,
    /// The suggested agent was asked, or was not there.
    suggestion_over: bool,
    /// Who did not take it, and until when they are not asked again.
    passed: BTreeMap<UserId, Timestamp>,
}

impl Waiting {
    /// A conversation waits; whether it waits for others than before, so that an offer of it is void.
    pub(super) fn put(&mut self, state: &Conversation) -> bool {
        let place = place(state);
        let Some(entry) = self.entries.get_mut(&state.id) else {
            let entry = Entry {
                skill: state.skill.clone(),
                place,
                offer: None,
                suggested: state.suggested_agent,
                suggestion_over: false,
                passed: BTreeMap::new(),
            };
            self.queues.entry(state.skill.clone()).or_default().insert(place);
            self.entries.insert(state.id, entry);
            return false;
        };
        let moved = entry.skill != state.skill
            || (entry.suggested != state.suggested_agent && state.suggested_agent.is_some());
        let (old_skill, old_place) = (std::mem::replace(&mut entry.skill, state.skill.clone()), entry.place);
        entry.place = place;
        if moved {
            entry.suggested = state.suggested_agent;
            entry.suggestion_over = false;
            entry.passed.clear();
        }
        if moved || old_place != place {
            self.dequeue(&old_skill, &old_place);
            if self.entries.get(&state.id).is_some_and(|entry| entry.offer.is_none() || moved) {
                self.queues.entry(state.skill.clone()).or_default().insert(place);
            }
        }
        moved
    }

    /// It does not wait any more; its offer, if there is one.
    pub(super) fn take(&mut self, conversation: ConversationId) -> Option<OfferId> {
        let entry = self.entries.remove(&conversation)?;
        self.dequeue(&entry.skill, &entry.place);
        entry.offer
    }

    pub(super) fn offer_of(&self, conversation: ConversationId) -> Option<OfferId> {
        self.entries.get(&conversation)?.offer.clone()
    }

    /// It is before an agent: out of the queue as long as that lasts.
    pub(super) fn offered(&mut self, conversation: ConversationId, offer: OfferId, agent: UserId) {
        let Some(entry) = self.entries.get_mut(&conversation) else { return };
        entry.offer = Some(offer);
        entry.suggestion_over |= entry.suggested == Some(agent);
        let (skill, place) = (entry.skill.clone(), entry.place);
        self.dequeue(&skill, &place);
    }

    /// An offer of it is over: back in the queue, at its old place.
    pub(super) fn offer_ended(&mut self, conversation: ConversationId, offer: &OfferId) {
        let Some(entry) = self.entries.get_mut(&conversation) else { return };
        if entry.offer.as_ref() == Some(offer) {
            entry.offer = None;
            self.queues.entry(entry.skill.clone()).or_default().insert(entry.place);
        }
    }

    /// An agent did not take it.
    pub(super) fn passed(&mut self, conversation: ConversationId, agent: UserId, until: Timestamp) {
        if let Some(entry) = self.entries.get_mut(&conversation) {
            entry.passed.insert(agent, until);
        }
    }

    /// Whom to offer it to; and if nobody, when to look again.
    pub(super) fn choose(
        &mut self,
        state: &Conversation,
        free: &Free,
        now: Timestamp,
    ) -> (Option<UserId>, Option<Timestamp>) {
        let Some(entry) = self.entries.get_mut(&state.id) else { return (None, None) };
        entry.passed.retain(|_, until| *until > now);
        if let Some(suggested) = entry.suggested
            && !std::mem::replace(&mut entry.suggestion_over, true)
            && free.includes(suggested, &entry.skill)
        {
            return (Some(suggested), None);
        }
        let best = free.best(&entry.skill, |agent| !entry.passed.contains_key(&agent));
        let again = if best.is_none() { entry.passed.values().min().copied() } else { None };
        (best, again)
    }

    /// What can be offered, by deadline over all queues for which there is somebody.
    pub(super) fn in_order(&self, served: impl Fn(&SkillId) -> bool) -> Vec<(SkillId, Place)> {
        let queues: Vec<_> = self.queues.iter().filter(|(skill, _)| served(skill)).collect();
        let mut iterators: Vec<_> = queues.iter().map(|(_, queue)| queue.iter()).collect();
        let mut next: BinaryHeap<Reverse<(Place, usize)>> = BinaryHeap::new();
        for (index, queue) in iterators.iter_mut().enumerate() {
            next.extend(queue.next().map(|place| Reverse((*place, index))));
        }
        let mut ordered = Vec::new();
        while let Some(Reverse((place, index))) = next.pop() {
            ordered.push((queues[index].0.clone(), place));
            if ordered.len() >= limits::LOOKED_AT_ONCE {
                break;
            }
            next.extend(iterators[index].next().map(|place| Reverse((*place, index))));
        }
        ordered
    }

    fn dequeue(&mut self, skill: &SkillId, place: &Place) {
        if let Some(queue) = self.queues.get_mut(skill) {
            queue.remove(place);
            if queue.is_empty() {
                self.queues.remove(skill);
            }
        }
    }
}

fn place(state: &Conversation) -> Place {
    Place { due: due(state), queued_at: state.queued_at, conversation: state.id }
}

/// When a conversation is due: at its deadline, or an hour after it began to wait.
pub(crate) fn due(state: &Conversation) -> Timestamp {
    let later = state.queued_at.saturating_add(limits::WAIT_WITHOUT_DEADLINE).unwrap_or(Timestamp::MAX);
    state.deadline.unwrap_or(later)
}
