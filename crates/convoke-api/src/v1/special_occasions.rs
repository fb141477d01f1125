//! Special occasions: dated exceptions to working hours.

use convoke_domain::account::Command;
use convoke_domain::hours::{self, UnknownZone, Zone};
use convoke_domain::id::SpecialOccasionsId;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Invalid;

/// One exception. While it lasts, it decides instead of the working hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Occasion {
    /// What it is, for people.
    #[schema(example = "Christmas")]
    pub name: String,
    /// When it begins, in local time.
    #[schema(value_type = String, example = "2026-12-24T12:00:00")]
    pub from: DateTime,
    /// When it ends, in local time.
    #[schema(value_type = String, example = "2026-12-27T00:00:00")]
    pub to: DateTime,
    /// Whether skills are staffed meanwhile. Where two occasions disagree, the one without staff wins.
    pub working: bool,
}

/// What a set of special occasions is. Defining one that exists replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefineSpecialOccasions {
    /// The name that people know it by.
    #[schema(example = "Holidays")]
    pub name: String,
    /// IANA name of the time zone.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// The exceptions, in any order.
    pub occasions: Vec<Occasion>,
}

impl DefineSpecialOccasions {
    /// The command that defines the set `id` so.
    ///
    /// # Errors
    /// An unknown time zone, or what [`hours::SpecialOccasions::new`] refuses.
    pub fn into_command(self, id: SpecialOccasionsId) -> Result<Command, Invalid> {
        let zone: Zone = self
            .time_zone
            .parse()
            .map_err(|error: UnknownZone| Invalid::field("time_zone", error.to_string()))?;
        let occasions = self.occasions.into_iter().map(|occasion| hours::Occasion {
            name: occasion.name,
            from: occasion.from,
            to: occasion.to,
            working: occasion.working,
        });
        hours::SpecialOccasions::new(id, self.name, zone, occasions.collect())
            .map(|occasions| Command::DefineSpecialOccasions { occasions })
            .map_err(|error| Invalid::field("occasions", error.to_string()))
    }
}

/// A named set of exceptions, in one time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpecialOccasions {
    /// Its id.
    #[schema(value_type = String, example = "1")]
    pub id: SpecialOccasionsId,
    /// What it is.
    #[serde(flatten)]
    pub settings: DefineSpecialOccasions,
}

impl From<&hours::SpecialOccasions> for SpecialOccasions {
    fn from(set: &hours::SpecialOccasions) -> Self {
        let occasions = set.occasions().iter().map(|occasion| Occasion {
            name: occasion.name.clone(),
            from: occasion.from,
            to: occasion.to,
            working: occasion.working,
        });
        let settings = DefineSpecialOccasions {
            name: set.name().to_owned(),
            time_zone: set.zone().name().to_owned(),
            occasions: occasions.collect(),
        };
        Self { id: set.id().clone(), settings }
    }
}
