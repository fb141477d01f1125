//! Compares a conversation before and after one commit and names the public events. The only place where the recorded
//! and the public vocabulary meet.
//!
//! Comparing states, once per commit, settles the awkward cases in one place: an agent removed *and* a skill changed is
//! one routing event, and whoever joined and left within one commit was never there.

use std::collections::BTreeMap;

use crate::conversation::event::{Actor, Closer, Event, ParticipantId, Recorded, Role, Timer};
use crate::conversation::state::{Conversation, Stage};
use crate::id::DialogId;
use crate::state_change::CbotEventType;
use crate::ttr::Ttr;

/// A state change event that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fired {
    /// What exactly happened; it names the event.
    pub code: CbotEventType,
}

/// The state change events of one commit, in firing order.
///
/// `after_autoclose` says that the account wants to be told of conversations opened soon after an auto-close, and that
/// this one is.
pub(crate) fn changes(
    before: Option<&Conversation>,
    after: &Conversation,
    events: &[Recorded],
    after_autoclose: bool,
) -> Vec<Fired> {
    let Some(before) = before else {
        let closed = end(None, after);
        return std::iter::once(new_conversation(after, after_autoclose))
            .chain(closed)
            .map(Fired::of)
            .collect();
    };
    let mut codes: Vec<CbotEventType> = Vec::new();
    codes.extend((!before.authenticated && after.authenticated).then_some(CbotEventType::ConsumerStepUp));
    codes.extend((before.skill != after.skill).then_some(CbotEventType::EngagementTransferred));
    codes.extend(participants(before, after));
    codes.extend(ttr(events));
    codes.extend(off_hours_lines(after, events));
    codes.extend(idle(events));
    codes.extend(end(Some(before), after));
    codes.into_iter().map(Fired::of).collect()
}

impl Fired {
    const fn of(code: CbotEventType) -> Self {
        Self { code }
    }
}

fn new_conversation(after: &Conversation, after_autoclose: bool) -> CbotEventType {
    match (after_autoclose, after.first_conversation, after.opened_in_off_hours) {
        (true, _, _) => CbotEventType::ConsumerOpenNewConversationAfterAutoclose,
        (false, true, true) => CbotEventType::ConsumerOpenNewConversationFirstTimeOffHours,
        (false, true, false) => CbotEventType::ConsumerOpenNewConversationFirstTime,
        (false, false, true) => CbotEventType::ConsumerOpenNewConversationOffHours,
        (false, false, false) => CbotEventType::ConsumerOpenNewConversation,
    }
}

/// One event at most: its lists carry everything, the code is the first that holds (DESIGN §2, Participants).
fn participants(before: &Conversation, after: &Conversation) -> Option<CbotEventType> {
    let (old, new) = (before.assigned_agent(), after.assigned_agent());
    if new.is_some() && old != new {
        return Some(CbotEventType::YouAreConnectedTo);
    }
    let same_skill = before.skill == after.skill;
    if old.is_some() && new.is_none() && same_skill {
        return Some(CbotEventType::BackToQueue);
    }
    let joined = |role| appeared(&after.participants, &before.participants, role);
    let left = |role| appeared(&before.participants, &after.participants, role);
    if joined(is_joining_agent) {
        Some(CbotEventType::AnotherAgentJoinedConversation)
    } else if left(is_joining_agent) {
        Some(CbotEventType::JoinedAgentLeftConversation)
    } else if joined(is_consumer) {
        Some(CbotEventType::ConsumerJoinedConversation)
    } else if left(is_consumer) {
        Some(CbotEventType::ConsumerLeftConversation)
    } else {
        None
    }
}

/// Whether someone in a role of that kind is in `here` and was not in `there`.
fn appeared(
    here: &BTreeMap<ParticipantId, Role>,
    there: &BTreeMap<ParticipantId, Role>,
    is_kind: fn(Role) -> bool,
) -> bool {
    here.iter().any(|(participant, role)| {
        is_kind(*role) && !there.get(participant).is_some_and(|other| is_kind(*other))
    })
}

