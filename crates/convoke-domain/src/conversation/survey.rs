//! The survey after a conversation: a dialog of its own, in which the consumer says what they think (messaging contract
//! §1.6, §2.3, §5.5).
//!
//! It opens in the commit that closes the main dialog, at most once, and never after the system has closed it. It ends
//! when the consumer has rated, when somebody closes it, or when it expires; the conversation is over then. Whoever
//! served is out of it: only consumers and the Controller Bot write in it. What functions are told of it is
//! `convoke_api::functions::survey`'s.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conversation::command::Rejection;
use crate::conversation::commit::{By, Commit};
use crate::conversation::decide::{closer, open_state};
use crate::conversation::event::{Actor, Closer, Event, Line, ParticipantId, PrivateText, Role};
use crate::conversation::state::Conversation;
use crate::id::DialogId;

/// The feature that a consumer's client declares if it can show a dialog besides the main one (messaging contract §2.2).
const SHOWS_DIALOGS: &str = "MULTI_DIALOG";

/// The survey of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Which revision of the account's survey it is, from 1.
    pub revision: u32,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How it ended; `None` while it waits for the consumer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<SurveyClosed>,
    /// Its next wire sequence.
    pub next_wire_sequence: u32,
    /// When the last line was written in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_line_at: Option<Timestamp>,
}

/// How a survey ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyClosed {
    /// By whom; the auto-close stands for its expiry.
    pub by: Closer,
    /// When.
    pub at: Timestamp,
}

impl Survey {
    /// One that begins.
    pub(crate) const fn opened(revision: u32, at: Timestamp) -> Self {
        Self { revision, opened_at: at, closed: None, next_wire_sequence: 0, last_line_at: None }
    }
}

/// Whether somebody in this role writes in a survey.
pub const fn takes_part(role: Role) -> bool {
    match role {
        Role::Consumer | Role::Controller => true,
        Role::AssignedAgent | Role::Agent | Role::Manager | Role::Reader | Role::BrandBot => false,
    }
}

/// The survey, if lines are welcome in it.
pub(crate) fn open<'c>(commit: &'c Commit<'_>) -> Result<&'c Survey, Rejection> {
    let survey = commit.state()?.survey.as_ref().ok_or(Rejection::NoSuchDialog)?;
    if survey.closed.is_some() { Err(Rejection::Closed) } else { Ok(survey) }
}

/// Closes the main dialog; a survey follows if there is one for this consumer.
pub(crate) fn close_main(commit: &mut Commit<'_>, by: By) -> Result<(), Rejection> {
    let state = open_state(commit)?;
    let closer = closer(state, by)?;
    let follows = follows(commit, state, closer);
    commit.push(by, Event::Closed { by: closer });
    if !follows {
        return Ok(());
    }
    let account = commit.context.account;
    commit.push(by, Event::SurveyOpened { revision: account.survey_revision.max(1) });
    let language = commit.state()?.origin.language.clone();
    if let Some(question) = account.survey.question(language.as_ref(), &account.default_language) {
        let line = Line {
            dialog: DialogId::SURVEY,
            wire_sequence: 0,
            author: ParticipantId::ControllerBot,
            role: Role::Controller,
            text: PrivateText::new(question),
            in_off_hours: commit.in_off_hours(),
            key: None,
            provenance: None,
            extra: None,
        };
        commit.push(By { actor: Actor::ControllerBot, ..by }, Event::LinePublished(line));
    }
    Ok(())
}

/// Whether the consumer is asked: after people closed it, where the skill asks, if their client can show it, and unless
/// they have said already what they think.
fn follows(commit: &Commit<'_>, state: &Conversation, closer: Closer) -> bool {
    let by_people = match closer {
        Closer::Agent(_) | Closer::Consumer(_) => true,
        Closer::ControllerBot | Closer::AutoClose | Closer::Operator => false,
    };
    by_people
        && commit.context.account.asks_afterwards(&state.skill)
        && state.rating.is_none()
        && state.origin.features.iter().any(|feature| feature == SHOWS_DIALOGS)
}

/// Closes the survey.
pub(crate) fn close(commit: &mut Commit<'_>, by: By) -> Result<(), Rejection> {
    if ended_here(commit) {
        // A rating of the same change has ended it: clients say both at once.
        return Ok(());
    }
    open(commit)?;
    let closer = closer(commit.state()?, by)?;
    commit.push(by, Event::SurveyClosed { by: closer });
    Ok(())
}

/// The consumer has rated: there is nothing more to ask.
pub(crate) fn answered(commit: &mut Commit<'_>, by: By) -> Result<(), Rejection> {
    if commit.state()?.open_survey().is_none() {
        return Ok(());
    }
    close(commit, by)
}

fn ended_here(commit: &Commit<'_>) -> bool {
    commit.events.iter().any(|recorded| matches!(recorded.event, Event::SurveyClosed { .. }))
}
