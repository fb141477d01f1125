//! LivePerson's planes: what its clients, tools, bots and function libraries call, so that they work as they are.
//!
//! One file per plane. Leaves out: rules, which are the domain's, and our own API, which is in [`crate::http`].

mod csds;

pub use csds::Published;
pub(crate) use csds::routes as csds_routes;
