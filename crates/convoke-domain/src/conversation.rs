//! A conversation: everything between one consumer and the brand from opening to close.
//!
//! ```text
//!            accept                     leave of the assigned agent, transfer
//!   queued ─────────▶ assigned ──────────────────────────────────────────────▶ queued
//!      └───────────────── close, auto-close ─────────────────▶ closed ──▶ survey ──▶ over
//! ```
//!
//! [`decide`] makes one commit: the events of the change itself; a `Triggered` (or `Unfired`) for each state change
//! event it is; and, where no function answers, the settle with the automatic message. Functions are answered by a
//! later commit through [`Action::Settle`]. The order of the log is the order that everybody sees.

pub mod change;
pub mod command;
mod commit;
mod decide;
pub mod event;
mod evolve;
pub mod field;
pub mod line;
pub mod payload;
mod settle;
pub mod state;
pub mod survey;
pub mod timers;

pub use command::{
    Action, Command, ConsumerHistory, Failed, InSurvey, NewLine, Open, Rejection, Settlement, Settling,
};
pub use commit::Context;
pub use decide::{Decision, Reply, decide};
pub use event::{
    Actor, Cause, Closer, CommandKey, Event, Line, Origin, ParticipantId, PrivateText, Provenance, Recorded,
    Role, Settled, Timer, Triggered, UnfiredReason,
};
pub use field::{Delay, DelayKind, Rating, RatingStatus};
pub use line::{Audience, LineExtra, LineForm, Receipt};
pub use state::{Conversation, LaneEntry, SeenKey, Stage};
pub use survey::{Survey, SurveyClosed};

use crate::id::ConversationId;

/// The state of conversation `id` after `events`, beginning from `state`.
pub fn replay<'e>(
    id: ConversationId,
    state: Option<Conversation>,
    events: impl IntoIterator<Item = &'e Recorded>,
) -> Option<Conversation> {
    events.into_iter().fold(state, |state, recorded| evolve::evolve(id, state, recorded))
}
