//! The dialect of LivePerson's planes: what its clients, tools and function libraries send and expect.
//!
//! Field names, misspellings and shapes are contract; nothing is added to an object that a strict client reads. What means
//! the same in both generations is one type; what differs is in [`lambda`] (first generation) and [`function`] (second).

pub mod configuration;
pub mod csds;
pub mod event;
pub mod failure;
pub mod function;
pub mod history;
pub mod invocation;
pub mod lambda;
pub mod login;
pub mod messaging;
pub mod report;
pub mod schedule;
pub mod sentinel;
pub mod unified_message;

use convoke_domain::id::FunctionId;
use jiff::Timestamp;
use uuid::Uuid;

/// The function that a path or a body names by its UUID: the bits of our id.
pub fn function_id(text: &str) -> Option<FunctionId> {
    Uuid::try_parse(text).ok().map(|uuid| FunctionId::from_bits(uuid.as_u128()))
}

/// A function's id as clients know it.
pub fn function_uuid(id: FunctionId) -> String {
    id.uuid().hyphenated().to_string()
}

/// A time as clients read it: milliseconds always there.
pub fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_the_same_uuid_for_ever() {
        let id = FunctionId::from_bits(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!(function_uuid(id), "01234567-89ab-cdef-0123-456789abcdef");
        assert_eq!(function_id(&function_uuid(id)), Some(id));
        assert_eq!(function_id("greeting"), None);
    }

    #[test]
    fn times_have_milliseconds_also_when_there_are_none() {
        assert_eq!(time("2026-03-03T10:00:00Z".parse().unwrap()), "2026-03-03T10:00:00.000Z");
    }
}
