//! The built binary from outside.

mod backup;
mod cli;
mod kill;
mod race;
