//! Every bound of the contract that the domain does not have already, with its unit and its reason.

/// Longest id in an answer of a function. The longest that exist are `account.userId` and a UUID; a longer one is no id,
/// and it would be quoted in the record. Bytes.
pub const ANSWER_ID_BYTES_MAX: usize = 64;

/// Longest piece of somebody's text that is quoted in a reason: enough to recognise it. Characters.
pub const QUOTED_CHARS_MAX: usize = 40;
