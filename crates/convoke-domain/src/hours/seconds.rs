//! The recorded form of a duration: whole seconds, as a number. Fractions are dropped when written; settings have none.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes the whole seconds of `duration`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    duration.as_secs().serialize(serializer)
}

/// Reads whole seconds.
///
/// # Errors
/// Those of the deserializer: anything that is not a whole number from 0.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}