const fn is_joining_agent(role: Role) -> bool {
    matches!(role, Role::Agent | Role::Manager | Role::BrandBot)
}

const fn is_consumer(role: Role) -> bool {
    matches!(role, Role::Consumer)
}

fn ttr(events: &[Recorded]) -> Option<CbotEventType> {
    events.iter().find_map(|recorded| match (&recorded.event, recorded.by) {
        (Event::TtrChanged { to, .. }, Actor::Consumer(_)) => Some(if *to == Ttr::Urgent {
            CbotEventType::ConsumerAskedUrgentResponseTime
        } else {
            CbotEventType::ConsumerCanceledUrgentResponseTime
        }),
        (Event::TtrChanged { .. } | Event::ManualDeadlineSet { .. }, _) => {
            Some(CbotEventType::AgentUpdatedResponseTime)
        }
        _ => None,
    })
}

fn off_hours_lines(after: &Conversation, events: &[Recorded]) -> Option<CbotEventType> {
    let written = events.iter().any(|recorded| {
        matches!(&recorded.event, Event::LinePublished(line)
            if line.role == Role::Consumer && line.in_off_hours && line.dialog == DialogId::MAIN)
    });
    (written && !after.opened_in_off_hours).then_some(CbotEventType::ConsumerSendMessageOnOffHours)
}

fn idle(events: &[Recorded]) -> Option<CbotEventType> {
    events.iter().find_map(|recorded| {
        let Event::IdleFired { timer, .. } = recorded.event else { return None };
        match timer {
            Timer::AwaitingInQueue => Some(CbotEventType::ConvAwaitingInQueue),
            Timer::AgentNonResponsive => Some(CbotEventType::AgentNonResponsive),
            Timer::ConsumerNonResponsive => Some(CbotEventType::ConsumerNonResponsive),
            Timer::AutoClose | Timer::SurveyExpiry => None,
        }
    })
}

