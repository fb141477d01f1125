//! The rules of a conversation as sentences: given what happened, when somebody does something, then this is recorded.
//!
//! Each module is one part of the rules; [`kit`] is the brand that all of them happen in.

#[path = "../kit/mod.rs"]
mod kit;

mod answers;
mod deadlines;
mod ends;
mod fences;
mod fields;
mod idle;
mod lanes;
mod openings;
mod participants;
mod permissions;
mod properties;
mod routing;
mod selection;
mod stored_form;
mod surveys;
mod ttr;
