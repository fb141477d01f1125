//! The lines that one connection is told, and how far it was told each dialog.
//!
//! An agent is told the lines of the main dialogs in which they take part, from their joining to their leaving, without
//! asking, and those of a survey if they subscribed to it; a consumer those of the dialogs they subscribed to. A place moves
//! over every event that was looked at, so what was told is not told again, and what was not is.

use std::collections::BTreeMap;

use convoke_domain::conversation::{Audience, Event, ParticipantId, Recorded, Role};
use convoke_domain::id::{ConversationId, DialogId};
use convoke_domain::sequence::EventSeq;

use crate::limits;

/// How far a connection was told each dialog.
#[derive(Default)]
pub(super) struct Dialogs(BTreeMap<DialogId, Place>);

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
    /// The place in the main dialog of a conversation, if there is one.
    pub(super) fn place(&self, conversation: ConversationId) -> Option<Place> {
        self.0.get(&DialogId::main(conversation)).copied()
    }

    /// The places in all dialogs of a conversation.
    pub(super) fn places(&self, conversation: ConversationId) -> Vec<(DialogId, Place)> {
        let last = DialogId { conversation, ordinal: u8::MAX };
        self.0.range(DialogId::main(conversation)..=last).map(|(dialog, place)| (*dialog, *place)).collect()
    }

    /// From here on lines are told.
    pub(super) fn begin(&mut self, dialog: DialogId, seen: Option<EventSeq>, from: u32) {
        self.0.insert(dialog, Place { seen, active: true, from });
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
        self.begin(DialogId::main(conversation), Some(seen), 0);
    }

    /// Which of the next events are told. The place moves over all of them.
    pub(super) fn told<'e>(
        &mut self,
        dialog: DialogId,
        ear: Ear,
        events: &'e [Recorded],
    ) -> Vec<&'e Recorded> {
        let Some(place) = self.0.get_mut(&dialog) else { return Vec::new() };
        let mut told = Vec::new();
        for recorded in events {
            if Some(recorded.seq) <= place.seen {
                continue;
            }
            place.seen = Some(recorded.seq);
            if let (Ear::Agent(own), DialogId::MAIN) = (ear, dialog.ordinal) {
                place.active = (place.active || joined(recorded, own)) && !left(recorded, own);
            }
            if place.active && hears(ear, dialog.ordinal, place.from, recorded) {
                told.push(recorded);
            }
        }
        told
    }

    /// Forgets conversations that are over, if there are too many.
    pub(super) fn tidy(&mut self, is_open: impl Fn(ConversationId) -> bool) {
        if self.0.len() > limits::DIALOGS_MAX {
            self.0.retain(|dialog, _| is_open(dialog.conversation));
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

/// Whether somebody is told this event of a dialog, from this sequence on.
pub(super) fn hears(ear: Ear, dialog: u8, from: u32, recorded: &Recorded) -> bool {
    if let Event::LinePublished(line) = &recorded.event {
        let for_them = match ear {
            Ear::Agent(_) => true,
            Ear::Consumer { automatic } => {
                // Whoever can show a survey can show its question.
                let shown = automatic || line.role != Role::Controller || dialog == DialogId::SURVEY;
                line.audience() == Audience::All && shown
            }
        };
        for_them && line.dialog == dialog && line.wire_sequence >= from
    } else if let Event::LinesReceived { dialog: of, wire_sequence, .. } = recorded.event {
        of == dialog && wire_sequence >= from
    } else {
        false
    }
}
