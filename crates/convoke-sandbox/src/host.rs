//! What the host does for a guest: synchronous functions, pure and bounded, and operations that settle later.

pub(crate) mod console;
mod crypto;
pub(crate) mod fetch;
pub(crate) mod operations;
pub(crate) mod random;
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
        _ => Err("there is no such host function".into()),
    }
}
