//! What the host does for a guest: synchronous functions, pure and bounded, and operations that settle later.

mod answer;
pub(crate) mod console;
mod crypto;
mod fetch;
pub(crate) mod hidden;
mod intl;
mod modules;
pub(crate) mod operations;
mod platform;
pub(crate) mod random;
mod signature;
mod time;
mod url;

use crate::guest::state::State;

/// Runs host function number `function` on a text and bytes. The numbers are those of the prelude (`own.functions`).
///
/// # Errors
/// With words for the function's author; the prelude throws them as a `TypeError`.
pub(crate) fn compute(state: &mut State, function: i32, text: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    match function {
        1 => state.random.bytes(text),
        2 => crypto::digest(text, bytes),
        3 => crypto::hmac(text, bytes),
        4 => url::parse(text),
        5 => url::change(text),
        6 => guarded(|| intl::date(text)),
        7 => guarded(|| intl::number(text)),
        8 => guarded(|| intl::canonical(text)),
        9 => guarded(|| intl::time_zone(text)),
        10 => modules::find(state.source.as_deref(), text),
        11 => signature::sign(text, bytes),
        12 => signature::verify(text, bytes),
        13 => signature::describe(text, bytes),
        14 => {
            // It differs from run to run, so a top level that asks for it is evaluated per invocation.
            state.observed = true;
            Ok(state.trace.as_bytes().to_vec())
        }
        _ => Err("there is no such host function".into()),
    }
}

/// Runs a function whose libraries may panic on what nobody foresaw: for the guest that is an error like any other.
fn guarded(run: impl FnOnce() -> Result<Vec<u8>, String>) -> Result<Vec<u8>, String> {
    // Nothing is shared with `run` that it could leave half-changed: text in, bytes out.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err("it cannot be formatted".into()))
}
