//! A week in a contact center, simulated: whether every event fired exactly when the rules say, and none twice.
//!
//! ```text
//!   dice ──▶ people: intentions ──▶ run: moves the clock, acts on a real engine ──▶ observed: what it fired ─┐
//!                                        │                                                                   ├─▶ first difference
//!                                        └──▶ journal: what people did ──▶ model: what must have fired ──────┘
//! ```
//!
//! The engine is the real one, on a store in memory, with the clock of the simulation and functions that answer by a plan.
//! The reference model reads the journal only. That the comparison can see something is shown by faults: variants of the
//! model, each with one rule misunderstood, which must all be found.
//!
//! `CONVOKE_DAY_SEED` runs another day than the usual one; `cargo xt days [COUNT]` runs many.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that finds something else than it expects stops there"
)]

mod center;
mod clock;
mod dice;
mod faults;
mod firing;
mod functions;
mod furnish;
mod journal;
mod judgement;
mod model;
mod observed;
mod people;
mod run;
mod sense;
mod witness;
