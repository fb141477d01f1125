//! What people intend, and when: consumers, agents, managers. All of it comes from the dice.
//!
//! An intention is looked at when its time has come; one that makes no sense any more is dropped. Each conversation has
//! dice of its own, so that what happens in one does not change what people intend in another.

use convoke_domain::id::{ConsumerId, SkillId, UserId};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

use crate::center::{
    ALWAYS, Agent, BACK_AND_FORTH, CLOSE_WHEN_SILENT, Change, IdleTimes, NIGHT, ORDERS, OVERSEAS, Occasion,
    RETURNS, START, TO_RETURNS, TO_THE_NIGHT, Wait, id,
};
use crate::dice::Dice;
use crate::journal::{As, Opening, Response};

/// Something that somebody intends to do in a conversation.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    ConsumerWrites,
    /// The client of whoever wrote last sends the same line again.
    Again {
        key: u64,
        friend: bool,
    },
    FriendWrites,
    FriendLeaves,
    Urgent,
    NotUrgent,
    StepUp,
    ConsumerCloses,
    AgentWrites,
    AgentWritesPrivately,
    AgentSets(Response),
    AgentPromises(SignedDuration),
    AgentTakesBack,
    AgentBringsFriend,
    AgentLeaves,
    AgentTransfers(SkillId),
    AgentAsksColleague,
    AgentCloses,
    Joins(Helper),
    HelperWrites(Helper),
    HelperLeaves(Helper),
}

/// Somebody of the brand who takes part besides the assigned agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Helper {
    Colleague,
    Manager,
    Reader,
    Bot,
}

impl Helper {
    pub(crate) const fn role(self) -> As {
        match self {
            Self::Colleague => As::Agent,
            Self::Manager => As::Manager,
            Self::Reader => As::Reader,
            Self::Bot => As::BrandBot,
        }
    }
}

/// A consumer who will open a conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visitor {
    /// Without one: somebody who was never here.
    pub(crate) consumer: Option<ConsumerId>,
    pub(crate) authenticated: bool,
}

/// What an agent does about being there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Presence {
    Comes,
    Pauses,
    GoesOn,
    /// The connection breaks.
    Breaks,
    Goes,
}

/// Wishes with their times.
pub(crate) type Wishes = Vec<(Timestamp, Wish)>;

fn seconds(dice: &mut Dice, least: u64, most: u64) -> SignedDuration {
    // Milliseconds too: that two things happen at the same instant is rare, as it is.
    let milliseconds = dice.between(least * 1_000, most * 1_000);
    SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or_default())
}

fn minutes(dice: &mut Dice, least: u64, most: u64) -> SignedDuration {
    seconds(dice, least * 60, most * 60)
}

/// When consumers come who were never here: most of them on the first day.
pub(crate) fn arrivals(dice: &mut Dice, count: usize) -> Vec<(Timestamp, Visitor)> {
    let arrival = |_| {
        let day = if dice.chance(65) { 0 } else { dice.between(1, 5) };
        let time =
            if dice.chance(85) { minutes(dice, 6 * 60, 21 * 60) } else { minutes(dice, 0, 24 * 60 - 1) };
        let day = SignedDuration::from_hours(24 * i64::try_from(day).unwrap_or_default());
        (START + day + time, Visitor { consumer: None, authenticated: dice.chance(55) })
    };
    (0..count).map(arrival).collect()
}

/// What a consumer comes with.
pub(crate) fn opening(dice: &mut Dice, authenticated: bool) -> Opening {
    let skill = match dice.below(100) {
        0..35 => ORDERS,
        35..55 => RETURNS,
        55..67 => NIGHT,
        67..85 => OVERSEAS,
        _ => ALWAYS,
    };
    let campaign = match dice.below(100) {
        0..14 => TO_RETURNS,
        14..26 => CLOSE_WHEN_SILENT,
        26..38 => TO_THE_NIGHT,
        38..44 => BACK_AND_FORTH,
        44..70 => 100 + dice.below(9),
        _ => 0,
    };
    Opening {
        authenticated,
        skill: id(skill),
        campaign,
        engagement: if campaign == 0 { 0 } else { dice.between(1, 40) },
        visitor: dice.below(1 << 40),
        session: dice.below(1 << 40),
        language: dice.pick(&[None, Some("en"), Some("de-AT")]),
        context: dice.pick(&["SharkContext", "MobileAppContext", ""]),
        address: dice.pick(&["192.0.2.7", "2001:db8::7", ""]),
        first_line: dice.chance(85),
    }
}

