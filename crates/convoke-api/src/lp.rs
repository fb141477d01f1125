//! The dialect of LivePerson's planes: what its clients, tools and function libraries send and expect.
//!
//! Field names, misspellings and shapes are contract; nothing is added to an object that a strict client reads.

pub mod csds;
