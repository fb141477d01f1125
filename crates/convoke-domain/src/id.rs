//! Every id, one type per kind, each with a checked text form.
//!
//! Generated ids are a kind's prefix, an underscore and 32 hexadecimal digits (`conv_…`); ids that people choose are
//! checked texts. This module never generates an id: the random bits are an argument.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sequence::EventSeq;

/// Why a text is not an id of the expected kind. The message names what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct IdError {
    /// What a valid id looks like, as a noun phrase.
    pub expected: &'static str,
}

/// Defines an id made of a prefix and a UUID.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with these bits; the caller's entropy makes them unique.
            pub const fn from_bits(bits: u128) -> Self {
                Self(Uuid::from_u128(bits))
            }

            /// The bits of this id.
            pub const fn bits(self) -> u128 {
                self.0.as_u128()
            }

            /// The id as a plain UUID, the form that the wire protocols use.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                const EXPECTED: &str =
                    concat!("an id that starts with \"", $prefix, "_\" and ends with 32 hexadecimal digits");
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|rest| rest.len() == 32)
                    .and_then(|rest| Uuid::try_parse(rest).ok())
                    .map(Self)
                    .ok_or(IdError { expected: EXPECTED })
            }
        }

        text_serde!($name);
    };
}

/// Serializes a type through its checked text form.
macro_rules! text_serde {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Defines an id that is a text chosen by people, accepted by a predicate.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// The text of this id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.into())) } else { Err(IdError { expected: $expected }) }
            }
        }

        text_serde!($name);
    };
}

id!(
    /// A conversation. The first ten bits are its partition, so that all conversations of one consumer have one
    /// writer (see [`ConversationId::for_consumer`]).
    ///
    /// A function id is not a conversation id:
    ///
    /// ```compile_fail
    /// use convoke_domain::id::{ConversationId, FunctionId};
    /// let id: ConversationId = FunctionId::from_bits(1);
    /// ```
    ConversationId,
    "conv"
);
id!(
    /// A consumer: the customer who writes to the brand.
    ConsumerId,
    "cons"
);
id!(
    /// A function of an account.
    FunctionId,
    "fn"
);
id!(
    /// One deployment of one version of a function.
    DeploymentId,
    "dep"
);
id!(
    /// A schedule of an account's functions.
    ScheduleId,
    "sch"
);
id!(
    /// An access token, as named in the activity stream; never the token's secret.
    TokenId,
    "tok"
);

id!(
    /// A program that asks for tokens with a secret of its own (OAuth client credentials).
    ClientId,
    "client"
);

id!(
    /// A webhook of an account.
    WebhookId,
    "hook"
);

id!(
    /// A file that was sent in a conversation.
    FileId,
    "file"
);

id!(
    /// A key with which a bot's user logs in (messaging contract §1.2, `appKey`).
    AppKeyId,
    "app"
);

text_id!(
    /// A secret of an account, by which functions read it. Letters, digits, `_` and `-`, at most 100.
    SecretName,
    "a secret's name of 1 to 100 letters, digits, \"_\" or \"-\"",
    |text| (1..=100).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
);
text_id!(
    /// An account: a brand's tenant. Letters, digits and `_`, at most 20.
    AccountId,
    "an account id of 1 to 20 letters, digits or \"_\"",
    |text| (1..=20).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
);
text_id!(
    /// A skill: a named queue and competence. Up to 10 digits; `-1` on the wire means none and is never an id.
    SkillId,
    "a skill id of 1 to 10 digits",
    |text| (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
);

text_id!(
    /// Working hours of an account, which skills refer to.
    WorkingHoursId,
    "a working hours id of 1 to 10 digits",
    |text| (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
);
text_id!(
    /// A set of special occasions of an account, which skills refer to.
    SpecialOccasionsId,
    "a special occasions id of 1 to 10 digits",
    |text| (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
);

/// The participant id (pid) by which the wire protocols name someone who works for the brand: a plain UUID.
pub type Pid = Uuid;

/// How many partitions there are, for ever: ownership and storage are spread by it.
pub const PARTITIONS: u16 = 1024;

/// The storage unit that one node owns at a time, 0 to 1023.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Partition(u16);

impl Partition {
    /// The partition with this number, modulo [`PARTITIONS`].
    pub const fn new(number: u16) -> Self {
        Self(number % PARTITIONS)
    }

    /// Its number, 0 to 1023.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl ConversationId {
    /// A new conversation of `consumer`: the consumer's partition, then random bits.
    ///
    /// "First conversation ever" and "the previous one was auto-closed" are questions across the conversations of one
    /// consumer. Keeping those in one partition gives them one writer, so no two openings can both be the first.
    pub const fn for_consumer(consumer: ConsumerId, random: u128) -> Self {
        let partition_bits = (consumer.partition().0 as u128) << 118;
        Self::from_bits(partition_bits | (random & (u128::MAX >> 10)))
    }

    /// The partition that holds this conversation.
    pub const fn partition(self) -> Partition {
        Partition((self.bits() >> 118) as u16)
    }
}

impl ConsumerId {
    /// The partition that holds this consumer's conversations.
    pub const fn partition(self) -> Partition {
        Partition((self.bits() >> 118) as u16)
    }

    /// A number for payload fields that the wire types as numbers; fits a JavaScript number exactly.
    pub const fn number(self) -> u64 {
        (self.bits() & 0x1F_FFFF_FFFF_FFFF) as u64
    }
}

impl AccountId {
    /// The partition that holds this account's own streams (FNV-1a over its text).
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the remainder is below the number of partitions, a u16"
    )]
    pub fn partition(&self) -> Partition {
        let hash = self.0.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Partition::new((hash % u64::from(PARTITIONS)) as u16)
    }
}

/// Someone who works for the brand (agent, manager, bot, developer), numbered within the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(u64);

impl UserId {
    /// The user with this number; at most 15 digits, so that it fits a JavaScript number exactly.
    pub const fn new(number: u64) -> Option<Self> {
        if number == 0 || number > 999_999_999_999_999 { None } else { Some(Self(number)) }
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for UserId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().ok().and_then(Self::new).ok_or(IdError { expected: "a user id of 1 to 15 digits" })
    }
}

text_serde!(UserId);

/// A dialog of a conversation. The main dialog has the conversation's own text; clients rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogId {
    /// The conversation it is a part of.
    pub conversation: ConversationId,
    /// [`DialogId::MAIN`] or [`DialogId::SURVEY`].
    pub ordinal: u8,
}