/// What a consumer, and those who look on, intend when a conversation begins.
pub(crate) fn after_opening(dice: &mut Dice, now: Timestamp) -> Wishes {
    let mut wishes = Wishes::new();
    if dice.chance(50) {
        for _ in 0..dice.between(1, 3) {
            wishes.push((now + seconds(dice, 30, 1_500), Wish::ConsumerWrites));
        }
    }
    if dice.chance(14) {
        let at = now + minutes(dice, 1, 20);
        wishes.push((at, Wish::Urgent));
        if dice.chance(40) {
            wishes.push((at + minutes(dice, 1, 4), Wish::Urgent));
        }
        if dice.chance(40) {
            wishes.push((at + minutes(dice, 5, 30), Wish::NotUrgent));
        }
    }
    if dice.chance(14) {
        wishes.push((now + minutes(dice, 1, 40), Wish::StepUp));
    }
    if dice.chance(4) {
        wishes.push((now + minutes(dice, 10, 200), Wish::ConsumerCloses));
    }
    if dice.chance(9) {
        // Late in the evening, or at night.
        let at = now + minutes(dice, 8 * 60, 14 * 60);
        wishes.push((at, Wish::ConsumerWrites));
        wishes.push((at + seconds(dice, 20, 900), Wish::ConsumerWrites));
    }
    for (helper, percent) in [(Helper::Manager, 6), (Helper::Reader, 6), (Helper::Bot, 3)] {
        if dice.chance(percent) {
            wishes.extend(visit(dice, now, helper));
        }
    }
    wishes
}

fn visit(dice: &mut Dice, now: Timestamp, helper: Helper) -> Wishes {
    let at = now + minutes(dice, 2, 400);
    let mut wishes = vec![(at, Wish::Joins(helper))];
    if helper != Helper::Reader && dice.chance(50) {
        wishes.push((at + seconds(dice, 10, 200), Wish::HelperWrites(helper)));
    }
    if dice.chance(70) {
        wishes.push((at + minutes(dice, 4, 60), Wish::HelperLeaves(helper)));
    }
    wishes
}

/// What an agent intends who has just taken a conversation.
pub(crate) fn after_assignment(dice: &mut Dice, now: Timestamp) -> Wishes {
    let mut wishes = Wishes::new();
    if dice.chance(90) {
        wishes.push((now + seconds(dice, 8, 300), Wish::AgentWrites));
    }
    let unusual: [(u64, Wish); 9] = [
        (6, Wish::AgentLeaves),
        (4, Wish::AgentAsksColleague),
        (10, Wish::AgentTransfers(id(dice.pick(&[ORDERS, RETURNS, NIGHT, OVERSEAS, ALWAYS])))),
        (3, Wish::AgentSets(Response::Prioritized)),
        (3, Wish::AgentSets(Response::Custom(dice.between(60, 7_200)))),
        (2, Wish::AgentSets(Response::Urgent)),
        (6, Wish::AgentPromises(minutes(dice, 10, 600))),
        (8, Wish::AgentWritesPrivately),
        (4, Wish::AgentBringsFriend),
    ];
    for (percent, wish) in unusual {
        if dice.chance(percent) {
            let at = now + seconds(dice, 40, 1_200);
            match wish {
                Wish::AgentPromises(_) if dice.chance(50) => {
                    wishes.push((at + minutes(dice, 5, 90), Wish::AgentTakesBack));
                }
                Wish::AgentBringsFriend => {
                    wishes.push((at + minutes(dice, 1, 20), Wish::FriendWrites));
                    wishes.push((at + minutes(dice, 20, 90), Wish::FriendLeaves));
                }
                _ => {}
            }
            wishes.push((at, wish));
        }
    }
    if dice.chance(7) {
        wishes.extend(visit(dice, now, Helper::Colleague));
    }
    wishes
}

