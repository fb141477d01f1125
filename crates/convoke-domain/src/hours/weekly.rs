//! Weekly working hours in local time, and the stretches of absolute time they mean.
//!
//! A stretch begins when the local clock first shows its start and ends when the clock last shows its end. So whenever
//! the clock on the wall is within working hours, the skill is staffed: an hour that appears twice is staffed twice,
//! and a start that the clock skips is moved to the change.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::HoursError;
use super::span::Span;
use super::zone::Zone;
use crate::id::WorkingHoursId;
use crate::limits;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the days")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// All seven, from Monday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The day of `date`.
    pub fn of(date: Date) -> Self {
        let days = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        Self::ALL[days % Self::ALL.len()]
    }
}

/// One stretch of every week, in local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WeeklyInterval {
    /// The day on which it begins.
    pub day: Weekday,
    /// When it begins.
    pub from: Time,
    /// When it ends. At or before `from` means on the next day, so 00:00 is the end of the day.
    pub to: Time,
}

impl WeeklyInterval {
    /// Whether it ends on the day after the one on which it begins.
    pub fn ends_next_day(self) -> bool {
        self.to <= self.from
    }

    /// Where it lies in the week, in seconds since Monday 00:00 by the clock; the end may lie in the next week.
    fn clock_seconds(self) -> (i64, i64) {
        let midnight = self.day as i64 * DAY_SECONDS;
        let from = midnight + self.from.duration_since(Time::midnight()).as_secs();
        let to = midnight + self.to.duration_since(Time::midnight()).as_secs();
        (from, if self.ends_next_day() { to + DAY_SECONDS } else { to })
    }
}

const DAY_SECONDS: i64 = 24 * 60 * 60;
const WEEK_SECONDS: i64 = 7 * DAY_SECONDS;

/// When skills that use it are staffed, week by week. Without any interval: never.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Recorded", into = "Recorded")]
pub struct WorkingHours {
    id: WorkingHoursId,
    name: String,
    zone: Zone,
    week: Vec<WeeklyInterval>,
    around_the_clock: bool,
}

impl WorkingHours {
    /// Working hours of these intervals, in any order; they may touch and overlap. Seconds are the finest grain.
    ///
    /// # Errors
    /// An unusable name or more than [`limits::WEEKLY_INTERVALS_MAX`] intervals.
    pub fn new(
        id: WorkingHoursId,
        name: String,
        zone: Zone,
        mut week: Vec<WeeklyInterval>,
    ) -> Result<Self, HoursError> {
        super::check_name(&name)?;
        if week.len() > limits::WEEKLY_INTERVALS_MAX {
            return Err(HoursError::TooManyIntervals);
        }
        if week
            .iter()
            .any(|interval| interval.from.subsec_nanosecond() != 0 || interval.to.subsec_nanosecond() != 0)
        {
            return Err(HoursError::FractionOfSecond);
        }
        week.sort_unstable();
        week.dedup();
        let around_the_clock = covers_the_week(&week);
        Ok(Self { id, name, zone, week, around_the_clock })
    }

    /// Its id, unique in the account.
    pub fn id(&self) -> &WorkingHoursId {
        &self.id
    }

    /// The name that people gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone whose local time the intervals are in.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The intervals, sorted.
    pub fn week(&self) -> &[WeeklyInterval] {
        &self.week
    }

    /// Whether the week has no hole.
    pub(super) fn around_the_clock(&self) -> bool {
        self.around_the_clock
    }

    /// Every stretch that ends after `from` (and perhaps some before) and begins before `stop`, sorted by start.
    pub(super) fn spans(&self, from: Timestamp, stop: Timestamp) -> WeeklySpans<'_> {
        // An interval that reaches into today began yesterday; one more day for a zone that skipped a date.
        let date = self.zone.date(from);
        let date = date.yesterday().and_then(Date::yesterday).unwrap_or(Date::MIN);
        WeeklySpans { hours: self, date: (!self.week.is_empty()).then_some(date), next: 0, stop }
    }

    fn span(&self, interval: WeeklyInterval, date: Date) -> Span {
        let last_date = if interval.ends_next_day() { date.tomorrow().unwrap_or(Date::MAX) } else { date };
        Span {
            start: self.zone.first(date.to_datetime(interval.from)),
            end: self.zone.last(last_date.to_datetime(interval.to)),
        }
    }
}

/// Whether the intervals, wrapped around the week, leave no hole.
fn covers_the_week(week: &[WeeklyInterval]) -> bool {
    let wrapped =
        week.iter().map(|interval| interval.clock_seconds().1 - WEEK_SECONDS).max().unwrap_or(0).max(0);
    let covered = week
        .iter()
        .map(|interval| interval.clock_seconds())
        .try_fold(wrapped, |covered, (from, to)| (from <= covered).then_some(covered.max(to)));
    covered.is_some_and(|covered| covered >= WEEK_SECONDS)
}

/// The stretches of [`WorkingHours::spans`], one date after the other.
pub(super) struct WeeklySpans<'a> {
    hours: &'a WorkingHours,
    date: Option<Date>,
    next: usize,
    stop: Timestamp,
}

impl Iterator for WeeklySpans<'_> {
    type Item = Span;

    // Ends at `stop`: dates only grow, and so do the starts.
    fn next(&mut self) -> Option<Span> {
        loop {
            let date = self.date?;
            let day = Weekday::of(date);
            let later = self.hours.week.get(self.next..).unwrap_or_default();
            let Some(skipped) = later.iter().position(|interval| interval.day == day) else {
                let tomorrow = date.tomorrow().ok();
                let passed = self.hours.zone.first(date.to_datetime(Time::midnight())) >= self.stop;
                self.date = tomorrow.filter(|_| !passed);
                self.next = 0;
                continue;
            };
            let interval = later[skipped];
            self.next += skipped + 1;
            let span = self.hours.span(interval, date);
            if span.start >= self.stop {
                self.date = None;
            } else if span.start < span.end {
                return Some(span);
            }
        }
    }
}

/// What is written and read.
#[derive(Serialize, Deserialize)]
struct Recorded {
    id: WorkingHoursId,
    name: String,
    zone: Zone,
    week: Vec<WeeklyInterval>,
}

impl TryFrom<Recorded> for WorkingHours {
    type Error = HoursError;

    fn try_from(recorded: Recorded) -> Result<Self, HoursError> {
        Self::new(recorded.id, recorded.name, recorded.zone, recorded.week)
    }
}

impl From<WorkingHours> for Recorded {
    fn from(hours: WorkingHours) -> Self {
        Self { id: hours.id, name: hours.name, zone: hours.zone, week: hours.week }
    }
}
