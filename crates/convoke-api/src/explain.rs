//! Recorded events as sentences, for the command line, the page and the tour.
//!
//! One event, one line of plain English that names who did what. The sentences are for staff: they quote lines and name
//! functions, so surfaces of consumers do not use them.

mod names;
pub mod words;

use convoke_domain::conversation::{
    Actor, Closer, Event, Line, ParticipantId, PrivateText, Recorded, Role, Settled, Timer, UnfiredReason,
};
use convoke_domain::id::{DialogId, SkillId, UserId};
use convoke_domain::invocation::{FunctionRef, Outcome};
use convoke_domain::ttr::Ttr;

pub use self::names::{AccountNames, Names, NoNames};
use crate::limits;

/// What happened, in one line.
pub fn describe(recorded: &Recorded, names: &dyn Names) -> String {
    let by = recorded.by;
    match &recorded.event {
        Event::Opened { skill, in_off_hours, first_conversation, .. } => {
            let first = if *first_conversation { ", the first of this consumer" } else { "" };
            let hours = if *in_off_hours { " in off-hours" } else { "" };
            format!("A consumer opened the conversation{hours} for {}{first}.", skill_words(skill, names))
        }
        Event::LinePublished(line) => line_words(line, names),
        Event::ParticipantJoined { participant, role } => joined(by, *participant, *role, names),
        Event::ParticipantLeft { participant, role } => left(by, *participant, *role, names),
        Event::SkillChanged { from, to } => format!(
            "{} moved the conversation from {} to {}.",
            sentence(actor_words(by, names)),
            skill_words(from, names),
            skill_words(to, names)
        ),
        Event::AgentSuggested { agent } => {
            format!("The conversation is to be offered to {} first.", user_words(*agent, names))
        }
        Event::TtrChanged { from, to } => format!(
            "{} changed the time to respond from {} to {}.",
            sentence(actor_words(by, names)),
            ttr_words(*from),
            ttr_words(*to)
        ),
        Event::ManualDeadlineSet { deadline: Some(deadline) } => {
            format!("{} promised an answer by {}.", sentence(actor_words(by, names)), words::time(*deadline))
        }
        Event::ManualDeadlineSet { deadline: None } => {
            format!("{} took the promised time back.", sentence(actor_words(by, names)))
        }
        Event::DeadlineMoved { deadline: Some(deadline) } => {
            format!("An answer is due by {}.", words::time(*deadline))
        }
        Event::DeadlineMoved { deadline: None } => "No answer is due: it is the consumer's turn.".to_owned(),
        Event::SteppedUp { .. } => "The consumer proved who they are.".to_owned(),
        Event::LinesReceived { by_whom, receipt, lines, .. } => {
            let count = lines.len();
            let what = words::receipt(*receipt);
            format!(
                "{} {what} {count} line{}.",
                sentence(participant_words(*by_whom, names)),
                if count == 1 { "" } else { "s" }
            )
        }
        Event::Noted { note } => {
            format!("{} noted: {}", sentence(actor_words(by, names)), quoted(note))
        }
        Event::Rated { rating } => words::rated(*rating),
        Event::DelaySet { delay: Some(delay) } => {
            format!("The time to respond begins at {}.", words::time(delay.until))
        }
        Event::DelaySet { delay: None } => "The time to respond begins as usual.".to_owned(),
        Event::IdleFired { timer, count, .. } => idle_words(*timer, *count),
        Event::Closed { by } => closed_words(*by, names),
        Event::SurveyOpened { .. } => "The consumer is asked what they think of it.".to_owned(),
        Event::SurveyClosed { by } => survey_closed_words(*by, names),
        Event::Triggered(triggered) => {
            format!("This fired {} ({}).", triggered.event.title(), triggered.code)
        }
        Event::Unfired { event, code, reason } => {
            format!("{} ({code}) was not fired: {}.", event.title(), unfired_words(*reason))
        }
        Event::Settled(settled) => settled_words(settled, names),
    }
}

fn line_words(line: &Line, names: &dyn Names) -> String {
    let author = match line.author {
        ParticipantId::Consumer(_) => "The consumer".to_owned(),
        ParticipantId::User(user) => sentence(user_words(user, names)),
        ParticipantId::ControllerBot => "The Controller Bot".to_owned(),
    };
    let hours = if line.in_off_hours && line.role == Role::Consumer { " in off-hours" } else { "" };
    let source = match &line.provenance {
        Some(provenance) => match provenance.function.filter(|_| provenance.command.is_some()) {
            Some(function) => {
                format!(" (from {}, version {})", function_name(function, names), function.version)
            }
            None => " (automatic message)".to_owned(),
        },
        None => String::new(),
    };
    let place = if line.dialog == DialogId::SURVEY { " in the survey" } else { "" };
    format!("{author} wrote{place}{hours}: {}{source}", quoted(&line.text))
}

/// A private text on one line, short enough for it.
fn quoted(text: &PrivateText) -> String {
    let Some(text) = text.reveal() else { return "(erased)".to_owned() };
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    let mut short: String = line.chars().take(limits::DESCRIBED_CHARS_MAX).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    format!("“{short}”")
}

fn joined(by: Actor, participant: ParticipantId, role: Role, names: &dyn Names) -> String {
    let who = sentence(participant_words(participant, names));
    let brought = if by == Actor::from(participant) {
        String::new()
    } else {
        format!(", brought in by {}", actor_words(by, names))
    };
    match role {
        Role::AssignedAgent if brought.is_empty() => format!("{who} took the conversation."),
        Role::AssignedAgent => format!("{who} serves the conversation now{brought}."),
        Role::Reader => format!("{who} reads along{brought}."),
        Role::Consumer | Role::Agent | Role::Manager | Role::Controller | Role::BrandBot => {
            format!("{who} joined as {}{brought}.", words::role(role))
        }
    }
}

