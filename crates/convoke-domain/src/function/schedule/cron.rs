//! A cron expression of five fields: minute, hour, day of the month, month, day of the week.
//!
//! Fields are `*`, numbers, names of months and days, ranges, steps and lists. If both days are restricted, either is
//! enough, as cron has always had it. Where the local clock is put forward, times that never appear are due at the
//! change; where it is put back, a time that appears twice is due once, unless every hour is: then it is due each time.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::hours::Zone;
use crate::limits;

/// When something is due, again and again.
#[derive(Clone, PartialEq, Eq)]
pub struct Cron {
    text: Arc<str>,
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// The values of a field, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    bits: u64,
    /// Whether it began with `*`, so that it restricts nothing when days are joined.
    star: bool,
}

/// Why a text is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CronError(String);

/// What a field may hold.
struct Kind {
    name: &'static str,
    min: u8,
    max: u8,
    names: &'static [&'static str],
}

const MINUTE: Kind = Kind { name: "the minute", min: 0, max: 59, names: &[] };
const HOUR: Kind = Kind { name: "the hour", min: 0, max: 23, names: &[] };
const DAY: Kind = Kind { name: "the day of the month", min: 1, max: 31, names: &[] };
const MONTH: Kind = Kind {
    name: "the month",
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
/// Sunday is 0 and 7.
const WEEKDAY: Kind = Kind {
    name: "the day of the week",
    min: 0,
    max: 7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

impl Cron {
    /// The first time after `after` that it is due by the clocks of `zone`; `None` if that never comes, as on
    /// 30 February.
    pub fn next_after(&self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        // The day before, too: a clock that was put back at midnight shows it again.
        let first = zone.date(after).yesterday().ok()?;
        let days = first.series(1.day()).take(limits::SCHEDULE_DAYS_MAX);
        days.filter(|day| self.wants_day(*day))
            .find_map(|day| self.instants(day, zone).filter(|instant| *instant > after).min())
    }

    /// The last time at `until` or before that it was due.
    pub fn last_until(&self, until: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let last = zone.date(until).tomorrow().ok()?;
        let days = last.series(-1.day()).take(limits::SCHEDULE_DAYS_MAX);
        days.filter(|day| self.wants_day(*day))
            .find_map(|day| self.instants(day, zone).filter(|instant| *instant <= until).max())
    }

    fn wants_day(&self, day: Date) -> bool {
        let weekday = u8::try_from(day.weekday().to_sunday_zero_offset()).unwrap_or(0);
        let (by_day, by_weekday) = (self.days.has(day.day().unsigned_abs()), self.weekdays.has(weekday));
        let day_fits =
            if self.days.star || self.weekdays.star { by_day && by_weekday } else { by_day || by_weekday };
        self.months.has(day.month().unsigned_abs()) && day_fits
    }

    /// When it is due on a day that it wants.
    fn instants<'a>(&'a self, day: Date, zone: &'a Zone) -> impl Iterator<Item = Timestamp> + 'a {
        let hours = (0..24_i8).filter(|hour| self.hours.has(hour.unsigned_abs()));
        let times = hours.flat_map(|hour| {
            let minutes = (0..60_i8).filter(|minute| self.minutes.has(minute.unsigned_abs()));
            minutes.filter_map(move |minute| Time::new(hour, minute, 0, 0).ok())
        });
        times.flat_map(move |time| {
            let local = day.to_datetime(time);
            let again = self.hours.star.then(|| zone.last(local));
            std::iter::once(zone.first(local)).chain(again)
        })
    }
}

impl Field {
    const fn has(self, value: u8) -> bool {
        self.bits & (1 << value) != 0
    }

    fn parse(text: &str, kind: &Kind) -> Result<Self, CronError> {
        let mut bits = 0;
        for part in text.split(',') {
            bits |= kind.part(part)?;
        }
        Ok(Self { bits, star: text.starts_with('*') })
    }
}

impl Kind {
    /// A value, a range or `*`, perhaps with a step.
    fn part(&self, part: &str) -> Result<u64, CronError> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.min, self.max),
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            None => {
                let value = self.value(range)?;
                // A step after a single value goes on to the end.
                (value, if step.is_some() { self.max } else { value })
            }
        };
        if from > to {
            return Err(CronError(format!("in {} \"{part}\" runs backwards", self.name)));
        }
        let values = (from..=to).step_by(usize::from(step.unwrap_or(1)));
        Ok(values.fold(0, |bits, value| bits | 1 << value))
    }

    fn step(&self, text: &str) -> Result<u8, CronError> {
        let step = text.parse::<u8>().ok().filter(|step| (1..=self.max).contains(step));
        step.ok_or_else(|| CronError(format!("in {} \"{text}\" is no step", self.name)))
    }

    fn value(&self, text: &str) -> Result<u8, CronError> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = named.and_then(|at| u8::try_from(at).ok()).map(|at| at + self.min);
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = || text.parse().ok().filter(|_| digits);
        let value = named.or_else(number).filter(|value| (self.min..=self.max).contains(value));
        value.ok_or_else(|| {
            CronError(format!("{} is from {} to {}, not \"{text}\"", self.name, self.min, self.max))
        })
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        if text.len() > limits::CRON_CHARS_MAX {
            return Err(CronError(format!(
                "a cron expression has at most {} characters",
                limits::CRON_CHARS_MAX
            )));
        }
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(CronError(format!(
                "a cron expression has five fields (minute, hour, day, month, day of the week), not {}",
                fields.len()
            )));
        };
        let mut weekdays = Field::parse(weekday, &WEEKDAY)?;
        weekdays.bits |= (weekdays.bits >> 7) & 1;
        Ok(Self {
            text: fields.join(" ").into(),
            minutes: Field::parse(minute, &MINUTE)?,
            hours: Field::parse(hour, &HOUR)?,
            days: Field::parse(day, &DAY)?,
            months: Field::parse(month, &MONTH)?,
            weekdays,
        })
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Cron {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Cron {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(cron: &str, after: &str, zone: &str) -> String {
        let (cron, zone): (Cron, Zone) = (cron.parse().unwrap(), zone.parse().unwrap());
        let next = cron.next_after(after.parse().unwrap(), &zone);
        next.map_or_else(|| "never".to_owned(), |next| next.to_string())
    }

    #[test]
    fn the_next_time_is_after_not_at() {
        assert_eq!(next("* * * * *", "2026-03-02T10:00:00Z", "UTC"), "2026-03-02T10:01:00Z");
        assert_eq!(next("*/15 9-17 * * mon-fri", "2026-03-06T17:45:00Z", "UTC"), "2026-03-09T09:00:00Z");
        assert_eq!(next("5/20 0 1 jan *", "2026-03-02T10:00:00Z", "UTC"), "2027-01-01T00:05:00Z");
        assert_eq!(next("0 0 29 2 *", "2026-03-02T10:00:00Z", "UTC"), "2028-02-29T00:00:00Z");
        assert_eq!(next("0 0 30 2 *", "2026-03-02T10:00:00Z", "UTC"), "never");
    }

    #[test]
    fn the_last_time_is_at_or_before() {
        let last = |cron: &str, until: &str| {
            let until = until.parse().unwrap();
            cron.parse::<Cron>().unwrap().last_until(until, &Zone::utc()).unwrap().to_string()
        };
        assert_eq!(last("*/15 * * * *", "2026-03-02T10:15:00Z"), "2026-03-02T10:15:00Z");
        assert_eq!(last("0 8 1 * *", "2026-03-01T07:59:59Z"), "2026-02-01T08:00:00Z");
    }

    #[test]
    fn sunday_has_two_numbers_and_either_day_is_enough() {
        for sunday in ["0", "7", "sun", "SUN", "5-7"] {
            let day = next(&format!("0 0 * * {sunday}"), "2026-03-07T10:00:00Z", "UTC");
            assert_eq!(day, "2026-03-08T00:00:00Z", "{sunday}");
        }
        assert_eq!(next("0 0 13 * fri", "2026-03-02T10:00:00Z", "UTC"), "2026-03-06T00:00:00Z");
        assert_eq!(next("0 0 13 * fri", "2026-04-11T10:00:00Z", "UTC"), "2026-04-13T00:00:00Z");
    }

    #[test]
    fn times_are_those_of_the_zones_clocks() {
        let berlin = "Europe/Berlin";
        assert_eq!(next("0 8 * * *", "2026-03-02T10:00:00Z", berlin), "2026-03-03T07:00:00Z");
        assert_eq!(next("0 8 * * *", "2026-07-02T10:00:00Z", berlin), "2026-07-03T06:00:00Z");
        // Put forward at 01:00 UTC: 02:30 never appears, and the job still runs once that day.
        assert_eq!(next("30 2 * * *", "2026-03-28T12:00:00Z", berlin), "2026-03-29T01:00:00Z");
        // Put back at 01:00 UTC: 02:30 appears twice, and the job runs once.
        assert_eq!(next("30 2 * * *", "2026-10-24T12:00:00Z", berlin), "2026-10-25T00:30:00Z");
        assert_eq!(next("30 2 * * *", "2026-10-25T00:30:00Z", berlin), "2026-10-26T01:30:00Z");
        // What runs every hour runs in the repeated one, too.
        assert_eq!(next("30 * * * *", "2026-10-25T00:30:00Z", berlin), "2026-10-25T01:30:00Z");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |text: &str| text.parse::<Cron>().unwrap_err().to_string();
        assert_eq!(
            wrong("* * * * * *"),
            "a cron expression has five fields (minute, hour, day, month, day of the week), not 6"
        );
        assert_eq!(wrong("60 * * * *"), "the minute is from 0 to 59, not \"60\"");
        assert_eq!(wrong("* * 0 * *"), "the day of the month is from 1 to 31, not \"0\"");
        assert_eq!(wrong("* 9-5 * * *"), "in the hour \"9-5\" runs backwards");
        assert_eq!(wrong("*/0 * * * *"), "in the minute \"0\" is no step");
        assert!(
            wrong("* * * 13 *").contains("the month") && wrong("* * * * 8").contains("the day of the week")
        );
        assert!(wrong(&"1,".repeat(80)).contains("at most"));
    }
}
