//! What we promise to others: request, response and payload types, error codes.
//!
//! One module per dialect. It promises that nothing of the domain's own recorded form reaches the wire by accident:
//! every type here is written for its readers and converts from and to the domain. It leaves out transport, who may ask
//! for what, and where anything comes from.

pub mod functions;
pub mod limits;
