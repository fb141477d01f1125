//! Special occasions: dated exceptions to the working hours, such as a holiday or a long Saturday.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::HoursError;
use super::span::{Span, joined};
use super::zone::Zone;
use crate::id::SpecialOccasionsId;
use crate::limits;

/// One exception. While it lasts, it decides instead of the working hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occasion {
    /// What it is, for people.
    pub name: String,
    /// When it begins, in local time.
    pub from: DateTime,
    /// When it ends, in local time; later than `from`.
    pub to: DateTime,
    /// Whether skills are staffed meanwhile. Where two occasions disagree, the one without staff wins.
    pub working: bool,
}

/// A named set of exceptions, in one time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Recorded", into = "Recorded")]
pub struct SpecialOccasions {
    id: SpecialOccasionsId,
    name: String,
    zone: Zone,
    occasions: Vec<Occasion>,
    staffed: Vec<Span>,
    unstaffed: Vec<Span>,
}

impl SpecialOccasions {
    /// A set of these exceptions, in any order.
    ///
    /// # Errors
    /// An unusable name, an occasion that does not end after it began, one without staff of more than
    /// [`limits::OFF_OCCASION_MAX`], or more than [`limits::OCCASIONS_MAX`].
    pub fn new(
        id: SpecialOccasionsId,
        name: String,
        zone: Zone,
        occasions: Vec<Occasion>,
    ) -> Result<Self, HoursError> {
        super::check_name(&name)?;
        if occasions.len() > limits::OCCASIONS_MAX {
            return Err(HoursError::TooManyOccasions);
        }
        for occasion in &occasions {
            super::check_name(&occasion.name)?;
            check_length(occasion)?;
        }
        let spans = |working| {
            let chosen = occasions.iter().filter(|occasion| occasion.working == working);
            let spans =
                chosen.map(|occasion| Span { start: zone.first(occasion.from), end: zone.last(occasion.to) });
            joined(spans.filter(|span| span.start < span.end).collect())
        };
        let (staffed, unstaffed) = (spans(true), spans(false));
        Ok(Self { id, name, zone, occasions, staffed, unstaffed })
    }

    /// Its id, unique in the account.
    pub fn id(&self) -> &SpecialOccasionsId {
        &self.id
    }

    /// The name that people gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone whose local time the occasions are in.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The occasions, in the order in which they were given.
    pub fn occasions(&self) -> &[Occasion] {
        &self.occasions
    }

    /// Sorted and disjoint.
    pub(super) fn staffed(&self) -> &[Span] {
        &self.staffed
    }

    /// Sorted and disjoint.
    pub(super) fn unstaffed(&self) -> &[Span] {
        &self.unstaffed
    }
}

fn check_length(occasion: &Occasion) -> Result<(), HoursError> {
    let length = occasion.to.duration_since(occasion.from);
    if !length.is_positive() {
        return Err(HoursError::OccasionEmpty(occasion.name.clone()));
    }
    if !occasion.working && length.unsigned_abs() > limits::OFF_OCCASION_MAX {
        return Err(HoursError::OccasionTooLong(occasion.name.clone()));
    }
    Ok(())
}

/// What is written and read.
#[derive(Serialize, Deserialize)]
struct Recorded {
    id: SpecialOccasionsId,
    name: String,
    zone: Zone,
    occasions: Vec<Occasion>,
}

impl TryFrom<Recorded> for SpecialOccasions {
    type Error = HoursError;

    fn try_from(recorded: Recorded) -> Result<Self, HoursError> {
        Self::new(recorded.id, recorded.name, recorded.zone, recorded.occasions)
    }
}

impl From<SpecialOccasions> for Recorded {
    fn from(set: SpecialOccasions) -> Self {
        Self { id: set.id, name: set.name, zone: set.zone, occasions: set.occasions }
    }
}
