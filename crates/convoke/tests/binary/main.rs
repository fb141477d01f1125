//! The real binary from outside: what it prints, serves, keeps and refuses.

#![expect(clippy::unwrap_used, reason = "a test that finds something else than it expects stops there")]

mod authors;
mod cli;
mod durability;
mod functions;
mod guide;
mod planes;
mod run_on_save;
mod support;
mod templates;
