//! Automatic messages: the account's own text for a change, sent when no function supplied one.
//!
//! [`automatic_message`] chooses entry, language and fallback and fills in the macros. It promises to say why when there
//! is no text. It leaves out whether a message is due at all; that is settled where answers are.

mod language;
mod macros;
mod texts;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::language::{Language, LanguageError};
use crate::account::Account;
use crate::id::SkillId;
use crate::limits;
use crate::state_change::CbotEventType;

/// The text for one code: of an account, or of one skill instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomaticMessage {
    /// Whether it is sent. Disabled at a skill means none there, whatever the account has.
    pub enabled: bool,
    /// The texts by language; macros are `{expectedResponseTime}` and `{agentNickname}`.
    pub texts: BTreeMap<Language, String>,
}

/// The automatic messages of an account or of one skill, by code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AutomaticMessages {
    /// The entries; a code without one has no message.
    pub entries: BTreeMap<CbotEventType, AutomaticMessage>,
}

impl AutomaticMessages {
    /// What a new account has: a neutral English text for every code of the contract's table, all enabled.
    pub fn defaults() -> Self {
        let entry = |text: &str| AutomaticMessage {
            enabled: true,
            texts: BTreeMap::from([(Language::english(), text.to_owned())]),
        };
        Self { entries: texts::DEFAULTS.iter().map(|&(code, text)| (code, entry(text))).collect() }
    }

    /// The entry for `code`.
    pub fn get(&self, code: CbotEventType) -> Option<&AutomaticMessage> {
        self.entries.get(&code)
    }
}

/// An automatic message that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A character that the wire forbids.
    #[error("the text for \"{0}\" may not contain \"<\", \">\" or \"\\\"; write it without HTML")]
    Character(Language),
    /// Nothing but white space.
    #[error("the text for \"{0}\" is empty; disable the message instead")]
    Empty(Language),
    /// Too long.
    #[error("the text for \"{0}\" has more than {max} characters", max = limits::AUTOMATIC_TEXT_CHARS_MAX)]
    TooLong(Language),
    /// Too many languages.
    #[error("a message has at most {} languages", limits::AUTOMATIC_LANGUAGES_MAX)]
    TooManyLanguages,
}

impl AutomaticMessage {
    /// Checks the texts: bounds, and none of `<`, `>`, `\`.
    ///
    /// # Errors
    /// The first text that is not usable, and why.
    pub fn check(&self) -> Result<(), TextError> {
        if self.texts.len() > limits::AUTOMATIC_LANGUAGES_MAX {
            return Err(TextError::TooManyLanguages);
        }
        for (language, text) in &self.texts {
            if text.contains(FORBIDDEN) {
                return Err(TextError::Character(language.clone()));
            }
            if text.trim().is_empty() {
                return Err(TextError::Empty(language.clone()));
            }
            if text.chars().count() > limits::AUTOMATIC_TEXT_CHARS_MAX {
                return Err(TextError::TooLong(language.clone()));
            }
        }
        Ok(())
    }

    /// The text for a consumer of `language`: that, its primary subtag, then the default and its primary subtag.
    pub(crate) fn text(&self, language: Option<&Language>, default: &Language) -> Option<(&Language, &str)> {
        let wanted = language.into_iter().chain([default]);
        let mut wanted = wanted.flat_map(|language| [language.clone(), language.primary()]);
        wanted
            .find_map(|language| self.texts.get_key_value(&language))
            .map(|(language, text)| (language, text.as_str()))
    }
}

/// Characters that neither texts nor nicknames may contain (messaging contract §5.3).
pub(crate) const FORBIDDEN: [char; 3] = ['<', '>', '\\'];

/// What the macros stand for, at the commit that the message answers.
#[derive(Debug, Clone, Copy)]
pub struct MacroFacts<'a> {
    /// The time.
    pub now: Timestamp,
    /// When an answer is due, if known.
    pub deadline: Option<Timestamp>,
    /// The assigned agent's nickname, if there is one.
    pub agent_nickname: Option<&'a str>,
}

/// Why there is no automatic message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoMessage {
    /// The entry that counts is disabled.
    #[error("the automatic message is disabled")]
    Disabled,
    /// There is no entry, or none of its texts is in a language that counts.
    #[error("no automatic message is configured for it")]
    NoText,
    /// The text names the expected response time, and that is over.
    #[error("the automatic message names the expected response time, which is already over")]
    Overdue,
    /// The text names the expected response time, and there is none.
    #[error("the automatic message names the expected response time, and none is known")]
    NoDeadline,
    /// The text names the agent, and there is none.
    #[error("the automatic message names the agent, and nobody is assigned")]
    NoAgent,
}

/// The automatic message of `account` for `code` in a conversation with this skill and language.
///
/// The skill's own entry counts, else the account's. A variant of the welcome without a text falls back to the plain
/// welcome of the same shift state.
///
/// # Errors
/// Why there is none; that is no failure.
pub fn automatic_message(
    account: &Account,
    code: CbotEventType,
    skill: Option<&SkillId>,
    language: Option<&Language>,
    facts: MacroFacts<'_>,
) -> Result<String, NoMessage> {
    let (language, text) = match template(account, code, skill, language) {
        Err(NoMessage::NoText) => {
            let plain = plain_welcome(account, code, skill, facts.now).ok_or(NoMessage::NoText)?;
            template(account, plain, skill, language)?
        }
        chosen => chosen?,
    };
    macros::fill(text, language, facts)
}

/// The text before macros.
fn template<'a>(
    account: &'a Account,
    code: CbotEventType,
    skill: Option<&SkillId>,
    language: Option<&Language>,
) -> Result<(&'a Language, &'a str), NoMessage> {
    let entry = account.automatic_message_for(code, skill).ok_or(NoMessage::NoText)?;
    if !entry.enabled {
        return Err(NoMessage::Disabled);
    }
    entry.text(language, &account.default_language).ok_or(NoMessage::NoText)
}

/// The welcome that a variant of it falls back to.
fn plain_welcome(
    account: &Account,
    code: CbotEventType,
    skill: Option<&SkillId>,
    now: Timestamp,
) -> Option<CbotEventType> {
    use CbotEventType as Code;
    match code {
        Code::ConsumerOpenNewConversationFirstTime => Some(Code::ConsumerOpenNewConversation),
        // The only variant whose code does not tell the shift state.
        Code::ConsumerOpenNewConversationAfterAutoclose if account.hours_of(skill).is_on(now) => {
            Some(Code::ConsumerOpenNewConversation)
        }
        Code::ConsumerOpenNewConversationFirstTimeOffHours
        | Code::ConsumerOpenNewConversationAfterAutoclose => Some(Code::ConsumerOpenNewConversationOffHours),
        Code::ConsumerOpenNewConversation
        | Code::ConsumerOpenNewConversationOffHours
        | Code::ConsumerStepUp
        | Code::EngagementTransferred
        | Code::YouAreConnectedTo
        | Code::BackToQueue
        | Code::AnotherAgentJoinedConversation
        | Code::JoinedAgentLeftConversation
        | Code::ConsumerJoinedConversation
        | Code::ConsumerLeftConversation
        | Code::ConsumerAskedUrgentResponseTime
        | Code::ConsumerCanceledUrgentResponseTime
        | Code::AgentUpdatedResponseTime
        | Code::ConsumerSendMessageOnOffHours
        | Code::ConsumerNonResponsive
        | Code::AgentNonResponsive
        | Code::ConvAwaitingInQueue
        | Code::AgentEndConversation
        | Code::ConsumerEndConversation
        | Code::SystemEndConversation => None,
    }
}

#[cfg(test)]
mod tests;