/// What follows on a line of the brand, the `nth` of this conversation.
pub(crate) fn after_brand_line(dice: &mut Dice, now: Timestamp, nth: usize) -> Wishes {
    if nth as u64 >= 2 + dice.below(4) {
        return match dice.below(100) {
            0..40 => vec![(now + seconds(dice, 30, 400), Wish::AgentCloses)],
            40..50 => vec![(now + seconds(dice, 10, 900), Wish::ConsumerCloses)],
            _ => Vec::new(),
        };
    }
    if dice.chance(76) { vec![(now + seconds(dice, 10, 1_800), Wish::ConsumerWrites)] } else { Vec::new() }
}

/// What follows on a line of a consumer.
pub(crate) fn after_consumer_line(dice: &mut Dice, now: Timestamp) -> Wishes {
    match dice.below(100) {
        0..70 => vec![(now + seconds(dice, 10, 420), Wish::AgentWrites)],
        70..90 => vec![(now + seconds(dice, 420, 2_400), Wish::AgentWrites)],
        _ => Vec::new(),
    }
}

/// Whether a consumer comes back after an end, and when.
pub(crate) fn after_end(dice: &mut Dice, now: Timestamp, visitor: Visitor) -> Option<(Timestamp, Visitor)> {
    if !dice.chance(45) {
        return None;
    }
    let wait = if dice.chance(65) { minutes(dice, 20, 46 * 60) } else { minutes(dice, 49 * 60, 80 * 60) };
    let authenticated = visitor.authenticated || dice.chance(15);
    Some((now + wait, Visitor { authenticated, ..visitor }))
}

/// What an agent does about a ring, and when; nothing: it expires.
pub(crate) fn to_ring(dice: &mut Dice, now: Timestamp) -> Option<(Timestamp, bool)> {
    match dice.below(100) {
        0..82 => Some((now + seconds(dice, 2, 60), true)),
        82..90 => Some((now + seconds(dice, 2, 60), false)),
        _ => None,
    }
}

/// When an agent comes, pauses, loses the connection, goes.
pub(crate) fn shifts(dice: &mut Dice, agent: &Agent) -> Vec<(Timestamp, Presence)> {
    let mut plan = Vec::new();
    for (from, to) in &agent.shifts {
        plan.push((*from, Presence::Comes));
        let pause = *from + minutes(dice, 150, 260);
        plan.push((pause, Presence::Pauses));
        plan.push((pause + minutes(dice, 20, 40), Presence::GoesOn));
        if dice.chance(30) {
            let broken = *from + minutes(dice, 20, 140);
            plan.push((broken, Presence::Breaks));
            let away = if dice.chance(50) { seconds(dice, 5, 59) } else { seconds(dice, 61, 400) };
            plan.push((broken + away, Presence::Comes));
        }
        plan.push((*to - minutes(dice, 5, 30), Presence::Pauses));
        plan.push((*to, Presence::Goes));
    }
    plan
}

/// What those who run the center change meanwhile.
pub(crate) fn changes() -> Vec<(Timestamp, Change)> {
    let at = |hours: i64, minutes: i64| {
        START + SignedDuration::from_hours(hours) + SignedDuration::from_mins(minutes)
    };
    let off = |name, day: i8, from: i8, to: i8| Occasion {
        name,
        from: date(2026, 3, day).at(from, 30, 0, 0),
        to: date(2026, 3, day).at(to, 15, 0, 0),
        working: false,
    };
    let wait = |seconds, repeat| Wait { on: true, seconds, repeat };
    vec![
        (at(13, 10), Change::Declare(id(ORDERS), off("Fire drill", 27, 16, 17))),
        (
            at(19, 0),
            Change::SetIdle(IdleTimes { queue: wait(240, 3), agent: wait(300, 2), consumer: wait(600, 3) }),
        ),
        (at(35, 0), Change::SwitchBot(false)),
        (at(36, 40), Change::SwitchBot(true)),
        (at(80, 0), Change::Declare(id(RETURNS), off("Moving house", 30, 14, 17))),
    ]
}

/// An agent other than this one.
pub(crate) fn another(dice: &mut Dice, agents: &[UserId], but: &[UserId]) -> Option<UserId> {
    let others: Vec<UserId> = agents.iter().copied().filter(|agent| !but.contains(agent)).collect();
    (!others.is_empty()).then(|| dice.pick(&others))
}
