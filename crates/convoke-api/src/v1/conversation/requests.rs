//! What is asked of conversations.

use std::fmt;
use std::str::FromStr;

use convoke_domain::automatic_message::Language;
use convoke_domain::conversation::{
    Action, Audience, CommandKey, LineExtra, NewLine, Origin, PrivateText, Rating, RatingStatus,
};
use convoke_domain::id::{ConversationId, IdError, SkillId, UserId};
use convoke_domain::limits::COMMAND_KEY_BYTES_MAX;
use convoke_domain::ttr::TtrError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::limits;
use crate::problem::{FieldError, Invalid};
use crate::v1::consumer::ConsumerRef;
use crate::v1::event::Receipt;
use crate::v1::participant::{ParticipantRef, Role};
use crate::v1::ttr::Ttr;

/// A new conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OpenConversation {
    /// Who opens it, by id or by a name of one's own; without one, a new anonymous consumer. A consumer's own token
    /// opens for that consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "ada")]
    pub consumer: Option<ConsumerRef>,
    /// Whether the consumer is known by an identity of the brand.
    pub authenticated: bool,
    /// The skill; without it the account's default skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "123456")]
    pub skill: Option<SkillId>,
    /// What the consumer writes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<PublishLine>,
    /// Language of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "en-US")]
    pub language: Option<Language>,
    /// Kind of the context the consumer comes from, for instance `CustomContext`.
    pub context_type: String,
    /// Visitor number of the brand's pages; 0 if unknown.
    pub visitor: u64,
    /// Session number of the brand's pages; 0 if unknown.
    pub session: u64,
    /// Campaign number; 0 if none.
    pub campaign: u64,
    /// Engagement number; 0 if none.
    pub engagement: u64,
    /// Features of the consumer's client.
    pub features: Vec<String>,
}

impl OpenConversation {
    /// Where the consumer comes from; `client_ip` is the address of the request if it came from the consumer.
    ///
    /// # Errors
    /// A number that JavaScript does not hold exactly, or a text or list that is too long.
    pub fn origin(&self, client_ip: Option<&str>) -> Result<Origin, Invalid> {
        let numbers = [
            ("visitor", self.visitor),
            ("session", self.session),
            ("campaign", self.campaign),
            ("engagement", self.engagement),
        ];
        let too_large = numbers.iter().filter(|(_, number)| *number > limits::EXACT_NUMBER_MAX);
        let mut errors: Vec<FieldError> =
            too_large.map(|(field, _)| FieldError::new(*field, "at most 2^53 - 1")).collect();
        let word = |text: &str| (1..=limits::ORIGIN_TEXT_BYTES_MAX).contains(&text.len());
        if !self.context_type.is_empty() && !word(&self.context_type) {
            errors.push(FieldError::new("context_type", "at most 100 bytes"));
        }
        if self.features.len() > limits::FEATURES_MAX || !self.features.iter().all(|feature| word(feature)) {
            errors.push(FieldError::new("features", "at most 50 texts of 1 to 100 bytes"));
        }
        if !errors.is_empty() {
            return Err(Invalid { errors });
        }
        Ok(Origin {
            context_type: self.context_type.clone(),
            visitor: self.visitor,
            session: self.session,
            campaign: self.campaign,
            engagement: self.engagement,
            language: self.language.clone(),
            features: self.features.clone(),
            client_ip: client_ip.map(PrivateText::new).unwrap_or_default(),
        })
    }
}

/// A line to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishLine {
    /// What, at most 8 KiB.
    #[schema(example = "Hello, my kettle is broken")]
    pub text: String,
    /// A key of one's own, 1 to 64 bytes: the same key again is the same line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether only agents and managers see it. Consumers cannot write such a line.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

impl PublishLine {
    /// The line.
    ///
    /// # Errors
    /// A key that is empty or too long.
    pub fn into_line(self) -> Result<NewLine, Invalid> {
        let key = self.key.map(|key| {
            CommandKey::new(&key)
                .ok_or_else(|| Invalid::field("key", format!("1 to {COMMAND_KEY_BYTES_MAX} bytes")))
        });
        let extra = self.private.then(|| LineExtra { audience: Audience::BrandSide, ..LineExtra::default() });
        Ok(NewLine { text: self.text, key: key.transpose()?, extra })
    }

    /// The action that writes it.
    ///
    /// # Errors
    /// As [`Self::into_line`].
    pub fn into_action(self) -> Result<Action, Invalid> {
        self.into_line().map(Action::Publish)
    }
}

/// Brings somebody in, or gives them another role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinConversation {
    /// Who: a consumer's id or a user's number.
    #[schema(value_type = String, example = "4711")]
    pub participant: ParticipantRef,
    /// As what; nobody joins as assigned agent (that is accepting) or as Controller Bot.
    pub role: Role,
}

impl From<JoinConversation> for Action {
    fn from(join: JoinConversation) -> Self {
        Self::Join { participant: join.participant.0, role: join.role.into() }
    }
}

/// Serves the conversation from now on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AcceptConversation {
    /// The agent; left out, whoever asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "4711")]
    pub agent: Option<UserId>,
}

