//! What an account asks its consumers after a conversation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::automatic_message::{AutomaticMessage, Language, TextError};

/// The survey after a conversation. Off in a new account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PostSurvey {
    /// Whether there is one, unless a skill says otherwise.
    pub enabled: bool,
    /// The line that opens it, by language; without one for a consumer's language there is none.
    #[serde(default)]
    pub question: BTreeMap<Language, String>,
}

impl PostSurvey {
    /// The line that opens it for a consumer of `language`.
    pub(crate) fn question(&self, language: Option<&Language>, default: &Language) -> Option<String> {
        self.as_message().text(language, default).map(|(_, text)| text.to_owned())
    }

    /// The texts are chosen and bounded as those of automatic messages are.
    pub(super) fn check(&self) -> Result<(), TextError> {
        self.as_message().check()
    }

    fn as_message(&self) -> AutomaticMessage {
        AutomaticMessage { enabled: true, texts: self.question.clone() }
    }
}
