//! The sandbox from outside: what a function can do, how it can end, and what it can never do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod console;
mod crypto;
mod edges;
mod endings;
mod fake_platform;
mod fetch;
mod hostile;
mod http_client;
mod input;
mod inspect;
mod intl;
mod lane;
mod modules;
mod mtls;
mod platform;
mod support;
mod toolbelts;
mod web;
