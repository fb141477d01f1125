//! Who is concerned by what: conversations by agent and by consumer, followers by what they look at.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use convoke_domain::conversation::{Conversation, ParticipantId};
use convoke_domain::id::{ConsumerId, ConversationId, UserId};

use super::mailbox::Mailbox;
use crate::limits;

/// The number of a follower.
pub(super) type FollowerId = u64;

/// What a follower looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Interest {
    /// All conversations of the account.
    pub(super) everything: bool,
    /// Conversations of these agents.
    pub(super) agents: BTreeSet<UserId>,
    /// Conversations of these consumers.
    pub(super) consumers: BTreeSet<ConsumerId>,
}

/// The indexes of one board.
#[derive(Default)]
pub(super) struct Index {
    of_agent: BTreeMap<UserId, BTreeSet<ConversationId>>,
    of_consumer: BTreeMap<ConsumerId, BTreeSet<ConversationId>>,
    closed: VecDeque<ConversationId>,
    followers: BTreeMap<FollowerId, Entry>,
    begun: FollowerId,
    on_everything: BTreeSet<FollowerId>,
    on_agent: BTreeMap<UserId, BTreeSet<FollowerId>>,
    on_consumer: BTreeMap<ConsumerId, BTreeSet<FollowerId>>,
    /// The connections of each agent.
    of_user: BTreeMap<UserId, BTreeSet<FollowerId>>,
}

struct Entry {
    interest: Interest,
    user: Option<UserId>,
    mailbox: Arc<Mailbox>,
}

impl Index {
    /// A conversation is another one than before. Gives those that are forgotten because they are closed for longest.
    pub(super) fn moved(&mut self, old: Option<&Conversation>, new: &Conversation) -> Option<ConversationId> {
        let was_open = old.is_some_and(|old| !old.is_over());
        if new.is_over() {
            if was_open || old.is_none() {
                self.remove(old.unwrap_or(new));
                self.closed.push_back(new.id);
            }
            let full = self.closed.len() > limits::BOARD_CLOSED_MAX;
            return if full { self.closed.pop_front() } else { None };
        }
        if let Some(old) = old {
            for (participant, _) in
                old.participants.iter().filter(|(who, _)| !new.participants.contains_key(who))
            {
                self.forget(*participant, new.id);
            }
        }
        self.of_consumer.entry(new.consumer).or_default().insert(new.id);
        for participant in new.participants.keys() {
            match participant {
                ParticipantId::User(user) => {
                    self.of_agent.entry(*user).or_default().insert(new.id);
                }
                ParticipantId::Consumer(consumer) => {
                    self.of_consumer.entry(*consumer).or_default().insert(new.id);
                }
                ParticipantId::ControllerBot => {}
            }
        }
        None
    }

    fn remove(&mut self, state: &Conversation) {
        for participant in state.participants.keys() {
            self.forget(*participant, state.id);
        }
        self.forget(ParticipantId::Consumer(state.consumer), state.id);
    }

    fn forget(&mut self, participant: ParticipantId, id: ConversationId) {
        match participant {
            ParticipantId::User(user) => take(&mut self.of_agent, user, id),
            ParticipantId::Consumer(consumer) => take(&mut self.of_consumer, consumer, id),
            ParticipantId::ControllerBot => {}
        }
    }

    /// The conversations in which an agent takes part that are not over: a survey may be all that is open of them.
    pub(super) fn of_agent(&self, agent: UserId) -> impl Iterator<Item = &ConversationId> {
        self.of_agent.get(&agent).into_iter().flatten()
    }

    /// The conversations of a consumer that are not over.
    pub(super) fn of_consumer(&self, consumer: ConsumerId) -> impl Iterator<Item = &ConversationId> {
        self.of_consumer.get(&consumer).into_iter().flatten()
    }

    /// Takes a follower in.
    pub(super) fn join(
        &mut self,
        user: Option<UserId>,
        interest: Interest,
        mailbox: Arc<Mailbox>,
    ) -> FollowerId {
        self.begun += 1;
        let id = self.begun;
        self.followers.insert(id, Entry { interest: Interest::default(), user, mailbox });
        if let Some(user) = user {
            self.of_user.entry(user).or_default().insert(id);
        }
        self.look_at(id, interest);
        id
    }

    /// A follower looks at something else from now on.
    pub(super) fn look_at(&mut self, id: FollowerId, interest: Interest) {
        let Some(entry) = self.followers.get_mut(&id) else { return };
        let old = std::mem::replace(&mut entry.interest, interest.clone());
        if old.everything {
            self.on_everything.remove(&id);
        }
        old.agents.iter().for_each(|agent| take(&mut self.on_agent, *agent, id));
        old.consumers.iter().for_each(|consumer| take(&mut self.on_consumer, *consumer, id));
        if interest.everything {
            self.on_everything.insert(id);
        }
        for agent in interest.agents {
            self.on_agent.entry(agent).or_default().insert(id);
        }
        for consumer in interest.consumers {
            self.on_consumer.entry(consumer).or_default().insert(id);
        }
    }

    /// A follower goes.
    pub(super) fn leave(&mut self, id: FollowerId) {
        self.look_at(id, Interest::default());
        if let Some(user) = self.followers.remove(&id).and_then(|entry| entry.user) {
            take(&mut self.of_user, user, id);
        }
    }

    /// Tells everybody who looks at a conversation, before or after it changed; each once.
    pub(super) fn tell(&self, old: Option<&Conversation>, new: &Conversation, tell: impl Fn(&Mailbox)) {
        let mut concerned: BTreeSet<FollowerId> = self.on_everything.clone();
        let before = old.into_iter().flat_map(|old| old.participants.keys());
        for participant in before.chain(new.participants.keys()) {
            let followers = match participant {
                ParticipantId::User(user) => self.on_agent.get(user),
                ParticipantId::Consumer(consumer) => self.on_consumer.get(consumer),
                ParticipantId::ControllerBot => None,
            };
            concerned.extend(followers.into_iter().flatten());
        }
        concerned.extend(self.on_consumer.get(&new.consumer).into_iter().flatten());
        for id in concerned {
            if let Some(entry) = self.followers.get(&id) {
                tell(&entry.mailbox);
            }
        }
    }

    /// Tells the connections of an agent.
    pub(super) fn tell_agent(&self, agent: UserId, tell: impl Fn(&Mailbox)) {
        for id in self.of_user.get(&agent).into_iter().flatten() {
            if let Some(entry) = self.followers.get(id) {
                tell(&entry.mailbox);
            }
        }
    }

    /// Tells the connections of an agent, and of whoever looks at all agents.
    pub(super) fn tell_everybody_on_agents(&self, agent: UserId, tell: impl Fn(&Mailbox)) {
        let own = self.of_user.get(&agent).into_iter().flatten();
        let concerned: BTreeSet<_> = own.chain(&self.on_everything).collect();
        for id in concerned {
            if let Some(entry) = self.followers.get(id) {
                tell(&entry.mailbox);
            }
        }
    }

    /// How many connections an agent has.
    pub(super) fn connections_of(&self, agent: UserId) -> usize {
        self.of_user.get(&agent).map_or(0, BTreeSet::len)
    }
}

fn take<K: Ord + Copy, V: Ord + Copy>(map: &mut BTreeMap<K, BTreeSet<V>>, key: K, value: V) {
    if let Some(set) = map.get_mut(&key) {
        set.remove(&value);
        if set.is_empty() {
            map.remove(&key);
        }
    }
}
