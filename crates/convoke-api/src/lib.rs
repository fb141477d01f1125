//! What we promise to others: request, response and payload types, error codes.
//!
//! One module per dialect. It promises that nothing of the domain's own recorded form reaches the wire by accident:
//! every type here is written for its readers and converts from and to the domain. It leaves out transport, who may ask
//! for what, and where anything comes from.
//!
//! * [`functions`]: what a function receives and may answer.
//! * [`v1`]: the native HTTP API.
//! * [`lp`]: the planes of LivePerson.
//! * [`letter`]: what webhooks are told.
//! * [`problem`], [`error_code`], [`platform_error`]: everything that can go wrong, said the same way everywhere.
//! * [`explain`]: recorded events as sentences.

pub mod body;
pub mod error_code;
pub mod explain;
pub mod functions;
pub mod letter;
pub mod limits;
pub mod lp;
pub mod platform_error;
pub mod problem;
pub mod v1;