fn end(before: Option<&Conversation>, after: &Conversation) -> Option<CbotEventType> {
    let was_open = before.is_none_or(Conversation::is_open);
    match after.stage {
        Stage::Closed { by, .. } if was_open => Some(match by {
            Closer::Agent(_) => CbotEventType::AgentEndConversation,
            Closer::Consumer(_) => CbotEventType::ConsumerEndConversation,
            Closer::ControllerBot | Closer::AutoClose | Closer::Operator => {
                CbotEventType::SystemEndConversation
            }
        }),
        Stage::Closed { .. } | Stage::Open => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::conversation::event::{Line, Origin, PrivateText};
    use crate::conversation::replay;
    use crate::id::{ConsumerId, ConversationId, SkillId, UserId};
    use crate::sequence::EventSeq;

    const CONSUMER: ConsumerId = ConsumerId::from_bits(1);

    fn skill(id: &str) -> SkillId {
        id.parse().unwrap()
    }

    fn recorded(number: u64, event: Event) -> Recorded {
        let seq = EventSeq::new(number).unwrap();
        Recorded { seq, at: Timestamp::UNIX_EPOCH, by: Actor::Consumer(CONSUMER), cause: None, event }
    }

    fn opened() -> Recorded {
        let event = Event::Opened {
            consumer: CONSUMER,
            skill: skill("1"),
            authenticated: false,
            in_off_hours: false,
            first_conversation: false,
            origin: Origin::default().into(),
        };
        recorded(1, event)
    }

    /// What one commit of these events fires in an open conversation.
    fn fired(events: impl IntoIterator<Item = Event>) -> Vec<CbotEventType> {
        let id = ConversationId::from_bits(1);
        let before = replay(id, None, [&opened()]);
        let events: Vec<Recorded> =
            events.into_iter().zip(2..).map(|(event, number)| recorded(number, event)).collect();
        let after = replay(id, before.clone(), &events).unwrap();
        changes(before.as_ref(), &after, &events, false).into_iter().map(|fired| fired.code).collect()
    }

    #[test]
    fn a_commit_that_changes_everything_fires_everything_in_one_order() {
        let agent = ParticipantId::User(UserId::new(1).unwrap());
        let line = Line {
            dialog: 0,
            wire_sequence: 0,
            author: ParticipantId::Consumer(CONSUMER),
            role: Role::Consumer,
            text: PrivateText::new("hello"),
            in_off_hours: true,
            key: None,
            provenance: None,
            extra: None,
        };
        let codes = fired([
            Event::Closed { by: Closer::AutoClose },
            Event::IdleFired { timer: Timer::AwaitingInQueue, base: Timestamp::UNIX_EPOCH, count: 1 },
            Event::LinePublished(line),
            Event::TtrChanged { from: Ttr::Normal, to: Ttr::Urgent },
            Event::ParticipantJoined { participant: agent, role: Role::AssignedAgent },
            Event::SkillChanged { from: skill("1"), to: skill("2") },
            Event::SteppedUp { consumer: CONSUMER, identity: PrivateText::new("customer 12") },
        ]);
        assert_eq!(
            codes,
            [
                CbotEventType::ConsumerStepUp,
                CbotEventType::EngagementTransferred,
                CbotEventType::YouAreConnectedTo,
                CbotEventType::ConsumerAskedUrgentResponseTime,
                CbotEventType::ConsumerSendMessageOnOffHours,
                CbotEventType::ConvAwaitingInQueue,
                CbotEventType::SystemEndConversation,
            ]
        );
        assert!(codes.is_sorted_by_key(|code| code.event()));
    }

    #[test]
    fn who_joined_and_left_within_one_commit_was_never_there() {
        let (participant, role) = (ParticipantId::User(UserId::new(1).unwrap()), Role::Agent);
        let joined = Event::ParticipantJoined { participant, role };
        assert_eq!(fired([joined, Event::ParticipantLeft { participant, role }]), []);
    }

    #[test]
    fn the_code_of_a_change_of_participants_is_the_first_that_holds() {
        let user = |number| ParticipantId::User(UserId::new(number).unwrap());
        let joined = |participant, role| Event::ParticipantJoined { participant, role };
        let friend = ParticipantId::Consumer(ConsumerId::from_bits(2));
        let everybody = [
            (friend, Role::Consumer, CbotEventType::ConsumerJoinedConversation),
            (user(1), Role::BrandBot, CbotEventType::AnotherAgentJoinedConversation),
            (user(2), Role::AssignedAgent, CbotEventType::YouAreConnectedTo),
        ];
        for count in 1..=everybody.len() {
            let events = everybody.iter().take(count).map(|(who, role, _)| joined(*who, *role));
            assert_eq!(fired(events), [everybody[count - 1].2]);
        }
        let left =
            Event::ParticipantLeft { participant: ParticipantId::Consumer(CONSUMER), role: Role::Consumer };
        let both = [left, joined(friend, Role::Consumer)];
        assert_eq!(fired(both), [CbotEventType::ConsumerJoinedConversation]);
    }

    #[test]
    fn a_custom_time_set_by_an_agent_is_an_update_whatever_it_is() {
        let id = ConversationId::from_bits(1);
        let before = replay(id, None, [&opened()]);
        for to in [Ttr::Urgent, Ttr::Custom(Duration::from_secs(9))] {
            let event = Event::TtrChanged { from: Ttr::Normal, to };
            let events = [Recorded { by: Actor::System, ..recorded(2, event) }];
            let after = replay(id, before.clone(), &events).unwrap();
            let fired = changes(before.as_ref(), &after, &events, false);
            assert_eq!(fired, [Fired::of(CbotEventType::AgentUpdatedResponseTime)]);
        }
    }
}