/// Moves the conversation to another skill or agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TransferConversation {
    /// To this skill; left out, the skill stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "123456")]
    pub skill: Option<SkillId>,
    /// To this agent first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "4711")]
    pub agent: Option<UserId>,
}

impl TransferConversation {
    /// The action that moves it.
    ///
    /// # Errors
    /// Neither skill nor agent.
    pub fn into_action(self) -> Result<Action, Invalid> {
        if self.skill.is_none() && self.agent.is_none() {
            return Err(Invalid::field("skill", "name a skill, an agent, or both"));
        }
        Ok(Action::Transfer { skill: self.skill, agent: self.agent })
    }
}

/// Sets the time to respond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTtr {
    /// To what. Consumers choose urgent or normal.
    pub ttr: Ttr,
}

impl SetTtr {
    /// The action that sets it.
    ///
    /// # Errors
    /// A custom time out of its range.
    pub fn into_action(self) -> Result<Action, Invalid> {
        let ttr = self
            .ttr
            .try_into()
            .map_err(|error: TtrError| Invalid::field("ttr.seconds", error.to_string()))?;
        Ok(Action::SetTtr { ttr })
    }
}

/// Promises an answer at a certain time, or takes the promise back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetDeadline {
    /// The promised time; `null` takes the promise back.
    pub deadline: Option<Timestamp>,
}

impl From<SetDeadline> for Action {
    fn from(set: SetDeadline) -> Self {
        Self::SetManualDeadline { deadline: set.deadline }
    }
}

/// Notes something about the conversation, for agents and managers only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetNote {
    /// What, at most 8 KiB; empty to take it away.
    pub note: String,
}

impl From<SetNote> for Action {
    fn from(set: SetNote) -> Self {
        Self::Note { note: set.note }
    }
}

/// Tells what became of lines of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveLines {
    /// What.
    pub receipt: Receipt,
    /// The `sequence` of each line, 1 to 1,000 of them.
    pub lines: Vec<u32>,
}

impl From<ReceiveLines> for Action {
    fn from(received: ReceiveLines) -> Self {
        Self::Receive { receipt: received.receipt.into(), lines: received.lines }
    }
}

/// What the consumer thinks of how they were served. Without anything they do not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RateConversation {
    /// From 1, not at all satisfied, to 5, very.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 5)]
    pub rate: Option<u8>,
    /// Whether what they came for was solved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<bool>,
}

impl From<RateConversation> for Action {
    fn from(RateConversation { rate, resolved }: RateConversation) -> Self {
        let status = match (rate, resolved) {
            (Some(_), _) => RatingStatus::Filled,
            (None, Some(_)) => RatingStatus::PartiallyFilled,
            (None, None) => RatingStatus::Skipped,
        };
        Self::Rate { rating: Rating { rate, resolved, status } }
    }
}

/// The consumer proved who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUp {
    /// The brand's own id of the person, 1 to 100 bytes.
    #[schema(example = "crm-1815")]
    pub identity: String,
}

impl StepUp {
    /// The action that records it.
    ///
    /// # Errors
    /// An identity that is empty or too long.
    pub fn into_action(self) -> Result<Action, Invalid> {
        let good = !self.identity.trim().is_empty() && self.identity.len() <= limits::IDENTITY_BYTES_MAX;
        if !good {
            return Err(Invalid::field("identity", format!("1 to {} bytes", limits::IDENTITY_BYTES_MAX)));
        }
        Ok(Action::StepUp { identity: PrivateText::new(self.identity) })
    }
}

/// Which conversations a list shows; latest change first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListConversations {
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// Only those routed to this skill.
    #[param(value_type = Option<String>)]
    pub skill: Option<SkillId>,
    /// Only those of this consumer.
    #[param(value_type = Option<String>)]
    pub consumer: Option<ConsumerRef>,
    /// What the page before gave as `next`.
    #[param(value_type = Option<String>)]
    pub after: Option<PlaceInList>,
    /// How many, at most 200; 50 if left out.
    pub limit: Option<u16>,
}

impl ListConversations {
    /// How many to show.
    pub fn limit(&self) -> usize {
        usize::from(self.limit.unwrap_or(limits::PAGE_ITEMS_USUAL).clamp(1, limits::PAGE_ITEMS_MAX))
    }
}

/// A place in a list of conversations. Its text is for sending back only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceInList {
    /// When that conversation last changed.
    pub changed_at: Timestamp,
    /// Which it was.
    pub conversation: ConversationId,
}

impl fmt::Display for PlaceInList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.changed_at.as_microsecond(), self.conversation)
    }
}

impl FromStr for PlaceInList {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        const ERROR: IdError = IdError { expected: "what the page before gave as `next`" };
        let (micros, conversation) = text.split_once('.').ok_or(ERROR)?;
        let micros = micros.parse().map_err(|_| ERROR)?;
        let changed_at = Timestamp::from_microsecond(micros).map_err(|_| ERROR)?;
        Ok(Self { changed_at, conversation: conversation.parse().map_err(|_| ERROR)? })
    }
}

impl Serialize for PlaceInList {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PlaceInList {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
