//! What a function receives and what it may answer (functions contract §7.1 and §8).

pub mod callback;
pub mod payload;

pub use callback::parse_answer;
pub use payload::input_json;