fn left(by: Actor, participant: ParticipantId, role: Role, names: &dyn Names) -> String {
    let who = participant_words(participant, names);
    let tail = match role {
        Role::AssignedAgent => "; nobody serves the conversation now",
        Role::Consumer | Role::Agent | Role::Manager | Role::Reader | Role::Controller | Role::BrandBot => "",
    };
    if by == Actor::from(participant) {
        format!("{} left{tail}.", sentence(who))
    } else {
        format!("{} took {who} out{tail}.", sentence(actor_words(by, names)))
    }
}

fn idle_words(timer: Timer, count: u8) -> String {
    let what = match timer {
        Timer::AwaitingInQueue => "Nobody took the conversation from the queue in time",
        Timer::AgentNonResponsive => "The agent did not answer in time",
        Timer::ConsumerNonResponsive => "The consumer did not answer in time",
        Timer::AutoClose => "Nothing happened for a long time",
        Timer::SurveyExpiry => "Nobody answered the survey",
    };
    match count {
        0 | 1 => format!("{what}."),
        count => format!("{what}, for the {} time.", words::ordinal(count)),
    }
}

fn closed_words(by: Closer, names: &dyn Names) -> String {
    match by {
        Closer::Agent(user) => format!("{} closed the conversation.", sentence(user_words(user, names))),
        Closer::Consumer(_) => "The consumer closed the conversation.".to_owned(),
        Closer::ControllerBot => "A function closed the conversation.".to_owned(),
        Closer::AutoClose => "The conversation was closed because nothing happened any more.".to_owned(),
        Closer::Operator => "An operator closed the conversation.".to_owned(),
    }
}

fn survey_closed_words(by: Closer, names: &dyn Names) -> String {
    match by {
        Closer::Agent(user) => format!("{} ended the survey.", sentence(user_words(user, names))),
        Closer::Consumer(_) => "The consumer ended the survey.".to_owned(),
        Closer::ControllerBot => "A function ended the survey.".to_owned(),
        Closer::AutoClose => "The survey ended because nobody answered it for a week.".to_owned(),
        Closer::Operator => "An operator ended the survey.".to_owned(),
    }
}

/// Why nothing fired, as half a sentence.
pub(crate) fn unfired_words(reason: UnfiredReason) -> &'static str {
    match reason {
        UnfiredReason::ControllerBotOff => "the account's Controller Bot is off",
        UnfiredReason::AfterAutoclose => {
            "the consumer's previous conversation was closed automatically less than 48 hours before"
        }
        UnfiredReason::CauseDepth => {
            "functions had already set off eight changes in a row, and a ninth would be a loop"
        }
    }
}

fn settled_words(settled: &Settled, names: &dyn Names) -> String {
    let attempts = match settled.attempts {
        0 | 1 => String::new(),
        attempts => format!(" after {attempts} attempts"),
    };
    let what = match (&settled.outcome, settled.function) {
        (Outcome::Answered, Some(function)) => {
            format!("{} answered{attempts}", sentence(function_words(function, names)))
        }
        (Outcome::Failed { code, .. }, Some(function)) => {
            format!("{} failed{attempts} ({code})", sentence(function_words(function, names)))
        }
        (Outcome::Dropped, Some(function)) => format!(
            "{} answered, but the Controller Bot was switched off meanwhile",
            sentence(function_words(function, names))
        ),
        (outcome, _) => sentence(words::outcome(outcome)),
    };
    let mut parts = vec![what, words::message(&settled.message)];
    parts.extend(settled.commands.iter().filter_map(words::command_beside_message));
    match settled.commands_dropped {
        0 => {}
        1 => parts.push("one more command was not even looked at".to_owned()),
        dropped => parts.push(format!("{dropped} more commands were not even looked at")),
    }
    format!("{}.", parts.join("; "))
}

fn actor_words(actor: Actor, names: &dyn Names) -> String {
    match actor {
        Actor::Consumer(_) => "the consumer".to_owned(),
        Actor::User(user) => user_words(user, names),
        Actor::ControllerBot => "a function".to_owned(),
        Actor::System => "the platform".to_owned(),
    }
}

fn participant_words(participant: ParticipantId, names: &dyn Names) -> String {
    match participant {
        ParticipantId::Consumer(_) => "a consumer".to_owned(),
        ParticipantId::User(user) => user_words(user, names),
        ParticipantId::ControllerBot => "the Controller Bot".to_owned(),
    }
}

fn user_words(user: UserId, names: &dyn Names) -> String {
    names.user(user).unwrap_or_else(|| format!("user {user}"))
}

fn skill_words(skill: &SkillId, names: &dyn Names) -> String {
    match names.skill(skill) {
        Some(name) => format!("skill {skill} ({name})"),
        None => format!("skill {skill}"),
    }
}

fn function_words(function: FunctionRef, names: &dyn Names) -> String {
    format!("function {} (version {})", function_name(function, names), function.version)
}

fn function_name(function: FunctionRef, names: &dyn Names) -> String {
    names.function(function.function).unwrap_or_else(|| function.function.to_string())
}

fn ttr_words(ttr: Ttr) -> String {
    match ttr {
        Ttr::Urgent => "urgent".to_owned(),
        Ttr::Normal => "normal".to_owned(),
        Ttr::Prioritized => "prioritized".to_owned(),
        Ttr::Custom(time) => words::duration(time),
    }
}

/// With a capital letter.
fn sentence(text: impl Into<String>) -> String {
    let text = text.into();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}
