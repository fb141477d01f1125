//! Stack for walking a tree as deep as its author likes.
//!
//! The parser recurses for each level of nesting, and a hostile source nests at every character. Walking it on an ordinary
//! stack would end the process. So it is walked on a thread whose stack follows from the length of the source.

use std::io;
use std::thread;

/// Stack for each character that may nest one level deeper, in bytes; see the test of deep sources for what is needed.
const BYTES_PER_CHARACTER: usize = 16 * 1024;
/// Stack for everything else.
const BYTES_AT_LEAST: usize = 2 * 1024 * 1024;

/// Runs `walk` with stack for a source of `characters`. Only what is touched of it becomes memory.
///
/// # Errors
/// If the machine does not give the thread, or the walk fails by its own mistake.
pub(crate) fn with_deep_stack<T: Send>(characters: usize, walk: impl FnOnce() -> T + Send) -> io::Result<T> {
    let size = BYTES_AT_LEAST.saturating_add(characters.saturating_mul(BYTES_PER_CHARACTER));
    thread::scope(|scope| {
        let walking =
            thread::Builder::new().name("source".into()).stack_size(size).spawn_scoped(scope, walk)?;
        walking.join().map_err(|_| io::Error::other("the source cannot be read"))
    })
}
