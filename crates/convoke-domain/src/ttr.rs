//! Time to respond: how soon a consumer can expect an answer, and when exactly that is.
//!
//! It promises a deadline that counts staffed time only. Whose turn it is, and so from when it counts, is the
//! conversation's business.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hours::{Hours, seconds};
use crate::limits;

/// The time to respond of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "type", content = "seconds", rename_all = "snake_case")]
pub enum Ttr {
    /// The consumer marked the conversation as urgent.
    Urgent,
    /// As usual.
    #[default]
    Normal,
    /// The brand gives it precedence.
    Prioritized,
    /// A time of its own, in whole seconds.
    Custom(#[serde(with = "seconds")] Duration),
}

impl Ttr {
    /// The name on the wire (`ttrType`).
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Urgent => "URGENT",
            Self::Normal => "NORMAL",
            Self::Prioritized => "PRIORITIZED",
            Self::Custom(_) => "CUSTOM",
        }
    }

    /// The time to respond of this wire name; `value` is the wire's number of seconds, which only `CUSTOM` needs.
    ///
    /// # Errors
    /// An unknown name, a custom one without a value, or a value beyond [`limits::TTR_MAX`].
    pub fn from_wire(name: &str, value: Option<u64>) -> Result<Self, TtrError> {
        match name {
            "URGENT" => Ok(Self::Urgent),
            "NORMAL" => Ok(Self::Normal),
            "PRIORITIZED" => Ok(Self::Prioritized),
            "CUSTOM" => {
                let time = Duration::from_secs(value.ok_or(TtrError::ValueMissing)?);
                check(time).map(|()| Self::Custom(time))
            }
            _ => Err(TtrError::Unknown(name.to_owned())),
        }
    }

    /// How long that is with these settings.
    pub const fn duration(self, settings: &TtrSettings) -> Duration {
        match self {
            Self::Urgent => settings.urgent,
            Self::Normal => settings.normal,
            Self::Prioritized => settings.prioritized,
            Self::Custom(time) => time,
        }
    }
}

/// A time to respond that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TtrError {
    /// No such name.
    #[error("\"{0}\" is not a time to respond; use URGENT, NORMAL, PRIORITIZED or CUSTOM")]
    Unknown(String),
    /// A custom one needs its seconds.
    #[error("a CUSTOM time to respond needs a value in seconds")]
    ValueMissing,
    /// Too short or too long.
    #[error("a time to respond is from 1 second to {} days", limits::TTR_MAX.as_secs() / 86_400)]
    OutOfRange,
}

/// How long each time to respond is: of an account, or of one skill instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TtrSettings {
    /// For urgent conversations. Default 5 minutes.
    #[serde(with = "seconds")]
    pub urgent: Duration,
    /// For normal conversations. Default 20 minutes.
    #[serde(with = "seconds")]
    pub normal: Duration,
    /// For prioritized conversations. Default 10 minutes.
    #[serde(with = "seconds")]
    pub prioritized: Duration,
}

impl Default for TtrSettings {
    fn default() -> Self {
        Self {
            urgent: Duration::from_mins(5),
            normal: Duration::from_mins(20),
            prioritized: Duration::from_mins(10),
        }
    }
}

impl TtrSettings {
    /// Checks that each is from 1 second to [`limits::TTR_MAX`].
    ///
    /// # Errors
    /// [`TtrError::OutOfRange`].
    pub fn check(&self) -> Result<(), TtrError> {
        [self.urgent, self.normal, self.prioritized].into_iter().try_for_each(check)
    }
}

fn check(time: Duration) -> Result<(), TtrError> {
    let good = (Duration::from_secs(1)..=limits::TTR_MAX).contains(&time) && time.subsec_nanos() == 0;
    if good { Ok(()) } else { Err(TtrError::OutOfRange) }
}

/// When an answer is due: the manual deadline if there is one, else `ttr` of staffed time after `base`, the consumer's
/// first unanswered line. `None` when the skill is not staffed that long within the horizon.
pub fn effective_deadline(
    base: Timestamp,
    ttr: Ttr,
    manual: Option<Timestamp>,
    settings: &TtrSettings,
    hours: &Hours<'_>,
) -> Option<Timestamp> {
    manual.or_else(|| hours.staffed_after(base, ttr.duration(settings)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hours::{Weekday, WeeklyInterval, WorkingHours, Zone};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn due(base: &str, ttr: Ttr, manual: Option<&str>) -> Option<Timestamp> {
        let week = vec![WeeklyInterval {
            day: Weekday::Monday,
            from: "09:00".parse().unwrap(),
            to: "17:00".parse().unwrap(),
        }];
        let hours = WorkingHours::new("1".parse().unwrap(), "Mondays".to_owned(), Zone::utc(), week).unwrap();
        let hours = Hours::new(Some(&hours), None);
        effective_deadline(at(base), ttr, manual.map(at), &TtrSettings::default(), &hours)
    }

    #[test]
    fn an_answer_is_due_after_the_configured_time() {
        let monday = "2026-06-08T10:00:00Z";
        assert_eq!(due(monday, Ttr::Urgent, None), Some(at("2026-06-08T10:05:00Z")));
        assert_eq!(due(monday, Ttr::Normal, None), Some(at("2026-06-08T10:20:00Z")));
        assert_eq!(due(monday, Ttr::Prioritized, None), Some(at("2026-06-08T10:10:00Z")));
        let custom = Ttr::Custom(Duration::from_mins(90));
        assert_eq!(due(monday, custom, None), Some(at("2026-06-08T11:30:00Z")));
    }

    #[test]
    fn off_hours_do_not_count() {
        assert_eq!(due("2026-06-08T16:50:00Z", Ttr::Normal, None), Some(at("2026-06-15T09:10:00Z")));
        assert_eq!(due("2026-06-10T12:00:00Z", Ttr::Urgent, None), Some(at("2026-06-15T09:05:00Z")));
    }

    #[test]
    fn a_manual_deadline_overrides_everything() {
        let manual = "2026-06-10T03:00:00Z";
        assert_eq!(due("2026-06-08T16:50:00Z", Ttr::Urgent, Some(manual)), Some(at(manual)));
    }

    #[test]
    fn wire_names_read_back() {
        let custom = Ttr::Custom(Duration::from_secs(7));
        for ttr in [Ttr::Urgent, Ttr::Normal, Ttr::Prioritized, custom] {
            assert_eq!(Ttr::from_wire(ttr.wire_name(), Some(7)), Ok(ttr));
            let stored = serde_json::to_string(&ttr).unwrap();
            assert_eq!(serde_json::from_str::<Ttr>(&stored).unwrap(), ttr);
        }
        assert_eq!(serde_json::to_string(&custom).unwrap(), r#"{"type":"custom","seconds":7}"#);
    }

    #[test]
    fn times_that_cannot_be_are_refused() {
        assert_eq!(Ttr::from_wire("SOON", None), Err(TtrError::Unknown("SOON".to_owned())));
        assert_eq!(Ttr::from_wire("CUSTOM", None), Err(TtrError::ValueMissing));
        assert_eq!(Ttr::from_wire("CUSTOM", Some(0)), Err(TtrError::OutOfRange));
        assert_eq!(Ttr::from_wire("CUSTOM", Some(u64::MAX)), Err(TtrError::OutOfRange));
        let never = TtrSettings { urgent: Duration::ZERO, ..TtrSettings::default() };
        assert_eq!(never.check(), Err(TtrError::OutOfRange));
    }
}
