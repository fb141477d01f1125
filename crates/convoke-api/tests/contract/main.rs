//! The contract, on conversations that the real machine decides.

mod payload;
mod scene;
mod surface;
