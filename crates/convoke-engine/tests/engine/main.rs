//! The whole engine on a store in memory and a moved clock, with closures for functions.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that finds something else than it expects stops there"
)]

mod activity;
mod answers;
mod calls;
mod idle;
mod key_values;
mod kit;
mod lifecycle;
mod presence;
mod race;
mod runs;
mod schedules;
mod surveys;
