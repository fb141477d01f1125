//! From a recorded event to what somebody is shown of it.

use convoke_domain::conversation::{self as domain, Audience, Closer, LineForm, PrivateText, Recorded};
use convoke_domain::function::EventBinding;

use super::{Event, Provenance, Settled};
use crate::explain::Names;
use crate::v1::conversation::Closing;
use crate::v1::participant::{Party, Role, Viewer};

impl Event {
    /// What a consumer sees of it. A new kind of event is hidden until somebody decides that it is not.
    pub(super) fn for_consumers(self) -> Option<Self> {
        match self {
            Self::SteppedUp { consumer, .. } => Some(Self::SteppedUp { consumer, identity: None }),
            Self::LinePublished { private: true, .. }
            | Self::ParticipantJoined { role: Role::Reader, .. }
            | Self::ParticipantLeft { role: Role::Reader, .. }
            | Self::AgentSuggested { .. }
            | Self::ManualDeadlineSet { .. }
            | Self::Noted { .. }
            | Self::DelaySet { .. }
            | Self::IdleFired { .. }
            | Self::Triggered { .. }
            | Self::Unfired { .. }
            | Self::Settled(_) => None,
            Self::LinePublished { dialog, sequence, author, role, line, in_off_hours, form, .. } => {
                Some(Self::LinePublished {
                    dialog,
                    sequence,
                    author,
                    role,
                    line,
                    in_off_hours,
                    key: None,
                    provenance: None,
                    form,
                    private: false,
                })
            }
            shown @ (Self::Opened { .. }
            | Self::ParticipantJoined { .. }
            | Self::ParticipantLeft { .. }
            | Self::SkillChanged { .. }
            | Self::TtrChanged { .. }
            | Self::DeadlineMoved { .. }
            | Self::LinesReceived { .. }
            | Self::Rated { .. }
            | Self::Closed { .. }
            | Self::SurveyOpened
            | Self::SurveyClosed { .. }) => Some(shown),
        }
    }
}

/// All of it, with ids and names as `viewer` sees them.
pub(super) fn event(recorded: &Recorded, viewer: Viewer, names: &dyn Names) -> Event {
    match recorded.event.clone() {
        domain::Event::Opened {
            consumer, skill, authenticated, in_off_hours, first_conversation, ..
        } => Event::Opened { consumer, skill, authenticated, in_off_hours, first_conversation },
        domain::Event::LinePublished(line) => line_published(&line, viewer, names),
        domain::Event::ParticipantJoined { participant, role } => Event::ParticipantJoined {
            participant: Party::of(participant.into(), viewer, names),
            role: role.into(),
        },
        domain::Event::ParticipantLeft { participant, role } => Event::ParticipantLeft {
            participant: Party::of(participant.into(), viewer, names),
            role: role.into(),
        },
        domain::Event::SkillChanged { from, to } => Event::SkillChanged { from, to },
        domain::Event::AgentSuggested { agent } => Event::AgentSuggested { agent },
        domain::Event::TtrChanged { from, to } => Event::TtrChanged { from: from.into(), to: to.into() },
        domain::Event::ManualDeadlineSet { deadline } => Event::ManualDeadlineSet { deadline },
        domain::Event::DeadlineMoved { deadline } => Event::DeadlineMoved { deadline },
        domain::Event::SteppedUp { consumer, identity } => {
            Event::SteppedUp { consumer, identity: revealed(&identity) }
        }
        domain::Event::LinesReceived { dialog, by_whom, receipt, lines, .. } => Event::LinesReceived {
            dialog,
            receiver: Party::of(by_whom.into(), viewer, names),
            receipt: receipt.into(),
            lines,
        },
        domain::Event::Noted { note } => Event::Noted { note: revealed(&note) },
        domain::Event::Rated { rating } => {
            Event::Rated { rate: rating.rate, resolved: rating.resolved, status: rating.status.into() }
        }
        domain::Event::DelaySet { delay } => Event::DelaySet { until: delay.map(|delay| delay.until) },
        domain::Event::IdleFired { timer, base, count } => {
            Event::IdleFired { timer: timer.into(), base, count }
        }
        domain::Event::Closed { by } => Event::Closed { closed_by: closing(by) },
        domain::Event::SurveyOpened { .. } => Event::SurveyOpened,
        domain::Event::SurveyClosed { by } => Event::SurveyClosed { closed_by: closing(by) },
        domain::Event::Triggered(triggered) => Event::Triggered {
            event: EventBinding::StateChange(triggered.event),
            code: triggered.code,
            skill: triggered.skill,
            depth: triggered.depth,
        },
        domain::Event::Unfired { event, code, reason } => {
            Event::Unfired { event: EventBinding::StateChange(event), code, reason: reason.into() }
        }
        domain::Event::Settled(settled) => Event::Settled(Settled::of(&settled, names)),
    }
}

fn line_published(line: &domain::Line, viewer: Viewer, names: &dyn Names) -> Event {
    Event::LinePublished {
        dialog: line.dialog,
        sequence: line.wire_sequence,
        author: Party::of(line.author.into(), viewer, names),
        role: line.role.into(),
        line: revealed(&line.text),
        in_off_hours: line.in_off_hours,
        key: line.key.as_ref().map(|key| key.as_str().to_owned()),
        provenance: line.provenance.as_ref().map(|provenance| Provenance::of(provenance, names)),
        form: line
            .extra
            .as_ref()
            .map(|extra| extra.form)
            .filter(|form| *form != LineForm::Text)
            .map(Into::into),
        private: line.audience() == Audience::BrandSide,
    }
}

fn closing(by: Closer) -> Closing {
    convoke_domain::conversation::payload::CloseReason::from(by).into()
}

fn revealed(text: &PrivateText) -> Option<String> {
    text.reveal().map(str::to_owned)
}
