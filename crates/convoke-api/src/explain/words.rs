//! Words for outcomes and fates, as parts of sentences.

use std::time::Duration;

use convoke_domain::conversation::{Rating, Receipt, Role};
use convoke_domain::invocation::{
    CommandFate, CommandKind, Fate, FenceReason, MessageFate, NotInvoked, Outcome, Silence,
};
use jiff::Timestamp;

use crate::error_code::ErrorCode;

/// How the attempts on a trigger ended.
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::NotInvoked { reason } => format!("no function ran: {}", not_invoked(*reason)),
        Outcome::Answered => "the function answered".to_owned(),
        Outcome::Dropped => {
            "the answer was dropped, because the Controller Bot was switched off meanwhile".to_owned()
        }
        Outcome::Failed { code, .. } => match ErrorCode::find(code) {
            Some(known) => format!("no answer: {}", uncapitalized(known.title())),
            None => format!("no answer ({code})"),
        },
    }
}

/// What somebody did with lines.
pub const fn receipt(receipt: Receipt) -> &'static str {
    match receipt {
        Receipt::Accept => "received",
        Receipt::Read => "read",
        Receipt::Access => "opened something in",
        Receipt::Nack => "could not be shown",
        Receipt::Action => "used something in",
        Receipt::Enrich => "was shown the links of",
        Receipt::Viewed => "saw",
    }
}

/// What the consumer thinks of it.
pub fn rated(rating: Rating) -> String {
    match (rating.rate, rating.resolved) {
        (Some(rate), Some(true)) => format!("The consumer gave {rate} of 5 and says that it was solved."),
        (Some(rate), Some(false)) => {
            format!("The consumer gave {rate} of 5 and says that it was not solved.")
        }
        (Some(rate), None) => format!("The consumer gave {rate} of 5."),
        (None, Some(true)) => "The consumer says that it was solved.".to_owned(),
        (None, Some(false)) => "The consumer says that it was not solved.".to_owned(),
        (None, None) => "The consumer did not rate it.".to_owned(),
    }
}

/// Why no function ran.
pub const fn not_invoked(reason: NotInvoked) -> &'static str {
    match reason {
        NotInvoked::NoneDeployed => "none is deployed for this event",
        NotInvoked::OtherSkill => "those deployed for this event are for other skills",
        NotInvoked::ControllerBotOff => "the account's Controller Bot is off",
    }
}

/// The stable word for why no function ran.
pub const fn not_invoked_code(reason: NotInvoked) -> &'static str {
    match reason {
        NotInvoked::NoneDeployed => "none_deployed",
        NotInvoked::OtherSkill => "other_skill",
        NotInvoked::ControllerBotOff => "controller_bot_off",
    }
}

/// Which message was sent, or why none.
pub fn message(fate: &MessageFate) -> String {
    match fate {
        MessageFate::Sent { .. } => "its message was sent".to_owned(),
        MessageFate::Automatic { .. } => "the account's automatic message was sent".to_owned(),
        MessageFate::Suppressed => "nothing was to be said".to_owned(),
        MessageFate::None { reason } => format!("no message was sent: {}", silence(*reason)),
        MessageFate::Fenced { reason } => {
            format!("the message came too late and was dropped: {}", fence(*reason))
        }
        MessageFate::Closed => "no message was sent: the conversation is closed".to_owned(),
    }
}

/// Why an automatic message that was due was not sent.
pub const fn silence(reason: Silence) -> &'static str {
    match reason {
        Silence::Disabled => "the automatic message is disabled",
        Silence::NoText => "there is no automatic message for it",
        Silence::Overdue => "the automatic message names the expected response time, which is over",
        Silence::NoDeadline => "the automatic message names the expected response time, and none is known",
        Silence::NoAgent => "the automatic message names the agent, and nobody is assigned",
        Silence::AlreadyTold => "the automatic message was sent in these off-hours already",
        Silence::ControllerBotOff => "the account's Controller Bot is off",
    }
}

/// What had happened meanwhile.
pub const fn fence(reason: FenceReason) -> &'static str {
    match reason {
        FenceReason::BrandWrote => "somebody on the brand's side had written meanwhile",
        FenceReason::ConsumerWrote => "the consumer had written meanwhile",
        FenceReason::AgentAssigned => "an agent had taken the conversation meanwhile",
        FenceReason::SkillChanged => "the skill had changed meanwhile",
        FenceReason::AgentChanged => "the assigned agent had changed meanwhile",
    }
}

/// A command and what became of it.
pub fn command(command: &CommandFate) -> String {
    let what = match command.kind {
        Some(CommandKind::SystemMessage) => "the message",
        Some(CommandKind::Transfer) => "the transfer",
        Some(CommandKind::CloseConversation) => "the close",
        None => "something that is no command",
    };
    match &command.fate {
        Fate::Applied => format!("{what} was carried out"),
        Fate::Ignored => format!("{what} was ignored: only the first of each type counts"),
        Fate::NoChange => format!("{what} asked for what already is"),
        Fate::Rejected { reason, .. } => format!("{what} was rejected: {reason}"),
        Fate::Fenced { reason } => format!("{what} came too late and was dropped: {}", fence(*reason)),
    }
}

/// The same, for a sentence that has told already what became of the message.
pub(super) fn command_beside_message(fate: &CommandFate) -> Option<String> {
    let told = fate.kind == Some(CommandKind::SystemMessage)
        && matches!(fate.fate, Fate::Applied | Fate::Fenced { .. });
    (!told).then(|| command(fate))
}

/// A role in a sentence.
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Consumer => "consumer",
        Role::AssignedAgent => "assigned agent",
        Role::Agent => "agent",
        Role::Manager => "manager",
        Role::Reader => "reader",
        Role::Controller => "Controller Bot",
        Role::BrandBot => "bot of the brand",
    }
}

/// A moment, to the second.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A duration in its largest unit and the one below.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [
        (seconds / 86_400, "day"),
        (seconds / 3_600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let largest = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
    let parts =
        units[largest..].iter().take(2).enumerate().filter(|(place, (count, _))| *place == 0 || *count > 0);
    let parts: Vec<String> = parts
        .map(|(_, (count, unit))| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    parts.join(" ")
}

/// `second`, `third`, …
pub(super) fn ordinal(count: u8) -> String {
    const WORDS: [&str; 9] =
        ["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    match usize::from(count).checked_sub(2).and_then(|place| WORDS.get(place)) {
        Some(word) => (*word).to_owned(),
        None => format!("{count}th"),
    }
}

fn uncapitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_its_two_largest_units() {
        let words = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!(words(0), "0 seconds");
        assert_eq!(words(1), "1 second");
        assert_eq!(words(900), "15 minutes");
        assert_eq!(words(5_400), "1 hour 30 minutes");
        assert_eq!(words(86_400 + 59), "1 day");
    }

    #[test]
    fn repeats_are_counted_in_words() {
        assert_eq!(
            (ordinal(2).as_str(), ordinal(10).as_str(), ordinal(12).as_str()),
            ("second", "tenth", "12th")
        );
    }
}
