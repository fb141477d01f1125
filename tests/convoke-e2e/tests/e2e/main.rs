//! The built binary from outside.

mod backup;
mod full_disk;
mod race;
