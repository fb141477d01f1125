//! The built binary from outside.

mod backup;
mod cli;
mod codes;
mod first_calls;
mod full_disk;
mod kill;
mod neighbour;
mod race;
mod secrets;
mod webhooks;
