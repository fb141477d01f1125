//! The form in which a recording is sealed and stored: JSON, packed.
//!
//! Most of a recording is the payload of an event, whose field names are the same every time. Plain, one fills a page of
//! the database; packed, three of them share it, which is what a busy node's disk is spared.

use std::sync::Arc;

use super::Recording;
use crate::error::EngineError;
use crate::limits::RECORDING_UNPACKED_BYTES_MAX;
use crate::packed;

/// A recording to be sealed.
pub(crate) fn pack(recording: &Recording) -> Result<Vec<u8>, EngineError> {
    packed::pack(recording).map_err(EngineError::malformed)
}

/// The recording that was packed.
pub(super) fn unpack(bytes: &[u8]) -> Result<Recording, EngineError> {
    packed::unpack(bytes, RECORDING_UNPACKED_BYTES_MAX).map_err(EngineError::malformed)
}

/// The input within the JSON: as it is, since it is JSON itself, and not as a text with every quotation mark escaped. What
/// is a text or no JSON, because a secret was taken out of it, is written as a text.
pub(super) mod input {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use serde_json::value::RawValue;

    use super::Arc;

    pub(in super::super) fn serialize<S: Serializer>(input: &Arc<str>, to: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(input) {
            Ok(json) if !is_text(json) => json.serialize(to),
            Ok(_) | Err(_) => to.serialize_str(input),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<str>, D::Error> {
        let json = Box::<RawValue>::deserialize(from)?;
        if is_text(&json) {
            return serde_json::from_str(json.get()).map_err(D::Error::custom);
        }
        Ok(Box::<str>::from(json).into())
    }

    fn is_text(json: &RawValue) -> bool {
        json.get().starts_with('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recordings::{RECORDING_FORMAT, RecordedAnswer};

    fn recording(input: &str) -> Recording {
        let answer = RecordedAnswer {
            at: jiff::Timestamp::UNIX_EPOCH,
            operation: 1,
            name: "fetch".to_owned(),
            fulfilled: true,
            answer: r#"{"status":200}"#.to_owned(),
        };
        Recording {
            format: RECORDING_FORMAT,
            image: "image".to_owned(),
            started: jiff::Timestamp::UNIX_EPOCH,
            seed: "0".repeat(32),
            input: input.into(),
            answers: vec![answer],
            complete: true,
        }
    }

    #[test]
    fn a_recording_comes_back_with_its_input_letter_by_letter() {
        for input in [r#"{"b": 1, "a":{"text":"ü\n"}}"#, r#""a text""#, "[1,[secret key]]", "null", "7", ""]
        {
            let packed = pack(&recording(input)).unwrap();
            assert_eq!(unpack(&packed).unwrap(), recording(input), "{input}");
        }
    }

    #[test]
    fn an_events_payload_takes_a_good_third_less() {
        let field = |name| format!(r#""{name}":{{"id":"4711","name":"x","source":"APP"}}"#);
        let fields: Vec<String> = ["consumer", "agent", "skill", "device", "dialog"].map(field).into();
        let input = format!(r#"{{"headers":[],"payload":{{{}}}}}"#, fields.join(","));
        assert!(pack(&recording(&input)).unwrap().len() * 3 < 2 * (input.len() + 200));
    }

    #[test]
    fn what_was_not_packed_here_is_refused() {
        let packed = pack(&recording("{}")).unwrap();
        let huge = [&packed[..1], &[255; 8][..]].concat();
        for broken in [&[][..], &[9, 9], &packed[1..], &packed[..packed.len() / 2], &huge] {
            assert!(unpack(broken).is_err());
        }
    }
}
