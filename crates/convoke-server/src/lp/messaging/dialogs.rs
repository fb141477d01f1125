//! The lines that one connection is told, and how far it was told each conversation.
//!
//! An agent is told the lines of the conversations in which they take part, from their joining to their leaving, without
//! asking; a consumer those of the dialogs they subscribed to. A place moves over every event that was looked at, so what
//! was told is not told again, and what was not is.

use std::collections::BTreeMap;

use convoke_domain::conversation::{Audience, Event, ParticipantId, Recorded, Role};
use convoke_domain::id::ConversationId;
use convoke_domain::sequence::EventSeq;

use crate::limits;

/// How far a connection was told each conversation.
#[derive(Default)]
pub(super) struct Dialogs(BTreeMap<ConversationId, Place>);

/// How far it was told one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The last event that was looked at.
    pub(super) seen: Option<EventSeq>,
    /// Whether lines are told: an agent takes part.
    active: bool,
    /// The first sequence that is told.
    from: u32,
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ear {
    /// An agent.
    Agent(ParticipantId),
    /// A consumer; their client shows the Controller Bot's lines or does not.
    Consumer { automatic: bool },
}

impl Dialogs {
    /// The place in a conversation, if there is one.
    pub(super) fn place(&self, conversation: ConversationId) -> Option<Place> {
        self.0.get(&conversation).copied()
    }

    /// From here on lines are told.
    pub(super) fn begin(&mut self, conversation: ConversationId, seen: Option<EventSeq>, from: u32) {
        self.0.insert(conversation, Place { seen, active: true, from });
    }

    /// An agent who comes to a conversation is told what comes after their joining, which is among `latest` or was long
    /// ago. Nothing if they do not take part.
    pub(super) fn notice(
        &mut self,
        conversation: ConversationId,
        own: ParticipantId,
        head: EventSeq,
        latest: &[Recorded],
    ) {
        let joining = latest.iter().rev().find(|recorded| joined(recorded, own));
        let seen = joining.map_or(head, |recorded| recorded.seq);
        self.begin(conversation, Some(seen), 0);
    }

    /// Which of the next events are told. The place moves over all of them.
    pub(super) fn told<'e>(
        &mut self,
        conversation: ConversationId,
        ear: Ear,
        events: &'e [Recorded],
    ) -> Vec<&'e Recorded> {
        let Some(place) = self.0.get_mut(&conversation) else { return Vec::new() };
        let mut told = Vec::new();
        for recorded in events {
            if Some(recorded.seq) <= place.seen {
                continue;
            }
            place.seen = Some(recorded.seq);
            if let Ear::Agent(own) = ear {
                place.active = (place.active || joined(recorded, own)) && !left(recorded, own);
            }
            if place.active && hears(ear, place.from, recorded) {
                told.push(recorded);
            }
        }
        told
    }

    /// Forgets conversations that are over, if there are too many.
    pub(super) fn tidy(&mut self, is_open: impl Fn(ConversationId) -> bool) {
        if self.0.len() > limits::DIALOGS_MAX {
            self.0.retain(|conversation, _| is_open(*conversation));
        }
        while self.0.len() > limits::DIALOGS_MAX {
            self.0.pop_first();
        }
    }
}

fn joined(recorded: &Recorded, own: ParticipantId) -> bool {
    matches!(recorded.event, Event::ParticipantJoined { participant, .. } if participant == own)
}

fn left(recorded: &Recorded, own: ParticipantId) -> bool {
    matches!(recorded.event, Event::ParticipantLeft { participant, .. } if participant == own)
}

/// Whether somebody is told this event, from this sequence on.
pub(super) fn hears(ear: Ear, from: u32, recorded: &Recorded) -> bool {
    if let Event::LinePublished(line) = &recorded.event {
        let for_them = match ear {
            Ear::Agent(_) => true,
            Ear::Consumer { automatic } => {
                line.audience() == Audience::All && (automatic || line.role != Role::Controller)
            }
        };
        for_them && line.wire_sequence >= from
    } else if let Event::LinesReceived { wire_sequence, .. } = recorded.event {
        wire_sequence >= from
    } else {
        false
    }
}
