//! The two macros of automatic messages. Each text is read once, so what a macro stands for is never read as a macro.

use std::fmt::Write;

use super::{Language, MacroFacts, NoMessage};

const EXPECTED_RESPONSE_TIME: &str = "{expectedResponseTime}";
const AGENT_NICKNAME: &str = "{agentNickname}";

/// `text` with its macros replaced; braces that are no macro stay.
pub(super) fn fill(text: &str, language: &Language, facts: MacroFacts<'_>) -> Result<String, NoMessage> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(brace) = rest.find('{') {
        filled.push_str(&rest[..brace]);
        rest = &rest[brace..];
        if let Some(after) = rest.strip_prefix(EXPECTED_RESPONSE_TIME) {
            filled.push_str(&expected_response_time(language, facts)?);
            rest = after;
        } else if let Some(after) = rest.strip_prefix(AGENT_NICKNAME) {
            filled.push_str(facts.agent_nickname.ok_or(NoMessage::NoAgent)?);
            rest = after;
        } else {
            filled.push('{');
            rest = &rest[1..];
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

/// What is left until the deadline: its largest unit and the one below, cut off, not rounded.
fn expected_response_time(language: &Language, facts: MacroFacts<'_>) -> Result<String, NoMessage> {
    let deadline = facts.deadline.ok_or(NoMessage::NoDeadline)?;
    let seconds = deadline.duration_since(facts.now).as_secs();
    // Less than a second would read as nothing at all.
    if seconds < 1 {
        return Err(NoMessage::Overdue);
    }
    let counts = [seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60];
    let largest = counts.iter().position(|&count| count > 0).unwrap_or(counts.len() - 1);
    let mut text = String::new();
    for (unit, &count) in counts.iter().enumerate().skip(largest).take(2).filter(|&(_, &count)| count > 0) {
        let gap = if text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{gap}{count} {}", unit_name(unit, count, language));
    }
    Ok(text)
}

/// Words for English; elsewhere the international symbols, which need no grammar.
fn unit_name(unit: usize, count: i64, language: &Language) -> &'static str {
    const SINGULAR: [&str; 4] = ["day", "hour", "minute", "second"];
    const PLURAL: [&str; 4] = ["days", "hours", "minutes", "seconds"];
    const SYMBOLS: [&str; 4] = ["d", "h", "min", "s"];
    let names = match (language.primary() == Language::english(), count) {
        (true, 1) => SINGULAR,
        (true, _) => PLURAL,
        (false, _) => SYMBOLS,
    };
    names[unit]
}
