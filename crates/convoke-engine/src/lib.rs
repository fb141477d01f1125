//! Drives the machines and performs their effects.
