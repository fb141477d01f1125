//! When timers are due and answers are owed (DESIGN §2, Idle; messaging contract §5.4 and §5.5).

use jiff::{SignedDuration, Timestamp};

use super::World;
use super::case::{Case, Change, Closer, Facts};
use crate::center::Wait;
use crate::faults::Fault;
use crate::journal::Response;

/// How long after an auto-close a known consumer who comes back is not announced.
pub(super) const SOON: SignedDuration = SignedDuration::from_hours(48);

/// What is waited for. At the same instant in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Queue,
    Agent,
    Consumer,
    AutoClose,
}

impl Timer {
    const ALL: [Self; 4] = [Self::Queue, Self::Agent, Self::Consumer, Self::AutoClose];

    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Queue => Some("CONV_AWAITING_IN_QUEUE"),
            Self::Agent => Some("AGENT_NON_RESPONSIVE"),
            Self::Consumer => Some("CONSUMER_NON_RESPONSIVE"),
            Self::AutoClose => None,
        }
    }
}

impl Case<'_> {
    /// Lets every timer fire that comes due until `until`. One that is overdue, because what it counts by was changed,
    /// fires at once.
    pub(super) fn let_time_pass(&mut self, until: Timestamp) {
        loop {
            let due = Timer::ALL.into_iter().filter_map(|timer| {
                let (base, nth, at) = self.due(timer)?;
                Some((at.max(self.now), timer, base, nth))
            });
            let Some((at, timer, base, nth)) = due.min().filter(|(at, ..)| *at <= until) else { break };
            self.now = at;
            self.fired.insert(timer, (base, nth));
            match timer.code() {
                Some(code) => self.change(Change { idle: Some(code), ..Change::default() }, |_, _| {}),
                None => self.change(Change::default(), |facts, _| facts.closed = Some((Closer::Time, at))),
            }
        }
        self.now = self.now.max(until);
    }

    /// From when a timer counts, which firing comes next, and when.
    fn due(&self, timer: Timer) -> Option<(Timestamp, u8, Timestamp)> {
        let (facts, world) = (self.facts.as_ref()?, self.world());
        if facts.closed.is_some() {
            return None;
        }
        let idle = world.center.idle_of(&facts.skill);
        let calendar = world.calendar(&facts.skill);
        let (base, wait, staffed_only) = match timer {
            Timer::Queue => {
                let base = facts.assigned_at.is_none().then_some(facts.queued_at)?;
                (base, idle.queue, !world.has(Fault::QueueTimeCountsOffHours))
            }
            Timer::Agent => (agent_base(facts, world)?, idle.agent, true),
            Timer::Consumer => {
                let base = facts.talk.brand.filter(|_| !facts.talk.consumer_last)?;
                (base, idle.consumer, world.has(Fault::SilenceOfConsumersCountsStaffedTime))
            }
            Timer::AutoClose => {
                let base = auto_close_base(facts, world)?;
                return Some((base, 1, base + world.center.auto_close));
            }
        };
        let nth = self.next_firing(timer, base, wait)?;
        let time = SignedDuration::from_secs(i64::try_from(wait.seconds).ok()? * i64::from(nth));
        let at = if staffed_only { calendar.after(base, time)? } else { base + time };
        Some((base, nth, at))
    }

    fn next_firing(&self, timer: Timer, base: Timestamp, wait: Wait) -> Option<u8> {
        let world = self.world();
        let count = match self.fired.get(&timer) {
            Some((known, count)) if *known == base || world.has(Fault::FiredOnceAndForAll) => *count,
            _ => 0,
        };
        let most = wait.repeat.min(10) + u8::from(world.has(Fault::RepeatOffByOne));
        (wait.on && count < most).then_some(count + 1)
    }
}

/// The later of the assignment and the first consumer line after the brand's last; nothing once that is answered.
fn agent_base(facts: &Facts, world: &World) -> Option<Timestamp> {
    let assigned = facts.assigned_at?;
    let question = match facts.talk.open_question {
        Some(_) if world.has(Fault::AgentIdleFromLastConsumerLine) => facts.talk.consumer,
        question => question,
    };
    match question {
        Some(question) => Some(question.max(assigned)),
        None => (!facts.talk.agent_answered).then_some(assigned),
    }
}

/// Only while the consumer owes the next move, and nothing was promised.
fn auto_close_base(facts: &Facts, world: &World) -> Option<Timestamp> {
    let owes = !facts.talk.consumer_last || world.has(Fault::AutoCloseOnTheBrandsTurn);
    let promised = facts.promise.is_some() && !world.has(Fault::AutoCloseDespitePromise);
    (owes && !promised).then_some(facts.moved_at)
}

/// The seconds of a time to respond.
pub(super) fn seconds(facts: &Facts, world: &World) -> u64 {
    let times = world.center.ttr_of(&facts.skill);
    match facts.ttr {
        Response::Urgent => times.urgent,
        Response::Normal => times.normal,
        Response::Prioritized => times.prioritized,
        Response::Custom(seconds) => seconds,
    }
}

/// Until when the brand owes an answer: what was promised; else so much staffed time after the first unanswered line, or
/// after the opening if nobody wrote yet. Nothing while it is the consumer's turn, or after the end.
pub(super) fn deadline(facts: &Facts, world: &World) -> Option<Timestamp> {
    if facts.closed.is_some() {
        return None;
    }
    if let Some(promise) = facts.promise {
        return Some(promise);
    }
    let base = match (facts.talk.open_question, facts.talk.brand) {
        (Some(_), _) if world.has(Fault::DeadlineFromLastConsumerLine) => facts.talk.consumer?,
        (Some(question), _) => question,
        (None, None) => facts.opened_at,
        (None, Some(_)) => return None,
    };
    let time = SignedDuration::from_secs(i64::try_from(seconds(facts, world)).ok()?);
    if world.has(Fault::DeadlineCountsOffHours) {
        return Some(base + time);
    }
    world.calendar(&facts.skill).after(base, time)
}
