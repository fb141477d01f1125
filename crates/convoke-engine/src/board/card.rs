//! A conversation on a board: its durable state, its latest steps, and its last lines.

use std::collections::VecDeque;
use std::sync::Arc;

use convoke_domain::conversation::{Audience, Conversation, Event, Recorded, Role, replay};
use convoke_domain::id::ConversationId;
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;

use crate::limits;
use crate::routing::due;

/// A conversation on a board.
pub(super) struct Card {
    pub(super) state: Arc<Conversation>,
    pub(super) latest: VecDeque<Arc<[Recorded]>>,
    last_line: Option<Arc<Recorded>>,
    last_public_line: Option<Arc<Recorded>>,
    last_spoken_line: Option<Arc<Recorded>>,
}

/// A conversation as its followers see it.
#[derive(Clone)]
pub struct CardView {
    /// Its durable state.
    pub state: Arc<Conversation>,
    /// The last line of all.
    pub last_line: Option<Arc<Recorded>>,
    /// The last one that consumers see.
    pub last_public_line: Option<Arc<Recorded>>,
    /// The last one that a consumer's client sees which does not show the Controller Bot's.
    pub last_spoken_line: Option<Arc<Recorded>>,
}

impl CardView {
    /// A conversation of which no more is known than its state.
    pub fn of(state: Arc<Conversation>) -> Self {
        Self { state, last_line: None, last_public_line: None, last_spoken_line: None }
    }

    /// When it is due: what puts it before others in a queue.
    pub fn due(&self) -> Timestamp {
        due(&self.state)
    }
}

impl Card {
    /// The card after a step; `None` if the step does not follow what is known.
    pub(super) fn after(id: ConversationId, before: Option<Self>, events: &Arc<[Recorded]>) -> Option<Self> {
        let first = events.first()?;
        let known = before.as_ref().map(|card| card.state.head);
        if first.seq != EventSeq::after(known) {
            return before;
        }
        let (old, mut card) = match before {
            Some(card) => {
                let Self { state, latest, last_line, last_public_line, last_spoken_line } = card;
                (Some(Arc::unwrap_or_clone(state)), (latest, last_line, last_public_line, last_spoken_line))
            }
            None => (None, (VecDeque::new(), None, None, None)),
        };
        let state = Arc::new(replay(id, old, events.iter())?);
        for recorded in events.iter() {
            let Event::LinePublished(line) = &recorded.event else { continue };
            let kept = Some(Arc::new(recorded.clone()));
            if line.audience() == Audience::All {
                if line.role != Role::Controller {
                    card.3.clone_from(&kept);
                }
                card.2.clone_from(&kept);
            }
            card.1 = kept;
        }
        card.0.push_back(Arc::clone(events));
        if card.0.len() > limits::CARD_STEPS_MAX {
            card.0.pop_front();
        }
        let (latest, last_line, last_public_line, last_spoken_line) = card;
        Some(Self { state, latest, last_line, last_public_line, last_spoken_line })
    }

    pub(super) fn view(&self) -> CardView {
        CardView {
            state: Arc::clone(&self.state),
            last_line: self.last_line.clone(),
            last_public_line: self.last_public_line.clone(),
            last_spoken_line: self.last_spoken_line.clone(),
        }
    }

    /// The events after a place, if they are all here.
    pub(super) fn since(&self, seen: Option<EventSeq>) -> Option<Vec<Arc<[Recorded]>>> {
        let from = EventSeq::after(seen);
        let oldest = self.latest.front()?.first()?.seq;
        if oldest > from {
            return None;
        }
        let later = self.latest.iter().filter(|step| step.last().is_some_and(|last| last.seq >= from));
        Some(later.cloned().collect())
    }
}
