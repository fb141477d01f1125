//! Runs one untrusted JavaScript function once, within limits, able to touch only what it was given.
