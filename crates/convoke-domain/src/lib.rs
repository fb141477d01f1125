//! What the business is: the pure model of conversations, functions and the Controller Bot.
//!
//! ```text
//!  command ──decide──▶ events ──evolve──▶ state        (no clock, no I/O, no randomness: they are arguments)
//!                        └────react────▶ effects       (named here, done by `convoke-engine`)
//! ```

pub mod account;
pub mod allow_list;
pub mod automatic_message;
pub mod context;
pub mod controller;
pub mod conversation;
pub mod decider;
pub mod function;
pub mod hours;
pub mod id;
pub mod invocation;
pub mod key_value;
pub mod limits;
pub mod sequence;
pub mod state_change;
pub mod ttr;
