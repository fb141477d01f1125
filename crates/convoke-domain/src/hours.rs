//! When a skill is staffed: weekly working hours, special occasions, time zones and daylight saving.
//!
//! [`Hours`] answers for one skill at any instant. It promises that staffed time is counted exactly, to the nanosecond,
//! and that no question searches further than [`limits::HOURS_HORIZON`]. It leaves out who works: a skill is staffed by
//! its hours alone, whether or not an agent is there.

mod occasion;
pub mod seconds;
mod span;
mod weekly;
mod zone;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::occasion::{Occasion, SpecialOccasions};
use self::span::{Joined, Merged, Span, Without};
pub use self::weekly::{Weekday, WeeklyInterval, WorkingHours};
pub use self::zone::{UnknownZone, Zone};
use crate::limits;

/// Whether a skill is staffed at some instant, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "shift", rename_all = "snake_case")]
pub enum Shift {
    /// Staffed.
    On {
        /// When that ends; `None` when not within the horizon.
        until: Option<Timestamp>,
    },
    /// Off-hours.
    Off {
        /// When this off-hours period began, which identifies it; `None` when not within the horizon.
        since: Option<Timestamp>,
        /// When the skill is staffed next; `None` when not within the horizon.
        until: Option<Timestamp>,
    },
}

impl Shift {
    /// Whether it is staffed.
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On { .. })
    }
}

/// Working hours or special occasions that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// The name is empty, too long or has control characters.
    #[error("a name has 1 to {} characters and no line breaks", limits::NAME_CHARS_MAX)]
    Name,
    /// Too many weekly intervals.
    #[error("working hours have at most {} intervals; join those that touch", limits::WEEKLY_INTERVALS_MAX)]
    TooManyIntervals,
    /// A time with a fraction of a second.
    #[error("working hours begin and end at whole seconds")]
    FractionOfSecond,
    /// Too many occasions.
    #[error("a set has at most {} special occasions; remove the past ones", limits::OCCASIONS_MAX)]
    TooManyOccasions,
    /// An occasion that ends before it began.
    #[error("the special occasion \"{0}\" must end after it begins")]
    OccasionEmpty(String),
    /// An occasion without staff that lasts too long.
    #[error(
        "the special occasion \"{0}\" is longer than 30 days without staff; change the working hours instead"
    )]
    OccasionTooLong(String),
}

/// The effective hours of one skill: working hours (none: always on), overridden by special occasions.
#[derive(Debug, Clone, Copy)]
pub struct Hours<'a> {
    weekly: Option<&'a WorkingHours>,
    occasions: Option<&'a SpecialOccasions>,
}

impl<'a> Hours<'a> {
    /// Always on.
    pub const ALWAYS: Hours<'static> = Hours { weekly: None, occasions: None };

    /// The combination of working hours and special occasions.
    pub const fn new(weekly: Option<&'a WorkingHours>, occasions: Option<&'a SpecialOccasions>) -> Self {
        Self { weekly, occasions }
    }

    /// The shift state at `now`.
    pub fn shift(&self, now: Timestamp) -> Shift {
        let stop = later(now, limits::HOURS_HORIZON);
        match self.staffed(now, stop).find(|span| span.end > now) {
            Some(span) if span.start <= now => Shift::On { until: (span.end < stop).then_some(span.end) },
            ahead => Shift::Off { since: self.off_since(now), until: ahead.map(|span| span.start) },
        }
    }

    /// Whether the skill is staffed at `now`.
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.staffed(now, later(now, TICK)).any(|span| span.start <= now && now < span.end)
    }

    /// When it is staffed next: `now` if it is, `None` if not within the horizon.
    pub fn next_on(&self, now: Timestamp) -> Option<Timestamp> {
        match self.shift(now) {
            Shift::On { .. } => Some(now),
            Shift::Off { until, .. } => until,
        }
    }

    /// When off-hours begin next: `now` if it is off, `None` if not within the horizon.
    pub fn next_off(&self, now: Timestamp) -> Option<Timestamp> {
        match self.shift(now) {
            Shift::On { until } => until,
            Shift::Off { .. } => Some(now),
        }
    }

    /// The first instant at which `amount` of staffed time has passed since `base`; `None` if not within the horizon.
    pub fn staffed_after(&self, base: Timestamp, amount: Duration) -> Option<Timestamp> {
        if amount.is_zero() {
            return Some(base);
        }
        let stop = later(base, limits::HOURS_HORIZON);
        let mut missing = amount;
        for span in self.staffed(base, stop).filter_map(|span| span.clip(base, stop)) {
            let length = length(span);
            if missing <= length {
                return Some(later(span.start, missing));
            }
            missing -= length;
        }
        None
    }

    /// How much staffed time lies between two instants; zero if `to` is not later. Counts no further than the horizon
    /// after `from`.
    pub fn staffed_between(&self, from: Timestamp, to: Timestamp) -> Duration {
        let to = to.min(later(from, limits::HOURS_HORIZON));
        self.staffed(from, to).filter_map(|span| span.clip(from, to)).map(length).sum()
    }

    /// When the off-hours period that holds `now` began.
    fn off_since(&self, now: Timestamp) -> Option<Timestamp> {
        // Nearly every period began within the last week; only long holidays need the long look.
        [RECENT, limits::HOURS_HORIZON].into_iter().find_map(|reach| {
            let from = earlier(now, reach);
            self.staffed(from, now).map(|span| span.end).filter(|&end| from < end && end <= now).last()
        })
    }

    /// Every staffed stretch that ends after `from` (and perhaps some before) and begins before `stop`: sorted,
    /// disjoint, not touching. A stretch may end beyond `stop`; one that goes on there may be cut at or after it.
    fn staffed(&self, from: Timestamp, stop: Timestamp) -> impl Iterator<Item = Span> + use<'a> {
        let always = self.weekly.is_none_or(WorkingHours::around_the_clock);
        let weekly = self.weekly.filter(|_| !always).map(|weekly| weekly.spans(from, stop));
        let regular = always.then_some(Span::ALL).into_iter().chain(weekly.into_iter().flatten());
        let (added, removed) =
            self.occasions.map_or((&[][..], &[][..]), |set| (set.staffed(), set.unstaffed()));
        let added = &added[added.partition_point(|span| span.end <= from)..];
        let added = added.iter().copied().take_while(move |span| span.start < stop);
        let merged = Merged { left: regular.peekable(), right: added.peekable() };
        Without { from: Joined(merged.peekable()), holes: removed, rest: None }
            .take_while(move |span| span.start < stop)
    }
}

/// How far back the first look for the begin of an off-hours period goes.
const RECENT: Duration = Duration::from_hours(9 * 24);

/// The smallest step of time.
const TICK: Duration = Duration::from_nanos(1);

fn length(span: Span) -> Duration {
    span.end.duration_since(span.start).unsigned_abs()
}

/// `by` later, or the end of time.
fn later(instant: Timestamp, by: Duration) -> Timestamp {
    instant.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// `by` earlier, or the begin of time.
fn earlier(instant: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| instant.checked_sub(by).ok()).unwrap_or(Timestamp::MIN)
}

/// Checks a name that people gave.
fn check_name(name: &str) -> Result<(), HoursError> {
    let good = !name.trim().is_empty()
        && name.chars().count() <= limits::NAME_CHARS_MAX
        && !name.chars().any(char::is_control);
    if good { Ok(()) } else { Err(HoursError::Name) }
}

#[cfg(test)]
mod tests;
