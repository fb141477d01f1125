//! From an intention to a deed: who does what, if it still makes sense in the conversation as it is; and from a deed to what
//! the engine is asked.

use convoke_domain::conversation::{
    Action, Actor, Audience, CommandKey, Conversation, LineExtra, NewLine, ParticipantId, PrivateText, Role,
};
use convoke_domain::id::{ConsumerId, UserId};
use convoke_domain::ttr::Ttr;
use jiff::Timestamp;

use crate::center::Center;
use crate::dice::Dice;
use crate::journal::{As, Deed, Response, Who};
use crate::people::{Helper, Wish, another};

/// Somebody's deed, if there is one in it now. `key` is a number that no line had yet.
pub(crate) fn deed(
    wish: &Wish,
    state: &Conversation,
    center: &Center,
    now: Timestamp,
    dice: &mut Dice,
    key: u64,
) -> Option<(Who, Deed)> {
    if !state.is_open() {
        return None;
    }
    match wish {
        Wish::ConsumerWrites => Some((consumer(state), Deed::Write { key: Some(key) })),
        Wish::Again { key, friend: false } => Some((consumer(state), Deed::Write { key: Some(*key) })),
        Wish::Again { key, friend: true } => friend(state, &Deed::Write { key: Some(*key) }),
        Wish::FriendWrites => friend(state, &Deed::Write { key: Some(key) }),
        Wish::FriendLeaves => friend(state, &Deed::Leave),
        Wish::Urgent => Some((consumer(state), Deed::SetTtr(Response::Urgent))),
        Wish::NotUrgent => Some((consumer(state), Deed::SetTtr(Response::Normal))),
        Wish::StepUp => (!state.authenticated).then(|| (consumer(state), Deed::StepUp)),
        Wish::ConsumerCloses => Some((consumer(state), Deed::Close)),
        Wish::Joins(_) | Wish::HelperWrites(_) | Wish::HelperLeaves(_) => helps(wish, state, center, dice),
        Wish::AgentWrites => assigned(state, Deed::Write { key: None }),
        Wish::AgentWritesPrivately => assigned(state, Deed::WritePrivately),
        Wish::AgentSets(response) => assigned(state, Deed::SetTtr(*response)),
        Wish::AgentPromises(time) => assigned(state, Deed::Promise(Some(now + *time))),
        Wish::AgentTakesBack => assigned(state, Deed::Promise(None)),
        Wish::AgentBringsFriend => {
            let friend = ConsumerId::from_bits((u128::from(key) << 64) | u128::from(dice.below(u64::MAX)));
            assigned(state, Deed::Bring { friend })
        }
        Wish::AgentLeaves => assigned(state, Deed::Leave),
        Wish::AgentTransfers(skill) => {
            assigned(state, Deed::Transfer { skill: Some(skill.clone()), agent: None })
        }
        Wish::AgentAsksColleague => {
            let agent = another(dice, &center.serving(&state.skill), state.assigned_agent().as_slice())?;
            assigned(state, Deed::Transfer { skill: None, agent: Some(agent) })
        }
        Wish::AgentCloses => assigned(state, Deed::Close),
    }
}

const fn consumer(state: &Conversation) -> Who {
    Who::Consumer(state.consumer)
}

fn friend(state: &Conversation, deed: &Deed) -> Option<(Who, Deed)> {
    state.participants.iter().find_map(|(participant, _)| match participant {
        ParticipantId::Consumer(friend) if *friend != state.consumer => {
            Some((Who::Consumer(*friend), deed.clone()))
        }
        _ => None,
    })
}

fn assigned(state: &Conversation, deed: Deed) -> Option<(Who, Deed)> {
    state.assigned_agent().map(|agent| (Who::User(agent), deed))
}

/// Somebody who takes part besides the assigned agent.
fn helps(wish: &Wish, state: &Conversation, center: &Center, dice: &mut Dice) -> Option<(Who, Deed)> {
    let (helper, deed) = match wish {
        Wish::Joins(helper) => {
            let user = somebody_new(*helper, state, center, dice)?;
            return Some((Who::User(user), Deed::Join { role: helper.role() }));
        }
        Wish::HelperWrites(helper) => (helper, Deed::Write { key: None }),
        Wish::HelperLeaves(helper) => (helper, Deed::Leave),
        _ => return None,
    };
    let role = role(helper.role());
    state.participants.iter().find_map(|(participant, present)| match participant {
        ParticipantId::User(user) if *present == role => Some((Who::User(*user), deed.clone())),
        _ => None,
    })
}

fn somebody_new(helper: Helper, state: &Conversation, center: &Center, dice: &mut Dice) -> Option<UserId> {
    let present: Vec<UserId> = state
        .participants
        .keys()
        .filter_map(|participant| match participant {
            ParticipantId::User(user) => Some(*user),
            ParticipantId::Consumer(_) | ParticipantId::ControllerBot => None,
        })
        .collect();
    match helper {
        Helper::Colleague => another(dice, &center.serving(&state.skill), &present),
        Helper::Manager | Helper::Reader | Helper::Bot => another(dice, &center.managers(), &present),
    }
}

const fn role(role: As) -> Role {
    match role {
        As::Agent => Role::Agent,
        As::Manager => Role::Manager,
        As::Reader => Role::Reader,
        As::BrandBot => Role::BrandBot,
    }
}

/// What the engine is asked for a deed; nothing for an opening, which is asked otherwise.
pub(crate) fn action(who: Who, deed: &Deed) -> Option<(Actor, Action)> {
    let (actor, participant) = match who {
        Who::Consumer(consumer) => (Actor::Consumer(consumer), ParticipantId::Consumer(consumer)),
        Who::User(user) => (Actor::User(user), ParticipantId::User(user)),
    };
    let action = match deed {
        Deed::Open(_) => return None,
        Deed::Write { key } => Action::Publish(NewLine {
            text: "something".to_owned(),
            key: key.and_then(|key| CommandKey::new(&key.to_string())),
            extra: None,
        }),
        Deed::WritePrivately => {
            let extra = Some(LineExtra { audience: Audience::BrandSide, ..LineExtra::default() });
            Action::Publish(NewLine { text: "between us".to_owned(), key: None, extra })
        }
        Deed::Accept => match who {
            Who::User(agent) => Action::Accept { agent },
            Who::Consumer(_) => return None,
        },
        Deed::Join { role: joins } => Action::Join { participant, role: role(*joins) },
        Deed::Bring { friend } => {
            Action::Join { participant: ParticipantId::Consumer(*friend), role: Role::Consumer }
        }
        Deed::Leave => Action::Leave { participant },
        Deed::Transfer { skill, agent } => Action::Transfer { skill: skill.clone(), agent: *agent },
        Deed::SetTtr(response) => Action::SetTtr { ttr: ttr(*response) },
        Deed::Promise(deadline) => Action::SetManualDeadline { deadline: *deadline },
        Deed::StepUp => Action::StepUp { identity: PrivateText::new("customer") },
        Deed::Close => Action::Close,
    };
    Some((actor, action))
}

const fn ttr(response: Response) -> Ttr {
    match response {
        Response::Urgent => Ttr::Urgent,
        Response::Normal => Ttr::Normal,
        Response::Prioritized => Ttr::Prioritized,
        Response::Custom(seconds) => Ttr::Custom(std::time::Duration::from_secs(seconds)),
    }
}
