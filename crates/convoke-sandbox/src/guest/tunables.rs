//! The settings that the build's compiler and the product's loader must agree on.
//!
//! Included by `build.rs` too: the loader refuses code that was compiled with other settings, so they have one source.
//! What only one side needs (the target; the pool) is set there.

use wasmtime::Config;

/// Native stack that one entry into the guest may use, in bytes. The engine's own limit on nested scripts (300 KiB of the
/// shadow stack) is reached first, except in parts of the engine that recurse without asking.
pub(crate) const WASM_STACK_BYTES: usize = 1024 * 1024;

/// Settings for our one guest: interruptible by epochs, no more of WebAssembly than the engine needs.
pub(crate) fn agreed() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.max_wasm_stack(WASM_STACK_BYTES);
    config.wasm_backtrace_max_frames(None);
    config
}
