//! A time zone by its IANA name, and where a local clock's reading lies in absolute time.
//!
//! Zones come from the bundled database only, so every node and every build answers alike. When a clock is put forward,
//! readings that never appear lie at the moment of the change. When it is put back, readings appear twice: both are
//! offered, first and last.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

/// A time zone that the bundled database knows; recorded by its name.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
}

/// A text that names no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a time zone; use an IANA name such as \"Europe/Berlin\" or \"UTC\"")]
pub struct UnknownZone(pub String);

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self { name: "UTC".into(), rules: TimeZone::UTC }
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the local clock shows at `instant`.
    pub fn local(&self, instant: Timestamp) -> DateTime {
        self.rules.to_datetime(instant)
    }

    /// The local date at `instant`.
    pub fn date(&self, instant: Timestamp) -> Date {
        self.local(instant).date()
    }

    /// The first instant at which the local clock shows `local` or, where it skips that, something later.
    pub fn first(&self, local: DateTime) -> Timestamp {
        match self.rules.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset, local),
            AmbiguousOffset::Fold { before, .. } => at(before, local),
            AmbiguousOffset::Gap { before, .. } => self.change_before(at(before, local)),
        }
    }

    /// The last instant at which the local clock shows `local` or, where it skips that, the instant of the skip.
    pub fn last(&self, local: DateTime) -> Timestamp {
        match self.rules.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset, local),
            AmbiguousOffset::Fold { after, .. } => at(after, local),
            AmbiguousOffset::Gap { before, .. } => self.change_before(at(before, local)),
        }
    }

    /// The clock change at `instant` or the last one before it.
    fn change_before(&self, instant: Timestamp) -> Timestamp {
        // The database lists the changes strictly before what it is asked for.
        let just_after = Timestamp::from_nanosecond(instant.as_nanosecond() + 1).unwrap_or(Timestamp::MAX);
        self.rules.preceding(just_after).next().map_or(instant, |change| change.timestamp())
    }
}

/// The instant at which a clock with this offset shows `local`; the ends of time where that lies beyond them.
fn at(offset: Offset, local: DateTime) -> Timestamp {
    offset.to_timestamp(local).unwrap_or(if local.year() > 0 { Timestamp::MAX } else { Timestamp::MIN })
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let rules = TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone(name.to_owned()))?;
        let name: Arc<str> = rules.iana_name().ok_or_else(|| UnknownZone(name.to_owned()))?.into();
        Ok(Self { name, rules })
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_reading_that_the_clock_skips_lies_at_the_change() {
        let berlin = zone("Europe/Berlin");
        let change = instant("2026-03-29T01:00:00Z");
        for skipped in ["2026-03-29T02:00:00", "2026-03-29T02:30:00", "2026-03-29T02:59:59"] {
            assert_eq!(berlin.first(skipped.parse().unwrap()), change);
            assert_eq!(berlin.last(skipped.parse().unwrap()), change);
        }
        let lord_howe = zone("Australia/Lord_Howe");
        assert_eq!(lord_howe.first("2026-10-04T02:15:00".parse().unwrap()), instant("2026-10-03T15:30:00Z"));
    }

    #[test]
    fn a_reading_that_appears_twice_has_a_first_and_a_last_instant() {
        let new_york = zone("America/New_York");
        let twice = "2026-11-01T01:30:00".parse().unwrap();
        assert_eq!(new_york.first(twice), instant("2026-11-01T05:30:00Z"));
        assert_eq!(new_york.last(twice), instant("2026-11-01T06:30:00Z"));
        let lord_howe = zone("Australia/Lord_Howe");
        let twice = "2026-04-05T01:45:00".parse().unwrap();
        assert_eq!(lord_howe.first(twice), instant("2026-04-04T14:45:00Z"));
        assert_eq!(lord_howe.last(twice), instant("2026-04-04T15:15:00Z"));
    }

    #[test]
    fn a_day_that_a_country_skipped_lies_at_the_change() {
        let apia = zone("Pacific/Apia");
        assert_eq!(apia.first("2011-12-30T12:00:00".parse().unwrap()), instant("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn an_unknown_zone_is_refused_and_a_known_one_reads_back() {
        let refused = "Berlin".parse::<Zone>().unwrap_err();
        assert!(refused.to_string().contains("Europe/Berlin"));
        assert!("Etc/Unknown".parse::<Zone>().is_err());
        let stored = serde_json::to_string(&zone("europe/berlin")).unwrap();
        assert_eq!(stored, "\"Europe/Berlin\"");
        assert_eq!(serde_json::from_str::<Zone>(&stored).unwrap(), zone("Europe/Berlin"));
        assert_eq!(zone("UTC"), Zone::utc());
    }

    #[test]
    fn readings_beyond_time_lie_at_its_ends() {
        assert_eq!(zone("America/New_York").last(DateTime::MAX), Timestamp::MAX);
    }
}
