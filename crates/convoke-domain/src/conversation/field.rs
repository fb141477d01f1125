//! What is kept with a conversation besides its talk: receipts, a note, the consumer's rating, a delay of the deadline;
//! and who may say so.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conversation::command::Rejection;
use crate::conversation::commit::{By, Commit};
use crate::conversation::decide::{brand_side_only, check_text, open_state, participant_role};
use crate::conversation::event::{Actor, Event, PrivateText, Role};
use crate::conversation::line::Receipt;
use crate::conversation::survey;
use crate::id::DialogId;
use crate::limits;

/// What a consumer thinks of how they were served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// 1 to 5.
    pub rate: Option<u8>,
    /// Whether what they came for was solved.
    pub resolved: Option<bool>,
    /// How much was answered.
    pub status: RatingStatus,
}

/// How much of a rating was filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatingStatus {
    /// All of it.
    Filled,
    /// Some of it.
    PartiallyFilled,
    /// Nothing.
    Skipped,
}

impl RatingStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Filled, Self::PartiallyFilled, Self::Skipped];

    /// The name on the wire (messaging contract §1.6).
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Filled => "FILLED",
            Self::PartiallyFilled => "PARTIALLY_FILLED",
            Self::Skipped => "SKIPPED",
        }
    }

    /// The one with this name on the wire.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.wire_name() == name)
    }
}

/// The time to respond begins later than usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delay {
    /// Why.
    pub kind: DelayKind,
    /// When it begins.
    pub until: Timestamp,
}

/// Why the time to respond begins later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelayKind {
    /// Nobody is there at night.
    Night,
    /// Nobody is there at the weekend.
    Weekend,
    /// A holiday.
    Holiday,
    /// Any other reason.
    Custom,
}

impl DelayKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Night, Self::Weekend, Self::Holiday, Self::Custom];

    /// The name on the wire (messaging contract §1.6).
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Night => "NIGHT",
            Self::Weekend => "WEEKEND",
            Self::Holiday => "HOLIDAY",
            Self::Custom => "CUSTOM",
        }
    }

    /// The one with this name on the wire.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.wire_name() == name)
    }
}

/// Tells what became of lines. A closed dialog takes it too: its last lines are read after the close.
pub(crate) fn receive(
    commit: &mut Commit<'_>,
    by: By,
    dialog: u8,
    receipt: Receipt,
    lines: Vec<u32>,
) -> Result<(), Rejection> {
    let state = commit.state()?;
    let by_whom = by.actor.participant().ok_or(Rejection::NotAParticipant)?;
    let role = participant_role(state, by)?;
    if lines.is_empty() || lines.len() > limits::RECEIVED_LINES_MAX {
        return Err(Rejection::ReceivedLines);
    }
    let wire_sequence = if dialog == DialogId::MAIN {
        state.next_wire_sequence
    } else {
        if !survey::takes_part(role) {
            return Err(Rejection::NotAllowed { role });
        }
        state.survey.as_ref().ok_or(Rejection::NoSuchDialog)?.next_wire_sequence
    };
    commit.push(by, Event::LinesReceived { dialog, wire_sequence, by_whom, role, receipt, lines });
    Ok(())
}

pub(crate) fn note(commit: &mut Commit<'_>, by: By, note: String) -> Result<(), Rejection> {
    let state = commit.state()?;
    brand_side_only(state, by)?;
    if !note.is_empty() {
        check_text(&note)?;
    }
    if state.note.reveal().unwrap_or_default() != note {
        commit.push(by, Event::Noted { note: PrivateText::new(note) });
    }
    Ok(())
}

/// The consumer rates, also after the close. That is what a survey asks for, so it ends one.
pub(crate) fn rate(commit: &mut Commit<'_>, by: By, rating: Rating) -> Result<(), Rejection> {
    let state = commit.state()?;
    if by.actor != Actor::System {
        let role = participant_role(state, by)?;
        if role != Role::Consumer {
            return Err(Rejection::NotAllowed { role });
        }
    }
    if rating.rate.is_some_and(|rate| !(1..=5).contains(&rate)) {
        return Err(Rejection::RateOutOfRange);
    }
    if state.rating != Some(rating) {
        commit.push(by, Event::Rated { rating });
    }
    survey::answered(commit, by)
}

pub(crate) fn set_delay(commit: &mut Commit<'_>, by: By, delay: Option<Delay>) -> Result<(), Rejection> {
    let state = open_state(commit)?;
    brand_side_only(state, by)?;
    if state.delay != delay {
        commit.push(by, Event::DelaySet { delay });
    }
    Ok(())
}
