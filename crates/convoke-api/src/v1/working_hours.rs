//! Working hours.

use convoke_domain::account::Command;
use convoke_domain::hours::{self, UnknownZone, Zone};
use convoke_domain::id::WorkingHoursId;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Invalid;

mirror! {
    /// A day of the week.
    #[expect(missing_docs, reason = "the names are the days")]
    Weekday = convoke_domain::hours::Weekday {
        Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday,
    }
}

/// One stretch of every week, in local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyInterval {
    /// The day on which it begins.
    pub day: Weekday,
    /// When it begins.
    #[schema(value_type = String, example = "08:00")]
    pub from: Time,
    /// When it ends. At or before `from` means on the next day, so `00:00` is the end of the day.
    #[schema(value_type = String, example = "18:00")]
    pub to: Time,
}

/// What working hours are set to. Defining some that exist replaces them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefineWorkingHours {
    /// The name that people know them by.
    #[schema(example = "Office hours")]
    pub name: String,
    /// IANA name of the time zone.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// The staffed stretches, in any order; none means never.
    pub week: Vec<WeeklyInterval>,
}

impl DefineWorkingHours {
    /// The command that defines the working hours `id` so.
    ///
    /// # Errors
    /// An unknown time zone, or what [`hours::WorkingHours::new`] refuses.
    pub fn into_command(self, id: WorkingHoursId) -> Result<Command, Invalid> {
        let zone: Zone = self
            .time_zone
            .parse()
            .map_err(|error: UnknownZone| Invalid::field("time_zone", error.to_string()))?;
        let week = self.week.into_iter().map(|interval| hours::WeeklyInterval {
            day: interval.day.into(),
            from: interval.from,
            to: interval.to,
        });
        let hours = hours::WorkingHours::new(id, self.name, zone, week.collect());
        hours.map(|hours| Command::DefineWorkingHours { hours }).map_err(|error| {
            let field = if matches!(error, hours::HoursError::Name) { "name" } else { "week" };
            Invalid::field(field, error.to_string())
        })
    }
}

/// When skills that use it are staffed, week by week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkingHours {
    /// Their id.
    #[schema(value_type = String, example = "1")]
    pub id: WorkingHoursId,
    /// What they are set to.
    #[serde(flatten)]
    pub settings: DefineWorkingHours,
}

impl From<&hours::WorkingHours> for WorkingHours {
    fn from(hours: &hours::WorkingHours) -> Self {
        let week = hours.week().iter().map(|interval| WeeklyInterval {
            day: interval.day.into(),
            from: interval.from,
            to: interval.to,
        });
        let settings = DefineWorkingHours {
            name: hours.name().to_owned(),
            time_zone: hours.zone().name().to_owned(),
            week: week.collect(),
        };
        Self { id: hours.id().clone(), settings }
    }
}