impl DialogId {
    /// Ordinal of the dialog in which a consumer is served.
    pub const MAIN: u8 = 0;
    /// Ordinal of the dialog in which they are asked about it afterwards.
    pub const SURVEY: u8 = 1;

    /// The main dialog of a conversation.
    pub const fn main(conversation: ConversationId) -> Self {
        Self { conversation, ordinal: Self::MAIN }
    }
}

impl fmt::Display for DialogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ordinal {
            0 => self.conversation.fmt(f),
            ordinal => write!(f, "{}-{ordinal}", self.conversation),
        }
    }
}

impl FromStr for DialogId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        const ERROR: IdError =
            IdError { expected: "a dialog id: its conversation's id, or that, \"-\" and a number" };
        let (conversation, ordinal) = match text.split_once('-') {
            None => (text, 0),
            Some((conversation, ordinal)) => (conversation, ordinal.parse().map_err(|_| ERROR)?),
        };
        Ok(Self { conversation: conversation.parse().map_err(|_| ERROR)?, ordinal })
    }
}

text_serde!(DialogId);

/// One run of a function. For a trigger it is derived, so that every attempt and every node names it alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvocationId {
    /// The answer to a trigger of a conversation: `inv_<conversation>.<trigger>`.
    Triggered {
        /// The conversation whose change fired.
        conversation: ConversationId,
        /// The sequence of its `Triggered` event.
        trigger: EventSeq,
    },
    /// A call over HTTP, a test or a schedule: `inv_<uuid>`.
    Direct(Uuid),
}

impl fmt::Display for InvocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Triggered { conversation, trigger } => {
                write!(f, "inv_{}.{trigger}", conversation.uuid().simple())
            }
            Self::Direct(uuid) => write!(f, "inv_{}", uuid.simple()),
        }
    }
}

impl FromStr for InvocationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        const ERROR: IdError = IdError { expected: "an id that starts with \"inv_\"" };
        let rest = text.strip_prefix("inv_").ok_or(ERROR)?;
        let (uuid, trigger) = match rest.split_once('.') {
            None => (rest, None),
            Some((uuid, trigger)) => (uuid, Some(trigger)),
        };
        let uuid = Some(uuid).filter(|uuid| uuid.len() == 32).and_then(|uuid| Uuid::try_parse(uuid).ok());
        let uuid = uuid.ok_or(ERROR)?;
        match trigger {
            None => Ok(Self::Direct(uuid)),
            Some(trigger) => Ok(Self::Triggered {
                conversation: ConversationId(uuid),
                trigger: trigger.parse::<u64>().ok().and_then(EventSeq::new).ok_or(ERROR)?,
            }),
        }
    }
}

text_serde!(InvocationId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_kind_is_refused_by_its_text() {
        let function = FunctionId::from_bits(7).to_string();
        assert_eq!(
            function.parse::<ConversationId>().unwrap_err().to_string(),
            "expected an id that starts with \"conv_\" and ends with 32 hexadecimal digits"
        );
    }

    #[test]
    fn every_id_reads_back_from_its_text() {
        let conversation = ConversationId::from_bits(u128::MAX / 3);
        assert_eq!(conversation.to_string().parse(), Ok(conversation));
        let dialog = DialogId { conversation, ordinal: 2 };
        assert_eq!(dialog.to_string().parse(), Ok(dialog));
        let trigger = EventSeq::new(41).unwrap();
        let invocation = InvocationId::Triggered { conversation, trigger };
        assert_eq!(invocation.to_string().parse(), Ok(invocation));
    }

    #[test]
    fn all_conversations_of_a_consumer_share_its_partition() {
        let consumer = ConsumerId::from_bits(0xABCD_EF01_2345_6789_ABCD_EF01_2345_6789);
        for random in [0, 1, u128::MAX] {
            assert_eq!(ConversationId::for_consumer(consumer, random).partition(), consumer.partition());
        }
    }

    #[test]
    fn texts_chosen_by_people_are_checked() {
        assert!("le12345678".parse::<AccountId>().is_ok());
        assert!("no spaces".parse::<AccountId>().is_err());
        assert!("123456".parse::<SkillId>().is_ok());
        assert!("12345678901".parse::<SkillId>().is_err());
        assert!("0".parse::<UserId>().is_err());
    }
}
