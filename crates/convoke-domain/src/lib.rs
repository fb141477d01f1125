//! What the business is: the pure model of conversations, functions and the Controller Bot.

pub mod allow_list;
pub mod id;
pub mod sequence;
