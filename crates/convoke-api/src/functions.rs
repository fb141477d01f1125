//! What a function receives and what it may answer (functions contract §7.1 and §8).

pub mod callback;
pub mod command;
pub mod other_events;
pub mod payload;
pub mod schema;
mod survey;
pub mod typescript;

pub use callback::parse_answer;
pub use payload::input_json;
pub use survey::survey_input_json;
