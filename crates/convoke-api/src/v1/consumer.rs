//! Consumers: the customers who write.

use std::fmt;
use std::str::FromStr;

use convoke_domain::id::{ConsumerId, IdError};
use convoke_domain::limits::NAME_CHARS_MAX;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// A consumer as requests name one: by id (`cons_…`), or by a name of one's own. The same name in the same account is the
/// same consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsumerRef {
    /// By id.
    Id(ConsumerId),
    /// By a name of 1 to 100 characters.
    Name(String),
}

impl FromStr for ConsumerRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        const EXPECTED: &str =
            "a consumer id (\"cons_\" and 32 hexadecimal digits), or a name of 1 to 100 characters";
        if text.starts_with("cons_") {
            return text.parse().map(Self::Id);
        }
        let good = !text.trim().is_empty()
            && text.chars().count() <= NAME_CHARS_MAX
            && !text.chars().any(char::is_control);
        if good { Ok(Self::Name(text.to_owned())) } else { Err(IdError { expected: EXPECTED }) }
    }
}

impl fmt::Display for ConsumerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Serialize for ConsumerRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ConsumerRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A new consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CreateConsumer {
    /// A name of one's own; the same name is the same consumer. Without one, the consumer is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "ada")]
    pub name: Option<ConsumerRef>,
}

/// A consumer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consumer {
    /// Their id.
    #[schema(value_type = String)]
    pub id: ConsumerId,
}

/// A consumer whose words and profile can never be read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedConsumer {
    /// Their id.
    #[schema(value_type = String)]
    pub id: ConsumerId,
    /// Whether there was a key to destroy; a second erasure finds none.
    pub erased: bool,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_is_named_by_id_or_by_a_name() {
        let id = ConsumerId::from_bits(7);
        assert_eq!(id.to_string().parse(), Ok(ConsumerRef::Id(id)));
        assert_eq!("ada".parse(), Ok(ConsumerRef::Name("ada".to_owned())));
        assert!("cons_7".parse::<ConsumerRef>().is_err());
        assert!(" ".parse::<ConsumerRef>().is_err());
    }
}
