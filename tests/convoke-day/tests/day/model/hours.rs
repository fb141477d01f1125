//! When a skill is staffed, as somebody with a wall clock and the roster finds out: by looking at every single minute.
//!
//! Slow and plain on purpose. It knows minutes from some days before the simulation to some weeks after it.

use jiff::civil::{Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::center::{END, Hours, Occasion, START, Skill};
use crate::faults::Fault;

/// The staffed stretches of a skill: sorted, and apart from each other. `None`: always staffed.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    stretches: Option<Vec<(Timestamp, Timestamp)>>,
}

const BEFORE: SignedDuration = SignedDuration::from_hours(24 * 8);
const AFTER: SignedDuration = SignedDuration::from_hours(24 * 12);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

impl Calendar {
    pub(crate) fn of(skill: &Skill, fault: Option<Fault>) -> Self {
        let Some(hours) = &skill.hours else { return Self { stretches: None } };
        let zone = TimeZone::get(hours.zone).expect("the zones of the simulation exist");
        let standard = zone.to_offset(START);
        let mut stretches: Vec<(Timestamp, Timestamp)> = Vec::new();
        let mut minute = START - BEFORE;
        while minute < END + AFTER {
            let shown = match fault {
                Some(Fault::SummerTimeIgnored) => winter(minute, standard),
                _ => minute.to_zoned(zone.clone()),
            };
            if staffed(&shown, hours, &skill.occasions, fault) {
                match stretches.last_mut() {
                    Some((_, end)) if *end == minute => *end = minute + MINUTE,
                    _ => stretches.push((minute, minute + MINUTE)),
                }
            }
            minute += MINUTE;
        }
        Self { stretches: Some(stretches) }
    }

    pub(crate) fn is_on(&self, at: Timestamp) -> bool {
        let within = |stretches: &Vec<_>| stretches.iter().any(|(from, to)| (*from..*to).contains(&at));
        self.stretches.as_ref().is_none_or(within)
    }

    /// When so much staffed time has passed since `base`; `None` if that is beyond what is looked at.
    pub(crate) fn after(&self, base: Timestamp, time: SignedDuration) -> Option<Timestamp> {
        let Some(stretches) = &self.stretches else { return Some(base + time) };
        let mut missing = time;
        for (from, to) in stretches {
            let from = base.max(*from);
            let length = to.duration_since(from);
            if length.is_positive() {
                if missing <= length {
                    return Some(from + missing);
                }
                missing -= length;
            }
        }
        None
    }

    /// When the off-hours that hold `at` began.
    pub(crate) fn off_since(&self, at: Timestamp) -> Option<Timestamp> {
        self.stretches.as_ref()?.iter().map(|(_, to)| *to).take_while(|to| *to <= at).last()
    }
}

/// The time in a zone that never changes its clocks.
fn winter(at: Timestamp, offset: Offset) -> Zoned {
    at.to_zoned(TimeZone::fixed(offset))
}

/// An exception decides instead of the week; where two disagree, the one without staff.
fn staffed(shown: &Zoned, hours: &Hours, occasions: &[Occasion], fault: Option<Fault>) -> bool {
    let moment = shown.datetime();
    let mut now =
        occasions.iter().filter(|occasion| occasion.from <= moment && moment < occasion.to).peekable();
    if now.peek().is_some() && fault != Some(Fault::HolidayIgnored) {
        return now.all(|occasion| occasion.working);
    }
    hours.week.iter().any(|interval| shows(*interval, shown.weekday(), shown.time()))
}

fn shows((day, from, to): (Weekday, Time, Time), today: Weekday, time: Time) -> bool {
    if from < to {
        today == day && from <= time && time < to
    } else {
        (today == day && from <= time) || (today == day.next() && time < to)
    }
}
